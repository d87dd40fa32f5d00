"""Plainly fictional papers to print."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

from PIL import Image, ImageDraw

from clinicdesk.domain.appointments import Receipt
from clinicdesk.domain.people import Clinic
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.printing.label import MedicineLabel
from clinicdesk.services import signing
from clinicdesk.services.prescription_code import make_code

ANY = UUID(int=1)
KEY = signing.new_key()
SEAL = signing.seal("{}", KEY.private, KEY.kid)
QR = make_code(
    signing.canonical(
        {
            "number": "RX-2026-0000018", "patient_name": "Ọlábísí Ṣómíṣàdé-Nwáchúkwù", "patient_dob": "1984-02-14", "issued_at": "2026-11-23T23:30:00Z",
            "expiry_date": "2026-12-24", "items": [{"name": "Amoxicillin", "strength": "500 mg", "form": "capsule", "quantity": 21}],
        }
    ),
    SEAL,
    KEY.private,
)  # fmt: skip
NAME = "Adéọlá Ẹ̀ṣọ́ Ńwáṅkwọ́ Ɓàɗé"

CLINIC = Clinic(
    id=ANY,
    name="Harbour Street Clinic",
    timezone="Africa/Lagos",
    currency="NGN",
    address="12 Harbour Street, Surulere, Lagos",
    phone="+234 803 555 0123",
    license_number="LAG/0421",
)

ITEM = PrescriptionItem(
    id=ANY,
    line=1,
    medication_id=ANY,
    medication_name="Amoxicillin",
    strength="500 mg",
    form="capsule",
    dosage="1 capsule",
    frequency="three times a day",
    duration="7 days",
    duration_days=7,
    quantity=21,
    instructions="Finish the course",
    directions="Take 1 capsule three times a day for 7 days",
    supplied=0,
    override_reason="",
)

RX = Prescription(
    id=ANY,
    number="RX-2026-0000018",
    patient_id=ANY,
    patient_name=NAME,
    patient_dob=date(1984, 2, 14),
    mrn="0048213",
    doctor_id=ANY,
    doctor_name="Dr. Ṣadé Ọbáfẹ́mi",
    doctor_license="MDCN/R/44719",
    clinic_id=ANY,
    appointment_id=None,
    diagnosis="Acute otitis media",
    notes="Review in two weeks. Price agreed: ₦12,500.",
    status="active",
    issued_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC),  # the 24th in Lagos
    expiry_date=date(2026, 12, 24),
    items=(ITEM,),
    signature_png="",
    seal=SEAL,
    version=1,
    patient_allergies=("Penicillin (anaphylaxis)", "Latex"),
    patient_weight_kg=64.0,
    checked_against="ClinicDesk rules 2026-11",
)

RECEIPT = Receipt(
    number="RC-2026-001234",
    clinic_name=CLINIC.name,
    clinic_address=CLINIC.address,
    clinic_phone=CLINIC.phone,
    patient_name=NAME,
    mrn="0048213",
    lines=(("Consultation", Decimal(10000)), ("Amoxicillin 500 mg capsule, 21", Decimal("2520.50"))),
    total=Decimal("12520.50"),
    paid=Decimal(10000),
    method="bank_transfer",
    currency="NGN",
    received_at=datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=1))),
    received_by="Ngọzi Ụkachi",
)

LABEL = MedicineLabel(
    clinic_name=CLINIC.name,
    clinic_phone=CLINIC.phone,
    patient_name=NAME,
    medicine="Amoxicillin 500 mg capsule",
    form="capsule",
    quantity=21,
    directions="Take 1 capsule three times a day for 7 days",
    dispensed_on=date(2026, 11, 23),
    prescription_number="RX-2026-0000018",
    prescriber="Dr. Ṣ. Ọbáfẹ́mi",
    dispenser="NU",
    batch_number="AMX2401",
    expiry_date=date(2027, 8, 31),
    warnings=("Finish the course",),
)


def items(count: int) -> tuple[PrescriptionItem, ...]:
    """So many lines of a prescription."""
    return tuple(
        replace(ITEM, line=number, medication_name=f"Medicine{number:02}") for number in range(1, count + 1)
    )


def signature() -> bytes:
    """A drawn signature as PNG."""
    picture = Image.new("RGBA", (600, 150), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line(
        [(20, 120), (160, 20), (300, 120), (580, 40)], fill=(20, 33, 61, 255), width=6
    )
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def text_of(pdf: bytes) -> str:
    """All words of all pages."""
    from PySide6.QtCore import QBuffer, QByteArray
    from PySide6.QtPdf import QPdfDocument

    data, document = QBuffer(), QPdfDocument()
    data.setData(QByteArray(pdf))
    data.open(QBuffer.OpenModeFlag.ReadOnly)
    document.load(data)
    return "\n".join(document.getAllText(page).text() for page in range(document.pageCount()))
