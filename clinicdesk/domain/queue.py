"""The queue of the day (spec 1.3): who waits for whom, how long, and when that is too long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

EXPECTED, WAITING, NURSE, CALLED, IN_ROOM, DONE = "expected", "waiting", "nurse", "called", "in_room", "done"
HERE = (WAITING, NURSE, CALLED, IN_ROOM)
LONG, VERY_LONG = 30, 60  # minutes in one state


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """A visit of today on the board. ``number`` is on the slip; ``since`` when the state began."""

    id: UUID
    number: int | None
    patient_id: UUID
    patient_name: str
    mrn: str
    phone: str
    doctor_id: UUID
    doctor_name: str
    type_name: str
    room: str
    start_at: datetime
    checked_in_at: datetime | None
    state: str
    since: datetime | None
    urgent: bool
    calls: int
    place: int
    version: int

    def waited(self, now: datetime) -> int:
        """Whole minutes since arrival, or since the state began for who is not waiting any more."""
        begin = self.checked_in_at if self.state in (WAITING, NURSE, CALLED) else self.since
        return max(0, int((now - begin).total_seconds() // 60)) if begin else 0

    def strain(self, now: datetime) -> str:
        """'', 'long' or 'very_long': only for those who still wait."""
        minutes = self.waited(now) if self.state in (WAITING, NURSE, CALLED) else 0
        return "very_long" if minutes >= VERY_LONG else "long" if minutes >= LONG else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLine:
    """Somebody to call. ``why``: unconfirmed, reminder_failed, no_shows."""

    id: UUID
    patient_id: UUID
    patient_name: str
    phone: str
    doctor_name: str
    type_name: str
    start_at: datetime
    status: str
    why: str
    outcome: str
    called_at: datetime | None
    calls: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSlip:
    """What the printed slip says: a number, no diagnosis, no phone."""

    number: int
    clinic_name: str
    patient_name: str
    doctor_name: str
    room: str
    start: datetime
    arrived: datetime
    ahead: int


def ahead_of(lines: Iterable[QueueLine], line: QueueLine) -> int:
    """How many wait for the same doctor before this one."""
    return sum(
        other.doctor_id == line.doctor_id and other.state in (WAITING, NURSE) and other.place < line.place
        for other in lines
    )


def next_up(lines: Iterable[QueueLine], doctor_id: UUID | None) -> QueueLine | None:
    """Whom to call: emergencies, then time, then arrival (spec 1.3.3); of one doctor, or of any."""
    waiting = [
        line
        for line in lines
        if line.state in (WAITING, NURSE) and (doctor_id is None or line.doctor_id == doctor_id)
    ]
    return min(waiting, key=lambda line: line.place, default=None)


def serving(lines: Iterable[QueueLine]) -> list[tuple[int, str, str, bool]]:
    """For the screen in the waiting room: number, room, doctor, just called; newest call first, no names."""
    shown = [line for line in lines if line.state in (CALLED, IN_ROOM) and line.number is not None]
    shown.sort(key=lambda line: (line.state != CALLED, -(line.since.timestamp() if line.since else 0)))
    return [(line.number or 0, line.room, line.doctor_name, line.state == CALLED) for line in shown]
