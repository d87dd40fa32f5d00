"""Where an appointment may stand: working hours, other bookings, the nearest free slots (spec 1.4, 1.5)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import slots
from clinicdesk.domain.errors import FreeSlot, InvalidField, OutsideHours, SlotTaken
from clinicdesk.domain.slots import Plan, Session, Wish
from clinicdesk.domain.wall_clock import DAY, clock, exists, instant
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.availability import Agenda, Availability
from clinicdesk.repositories.work import Work

DEFAULT_MINUTES = 30
LONGEST = 8 * 60
OFFERS = 3
NEAR_DAYS = 3  # how far the nearest free slots may lie from the wished one


@dataclass(frozen=True, slots=True)
class Place:
    """Doctor, kind, day and wall-clock minutes; ``but`` is the appointment that moves."""

    doctor_id: UUID
    type_id: UUID | None
    day: date
    start: int
    end: int
    but: UUID | None = None


class Placing:
    """The rules of one clinic; ``now`` gives an aware instant."""

    def __init__(self, clinic_id: UUID, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
        self._clinic, self._zone, self._now = clinic_id, zone, now

    def availability(self, work: Work) -> Availability:
        """The reads of this clinic."""
        return Availability(work, self._clinic, self._zone)

    def agenda(self, work: Work, doctor_id: UUID, day: date, type_id: UUID | None) -> Agenda:
        """What decides about one doctor's day."""
        return self.availability(work).agenda(day, day, doctor_id=doctor_id, type_id=type_id)

    def span(self, day: date, start: int, *, duration: int) -> tuple[int, int]:
        """Start and end minute. Raises InvalidField, OutsideHours (spec 1.6.4: the clock skips that time)."""
        if not 1 <= duration <= LONGEST:
            raise InvalidField("duration", "duration", {"min": "1", "max": str(LONGEST)})
        # the seed's CHECK knows no appointment over midnight, nor one that ends with it
        if not 0 <= start < start + duration < DAY:
            raise InvalidField("end", "after_start")
        if not exists(day, start, zone=self._zone):
            raise OutsideHours
        return start, start + duration

    def allow(self, agenda: Agenda, place: Place, *, overbook: bool) -> None:
        """Spec 1.5 and 1.4.5. Raises OutsideHours, SlotTaken.

        Overbooking stands above hours and other bookings, but not above leave and holidays (spec 1.7).
        """
        plan = agenda.plans.get(place.doctor_id) or Plan(doctor_id=place.doctor_id, zone=self._zone)
        if overbook:
            plan = Plan(
                doctor_id=place.doctor_id,
                zone=self._zone,
                sessions=(Session(day=place.day, start=0, end=DAY),),
                leave=plan.leave,
                holidays=plan.holidays,
            )
        slots.require_hours(plan, place.day, start=place.start, end=place.end)
        if overbook:
            return
        start = instant(place.day, place.start, zone=self._zone)
        end = instant(place.day, place.end, zone=self._zone)
        wish = _wish(agenda, place.end - place.start)
        occupied = agenda.occupied(place.doctor_id, but=place.but)
        if any(slots.clashes(start, end, wish, busy) for busy in occupied):
            raise SlotTaken

    def require(self, work: Work, place: Place, *, overbook: bool = False) -> None:
        """``allow`` by what is booked now. Raises OutsideHours, SlotTaken."""
        agenda = self.agenda(work, place.doctor_id, place.day, place.type_id)
        self.allow(agenda, place, overbook=overbook)

    def free(
        self,
        agenda: Agenda,
        doctor_id: UUID,
        *,
        day: date,
        duration: int | None = None,
    ) -> list[FreeSlot]:
        """Bookable starts of a doctor's day."""
        plan = agenda.plans.get(doctor_id)
        if plan is None:
            return []
        wish = _wish(agenda, duration or agenda.duration or DEFAULT_MINUTES)
        busy = agenda.occupied(doctor_id)
        return slots.free_slots(plan, day, wish=wish, busy=busy, now=self._now())

    def taken(self, work: Work, appointments: Appointments, *, place: Place) -> SlotTaken:
        """Who has it, and the three nearest free slots."""
        wanted = instant(place.day, place.start, zone=self._zone)
        days = [place.day + timedelta(days=n) for n in range(-NEAR_DAYS, NEAR_DAYS + 1)]
        row = appointments.holder(
            place.doctor_id, place.day, start=clock(place.start), end=clock(place.end), but=place.but
        )
        agenda = self.availability(work).agenda(
            days[0], days[-1], doctor_id=place.doctor_id, type_id=place.type_id
        )
        # its own present place is not an offer for an appointment that shall move
        return SlotTaken(holder_words(row) if row else "", self._around(agenda, place, wanted))

    def _around(self, agenda: Agenda, place: Place, wanted: datetime) -> tuple[FreeSlot, ...]:
        """The three nearest slots, day by day outwards until no further day can hold a nearer one."""
        length, found = place.end - place.start, list[FreeSlot]()
        for ring in range(NEAR_DAYS + 1):
            for away in {-ring, ring}:
                day = place.day + timedelta(days=away)
                found += self.free(agenda, place.doctor_id, day=day, duration=length)
            near = slots.nearest(found, wanted)
            # an hour less: a clock change may bring the next day nearer
            reach = timedelta(minutes=DAY * ring + min(DAY - place.start, place.start) - 60)
            if len(near) == OFFERS and all(abs(slot.start - wanted) <= reach for slot in near):
                return near
        return slots.nearest(found, wanted)


def without(agenda: Agenda, ids: Collection[UUID]) -> Agenda:
    """The agenda as if some appointments were not there: those that leave in the same step."""
    busy = {doctor: tuple(row for row in rows if row[0] not in ids) for doctor, rows in agenda.busy.items()}
    return replace(agenda, busy=busy)


def _wish(agenda: Agenda, duration: int) -> Wish:
    return Wish(duration=duration, buffer_before=agenda.buffer_before, buffer_after=agenda.buffer_after)


def holder_words(row: Mapping[str, Any]) -> str:
    """Who booked it, without the patient: 'Tunde Bello (Dr Ada Obi, 10:00 to 10:30)'."""
    place = f"Dr {row['doctor']}, {row['start_time']:%H:%M} to {row['end_time']:%H:%M}"
    return f"{row['booked_by']} ({place})" if row["booked_by"] else place
