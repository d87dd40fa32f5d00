"""Two appointments change places, or several go to new ones, in one transaction (spec 1.2)."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.bookings import Change, Done
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import minutes
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.booking_rows import BookingRows, in_order
from clinicdesk.services.placing import Place, Placing

Move = tuple[Appointment, Place]


class Swapping:
    """Nothing changes when one of them cannot go where it should."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, zone, now)
        self._rows = BookingRows(actor, zone, now)

    def swap(self, one: Appointment, other: Appointment) -> Done:
        """Each takes the other's doctor, day and start and keeps its own length.

        Raises InvalidField (the same twice), SlotTaken, RoomTaken, OutsideHours, PastTime, StaleRecord.
        """
        self._actor.require("appointments.book")
        if one.id == other.id:
            raise InvalidField("other", "choose")
        moves = [(one, _at(other, one)), (other, _at(one, other))]
        with self._open_work() as work:
            changes = self.move_all(work, moves)
        return Done(kind="swap", changes=changes, at=self._now())

    def move_all(self, work: Work, moves: Sequence[Move]) -> tuple[Change, ...]:
        """All of them; the old places are left first, so that one may take another's."""
        self._rows.leave(work, [old for old, _ in moves])
        for old, place in moves:
            self._check(work, place, overbook=old.overbooked)
        by_place = {id(place): old for old, place in moves}
        made = {}
        for place in in_order([place for _, place in moves]):
            old = by_place[id(place)]
            made[old.id] = self._rows.follow(work, old, place)
        days: set[date] = {place.day for _, place in moves} | {old.day for old, _ in moves}
        return tuple(Change(old, self._rows.finish(work, made[old.id], *days)) for old, _ in moves)

    def _check(self, work: Work, place: Place, *, overbook: bool) -> None:
        self._placing.span(place.day, place.start, duration=place.end - place.start)
        self._placing.require(work, place, overbook=overbook)


def _at(where: Appointment, who: Appointment) -> Place:
    start = minutes(where.start)
    length = minutes(who.end) - minutes(who.start)
    return Place(where.doctor_id, who.type_id, where.day, start, start + length, who.id)
