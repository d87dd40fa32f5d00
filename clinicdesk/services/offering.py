"""A freed slot is offered to one person of the waiting list and held for the answer (spec 1.10)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, WaitingEntry
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import minutes
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.booking_rows import BookingRows
from clinicdesk.services.placing import Place, Placing
from clinicdesk.services.refilling import wish_for

REMEMBERED = timedelta(hours=2)


class Offering:
    """The held slot is a pending appointment; confirming it accepts, cancelling it refuses."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        zone = ZoneInfo(actor.clinic.timezone)
        self._rows = BookingRows(actor, zone, now)
        self._placing = Placing(actor.clinic.id, zone, now)

    def offer(self, freed: Appointment, entry: WaitingEntry) -> tuple[Appointment, datetime]:
        """The pending appointment, and until when the slot is held.

        Raises SlotTaken, OutsideHours, PastTime, StaleRecord when the entry is gone, and OfferedElsewhere.
        """
        self._actor.require("appointments.book")
        wish = wish_for(freed, entry)
        start, end = minutes(freed.start), minutes(freed.end)
        place = Place(freed.doctor_id, wish.type_id, freed.day, start, end)
        with self._open_work() as work:
            self._placing.require(work, place)
            held = self._rows.insert(work, wish, place, complaint=wish.chief_complaint, reason="", held=True)
            until = self._rows.bookings(work).offer(entry.id, held.id)
            return self._rows.finish(work, held.id, place.day), until

    def unanswered(self) -> tuple[Appointment, ...]:
        """What was held in the last two hours, nobody answered for and is still free, newest first."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            ids = self._rows.bookings(work).unanswered(self._now() - REMEMBERED)
            return tuple(self._rows.appointments(work).get(one) for one in ids)
