"""A visit: the clinical encounter, written as one ``ehr`` document of the seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

VISIT_TYPES = ("routine", "emergency", "follow_up", "consultation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Vital signs in the seed's units: Cel, mm[Hg], /min, kg, cm, %. None is 'not measured'."""

    temperature: float | None = None
    systolic: int | None = None
    diastolic: int | None = None
    heart_rate: int | None = None
    respiratory_rate: int | None = None
    weight: float | None = None
    height: float | None = None
    oxygen_saturation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The six fields of the seed's ``currentVisit``."""

    chief_complaint: str = ""
    history: str = ""
    examination: str = ""
    assessment: str = ""
    plan: str = ""
    follow_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit with its content. ``version`` counts saved versions; status draft, signed, amended."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    doctor_name: str
    clinic_id: UUID
    appointment_id: UUID | None
    visit_date: datetime
    visit_type: str
    status: str
    version: int
    vitals: Vitals = field(default_factory=Vitals)
    note: Note = field(default_factory=Note)
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalPoint:
    """One measurement of a trend."""

    measured_at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the chart screen opens with; ``patient_id`` is the record that lives on.

    ``trends`` maps a vitals field name to its points, oldest first.
    """

    patient_id: UUID
    visits: tuple[Visit, ...]
    trends: dict[str, tuple[VitalPoint, ...]]
    medicines: tuple[str, ...]
    next_appointment: date | None
    documents_missing: int = 0
    former: Mapping[UUID, str] = field(default_factory=dict)
    """Records merged into this one, with their numbers; a visit keeps the record it was written in."""
