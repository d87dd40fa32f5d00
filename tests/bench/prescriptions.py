"""Writing, signing and dispensing prescriptions of three items."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from psycopg.types.json import Jsonb

from clinicdesk.domain.prescriptions import Prescription, PrescriptionLine
from clinicdesk.domain.stock import SupplyLine
from clinicdesk.resources import resource
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.prescribing import Prescribing, PrescriptionDraft
from clinicdesk.services.prescribing_draft import must_be_answered
from clinicdesk.services.signing import KeyPair, unwrap, wrap
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet, needed

TYPED = (
    "paracetamol 500mg 1 tab tds 5d",
    "amoxicillin 500mg 1 cap tds 7d",
    "folic acid 5mg 1 tab od 10d",
    "ferrous sulfate 200mg 1 tab od 10d",
)
ITEMS = 3
WRITE = """INSERT INTO bare.prescriptions(id, patient_id, doctor_id, clinic_id, prescription_number, diagnosis, issued_at,
    doctor_signature, digital_signature_hash) VALUES (%s, %s, %s, %s, %s, 'Tonsillitis', now(), %s, %s)"""
ITEM = """INSERT INTO bare.prescription_items(id, prescription_id, medication_id, medication_name, dosage, frequency, duration,
    quantity, line, strength, form, sig, directions)
  VALUES (%s, %s, %s, %s, '1', 'three times a day', '5 days', %s, %s, %s, %s, %s, %s)"""
MOVE = """INSERT INTO bare.stock_movements(id, inventory_item_id, movement_type, quantity, reference_type, reference_id, performed_by)
  VALUES (%s, %s, 'out', %s, 'sale', %s, %s)"""
TAKE = "UPDATE bare.inventory_items SET current_stock = current_stock - %s WHERE id = %s"
SUPPLY = "UPDATE bare.prescription_items SET supplied = supplied + %s WHERE id = %s"
DISPENSE = """INSERT INTO bare.dispenses(clinic_id, prescription_id, prescription_item_id, inventory_item_id, movement_id, quantity,
    dispensed_by, request_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"""
CLOSE = "UPDATE bare.prescriptions SET status = 'completed' WHERE id = %s"


@dataclass(slots=True)
class Unlocked:
    """The doctor's key, opened once: what is left of signing is our work and the database's."""

    pair: KeyPair

    def unlocked(self) -> KeyPair:
        return self.pair


@dataclass(slots=True)
class Pad:
    """A doctor's pad with three lines that need no answer for these patients."""

    bench: Bench
    service: Prescribing
    patients: list[UUID]
    lines: tuple[PrescriptionLine, ...]
    ink: bytes
    used: int = 0

    def draft(self) -> PrescriptionDraft:
        """For a patient who has none yet: a second one would be questioned as double therapy."""
        patient = self.patients[self.used]
        self.used += 1
        return PrescriptionDraft(id=uuid4(), patient_id=patient, diagnosis="Tonsillitis", lines=self.lines)

    def sign(self, _: int) -> Prescription:
        return self.service.sign(self.draft(), signature_png=self.ink)


def measure(bench: Bench, sheet: Sheet) -> None:
    pad = _pad(bench)
    if pad is None:
        print("prescriptions: no patient without findings for the three medicines")
        return
    stocks = [_stocked(bench, line) for line in pad.lines]
    key = pad.service._keys.unlocked()
    sheet.compare(
        "write and sign a prescription of 3 items",
        pad.sign,
        samples=10,
        note="with the key's Argon2id, slow on purpose",
    )
    wrapped, password = wrap(key.private, "a password of the benchmark"), "a password of the benchmark"
    sheet.compare("  of which: opening the signing key", lambda _: unwrap(wrapped, password), samples=10)
    pad.service._keys = Unlocked(key)  # type: ignore[assignment]
    sheet.compare("  the rest: checks, rows, seal", pad.sign, _bare_writer(pad))
    _dispensing(bench, sheet, pad, stocks)


def _pad(bench: Bench) -> Pad | None:
    session = bench.session("doctor")
    service = Prescribing(
        session.open_work,
        session.actor,
        session.now,
        password=session.secret,
        clinical_data_folder=resource("clinical"),
    )
    found = [one.line for text in TYPED for one in service.parse_line(text)[:1]]
    lines = tuple(line for line in found if line is not None)[:ITEMS]
    adults = bench.ask(
        "SELECT p.user_id FROM patients p JOIN user_profiles u ON u.user_id = p.user_id JOIN patient_clinics c ON c.patient_id = p.user_id "
        "WHERE u.gender = 'male' AND u.date_of_birth BETWEEN current_date - 23000 AND current_date - 7000 "
        "AND NOT EXISTS (SELECT 1 FROM patient_allergies a WHERE a.patient_id = p.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM patient_problems a WHERE a.patient_id = p.user_id) "
        "AND NOT EXISTS (SELECT 1 FROM prescriptions r WHERE r.patient_id = p.user_id) ORDER BY p.mrn LIMIT 400"
    )
    patients = [key for (key,) in adults]
    with bench.owner.transaction():
        bench.owner.execute(
            "UPDATE patients SET allergy_status = 'none_known' WHERE user_id = ANY (%s)", (patients,)
        )
    fit = [one for one in patients[:1] if _unquestioned(service, one, lines)]
    return Pad(bench, service, patients, lines, _ink()) if fit and len(lines) == ITEMS else None


def _unquestioned(service: Prescribing, patient: UUID, lines: tuple[PrescriptionLine, ...]) -> bool:
    findings = service.check(patient, lines).findings
    return not any(must_be_answered(findings, number) for number in range(len(lines)))


def _ink() -> bytes:
    picture = Image.new("RGBA", (300, 120), (0, 0, 0, 0))
    points = [(20, 90), (60, 20), (100, 90), (160, 30), (220, 95), (280, 40)]
    ImageDraw.Draw(picture).line(points, fill=(20, 33, 61, 255), width=5)
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _stocked(bench: Bench, line: PrescriptionLine) -> UUID:
    """One batch that never ends, the first to be taken."""
    medicine, batch = line.medicine, uuid4()
    columns = "id, clinic_id, medication_id, item_name, item_code, unit_of_measure, strength, form, expiry_date, batch_number, selling_price"
    values = (batch, bench.clinic, medicine.medication_id, medicine.label, f"B-{batch.hex[:8]}", "unit", medicine.strength, medicine.form, "BENCH", 10)  # fmt: skip
    with bench.owner.transaction():
        bench.owner.execute(
            "UPDATE inventory_items SET state = 'quarantine' WHERE medication_id = %s AND strength = %s AND form = %s",
            (medicine.medication_id, medicine.strength, medicine.form),
        )
        for schema in ("public", "bare"):
            marks = "%s, %s, %s, %s, %s, %s, %s, %s, current_date + 700, %s, %s"
            bench.owner.execute(f"INSERT INTO {schema}.inventory_items({columns}) VALUES ({marks})", values)
        bench.owner.execute("UPDATE bare.inventory_items SET current_stock = 1000000 WHERE id = %s", (batch,))
        bench.owner.execute(
            "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) VALUES (%s, 'in', 1000000, 'purchase')",
            (batch,),
        )
    return batch


def _bare_writer(pad: Pad) -> Callable[[int], None]:
    actor, image, seal = pad.bench.session("doctor").actor, "x" * 2000, "ed25519." + "y" * 168

    patient = pad.patients[-1]

    def write(_: int) -> None:
        draft = PrescriptionDraft(id=uuid4(), patient_id=patient, diagnosis="Tonsillitis", lines=pad.lines)
        _write_bare(
            pad.bench,
            draft,
            [uuid4() for _ in draft.lines],
            values=(actor.doctor_id, actor.clinic.id, image, seal),
        )

    return write


def _write_bare(
    bench: Bench, draft: PrescriptionDraft, items: list[UUID], *, values: tuple[Any, Any, str, str]
) -> None:
    doctor, clinic, image, seal = values
    rows = [
        (ITEM, (item, draft.id, line.medicine.medication_id, line.medicine.name, line.quantity, number, line.medicine.strength,
                line.medicine.form, Jsonb({"dose": "1"}), "Take 1 three times a day for 5 days"))
        for number, (item, line) in enumerate(zip(items, draft.lines, strict=True), 1)
    ]  # fmt: skip
    bench.do(
        (WRITE, (draft.id, draft.patient_id, doctor, clinic, f"B{draft.id.hex[:20]}", image, seal)), *rows
    )


def _dispensing(bench: Bench, sheet: Sheet, pad: Pad, stocks: list[UUID]) -> None:
    session = bench.session("pharmacist")
    pharmacy = Pharmacy(session.open_work, session.actor, session.now)
    signed = [pad.sign(number) for number in range(needed(sheet.samples))]
    actor = bench.session("doctor").actor
    bare: list[tuple[PrescriptionDraft, list[UUID]]] = []
    for one in signed:
        draft, items = (
            PrescriptionDraft(id=one.id, patient_id=one.patient_id, lines=pad.lines),
            [item.id for item in one.items],
        )
        _write_bare(bench, draft, items, values=(actor.doctor_id, bench.clinic, "x" * 2000, "z" * 176))
        bare.append((draft, items))

    def ours(number: int) -> None:
        one = signed[number]
        lines = [SupplyLine(prescription_item_id=item.id, quantity=item.quantity) for item in one.items]
        pharmacy.dispense(uuid4(), one, lines)

    def floor(number: int) -> None:
        draft, items = bare[number]
        request = uuid4()
        acts: list[tuple[str, tuple[object, ...]]] = []
        for item, batch, line in zip(items, stocks, draft.lines, strict=True):
            moved = uuid4()
            acts += [
                (TAKE, (line.quantity, batch)),
                (MOVE, (moved, batch, line.quantity, draft.id, session.actor.user_id)),
                (SUPPLY, (line.quantity, item)),
                (
                    DISPENSE,
                    (
                        bench.clinic,
                        draft.id,
                        item,
                        batch,
                        moved,
                        line.quantity,
                        session.actor.user_id,
                        request,
                    ),
                ),
            ]
        bench.do(*acts, (CLOSE, (draft.id,)))

    sheet.compare("dispense a prescription of 3 items", ours, floor)
    sheet.compare(
        "pharmacy queue", lambda _: pharmacy.queue(), samples=min(sheet.samples, 20), note="each seal checked"
    )
