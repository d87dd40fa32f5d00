"""Arrivals: check-in by scan, the queue, walk-ins, the call list (spec 1.3)."""

import dataclasses
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from clinicdesk.domain import mrn
from clinicdesk.domain.appointments import Appointment, Booking, Status
from clinicdesk.domain.errors import InvalidField, OutsideHours, PastTime, SlotTaken
from clinicdesk.domain.people import Actor
from clinicdesk.domain.queue import EXPECTED, CallLine, QueueLine, QueueSlip, ahead_of
from clinicdesk.domain.wall_clock import clock, wall
from clinicdesk.repositories.arrivals import ArrivalBoard, CallList
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.scheduling import Scheduling

STEPS = ("nurse", "back", "call", "requeue", "urgent", "not_urgent")
CALL_DAYS = 2


class Arrivals:
    """Books and checks in through the scheduler, so that its rules hold."""

    def __init__(
        self,
        open_work: WorkFactory,
        actor: Actor,
        now: Callable[[], datetime],
        *,
        scheduling: Scheduling,
    ) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._scheduling = scheduling
        self.zone = scheduling.zone

    def now(self) -> datetime:
        """The instant that waiting times are counted to."""
        return self._now()

    def board(self) -> list[QueueLine]:
        """Everybody of today, in the order of the queue."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            return ArrivalBoard(work).lines(self._actor.clinic.id, self._today())

    def step(self, line: QueueLine, step: str) -> None:
        """Raises InvalidField, StaleRecord, NotAllowed."""
        self._actor.require("queue.manage")
        if step not in STEPS:
            raise InvalidField("step", "choice")
        with self._open_work() as work:
            ArrivalBoard(work).step(line.id, step)

    def check_in(self, line: QueueLine) -> QueueSlip:
        """The patient is here. Raises IllegalTransition, StaleRecord."""
        appointment = self._scheduling.appointment(line.id)
        if appointment.status is Status.PENDING:  # spec 1.1.1: two steps
            appointment = self._scheduling.confirm(appointment)
        self._scheduling.check_in(appointment)
        return self.slip(line.id)

    def scan(self, text: str) -> QueueSlip:
        """A card's MRN: the patient's next visit of today is checked in.

        Raises InvalidField (search: check_digit, not_today).
        """
        self._actor.require("appointments.status")
        number = mrn.tidy(text)
        if not mrn.valid(number):
            raise InvalidField("search", "check_digit")
        waiting = [line for line in self.board() if line.state == EXPECTED and line.mrn == number]
        if not waiting:
            raise InvalidField("search", "not_today")
        return self.check_in(min(waiting, key=lambda line: line.start_at))

    def walk_in(
        self, patient_id: UUID, *, doctor_id: UUID | None, type_id: UUID | None, overbook_reason: str = ""
    ) -> QueueSlip:
        """Booked from the next minute, or at the next free time of today, and checked in (spec 1.3.1).

        Without a doctor, whoever is free first. Raises InvalidField (no_room_today), OverbookingLimit.
        """
        self._actor.require("appointments.book")
        doctors = [doctor_id] if doctor_id else [doctor.id for doctor in self._scheduling.doctors()]
        day, minute = self._next_minute()
        wish = Booking(
            patient_id=patient_id, doctor_id=doctors[0], type_id=type_id, day=day, start=clock(minute),
            source="walk_in", overbook_reason=overbook_reason,
        )  # fmt: skip
        for doctor in doctors:
            made = self._try(dataclasses.replace(wish, doctor_id=doctor))
            if made is not None:
                break
        else:
            made = self._later(wish, doctors)
        self._scheduling.check_in(made)
        return self.slip(made.id)

    def queue_up(self, patient_id: UUID, *, doctor_id: UUID | None, type_id: UUID | None) -> UUID:
        """No time is free: a card of the waiting list for today (spec 1.3.1)."""
        today = self._today()
        return self._scheduling.add_waiting(
            patient_id, latest=today, earliest=today, doctor_id=doctor_id, type_id=type_id, note="walk-in"
        )

    def slip(self, appointment_id: UUID) -> QueueSlip:
        """What the printed slip of somebody who arrived says. Raises InvalidField (search: not_today)."""
        lines = self.board()
        line = next((one for one in lines if one.id == appointment_id), None)
        if line is None or line.number is None or line.checked_in_at is None:
            raise InvalidField("search", "not_today")
        return QueueSlip(
            number=line.number,
            clinic_name=self._actor.clinic.name,
            patient_name=line.patient_name,
            doctor_name=line.doctor_name,
            room=line.room,
            start=line.start_at.astimezone(self.zone),
            arrived=line.checked_in_at.astimezone(self.zone),
            ahead=ahead_of(lines, line),
        )

    # the call list

    def calls(self, first: date | None = None, last: date | None = None) -> list[CallLine]:
        """Unconfirmed visits, failed reminders, and people who missed three: the next two days."""
        self._actor.require("calls.make")
        start = first or self._today()
        with self._open_work() as work:
            return CallList(work).lines(
                self._actor.clinic.id, start, last or start + timedelta(days=CALL_DAYS)
            )

    def called(self, line: CallLine, outcome: str) -> None:
        """reached, not_reached, or confirmed: then a booked visit is confirmed too.

        Raises InvalidField, StaleRecord, IllegalTransition.
        """
        self._actor.require("calls.make")
        if outcome not in ("reached", "not_reached", "confirmed"):
            raise InvalidField("outcome", "choice")
        if outcome == "confirmed" and line.status == Status.PENDING:
            self._scheduling.confirm(self._scheduling.appointment(line.id))
        with self._open_work() as work:
            CallList(work).log(line.id, outcome)

    def cancel_called(self, line: CallLine, reason: str) -> None:
        """The patient will not come. Raises InvalidField, IllegalTransition, StaleRecord."""
        self._scheduling.cancel(self._scheduling.appointment(line.id), reason)

    # inside

    def _today(self) -> date:
        return self._scheduling.clock()[0]

    def _next_minute(self) -> tuple[date, int]:
        now = self._now()
        up = now if now.second == now.microsecond == 0 else now + timedelta(minutes=1)
        return wall(up.replace(second=0, microsecond=0), self.zone)

    def _try(self, wish: Booking) -> Appointment | None:
        try:
            return self._scheduling.book(wish)
        except (SlotTaken, OutsideHours, PastTime):
            return None

    def _later(self, wish: Booking, doctors: list[UUID]) -> Appointment:
        """The first free time of today, of any of them."""
        for _ in range(2):  # somebody may be faster once
            free = [
                slot
                for doctor in doctors
                for slot in self._scheduling.free_slots(doctor, wish.day, type_id=wish.type_id)
            ]
            if not free:
                break
            slot = min(free, key=lambda one: one.start)
            start = clock(wall(slot.start, self.zone)[1])
            made = self._try(dataclasses.replace(wish, doctor_id=slot.doctor_id, start=start))
            if made is not None:
                return made
        raise InvalidField("doctor", "no_room_today")
