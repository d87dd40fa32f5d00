"""The rows that booking writes: new ones, replacing ones, ended ones. Inside somebody's unit of work."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, Booking, Status
from clinicdesk.domain.bookings import SOURCES, require_link
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor, Doctor, Role
from clinicdesk.domain.wall_clock import clock, wall
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.availability import Availability
from clinicdesk.repositories.bookings import Bookings
from clinicdesk.repositories.work import Work
from clinicdesk.services.placing import Place


class BookingRows:
    """One clinic's; ``now`` gives an aware instant."""

    def __init__(self, actor: Actor, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._actor, self._zone, self._now = actor, zone, now

    def appointments(self, work: Work) -> Appointments:
        """With money only for who may read payments."""
        return Appointments(work, money=self._actor.may("payments.read"))

    def bookings(self, work: Work) -> Bookings:
        """The other reads of this clinic."""
        return Bookings(work, self._actor.clinic.id)

    def doctors(self, work: Work) -> tuple[Doctor, ...]:
        """The clinic's active doctors."""
        return Availability(work, self._actor.clinic.id, self._zone).doctors()

    def insert(
        self,
        work: Work,
        booking: Booking,
        place: Place,
        *,
        complaint: str,
        reason: str,
        series: tuple[UUID, date] | None = None,
        held: bool = False,
    ) -> Appointment:
        """T2, or T1 by a nurse and for a slot that is ``held``. Raises what the database refuses."""
        if booking.source not in SOURCES:
            raise InvalidField("source", "choose")
        confirmed = self._actor.role is not Role.NURSE and not held
        values: dict[str, object] = {
            **self._where(booking.patient_id, place),
            "status": str(Status.CONFIRMED if confirmed else Status.PENDING),
            "consultation_type": booking.consultation_type,
            "chief_complaint": complaint or None,
            "source": booking.source,
            "overbooked": bool(reason),
            "overbook_reason": reason or None,
        }
        if booking.emergency:
            values["emergency"] = True
        if booking.room_id is not None:
            values["room_id"] = booking.room_id
        if booking.meeting_link:
            values["meeting_link"] = require_link(booking.meeting_link, booking.consultation_type)
        if series is not None:
            values["series_id"], values["occurrence_date"] = series
        return self.appointments(work).insert(values)

    def leave(self, work: Work, olds: Iterable[Appointment]) -> None:
        """T6: these rows keep their times and free them. Raises StaleRecord, IllegalTransition."""
        appointments = self.appointments(work)
        for old in sorted(olds, key=lambda one: str(one.id)):
            appointments.change(old, "status = 'rescheduled'")

    def follow(self, work: Work, old: Appointment, place: Place, *, count: int = 1) -> UUID:
        """The row that replaces an ended one (spec 1.2.1): it takes over room, link, source and series.

        ``count`` is how many moves this adds; 0 takes one back.
        """
        appointments, carried = self.appointments(work), dict(self.bookings(work).carried(old.id))
        carried["reschedule_count"] = max(0, carried["reschedule_count"] + count)
        made = appointments.insert(
            {
                **self._where(old.patient_id, place),
                "status": str(old.status),
                "consultation_type": old.consultation_type,
                "chief_complaint": old.chief_complaint or None,
                "rescheduled_from_id": old.id,
                "overbooked": old.overbooked,
                "overbook_reason": "moved" if old.overbooked else None,
                **carried,
            }
        )
        appointments.link(old.id, made.id)
        if old.checked_in_at is not None and place.day == wall(self._now(), self._zone)[0]:
            # who is in the waiting room stays there
            appointments.change(made, "checked_in_at = now()")
        return made.id

    def finish(self, work: Work, appointment_id: UUID, *days: date) -> Appointment:
        """The figures of days that have some, then the newest snapshot."""
        self.roll_up(work, *days)
        return self.appointments(work).get(appointment_id)

    def roll_up(self, work: Work, *days: date) -> None:
        """The figures of days that have some (spec 7)."""
        for day in sorted(set(days)):
            if day <= wall(self._now(), self._zone)[0]:
                self.appointments(work).roll_up(self._actor.clinic.id, day)

    def _where(self, patient_id: UUID, place: Place) -> dict[str, object]:
        return {
            "id": uuid4(),
            "patient_id": patient_id,
            "doctor_id": place.doctor_id,
            "clinic_id": self._actor.clinic.id,
            "appointment_type_id": place.type_id,
            "appointment_date": place.day,
            "start_time": clock(place.start),
            "end_time": clock(place.end),
        }


def in_order(places: Iterable[Place]) -> list[Place]:
    """As the booking's own locks are taken, so that two steps of many rows cannot wait for each other."""
    return sorted(places, key=lambda place: (str(place.doctor_id), place.day, place.start))
