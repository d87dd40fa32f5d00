"""The records of the formulary and of the demo clinic, as ``content`` loads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from clinicdesk.domain.people import Role
from clinicdesk.domain.visits import Note
from clinicdesk.formulary import AppointmentKind, FormularyMedicine, Product, Specialty

__all__ = ["AppointmentKind", "FormularyMedicine", "Product", "Specialty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room of the clinic."""

    name: str
    kind: str
    floor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly working hours on ``day`` (0 is Sunday), wall clock; both break times or none."""

    day: int
    start: time
    end: time
    break_start: time | None
    break_end: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Absence of ``days`` days; ``starts_in_days`` counts from the day the demo is built."""

    starts_in_days: int
    days: int
    reason: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorDetails:
    """What only doctors have: fee in naira, duration in minutes; the first specialty is the main one."""

    license_number: str
    degree: str
    specialties: tuple[str, ...]
    years_of_experience: int
    fee: Decimal
    duration: int
    max_overbook: int
    bio: str
    room: str
    hours: tuple[Hours, ...]
    leave: tuple[Leave, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """A person with a login in the demo clinic; ``doctor`` is set for doctors only."""

    role: Role
    first_name: str
    last_name: str
    gender: str
    email: str
    phone: str
    doctor: DoctorDetails | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicDetails:
    """The demo clinic; ``operating_hours`` maps a weekday's English name to opening and closing time."""

    name: str
    short_name: str
    description: str
    phone: str
    email: str
    website: str
    license_number: str
    timezone: str
    currency: str
    latitude: float
    longitude: float
    services: tuple[str, ...]
    address: Mapping[str, str]
    operating_hours: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RxLine:
    """One typical prescription line; ``sig`` is typed text for ``parse_sig``, ``quantity`` in base units."""

    medicine: str
    strength: str
    form: str
    sig: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalsTendency:
    """Temperature in Cel and saturation in % as such; the rest adds to the baseline; trends are per visit."""

    temperature: float
    temperature_sd: float
    systolic: int
    diastolic: int
    heart_rate: int
    respiratory_rate: int
    oxygen_saturation: int
    systolic_trend: int
    diastolic_trend: int
    weight_trend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of visit; ``weight`` is how often it occurs. Texts hold variables of content.NOTE_VARIABLES."""

    code: str
    title: str
    icd10: str
    specialty: str
    appointment_type: str
    visit_type: str
    sex: str
    min_age_days: int
    max_age_days: int
    weight: int
    complaints: tuple[str, ...]
    history: str
    examination: str
    assessment: str
    plan: str
    follow_up: str
    follow_up_days: int
    vitals: VitalsTendency
    lines: tuple[RxLine, ...]

    def suits(self, gender: str, age_days: int) -> bool:
        """Whether such a patient can have this visit."""
        return self.sex in ("any", gender) and self.min_age_days <= age_days <= self.max_age_days

    def note(self, complaint: str, values: Mapping[str, str]) -> Note:
        """The visit's six texts with ``values`` filled in. Raises KeyError for a missing value."""
        return Note(
            chief_complaint=complaint.format_map(values),
            history=self.history.format_map(values),
            examination=self.examination.format_map(values),
            assessment=self.assessment.format_map(values),
            plan=self.plan.format_map(values),
            follow_up=self.follow_up.format_map(values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChronicProblem:
    """A long-term problem with its medicines; ages in years; ``scenario`` '' when no visit belongs to it."""

    icd10: str
    problem: str
    sex: str
    min_age: int
    max_age: int
    per_thousand: int
    scenario: str
    lines: tuple[RxLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyKind:
    """An allergy as charts record it (spec 3.8); without substance only its class is known."""

    substance: str
    allergy_class: str
    kind: str
    reaction: str
    severity: str
    criticality: str
    per_thousand: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A wholesaler; lead time in days."""

    name: str
    contact: str
    email: str
    lead_time_days: int
    cold_chain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTemplate:
    """A row of ``notification_templates``; ``variables`` are exactly those that the texts use (spec 6.4)."""

    name: str
    event: str
    type: str
    subject: str
    content: str
    variables: tuple[str, ...]
    language: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalsBaseline:
    """Healthy means and spreads of an age band in days: kg, cm, mm[Hg], /min."""

    min_age_days: int
    max_age_days: int
    weight_f: float
    weight_m: float
    weight_sd: float
    height_f: float
    height_m: float
    height_sd: float
    systolic: float
    systolic_sd: float
    diastolic: float
    diastolic_sd: float
    heart_rate: float
    heart_rate_sd: float
    respiratory_rate: float
    respiratory_rate_sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoContent:
    """All of it, consistent in itself."""

    formulary: tuple[FormularyMedicine, ...]
    clinic: ClinicDetails
    staff: tuple[StaffMember, ...]
    specialties: tuple[Specialty, ...]
    appointment_types: tuple[AppointmentKind, ...]
    rooms: tuple[Room, ...]
    scenarios: tuple[Scenario, ...]
    chronic_problems: tuple[ChronicProblem, ...]
    allergies: tuple[AllergyKind, ...]
    suppliers: tuple[Supplier, ...]
    templates: tuple[NotificationTemplate, ...]
    holidays: tuple[tuple[date, str], ...]
    baselines: tuple[VitalsBaseline, ...]
