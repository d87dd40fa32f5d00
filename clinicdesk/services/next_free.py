"""The next free slots of a doctor, of a specialty, or of anybody (spec 1.5)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.bookings import Room
from clinicdesk.domain.errors import FreeSlot
from clinicdesk.domain.people import Actor, Doctor
from clinicdesk.domain.wall_clock import DAY, clock, wall
from clinicdesk.repositories.bookings import Bookings
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.placing import Placing

HORIZON = 90
MOST_DAYS = 14  # read at once; the first reading is of one day, where most searches end
PARTS: Mapping[str, tuple[int, int]] = {
    "any": (0, DAY),
    "morning": (0, DAY // 2),
    "afternoon": (DAY // 2, DAY),
}


class NextFree:
    """Reads only."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, self._zone, now)

    def specialties(self) -> tuple[str, ...]:
        """Of the clinic's active doctors, by name."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            doctors = self._placing.availability(work).doctors()
        return tuple(sorted({name for doctor in doctors for name in specialties_of(doctor)}))

    def rooms(
        self, day: date, start: int, *, end: int, but: UUID | None = None
    ) -> tuple[tuple[Room, bool], ...]:
        """Every room, and whether it is free in a span of wall-clock minutes."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            found = Bookings(work, self._actor.clinic.id)
            taken = found.taken_rooms(day, start=clock(start), end=clock(min(end, DAY - 1)), but=but)
            return tuple((room, room.id not in taken) for room in found.rooms())

    def find(
        self,
        type_id: UUID | None,
        *,
        doctor_id: UUID | None = None,
        specialty: str = "",
        from_day: date,
        part_of_day: str = "any",
        most: int = 8,
        duration: int | None = None,
        but: Collection[UUID] = (),
    ) -> list[FreeSlot]:
        """The earliest ``most`` slots from a day on, within 90 days; ``but`` leaves doctors out."""
        self._actor.require("appointments.read")
        first = max(from_day, wall(self._now(), self._zone)[0])
        low, high = PARTS[part_of_day]
        found: list[FreeSlot] = []
        with self._open_work() as work:
            availability = self._placing.availability(work)
            others = set(but)
            if specialty:
                others |= {d.id for d in availability.doctors() if specialty not in specialties_of(d)}
            for begin, length in _windows():
                day = first + timedelta(days=begin)
                last = day + timedelta(days=length - 1)
                agenda = availability.agenda(day, last, doctor_id=doctor_id, type_id=type_id)
                for number in range(length):
                    on = day + timedelta(days=number)
                    for doctor in agenda.plans.keys() - others:
                        slots = self._placing.free(agenda, doctor, day=on, duration=duration)
                        if part_of_day != "any":
                            slots = [s for s in slots if low <= wall(s.start, self._zone)[1] < high]
                        found += slots
                    if len(found) >= most:
                        return _first(found, most)
        return _first(found, most)


def specialties_of(doctor: Doctor) -> tuple[str, ...]:
    """The names in a doctor's line of specialties."""
    return tuple(part for part in doctor.specialty.split(", ") if part)


def _windows() -> Iterator[tuple[int, int]]:
    """First day and length of each reading: 1, 2, 4 ... days, up to the horizon."""
    begin, length = 0, 1
    while begin < HORIZON:
        yield begin, length
        begin, length = begin + length, min(2 * length, MOST_DAYS)


def _first(found: list[FreeSlot], most: int) -> list[FreeSlot]:
    return sorted(found, key=lambda slot: (slot.start, str(slot.doctor_id)))[:most]
