"""Prescriptions: what is written, what is signed, what the pharmacist sees."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """One strength and form of a medicine of the formulary, as the search lists it.

    ``stock`` counts usable base units here; ``earliest_expiry`` is that of the first batch to leave.
    """

    medication_id: UUID
    name: str
    strength: str
    form: str
    atc: str
    brand_names: tuple[str, ...]
    controlled: bool
    stock: int
    earliest_expiry: date | None
    price: Decimal | None

    @property
    def label(self) -> str:
        """'Amoxicillin 500 mg capsule'."""
        return " ".join(part for part in (self.name, self.strength, self.form) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaperStep:
    """One step of a course that changes its dose: so much, so often, for so many days."""

    dose: Decimal
    times_per_day: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sig:
    """Structured directions (spec 4.2). Decimal only; exactly one frequency form is set.

    ``times_per_day`` or ``interval_hours`` or ``stat``; with ``prn`` a ``max_per_day`` is required.
    ``weekdays`` (0 is Monday) limits ``times_per_day`` to those days. With ``steps``, ``dose`` is the
    highest of them and ``duration_days`` their sum.
    """

    dose: Decimal
    dose_max: Decimal | None = None
    unit: str = "tablet"
    route: str = "oral"
    times_per_day: int | None = None
    interval_hours: int | None = None
    stat: bool = False
    alternate_days: bool = False
    weekly: bool = False
    prn: bool = False
    prn_reason: str = ""
    max_per_day: int | None = None
    timing: str = ""
    duration_days: int | None = None
    instructions: str = ""
    weekdays: tuple[int, ...] = ()
    steps: tuple[TaperStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionLine:
    """One medicine of a prescription being written; ``quantity`` in base units."""

    medicine: Medicine
    sig: Sig
    quantity: int
    override_reason: str = ""
    override_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a safety check (spec 4.5). ``line`` is the index of the line it stands at.

    ``remembered``: answered for this patient within 180 days, so not asked again.
    ``tier``: contraindicated, major, moderate, inform. ``rule`` is check and data row, e.g. 'S1:ALG01'.
    """

    rule: str
    tier: str
    line: int
    title: str
    effect: str = ""
    action: str = ""
    source: str = ""
    checked: bool = True
    remembered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionItem:
    """A signed line; ``supplied`` counts base units already handed out."""

    id: UUID
    line: int
    medication_id: UUID
    medication_name: str
    strength: str
    form: str
    dosage: str
    frequency: str
    duration: str
    duration_days: int | None
    quantity: int
    instructions: str
    directions: str
    supplied: int
    override_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A signed prescription. ``genuine`` None is 'not checked'."""

    id: UUID
    number: str
    patient_id: UUID
    patient_name: str
    patient_dob: date | None
    mrn: str
    doctor_id: UUID
    doctor_name: str
    doctor_license: str
    clinic_id: UUID
    appointment_id: UUID | None
    diagnosis: str
    notes: str
    status: str
    issued_at: datetime
    expiry_date: date | None
    items: tuple[PrescriptionItem, ...]
    signature_png: str
    seal: str
    version: int
    genuine: bool | None = None
    patient_allergies: tuple[str, ...] = ()
    patient_weight_kg: float | None = None
    checked_against: str = ""
    qr_code: str = ""
    patient_address: str = ""
