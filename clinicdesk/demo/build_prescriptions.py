"""Prescriptions of the demo, each really signed with the key of its doctor."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import pi, sin
from random import Random
from typing import Any
from uuid import UUID

from clinicdesk.demo.build_patients import Patient
from clinicdesk.demo.build_visits import MadeVisit
from clinicdesk.demo.content_types import FormularyMedicine, Product, RxLine
from clinicdesk.demo.people import DEMO_PASSWORD
from clinicdesk.demo.world import DemoDoctor, World
from clinicdesk.domain import mrn
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine, Sig
from clinicdesk.domain.sig import parse_sig
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.formulary import medication_id
from clinicdesk.services.prescribing_draft import PrescriptionDraft, content_to_sign, image_text, plain
from clinicdesk.services.signing import KeyPair, new_key, seal, wrap

_WRITTEN, _CANCELLED = 0.88, 0.025
_VALID_DAYS, _VALID_CONTROLLED = 30, 28  # spec 4.1, 4.8
_CANCEL_REASONS = ("Treatment changed", "Patient declined", "Other strength needed", "wrong_patient")


@dataclass(slots=True, kw_only=True)
class Line:
    """One item with what the pharmacy handed out."""

    id: UUID
    medicine: FormularyMedicine
    product: Product
    item: dict[str, Any]
    supplied: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Medicine, strength and form."""
        return self.medicine.name, self.product.strength, self.product.form


@dataclass(slots=True, kw_only=True)
class Rx:
    """A prescription of the demo."""

    id: UUID
    patient: Patient
    doctor: DemoDoctor
    visit: MadeVisit
    issued_at: datetime
    issued: date
    expires: date
    lines: list[Line]
    number: str = ""
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    notes: str = field(default="")

    def status(self, today: date) -> str:
        """Spec 4.8."""
        if self.cancelled_at is not None:
            return "cancelled"
        if all(line.supplied >= line.item["quantity"] for line in self.lines):
            return "completed"
        return "expired" if self.expires < today else "active"


