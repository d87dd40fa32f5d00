"""A doctor is out for a day or a part of it (spec 1.9): see whom it concerns, propose, apply at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.bookings import Change, Done, Visit
from clinicdesk.domain.errors import FreeSlot
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import DAY, clock, instant, minutes, wall
from clinicdesk.repositories.availability import Agenda
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.booking_rows import BookingRows
from clinicdesk.services.next_free import PARTS, specialties_of
from clinicdesk.services.placing import Place, Placing
from clinicdesk.services.swapping import Swapping

AHEAD = 14  # days in which a new slot is looked for
MOST = 3

Decision = FreeSlot | str | None
"""Where a visit goes, 'cancel', or None: it stays and the leave is marked as in conflict (spec 1.9)."""


class DoctorOut:
    """People are never moved silently: the desk sees the list first and phones."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)
        self._placing = Placing(actor.clinic.id, self._zone, now)
        self._rows = BookingRows(actor, self._zone, now)
        self._swapping = Swapping(open_work, actor, now)

    def visits(self, doctor_id: UUID, day: date, part: str = "any") -> tuple[Visit, ...]:
        """Whom it concerns, each with up to three proposals; the first ones do not collide.

        Same specialty first at the same hour, then whoever of it is free next, then the doctor's own next.
        """
        self._actor.require("appointments.away")
        low, high = PARTS[part]
        with self._open_work() as work:
            bookings, appointments = self._rows.bookings(work), self._rows.appointments(work)
            ids = bookings.visits_of(doctor_id, day, start=clock(low), end=clock(min(high, DAY - 1)))
            visits = [appointments.get(one) for one in ids]
            phones = bookings.phones({visit.patient_id for visit in visits})
            found, given = [], list[FreeSlot]()
            agendas: dict[UUID | None, Agenda] = {}
            for visit in visits:
                agenda = agendas.get(visit.type_id) or self._agenda(work, visit)
                agendas[visit.type_id] = agenda
                proposals = self._proposals(work, agenda, visit, given, part=(low, high))
                given += proposals[:1]
                phone = phones.get(visit.patient_id, "")
                found.append(Visit(appointment=visit, phone=phone, proposals=proposals))
        return tuple(found)

    def apply(
        self,
        doctor_id: UUID,
        day: date,
        *,
        part: str,
        decisions: Mapping[UUID, Decision],
        visits: Sequence[Visit],
        note: str = "",
    ) -> Done:
        """Enter the leave and do what was decided, all of it or nothing.

        Raises SlotTaken, OutsideHours, StaleRecord, NotAllowed, PastTime.
        """
        self._actor.require("appointments.away")
        low, high = PARTS[part]
        by_id = {visit.appointment.id: visit.appointment for visit in visits}
        moves = [
            (by_id[key], self._place(by_id[key], slot))
            for key, slot in decisions.items()
            if isinstance(slot, FreeSlot)
        ]
        ended = [by_id[key] for key, what in decisions.items() if what == "cancel"]
        settled = len(moves) + len(ended) == len(by_id)
        with self._open_work() as work:
            changes = self._swapping.move_all(work, moves)
            changes += tuple(self._cancel(work, old) for old in ended)
            leave = self._rows.bookings(work).away(
                doctor_id,
                day,
                start=clock(low) if low else None,
                end=clock(high) if high < DAY else None,
                note=typed.line(note, "note", limit=200),
                settled=settled,
            )
        return Done(kind="doctor_out", changes=changes, at=self._now(), leave_id=leave)

    # inside

    def _agenda(self, work: Work, visit: Appointment) -> Agenda:
        last = visit.day + timedelta(days=AHEAD)
        return self._placing.availability(work).agenda(visit.day, last, doctor_id=None, type_id=visit.type_id)

    def _proposals(
        self,
        work: Work,
        agenda: Agenda,
        visit: Appointment,
        given: Sequence[FreeSlot],
        *,
        part: tuple[int, int],
    ) -> tuple[FreeSlot, ...]:
        doctors = self._placing.availability(work).doctors()
        mine = {name for d in doctors if d.id == visit.doctor_id for name in specialties_of(d)}
        peers = {d.id for d in doctors if mine & set(specialties_of(d)) and d.id != visit.doctor_id}
        length = minutes(visit.end) - minutes(visit.start)
        wanted = instant(visit.day, minutes(visit.start), zone=self._zone)
        found: list[FreeSlot] = []
        for number in range(AHEAD + 1):
            on = visit.day + timedelta(days=number)
            free = [
                slot
                for doctor in peers | {visit.doctor_id}
                for slot in self._placing.free(agenda, doctor, day=on, duration=length)
                if not _collides(slot, given) and not self._out(slot, visit, part)
            ]
            by_peer = [slot for slot in free if slot.doctor_id in peers] or free
            found += sorted(by_peer, key=lambda slot: (abs(slot.start - wanted), slot.start))
            if len(found) >= MOST:
                break
        return tuple(found[:MOST])

    def _out(self, slot: FreeSlot, visit: Appointment, part: tuple[int, int]) -> bool:
        day, minute = wall(slot.start, self._zone)
        end = minute + int((slot.end - slot.start).total_seconds()) // 60
        away = slot.doctor_id == visit.doctor_id and day == visit.day
        return away and minute < part[1] and part[0] < end

    def _place(self, old: Appointment, slot: FreeSlot) -> Place:
        day, start = wall(slot.start, self._zone)
        length = minutes(old.end) - minutes(old.start)
        return Place(slot.doctor_id, old.type_id, day, start, start + length, old.id)

    def _cancel(self, work: Work, old: Appointment) -> Change:
        self._rows.appointments(work).change(old, "status = 'cancelled', cancel_reason = 'doctor_away'")
        return Change(old, self._rows.finish(work, old.id, old.day))


def _collides(slot: FreeSlot, given: Sequence[FreeSlot]) -> bool:
    return any(
        slot.doctor_id == one.doctor_id and slot.start < one.end and one.start < slot.end for one in given
    )
