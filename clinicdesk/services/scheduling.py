"""The scheduler: the day, booking, moving, the status steps and the waiting list (spec 1)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import slots, typed
from clinicdesk.domain.appointments import (
    Appointment,
    AppointmentType,
    Booking,
    DaySheet,
    Status,
    WorkingWindow,
)
from clinicdesk.domain.bookings import SOURCES
from clinicdesk.domain.errors import DoctorLeft, FreeSlot, InvalidField, OutsideHours, SlotTaken
from clinicdesk.domain.people import Actor, Doctor, Role
from clinicdesk.domain.transitions import CANCEL_REASONS, IN_VISIT_REASONS
from clinicdesk.domain.wall_clock import clock, minutes, wall
from clinicdesk.repositories.appointments import WaitingList
from clinicdesk.repositories.availability import Agenda
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.booking_rows import BookingRows
from clinicdesk.services.next_free import PARTS
from clinicdesk.services.placing import DEFAULT_MINUTES, Place, Placing

NO_SHOWS = 3  # spec 1.3.5, in rolling 12 months


class Scheduling:
    """Every method is one unit of work, but for the answer to a lost race."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self.zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, self.zone, now)
        self._rows = BookingRows(actor, self.zone, now)

    # what the day view reads

    def clock(self) -> tuple[date, int]:
        """The clinic's date and minute from midnight now."""
        return wall(self._now(), self.zone)

    def doctors(self) -> tuple[Doctor, ...]:
        """The columns of the scheduler."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return self._placing.availability(work).doctors()

    def types(self) -> tuple[AppointmentType, ...]:
        """Kinds of appointment that can be booked."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return self._rows.appointments(work).types()

    def day_sheet(self, day: date) -> DaySheet:
        """Appointments, working windows and waiting list of a day: two statements."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            appointments = self._rows.appointments(work).on(self._actor.clinic.id, day)
            plans, waiting = self._placing.availability(work).day(day, self.clock()[0])
        windows = tuple(
            WorkingWindow(doctor_id=doctor, start=start, end=end)
            for doctor, plan in plans.items()
            for start, end in slots.working_windows(plan, day)
        )
        return DaySheet(day=day, appointments=appointments, windows=windows, waiting=waiting)

    def appointment(self, appointment_id: UUID) -> Appointment:
        """The newest snapshot. Raises NotFound."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return self._rows.appointments(work).get(appointment_id)

    # free slots

    def free_slots(
        self, doctor_id: UUID, day: date, *, type_id: UUID | None = None, duration: int | None = None
    ) -> list[FreeSlot]:
        """Bookable starts of a doctor's day (spec 1.5)."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            agenda = self._placing.availability(work).agenda(day, day, doctor_id=doctor_id, type_id=type_id)
        return self._placing.free(agenda, doctor_id, day=day, duration=duration)

    def warnings(self, booking: Booking) -> tuple[str, ...]:
        """Codes that staff may book over: patient_overlap, same_day (spec 1.4.3), no_shows (spec 1.3.5),
        no_guardian: a child without a guardian who may consent, and no emergency (spec 2.4).
        """
        self._actor.require("appointments.read")
        with self._open_work() as work:
            agenda = self._placing.agenda(work, booking.doctor_id, booking.day, booking.type_id)
            start, end = self._span(booking, agenda)
            place = Place(booking.doctor_id, booking.type_id, booking.day, start, end)
            codes = self._worries(work, booking.patient_id, place)
        return tuple(code for code in codes if code != "no_guardian" or not booking.emergency)

    def warnings_of(self, appointment: Appointment) -> tuple[str, ...]:
        """The same codes for an appointment that was moved."""
        self._actor.require("appointments.read")
        start, end = minutes(appointment.start), minutes(appointment.end)
        place = Place(appointment.doctor_id, appointment.type_id, appointment.day, start, end, appointment.id)
        with self._open_work() as work:
            codes = self._worries(work, appointment.patient_id, place)
        return tuple(code for code in codes if code in ("patient_overlap", "same_day"))

    def _worries(self, work: Work, patient_id: UUID, place: Place) -> tuple[str, ...]:
        found = self._rows.appointments(work).worries(
            patient_id,
            place.doctor_id,
            day=place.day,
            start=clock(place.start),
            end=clock(place.end),
            since=place.day - timedelta(days=365),
            but=place.but,
        )
        codes = {
            "patient_overlap": found["overlaps"],
            "same_day": found["same_day"],
            "no_shows": found["missed"] >= NO_SHOWS,
            "no_guardian": found["no_guardian"],
        }
        return tuple(code for code, holds in codes.items() if holds)

    # booking and moving

    def book(self, booking: Booking) -> Appointment:
        """Confirmed by reception, doctor or administrator (T2), pending by a nurse (T1).

        Raises SlotTaken, OutsideHours, PastTime, OverbookingLimit, InvalidField, or StaleRecord when
        the waiting entry is gone.
        """
        self._actor.require("appointments.book")
        complaint = typed.passage(booking.chief_complaint, "chief_complaint", limit=500)
        reason = typed.line(booking.overbook_reason, "overbook_reason", limit=200)
        place: Place | None = None
        try:
            with self._open_work() as work:
                agenda = self._placing.agenda(work, booking.doctor_id, booking.day, booking.type_id)
                start, end = self._span(booking, agenda)
                place = Place(booking.doctor_id, booking.type_id, booking.day, start, end)
                self._placing.allow(agenda, place, overbook=bool(reason))
                made = self._rows.insert(work, booking, place, complaint=complaint, reason=reason)
                if booking.waiting_id:
                    WaitingList(work).booked(booking.waiting_id, made.id)
                self._rows.roll_up(work, booking.day)
                return made
        except SlotTaken:
            if place is None:
                raise
            raise self._taken(place) from None
        except OutsideHours:
            raise self._outside(booking.doctor_id) from None

    def move(
        self, appointment: Appointment, *, doctor_id: UUID, day: date, start: int, end: int
    ) -> Appointment:
        """Spec 1.2: a new row replaces the old one, which keeps its times; the same start is a resize.

        ``start`` and ``end`` are wall-clock minutes. Raises what ``book`` raises, and IllegalTransition.
        """
        self._actor.require("appointments.book")
        place = Place(doctor_id, appointment.type_id, day, start, end, appointment.id)
        try:
            with self._open_work() as work:
                agenda = self._placing.agenda(work, doctor_id, day, appointment.type_id)
                self._placing.span(day, start, duration=end - start)
                self._placing.allow(agenda, place, overbook=appointment.overbooked)
                if (doctor_id, day, clock(start)) == (
                    appointment.doctor_id,
                    appointment.day,
                    appointment.start,
                ):
                    self._rows.appointments(work).change(appointment, "end_time = :end", end=clock(end))
                    return self._rows.finish(work, appointment.id, day)
                self._rows.leave(work, [appointment])
                made = self._rows.follow(work, appointment, place)
                return self._rows.finish(work, made, day, appointment.day)
        except SlotTaken:
            raise self._taken(place) from None
        except OutsideHours:
            raise self._outside(doctor_id) from None

    # status steps (spec 1.1); the database has the table and the guards

    def confirm(self, appointment: Appointment) -> Appointment:
        """T3, or C1 for a no-show of today. Raises IllegalTransition, NotAllowed, StaleRecord."""
        return self._step(appointment, Status.CONFIRMED)

    def check_in(self, appointment: Appointment) -> Appointment:
        """The patient is here (spec 1.1). Raises IllegalTransition, StaleRecord."""
        return self._set(appointment, "checked_in_at = now()")

    def undo_check_in(self, appointment: Appointment) -> Appointment:
        """Nobody came after all. Raises IllegalTransition, StaleRecord."""
        return self._set(appointment, "checked_in_at = NULL")

    def reopen(self, appointment: Appointment, reason: str = "") -> Appointment:
        """C2: by the same doctor within a day, by an administrator with a reason. Raises InvalidField,
        IllegalTransition, NotAllowed, StaleRecord."""
        why = typed.line(reason, "reason", limit=200)
        if self._actor.role is Role.ADMIN and not why:
            raise InvalidField("reason", "required")
        sql = "status = 'in_progress', reopen_reason = :reason"
        return self._set(appointment, sql, reason=why or None)

    def cancel(self, appointment: Appointment, reason: str, asked_how: str = "desk") -> Appointment:
        """T4, T5, T10 with a reason code, and how the wish reached the desk.

        Raises InvalidField, IllegalTransition, NotAllowed, StaleRecord.
        """
        running = appointment.status is Status.IN_PROGRESS
        if not reason.strip():
            raise InvalidField("reason", "required")
        if reason not in (IN_VISIT_REASONS if running else CANCEL_REASONS):
            raise InvalidField("reason", "unknown_code")
        if asked_how not in SOURCES:
            raise InvalidField("source", "choose")
        sql = "status = 'cancelled', cancel_reason = :reason, asked_how = :how"
        return self._set(appointment, sql, reason=reason, how=asked_how)

    def no_show(self, appointment: Appointment) -> Appointment:
        """T8. Raises NoShowTooEarly, IllegalTransition, NotAllowed, StaleRecord."""
        return self._step(appointment, Status.NO_SHOW)

    def start_visit(self, appointment: Appointment) -> Appointment:
        """T7. Raises NotArrived, IllegalTransition, NotAllowed, StaleRecord."""
        return self._step(appointment, Status.IN_PROGRESS)

    def complete(self, appointment: Appointment) -> Appointment:
        """T9. Raises VisitMissing, IllegalTransition, NotAllowed, StaleRecord."""
        return self._step(appointment, Status.COMPLETED)

    # the waiting list (spec 1.10)

    def add_waiting(
        self,
        patient_id: UUID,
        *,
        latest: date,
        earliest: date | None = None,
        doctor_id: UUID | None = None,
        type_id: UUID | None = None,
        priority: int = 2,
        part_of_day: str = "any",
        note: str = "",
    ) -> UUID:
        """A new card. Raises InvalidField."""
        self._actor.require("appointments.book")
        first = earliest or self.clock()[0]
        if latest < first:
            raise InvalidField("latest", "before", {"min": f"{first:%d.%m.%Y}"})
        if priority not in (1, 2, 3):
            raise InvalidField("priority", "choose")
        if part_of_day not in PARTS:
            raise InvalidField("part_of_day", "choose")
        values: dict[str, object] = {
            "clinic_id": self._actor.clinic.id,
            "patient_id": patient_id,
            "doctor_id": doctor_id,
            "appointment_type_id": type_id,
            "earliest": first,
            "latest": latest,
            "priority": priority,
            "part_of_day": part_of_day,
            "note": typed.line(note, "note", limit=200),
            "created_by": self._actor.user_id,
        }
        with self._open_work() as work:
            return WaitingList(work).add(values)

    def withdraw_waiting(self, entry_id: UUID) -> None:
        """Take a card off the list. Raises StaleRecord."""
        self._actor.require("appointments.book")
        with self._open_work() as work:
            WaitingList(work).withdraw(entry_id)

    # inside

    def _span(self, booking: Booking, agenda: Agenda) -> tuple[int, int]:
        duration = booking.duration or agenda.duration or DEFAULT_MINUTES
        return self._placing.span(booking.day, minutes(booking.start), duration=duration)

    def _step(self, appointment: Appointment, target: Status) -> Appointment:
        return self._set(appointment, "status = CAST(:status AS appointment_status)", status=str(target))

    def _set(self, appointment: Appointment, sql: str, **values: object) -> Appointment:
        self._actor.require("appointments.status")
        try:
            with self._open_work() as work:
                self._rows.appointments(work).change(appointment, sql, **values)
                return self._rows.finish(work, appointment.id, appointment.day)
        except SlotTaken:  # C1: the slot was given away meanwhile
            start, end = minutes(appointment.start), minutes(appointment.end)
            place = Place(
                appointment.doctor_id, appointment.type_id, appointment.day, start, end, appointment.id
            )
            raise self._taken(place) from None

    def _outside(self, doctor_id: UUID) -> OutsideHours | DoctorLeft:
        """No hours at all may mean that the doctor was deactivated meanwhile."""
        with self._open_work() as work:
            active = {doctor.id for doctor in self._placing.availability(work).doctors()}
        return OutsideHours() if doctor_id in active else DoctorLeft()

    def _taken(self, place: Place) -> SlotTaken:
        """The answer to a lost race, read anew: the failed unit of work is over."""
        with self._open_work() as work:
            return self._placing.taken(work, self._rows.appointments(work), place=place)
