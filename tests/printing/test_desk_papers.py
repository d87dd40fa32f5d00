"""Receipts' copies and refunds, queue slips, labels, day sheets."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.queue import QueueSlip
from clinicdesk.printing.day_sheet import day_sheet_pdf, doctor_days
from clinicdesk.printing.receipt import receipt_pdf
from clinicdesk.printing.slip import PatientLabel, patient_label_pdf, slip_pdf
from tests.printing import papers

PRINTED = datetime(2026, 11, 25, 7, 35, tzinfo=UTC)
SLIP = QueueSlip(
    number=17, clinic_name="Lantern Clinic", patient_name="Ṣadé Ọlátúnjí", doctor_name="Bọ́lá Adé", room="Room 2",
    start=datetime(2026, 11, 25, 9, 30, tzinfo=UTC), arrived=datetime(2026, 11, 25, 9, 12, tzinfo=UTC), ahead=3,
)  # fmt: skip
LABEL = PatientLabel(
    clinic_name="Lantern Clinic", patient_name="Ṣadé Ọlátúnjí", mrn="CD00000018", date_of_birth=date(1986, 7, 1),
    estimated=True, gender="female", phone="+2348030000003",
)  # fmt: skip
VISIT = Appointment(
    id=UUID(int=1), patient_id=UUID(int=2), patient_name="Musa Abdullahi", mrn="CD00000018", doctor_id=UUID(int=3),
    doctor_name="Ada Obi", clinic_id=UUID(int=4), type_id=None, type_name="Consultation", day=date(2026, 11, 25),
    start=time(9), end=time(9, 30), status=Status.CONFIRMED, consultation_type="in_person",
    chief_complaint="cough for a week", fee=Decimal(5000), paid=Decimal(0), payment_status="pending",
    checked_in_at=None, started_at=None, completed_at=None, overbooked=False, version=1,
)  # fmt: skip


def test_a_reprint_says_that_it_is_a_copy(read, sizes):
    assert "COPY" not in read(receipt_pdf(papers.RECEIPT))[0]
    for paper in ({}, {"roll": True}, {"a5": True}):
        assert "COPY 2" in read(receipt_pdf(replace(papers.RECEIPT, copy=2), **paper))[0]
    assert sizes(receipt_pdf(papers.RECEIPT, a5=True)) == (148, 210)


def test_a_split_payment_is_on_one_receipt_and_a_refund_says_why(read):
    both = (("card", Decimal("2000.50")), ("cash", Decimal("2999.50")))
    (page,) = read(receipt_pdf(replace(papers.RECEIPT, parts=both)))
    assert "Paid (card)" in page
    assert "₦2,999.50" in page
    back = replace(
        papers.RECEIPT, kind="refund", paid=Decimal(-5000), total=Decimal(-5000), reason="doctor away"
    )
    (page,) = read(receipt_pdf(back, roll=True))
    assert "Given back" in page
    assert "₦5,000.00" in page
    assert "Reason: doctor away" in page


def test_the_slip_shows_the_number_and_no_name(read, sizes):
    (page,) = read(slip_pdf(SLIP))
    assert sizes(slip_pdf(SLIP)) == (80, 70)
    assert "17" in page
    assert "3 before you." in page
    assert "Ọlátúnjí" not in page
    assert slip_pdf(SLIP) == slip_pdf(SLIP)
    assert "You are next." in read(slip_pdf(replace(SLIP, ahead=0)))[0]


def test_labels_carry_the_barcode_and_as_many_as_asked(read, sizes):
    pages = read(patient_label_pdf([LABEL], copies=3))
    assert len(pages) == 3
    assert "CD00000018" in pages[0]
    assert "Born about 1 Jul 1986" in pages[0]
    assert sizes(patient_label_pdf([LABEL])) == (70, 37)
    with pytest.raises(ValueError):
        patient_label_pdf([])


def test_the_label_s_barcode_is_read_by_a_scanner(tmp_path):
    import zxingcpp
    from PIL import Image
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
    from PySide6.QtPdf import QPdfDocument

    document, buffer = QPdfDocument(), QBuffer()
    buffer.setData(QByteArray(patient_label_pdf([LABEL])))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    document.render(0, QSize(1400, 740)).save(str(tmp_path / "label.png"))
    with Image.open(tmp_path / "label.png") as image:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.split()[-1] if image.mode == "RGBA" else None)
    (found,) = zxingcpp.read_barcodes(white)
    assert found.text == "CD00000018"


def test_day_sheets_of_several_doctors_stand_on_pages_of_their_own(read):
    visits = [
        VISIT,
        replace(VISIT, start=time(8), end=time(8, 30), patient_name="Amina Yusuf", overbooked=True),
        replace(VISIT, doctor_id=UUID(int=9), doctor_name="Zara Bello", status=Status.PENDING),
        replace(VISIT, status=Status.CANCELLED, patient_name="Nobody"),
    ]
    days = doctor_days(visits)
    pages = read(day_sheet_pdf("Lantern Clinic", VISIT.day, days, printed=PRINTED))
    assert len(pages) == 2
    assert pages[0].index("Amina Yusuf") < pages[0].index("Musa Abdullahi")
    assert "2 appointments" in pages[0]
    assert "not confirmed" in pages[1]
    assert "Nobody" not in "".join(pages)
    many = doctor_days(
        [replace(VISIT, id=UUID(int=n), start=time(n // 4 % 24, n % 4 * 15)) for n in range(96)]
    )
    long = read(day_sheet_pdf("Lantern Clinic", VISIT.day, many, printed=PRINTED))
    assert len(long) > 1
    assert f"page 2 of {len(long)}" in long[1]