class Prescriber:
    """Turns the lines of scenarios into prescriptions."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._formulary = {medicine.name: medicine for medicine in world.content.formulary}
        self._sigs: dict[RxLine, Sig] = {}

    def write(self, visits: Sequence[MadeVisit]) -> list[Rx]:
        """In order of issue, numbered without a gap for each year."""
        made = [rx for visit in visits if (rx := self._one(visit)) is not None]
        counters: dict[int, int] = {}
        for rx in sorted(made, key=lambda one: (one.issued_at, one.id.int)):
            year = rx.issued.year
            counters[year] = counters.get(year, 0) + 1
            rx.number = mrn.make_rx(year, counters[year])
        return sorted(made, key=lambda one: one.number)

    def _one(self, made: MadeVisit) -> Rx | None:
        world, slot = self._world, made.slot
        done = slot.completed_at
        lines = [one for one in slot.scenario.lines if not self._allergic(slot.patient, one)]
        if done is None or not lines or not world.chance(_WRITTEN):
            return None
        local = done.astimezone(world.zone).date()
        identity = world.uuid()
        draft = PrescriptionDraft(
            id=identity,
            patient_id=slot.patient.id,
            appointment_id=slot.id,
            diagnosis=f"{slot.scenario.icd10} {slot.scenario.title}",
            lines=tuple(self._line(one) for one in lines),
        )
        content = content_to_sign(draft, [], clinic=world.clinic, against=world.rules.version)
        controlled = any(self._formulary[one.medicine].controlled for one in lines)
        rx = Rx(
            id=identity,
            patient=slot.patient,
            doctor=slot.doctor,
            visit=made,
            issued_at=done.replace(microsecond=0),
            issued=local,
            expires=local + timedelta(days=_VALID_CONTROLLED if controlled else _VALID_DAYS),
            lines=[
                Line(
                    id=world.uuid(),
                    medicine=self._formulary[one.medicine],
                    product=self._formulary[one.medicine].product(one.strength, one.form),
                    item=item,
                )
                for one, item in zip(lines, content["items"], strict=True)
            ],
        )
        if world.chance(_CANCELLED) and done < world.now - timedelta(hours=1):
            rx.cancelled_at = rx.issued_at + timedelta(minutes=world.random.uniform(3, 40))
            rx.cancel_reason = world.random.choice(_CANCEL_REASONS)
        return rx

    def _allergic(self, patient: Patient, line: RxLine) -> bool:
        medicine = self._formulary[line.medicine]
        names = {*medicine.substances, medicine.generic_name}
        for kind in patient.allergies:
            members = next(
                (
                    row.members | row.targets
                    for row in self._world.rules.allergies
                    if row.id == kind.allergy_class
                ),
                frozenset[str](),
            )
            if names & (members | {kind.substance}):
                return True
        return False

    def _line(self, line: RxLine) -> PrescriptionLine:
        medicine = self._formulary[line.medicine]
        product = medicine.product(line.strength, line.form)
        if line not in self._sigs:
            self._sigs[line] = parse_sig(
                line.sig,
                default_unit=product.unit,
                default_route=product.route,
                data=self._world.rules,
                controlled=medicine.controlled,
            ).sig
        return PrescriptionLine(
            medicine=Medicine(
                medication_id=medication_id(medicine.name),
                name=medicine.name,
                strength=product.strength,
                form=product.form,
                atc=medicine.atc,
                brand_names=medicine.brand_names,
                controlled=medicine.controlled,
                stock=0,
                earliest_expiry=None,
                price=product.price,
            ),
            sig=self._sigs[line],
            quantity=line.quantity,
        )


def store_prescriptions(bulk: Bulk, world: World, prescriptions: Sequence[Rx]) -> None:
    """Rows first, then the seals over what the database says it holds."""
    today = world.today
    bulk.copy(
        "prescriptions",
        "id patient_id doctor_id appointment_id clinic_id prescription_number diagnosis notes status "
        "issued_date expiry_date issued_at patient_name patient_dob doctor_name doctor_license "
        "checked_against cancelled_at cancelled_by cancel_reason created_at updated_at",
        (
            (
                *(rx.id, rx.patient.id, rx.doctor.id, rx.visit.slot.id, world.clinic, rx.number),
                *(_diagnosis(rx), rx.notes, rx.status(today), rx.issued, rx.expires, rx.issued_at),
                *(rx.patient.name, rx.patient.person.date_of_birth, plain(rx.doctor.name)),
                *(rx.doctor.details.license_number, world.rules.version, rx.cancelled_at),
                rx.doctor.user_id if rx.cancelled_at else None,
                *(rx.cancel_reason or None, rx.issued_at, rx.cancelled_at or rx.issued_at),
            )
            for rx in prescriptions
        ),
    )
    bulk.copy("prescription_items", _ITEM_COLUMNS, _items(prescriptions))
    numbered: dict[int, int] = {}
    for rx in prescriptions:
        numbered[rx.issued.year] = numbered.get(rx.issued.year, 0) + 1
    bulk.copy(
        "counters",
        "clinic_id name year last",
        ((world.clinic, "prescription", year, last) for year, last in numbered.items()),
    )
    _sign(bulk, world)


def _diagnosis(rx: Rx) -> str:
    return plain(f"{rx.visit.slot.scenario.icd10} {rx.visit.slot.scenario.title}")


_ITEM_FIELDS = (
    "medication_id medication_name strength form dosage frequency duration duration_days quantity "
    "instructions sig directions override_rules override_reason override_text"
)
_ITEM_COLUMNS = f"id prescription_id line supplied created_at {_ITEM_FIELDS}"


def _items(prescriptions: Iterable[Rx]) -> Iterator[tuple[object, ...]]:
    names = _ITEM_FIELDS.split()
    for rx in prescriptions:
        for number, line in enumerate(rx.lines, 1):
            values = [line.item[name] for name in names]
            yield (line.id, rx.id, number, line.supplied, rx.issued_at, *values)


def _sign(bulk: Bulk, world: World) -> None:
    """One key a doctor, wrapped with the demo's password as if the doctor had made it."""
    keys: dict[str, KeyPair] = {}
    bulk.run("CREATE TEMP TABLE demo_ink(doctor uuid, kid text, image text) ON COMMIT DROP")
    for doctor in world.doctors:
        pair = new_key()
        keys[pair.kid] = pair
        bulk.run(
            "INSERT INTO doctor_keys (kid, doctor_id, public_key, created_at) VALUES (%s, %s, %s, %s)",
            *(pair.kid, doctor.id, pair.public, world.now - timedelta(days=100)),
        )
        bulk.run(
            "INSERT INTO doctor_private_keys (kid, login_role, wrapped) VALUES (%s, %s, %s)",
            *(pair.kid, doctor.login, wrap(pair.private, DEMO_PASSWORD)),
        )
        bulk.run(
            "INSERT INTO demo_ink VALUES (%s, %s, %s)",
            doctor.id,
            pair.kid,
            image_text(signature(doctor.name)),
        )
    rows = bulk.all(
        "SELECT p.id, k.kid, cd.rx_payload(p.id, p.issued_at, k.kid, k.image) "
        "FROM prescriptions p JOIN demo_ink k ON k.doctor = p.doctor_id"
    )
    bulk.run("CREATE TEMP TABLE demo_seals(id uuid PRIMARY KEY, seal text) ON COMMIT DROP")
    bulk.copy(
        "demo_seals",
        "id seal",
        ((identity, seal(payload, keys[kid].private, kid)) for identity, kid, payload in rows),
    )
    bulk.run("ANALYZE demo_seals")
    bulk.run(
        "UPDATE prescriptions p SET doctor_signature = k.image, digital_signature_hash = s.seal "
        "FROM demo_seals s, demo_ink k WHERE s.id = p.id AND k.doctor = p.doctor_id"
    )


def signature(name: str) -> bytes:
    """A scribble, always the same for the same name, as PNG."""
    from PIL import Image, ImageDraw

    chance = Random(name)
    picture = Image.new("L", (320, 100), 255)
    pen = ImageDraw.Draw(picture)
    waves = [(chance.uniform(2, 9), chance.uniform(6, 20), chance.uniform(0, 2 * pi)) for _ in range(4)]
    for base, length in ((55, 240), (70, 150)):
        points = [
            (
                30 + length * t / 200 + 14 * sin(t / 7 + waves[0][2]),
                base + sum(high * sin(t / wide + shift) for high, wide, shift in waves),
            )
            for t in range(201)
        ]
        pen.line(points, fill=20, width=3, joint="curve")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
