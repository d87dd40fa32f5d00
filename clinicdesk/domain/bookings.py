"""What booking adds to an appointment: rooms, how people asked, and steps that can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.errors import FreeSlot, InvalidField

UNDO_WITHIN = timedelta(seconds=30)
REMOTE = frozenset({"video_call", "phone_call", "chat"})
KINDS = ("in_person", "video_call", "phone_call", "chat")
SOURCES = ("desk", "phone", "walk_in", "message", "email", "doctor")  # patients have no entrance of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A second resource beside the doctor (spec 1.4.3)."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One transition (spec 1.1.4); ``who`` is '' for the program itself."""

    at: datetime
    status: str
    who: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What the card does not carry."""

    room_id: UUID | None
    room: str
    meeting_link: str
    source: str
    series_id: UUID | None
    changed_by: str
    events: tuple[Event, ...]
    emergency: bool = False
    offered_until: datetime | None = None
    """The slot is held for an answer from the waiting list (spec 1.10)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One appointment before (None: it is new) and after a step."""

    before: Appointment | None
    after: Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step that can be taken back for 30 seconds; ``leave_id`` when a doctor was said to be out."""

    kind: str
    changes: tuple[Change, ...]
    at: datetime
    leave_id: UUID | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether there is still time."""
        return now - self.at <= UNDO_WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit of a doctor who is out, and where it may go; ``phone`` is the number to call."""

    appointment: Appointment
    phone: str
    proposals: tuple[FreeSlot, ...]


def require_link(link: str, kind: str) -> str | None:
    """The meeting link of a remote kind, or None. Raises InvalidField."""
    tidy = link.strip()
    if not tidy:
        return None
    if not tidy.startswith("https://") or len(tidy) > 500 or any(c.isspace() for c in tidy):
        raise InvalidField("meeting_link", "link")
    return tidy if kind in REMOTE else None


def undoable(change: Change) -> bool:
    """Bookings, moves, new lengths and cancellations; the other steps have a way back of their own."""
    return change.before is None or change.after.status is Status.CANCELLED or _placed(change)


def _placed(change: Change) -> bool:
    old, new = change.before, change.after
    return old is not None and (old.day, old.doctor_id, old.start, old.end) != (
        new.day,
        new.doctor_id,
        new.start,
        new.end,
    )
