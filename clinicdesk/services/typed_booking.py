"""Booking by one typed line: what is clear is proposed, what is not is asked, nothing is guessed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import AppointmentType, Booking
from clinicdesk.domain.booking_line import Line, read
from clinicdesk.domain.errors import DomainError, FreeSlot
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Actor, Doctor
from clinicdesk.domain.slots import nearest
from clinicdesk.domain.wall_clock import clock, instant, wall
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.availability import Agenda
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.next_free import NextFree
from clinicdesk.services.patients import Patients
from clinicdesk.services.placing import DEFAULT_MINUTES, Place, Placing

MOST = 8
ALIKE = 0.1  # patients this close to the best one are as likely meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A booking as far as it is clear; None is still open. ``start`` is wall-clock minutes."""

    patient: PatientHit | None = None
    kind: AppointmentType | None = None
    doctor: Doctor | None = None
    day: date | None = None
    start: int | None = None
    duration: int | None = None
    consultation_type: str = "in_person"

    def wish(self) -> Booking:
        """As booked, asked for by phone."""
        assert self.patient is not None
        assert self.doctor is not None
        assert self.day is not None
        assert self.start is not None
        return Booking(
            patient_id=self.patient.id,
            doctor_id=self.doctor.id,
            type_id=self.kind.id if self.kind else None,
            day=self.day,
            start=clock(self.start),
            duration=self.duration,
            consultation_type=self.consultation_type,
            source="phone",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``asks``: ready, patient, kind, slot, near (the time is not free), nobody or doctor (unknown)."""

    asks: str
    options: tuple[Draft, ...] = ()
    said: str = ""


class TypedBooking:
    """``answer`` is asked again with the chosen option as ``fixed`` until it is ready."""

    def __init__(
        self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime], *, patients: Patients
    ) -> None:
        self._open_work, self._actor, self._now, self._patients = open_work, actor, now, patients
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, self._zone, now)
        self._next = NextFree(open_work, actor, now)

    def answer(self, text: str, fixed: Draft | None = None, *, on_show: str = "") -> Answer | None:
        """None when the text is no booking, only a name or a command.

        ``on_show`` is the number of the patient whose chart is open: '2w fu' means that one.
        """
        self._actor.require("appointments.book")
        today = wall(self._now(), self._zone)[0]
        with self._open_work() as work:
            doctors = self._placing.availability(work).doctors()
            types = Appointments(work, money=False).types()
        lines = read(text[:200], today=today, doctors=doctors, types=types, known=bool(on_show))
        if not any(line.is_booking for line in lines):
            return None
        if lines[0].unknown_doctor:
            return Answer(asks="doctor", said=lines[0].unknown_doctor)
        draft = fixed or Draft()
        if asked := self._who(lines[0].patient or on_show, draft):
            if len(asked.options) != 1:
                return asked
            draft = asked.options[0]
        draft = replace(draft, duration=lines[0].duration, consultation_type=lines[0].kind or "in_person")
        if draft.kind is None:
            kinds = [kind for kind in types if not lines[0].types or kind.id in lines[0].types]
            if len(kinds) > 1:
                return Answer(asks="kind", options=tuple(replace(draft, kind=kind) for kind in kinds[:MOST]))
            draft = replace(draft, kind=kinds[0] if kinds else None)
        return self._where(lines, draft, doctors)

    def _who(self, named: str, draft: Draft) -> Answer | None:
        if draft.patient is not None:
            return None
        hits = self._patients.search(named, MOST) if named else []
        if not hits:
            return Answer(asks="nobody", said=named)
        likely = [hit for hit in hits if hit.score >= hits[0].score - ALIKE]
        return Answer(asks="patient", options=tuple(replace(draft, patient=hit) for hit in likely))

    def _where(self, lines: Sequence[Line], draft: Draft, doctors: Sequence[Doctor]) -> Answer:
        by_id = {doctor.id: doctor for doctor in doctors}
        if draft.doctor and draft.day and draft.start is not None:
            return Answer(asks="ready", options=(draft,))
        own = [self._actor.doctor_id] if self._actor.doctor_id in by_id else []
        wanted = [by_id[key] for key in lines[0].doctors or own if key] or list(doctors)
        found: list[Draft] = []
        for line in lines:
            found += self._timed(line, draft, wanted) if line.starts else self._free(line, draft, wanted)
        if len(found) == 1:
            return Answer(asks="ready", options=tuple(found))
        if found:
            return Answer(asks="slot", options=tuple(found[:MOST]))
        return Answer(asks="near", options=tuple(self._near(lines, draft, wanted)))

    def _timed(self, line: Line, draft: Draft, wanted: Iterable[Doctor]) -> list[Draft]:
        """The places that are really free among the readings of day, time and doctor."""
        found = []
        for day in line.days or self._soon():
            with self._open_work() as work:
                agenda = self._agenda(work, draft, day, day)
            for start in line.starts:
                for doctor in wanted:
                    if self._fits(agenda, draft, doctor.id, day=day, start=start):
                        found.append(replace(draft, doctor=doctor, day=day, start=start))
        return found

    def _free(self, line: Line, draft: Draft, wanted: Sequence[Doctor]) -> list[Draft]:
        """The first free slots, on the typed days or from now on."""
        first = min(line.days) if line.days else wall(self._now(), self._zone)[0]
        one = wanted[0].id if len(wanted) == 1 else None
        slots = self._next.find(
            draft.kind.id if draft.kind else None,
            doctor_id=one,
            from_day=first,
            part_of_day=line.part_of_day,
            most=MOST,
            duration=draft.duration,
        )
        placed = self._placed(draft, slots, wanted)
        return [one for one in placed if not line.days or one.day in line.days]

    def _near(self, lines: Sequence[Line], draft: Draft, wanted: Sequence[Doctor]) -> list[Draft]:
        """What is free around the wished time."""
        line = lines[0]
        day = line.days[0] if line.days else wall(self._now(), self._zone)[0]
        start = line.starts[0] if line.starts else 12 * 60
        days = [day + timedelta(days=number) for number in range(-3, 4)]
        with self._open_work() as work:
            agenda = self._agenda(work, draft, days[0], days[-1])
        free = [
            slot
            for doctor in wanted
            for on in days
            for slot in self._placing.free(agenda, doctor.id, day=on, duration=draft.duration)
        ]
        return self._placed(draft, nearest(free, instant(day, start, zone=self._zone), MOST), wanted)

    def _placed(self, draft: Draft, slots: Iterable[FreeSlot], wanted: Iterable[Doctor]) -> list[Draft]:
        by_id, found = {doctor.id: doctor for doctor in wanted}, []
        for slot in slots:
            if slot.doctor_id in by_id:
                day, start = wall(slot.start, self._zone)
                found.append(replace(draft, doctor=by_id[slot.doctor_id], day=day, start=start))
        return found

    def _soon(self) -> tuple[date, ...]:
        """A time without a day is today or tomorrow."""
        today = wall(self._now(), self._zone)[0]
        return today, today + timedelta(days=1)

    def _agenda(self, work: Work, draft: Draft, first: date, last: date) -> Agenda:
        kind = draft.kind.id if draft.kind else None
        return self._placing.availability(work).agenda(first, last, doctor_id=None, type_id=kind)

    def _fits(self, agenda: Agenda, draft: Draft, doctor: UUID, *, day: date, start: int) -> bool:
        length = draft.duration or agenda.duration or DEFAULT_MINUTES
        try:
            self._placing.span(day, start, duration=length)
            kind = draft.kind.id if draft.kind else None
            self._placing.allow(agenda, Place(doctor, kind, day, start, start + length), overbook=False)
        except DomainError:
            return False
        return instant(day, start, zone=self._zone) >= self._now()
