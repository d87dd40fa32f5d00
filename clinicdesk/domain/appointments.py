"""Appointments: the snapshot every screen shares, and what a booking asks for."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """The seed's seven statuses; arrival is the stamp ``checked_in_at`` on a confirmed row (spec 1.1)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    RESCHEDULED = "rescheduled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentType:
    """A kind of appointment: minutes and price."""

    id: UUID
    name: str
    duration: int
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A snapshot, never edited in place. Dates and times are the clinic's wall clock; stamps are aware."""

    id: UUID
    patient_id: UUID
    patient_name: str
    mrn: str
    doctor_id: UUID
    doctor_name: str
    clinic_id: UUID
    type_id: UUID | None
    type_name: str
    day: date
    start: time
    end: time
    status: Status
    consultation_type: str
    chief_complaint: str
    fee: Decimal | None
    paid: Decimal
    payment_status: str
    checked_in_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    overbooked: bool
    version: int
    room_id: UUID | None = None
    room_name: str = ""

    @property
    def phase(self) -> str:
        """The word on the card: a status, or 'arrived' for a checked-in confirmed one."""
        if self.status is Status.CONFIRMED and self.checked_in_at is not None:
            return "arrived"
        return str(self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A wish for a slot. ``duration`` in minutes; None takes the type's, else the doctor's, else 30."""

    patient_id: UUID
    doctor_id: UUID
    type_id: UUID | None
    day: date
    start: time
    duration: int | None = None
    chief_complaint: str = ""
    consultation_type: str = "in_person"
    source: str = "desk"
    waiting_id: UUID | None = None
    overbook_reason: str = ""
    room_id: UUID | None = None
    meeting_link: str = ""
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingEntry:
    """One card of the waiting list (spec 1.10)."""

    id: UUID
    patient_id: UUID
    patient_name: str
    phone: str
    doctor_id: UUID | None
    type_id: UUID | None
    type_name: str
    earliest: date
    latest: date
    priority: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingWindow:
    """When a doctor can be booked on a day: wall-clock minutes from midnight, half-open."""

    doctor_id: UUID
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheet:
    """Everything the day view paints, read in one unit of work."""

    day: date
    appointments: tuple[Appointment, ...]
    windows: tuple[WorkingWindow, ...]
    waiting: tuple[WaitingEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment as printed: money is Decimal in ``currency``."""

    number: str
    clinic_name: str
    clinic_address: str
    clinic_phone: str
    patient_name: str
    mrn: str
    lines: tuple[tuple[str, Decimal], ...]
    total: Decimal
    paid: Decimal
    method: str
    currency: str
    received_at: datetime
    received_by: str
    parts: tuple[tuple[str, Decimal], ...] = ()
    """Method and amount of each part of a split payment."""
    kind: str = "payment"
    reason: str = ""
    copy: int = 0
    """0 is the original, n the n-th copy."""
