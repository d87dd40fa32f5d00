"""A slot became free: who waits for one like it, and editing what a card says."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.appointments import Appointment, Booking, WaitingEntry
from clinicdesk.domain.bookings import KINDS, Extras, require_link
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import wall
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.booking_rows import BookingRows

CANDIDATES = 5


class Refilling:
    """Reads of the waiting list against one slot (spec 1.10), and edits that move nothing (spec 1.2.3)."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._rows = BookingRows(actor, self._zone, now)

    def candidates(self, freed: Appointment) -> tuple[WaitingEntry, ...]:
        """Whom the freed slot fits, most urgent first; nobody for a slot that has begun."""
        self._actor.require("appointments.read")
        day, minute = wall(self._now(), self._zone)
        if (freed.day, freed.start.hour * 60 + freed.start.minute) < (day, minute):
            return ()
        with self._open_work() as work:
            return self._rows.bookings(work).candidates(
                freed.doctor_id, freed.day, start=freed.start, end=freed.end,
                patient_id=freed.patient_id, most=CANDIDATES,
            )  # fmt: skip

    def extras(self, appointment_id: UUID) -> Extras:
        """Room, link, source, series and history of a card. Raises NotFound."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return self._rows.bookings(work).extras(appointment_id)

    def edit(
        self,
        appointment: Appointment,
        *,
        type_id: UUID | None,
        consultation_type: str,
        room_id: UUID | None,
        meeting_link: str,
        chief_complaint: str,
    ) -> Appointment:
        """Spec 1.2.3: what is said on a card, its time stays. Raises InvalidField, RoomTaken, StaleRecord."""
        self._actor.require("appointments.book")
        if consultation_type not in KINDS:
            raise InvalidField("consultation_type", "choose")
        if room_id is not None and consultation_type != "in_person":
            raise InvalidField("room", "room_remote")
        complaint = typed.passage(chief_complaint, "chief_complaint", limit=500)
        sql = """appointment_type_id = :type, consultation_type = CAST(:kind AS consultation_type),
                 room_id = :room, meeting_link = :link, chief_complaint = :complaint"""
        with self._open_work() as work:
            self._rows.appointments(work).change(
                appointment, sql, type=type_id, kind=consultation_type, room=room_id,
                link=require_link(meeting_link, consultation_type), complaint=complaint or None,
            )  # fmt: skip
            return self._rows.finish(work, appointment.id, appointment.day)


def wish_for(freed: Appointment, entry: WaitingEntry) -> Booking:
    """The booking that gives a freed slot to an entry, asked for by phone."""
    return Booking(
        patient_id=entry.patient_id,
        doctor_id=freed.doctor_id,
        type_id=entry.type_id or freed.type_id,
        day=freed.day,
        start=freed.start,
        chief_complaint=entry.note,
        source="phone",
        waiting_id=entry.id,
    )
