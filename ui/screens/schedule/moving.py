"""What is being carried with the keyboard: an appointment that moves, or a waiting card that is placed."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.appointments import Appointment, WaitingEntry
from clinicdesk.domain.errors import FreeSlot
from clinicdesk.domain.wall_clock import minutes, wall
from ui.screens.schedule.words import short_day


class Moving(QObject):
    """At most one thing is carried; it says what is to be done when it is put down."""

    started = Signal(str)
    """What is on the pinboard, in words."""
    swap_wanted = Signal(object, object)
    """Both Appointments."""
    stopped = Signal()
    move_wanted = Signal(object, object, object, int, int)
    """Appointment, doctor id, date, start and end minute."""
    place_wanted = Signal(object, object, object, int)
    """WaitingEntry, date, doctor id, minute."""

    def __init__(self, zone: ZoneInfo, parent: QObject) -> None:
        super().__init__(parent)
        self._zone = zone
        self._carried: Appointment | WaitingEntry | None = None
        self._clashed: Appointment | None = None

    @property
    def active(self) -> bool:
        """Whether a slot is being chosen."""
        return self._carried is not None

    @Slot(object)
    def take_up(self, thing: Appointment | WaitingEntry) -> None:
        """Carry it until it is put down or dropped."""
        self._carried = thing
        self.started.emit(_words(thing))

    @Slot()
    def stop(self) -> None:
        """Nothing is carried any more."""
        if self._carried is not None:
            self._carried = None
            self.stopped.emit()

    def put(self, day: date, doctor_id: UUID, minute: int) -> None:
        """Down at a slot; the length stays."""
        thing = self._carried
        if isinstance(thing, Appointment):
            end = minute + minutes(thing.end) - minutes(thing.start)
            self.move_wanted.emit(thing, doctor_id, day, minute, end)
        elif thing is not None:
            self.place_wanted.emit(thing, day, doctor_id, minute)

    def swap_with(self, other: Appointment | None) -> None:
        """The carried one and another change places."""
        if isinstance(self._carried, Appointment) and other is not None and other.id != self._carried.id:
            self.swap_wanted.emit(self._carried, other)

    def clashed(self, appointment: Appointment) -> None:
        """Remember what could not move, for the offered slots."""
        self._clashed = appointment

    @Slot(object)
    def take_offer(self, slot: FreeSlot) -> None:
        """The appointment that could not move goes there."""
        if self._clashed is not None:
            day, minute = wall(slot.start, self._zone)
            end = minute + int((slot.end - slot.start).total_seconds()) // 60
            self.move_wanted.emit(self._clashed, slot.doctor_id, day, minute, end)


def _words(thing: Appointment | WaitingEntry) -> str:
    """'Ada Obi (Mon 23 Nov, 10:00 – 10:30)'."""
    if not isinstance(thing, Appointment):
        return thing.patient_name
    return f"{thing.patient_name} ({short_day(thing.day)}, {thing.start:%H:%M} – {thing.end:%H:%M})"
