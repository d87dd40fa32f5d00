"""Recurring appointments (spec 1.11): previewed, booked all at once, edited by scope."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.appointments import Appointment, Booking
from clinicdesk.domain.bookings import Change, Done
from clinicdesk.domain.errors import DomainError, FreeSlot, InvalidField, NotFound, OutsideHours, SlotTaken
from clinicdesk.domain.people import Actor
from clinicdesk.domain.series import Rule, Scope, occurrences
from clinicdesk.domain.slots import nearest
from clinicdesk.domain.transitions import CANCEL_REASONS
from clinicdesk.domain.wall_clock import DAY, clock, instant, minutes, wall
from clinicdesk.repositories.availability import Agenda
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.booking_rows import BookingRows
from clinicdesk.services.placing import DEFAULT_MINUTES, Place, Placing, holder_words, without
from clinicdesk.services.swapping import Swapping

NEAR = 3  # days to either side in which another slot is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One date of a series. ``state``: free, taken or outside; ``near`` are other slots to choose from."""

    day: date
    start: int
    end: int
    state: str
    holder: str = ""
    near: tuple[FreeSlot, ...] = ()


class Series:
    """Nothing is booked by a preview; what is booked is booked in one transaction."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, self._zone, now)
        self._rows = BookingRows(actor, self._zone, now)
        self._swapping = Swapping(open_work, actor, now)

    def preview(self, booking: Booking, rule: Rule) -> tuple[Occurrence, ...]:
        """Each date with what stands in its way. Raises InvalidField."""
        self._actor.require("appointments.read")
        days = occurrences(rule, booking.day)
        with self._open_work() as work:
            first, last = days[0] - timedelta(days=NEAR), days[-1] + timedelta(days=NEAR)
            agenda = self._placing.availability(work).agenda(
                first, last, doctor_id=booking.doctor_id, type_id=booking.type_id
            )
            length = booking.duration or agenda.duration or DEFAULT_MINUTES
            start = minutes(booking.start)
            places = [Place(booking.doctor_id, booking.type_id, day, start, start + length) for day in days]
            return tuple(self._state(work, agenda, place) for place in places)

    def book(self, booking: Booking, rule: Rule, chosen: Sequence[tuple[date, int]]) -> Done:
        """Book the chosen dates and start minutes, all of them or none.

        Raises InvalidField, SlotTaken, RoomTaken, OutsideHours, PastTime, NotAllowed.
        """
        self._actor.require("appointments.book")
        if not chosen:
            raise InvalidField("until", "series_none")
        complaint = typed.passage(booking.chief_complaint, "chief_complaint", limit=500)
        series_id = uuid4()
        with self._open_work() as work:
            self._rows.bookings(work).add_series(series_id, booking.patient_id, rule, first=chosen[0][0])
            made = []
            for day, start in sorted(chosen):
                agenda = self._placing.agenda(work, booking.doctor_id, day, booking.type_id)
                length = booking.duration or agenda.duration or DEFAULT_MINUTES
                self._placing.span(day, start, duration=length)
                place = Place(booking.doctor_id, booking.type_id, day, start, start + length)
                self._placing.allow(agenda, place, overbook=False)
                new = self._rows.insert(
                    work, booking, place, complaint=complaint, reason="", series=(series_id, day)
                )
                self._rows.roll_up(work, day)
                made.append(Change(None, new))
        return Done(kind="series", changes=tuple(made), at=self._now())

    def members(self, appointment: Appointment, scope: Scope) -> tuple[Appointment, ...]:
        """What an edit of this scope changes: pending and confirmed ones of today and later."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return self._members(work, appointment, scope)

    def cancel(self, appointment: Appointment, scope: Scope, reason: str) -> Done:
        """T4, T5 for all of the scope. Raises InvalidField, IllegalTransition, NotAllowed, StaleRecord."""
        self._actor.require("appointments.status")
        if reason not in CANCEL_REASONS:
            raise InvalidField("reason", "unknown_code")
        sql = "status = 'cancelled', cancel_reason = :reason"
        with self._open_work() as work:
            changes = []
            for old in self._members(work, appointment, scope):
                self._rows.appointments(work).change(old, sql, reason=reason)
                changes.append(Change(old, self._rows.finish(work, old.id, old.day)))
        return Done(kind="cancel", changes=tuple(changes), at=self._now())

    def preview_move(
        self, appointment: Appointment, scope: Scope, *, doctor_id: UUID, day: date, start: int
    ) -> tuple[Occurrence, ...]:
        """Where a move of the scope would go: the same number of days and minutes for each."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            moves = self._moves(work, appointment, scope, doctor_id=doctor_id, day=day, start=start)
            gone = {old.id for old, _ in moves}
            found = []
            for _, place in moves:
                first, last = place.day - timedelta(days=NEAR), place.day + timedelta(days=NEAR)
                agenda = self._placing.availability(work).agenda(
                    first, last, doctor_id=doctor_id, type_id=place.type_id
                )
                found.append(self._state(work, without(agenda, gone), place))
            return tuple(found)

    def move(self, appointment: Appointment, scope: Scope, *, doctor_id: UUID, day: date, start: int) -> Done:
        """All of the scope by the same way, or nothing. Raises what a move raises."""
        self._actor.require("appointments.book")
        with self._open_work() as work:
            moves = self._moves(work, appointment, scope, doctor_id=doctor_id, day=day, start=start)
            changes = self._swapping.move_all(work, moves)
        return Done(kind="series", changes=changes, at=self._now())

    # inside

    def _members(self, work: Work, appointment: Appointment, scope: Scope) -> tuple[Appointment, ...]:
        series = self._rows.bookings(work).extras(appointment.id).series_id
        appointments = self._rows.appointments(work)
        if scope is Scope.THIS or series is None:
            return (appointments.get(appointment.id),)
        today = wall(self._now(), self._zone)[0]
        since = max(today, appointment.day) if scope is Scope.LATER else today
        found = tuple(map(appointments.get, self._rows.bookings(work).series_members(series, since=since)))
        if not found:
            raise NotFound
        return found

    def _moves(
        self, work: Work, appointment: Appointment, scope: Scope, *, doctor_id: UUID, day: date, start: int
    ) -> list[tuple[Appointment, Place]]:
        days, by = day - appointment.day, start - minutes(appointment.start)
        moves = []
        for old in self._members(work, appointment, scope):
            first = minutes(old.start) + by
            end = first + minutes(old.end) - minutes(old.start)
            moves.append((old, Place(doctor_id, old.type_id, old.day + days, first, end, old.id)))
        return moves

    def _state(self, work: Work, agenda: Agenda, place: Place) -> Occurrence:
        state, holder = "free", ""
        try:
            self._placing.span(place.day, place.start, duration=place.end - place.start)
            self._placing.allow(agenda, place, overbook=False)
        except OutsideHours:
            state = "outside"
        except SlotTaken:
            state = "taken"
            row = self._rows.appointments(work).holder(
                place.doctor_id, place.day, start=clock(place.start), end=clock(place.end), but=place.but
            )
            holder = holder_words(row) if row else ""
        except DomainError:
            state = "outside"
        near = () if state == "free" else self._near(agenda, place)
        return Occurrence(
            day=place.day, start=place.start, end=place.end, state=state, holder=holder, near=near
        )

    def _near(self, agenda: Agenda, place: Place) -> tuple[FreeSlot, ...]:
        length = place.end - place.start
        wanted = instant(place.day, min(place.start, DAY - 1), zone=self._zone)
        free = [
            slot
            for number in range(-NEAR, NEAR + 1)
            for slot in self._placing.free(
                agenda, place.doctor_id, day=place.day + timedelta(days=number), duration=length
            )
        ]
        return nearest(free, wanted)
