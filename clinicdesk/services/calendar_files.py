"""Schedules and appointments as iCalendar files (RFC 5545): no clinical word, names only by choice."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.errors import InvalidField, NotFound
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import instant, minutes
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.booking_rows import BookingRows

LONGEST = 92  # days in one file
STATES = {
    Status.PENDING: "TENTATIVE",
    Status.CONFIRMED: "CONFIRMED",
    Status.IN_PROGRESS: "CONFIRMED",
    Status.COMPLETED: "CONFIRMED",
    Status.NO_SHOW: "CONFIRMED",
}


class CalendarFiles:
    """Bytes to be saved or sent; ``names`` says whether patients are named in them."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._rows = BookingRows(actor, self._zone, now)

    def schedule(self, doctor_id: UUID, first: date, last: date, *, names: bool = False) -> bytes:
        """A doctor's appointments of some days, without ended ones. Raises InvalidField, NotFound."""
        self._actor.require("appointments.read")
        if not first <= last <= first + timedelta(days=LONGEST):
            raise InvalidField("until", "range")
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        with self._open_work() as work:
            doctors = {doctor.id for doctor in self._rows.doctors(work)}
            found = [
                one
                for day in days
                for one in self._rows.appointments(work).on(self._actor.clinic.id, day)
                if one.doctor_id == doctor_id and one.status in STATES
            ]
        if doctor_id not in doctors:
            raise NotFound
        return self._file(found, names=names)

    def appointment(self, appointment_id: UUID, *, names: bool = False) -> bytes:
        """One appointment; a cancelled or moved one says so. Raises NotFound."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            found = self._rows.appointments(work).get(appointment_id)
        return self._file([found], names=names)

    def _file(self, appointments: Iterable[Appointment], *, names: bool) -> bytes:
        from icalendar import Calendar  # it takes a quarter of a second to load

        calendar = Calendar()
        calendar.add("prodid", "-//ClinicDesk//Scheduler//EN")
        calendar.add("version", "2.0")
        calendar.add("method", "PUBLISH")
        for one in appointments:
            calendar.add_component(self._event(one, names=names))
        calendar.add_missing_timezones()
        return bytes(calendar.to_ical())

    def _event(self, one: Appointment, *, names: bool) -> Any:
        from icalendar import Event

        event = Event()
        start = instant(one.day, minutes(one.start), zone=self._zone)
        end = instant(one.day, minutes(one.end), zone=self._zone)
        event.add("uid", f"{one.id}@clinicdesk")
        event.add("sequence", one.version)
        event.add("dtstamp", self._now().astimezone(UTC))
        event.add("dtstart", start.astimezone(self._zone))
        event.add("dtend", end.astimezone(self._zone))
        event.add("summary", one.patient_name if names else self._actor.clinic.name)
        event.add("description", f"Dr {one.doctor_name}")
        event.add("location", ", ".join(part for part in (self._actor.clinic.name, self._where()) if part))
        event.add("status", STATES.get(one.status, "CANCELLED"))
        event.add("class", "PRIVATE")
        return event

    def _where(self) -> str:
        return self._actor.clinic.address
