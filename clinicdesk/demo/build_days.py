"""What became of each appointment: the demo's past lived through, its today up to now, its future planned."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from clinicdesk.demo.build_calendar import Calendar, Slot
from clinicdesk.demo.world import World

_NO_SHOW, _CANCELLED, _MOVED, _WALK_IN = 0.06, 0.085, 0.035, 0.07
_PENDING_AHEAD, _CANCELLED_AHEAD, _MOVED_AHEAD = 0.11, 0.05, 0.02
_REASONS = {
    "patient_asked": 46,
    "patient_ill": 18,
    "other": 8,
    "doctor_away": 8,
    "not_confirmed": 12,
    "left_before_seen": 8,
}
_GRACE = timedelta(minutes=15)
_SOON = timedelta(minutes=90)  # nobody leaves a request unanswered for longer


def live(world: World, calendar: Calendar) -> None:
    """Give every slot its status and stamps; today follows the clock."""
    for slot in calendar.slots:
        _book(world, slot)
        _decide(world, slot, calendar)
    calendar.settle_moves()
    ordered = sorted(calendar.slots, key=lambda slot: (*_doctor_day(slot), slot.start_at))
    for _, day in groupby(ordered, _doctor_day):
        _live_day(world, list(day))
    for slot in calendar.slots:
        _first_booking(slot)


def _doctor_day(slot: Slot) -> tuple[UUID, date]:
    return slot.doctor.id, slot.day


def _book(world: World, slot: Slot) -> None:
    slot.by = world.random.choice(world.receptionists)
    if slot.overbook_reason:
        slot.by = world.receptionists[0]  # who has the permission
    lead = min(world.random.expovariate(1 / 6), 25)
    if not slot.overbook_reason and slot.day <= world.today and world.chance(_WALK_IN):
        slot.source, lead = "walk_in", 0
    day = slot.day - timedelta(days=max(round(lead), 1))
    made = world.at(day, world.random.uniform(8 * 60, 17 * 60 + 30))
    if lead == 0:
        made = slot.start_at - timedelta(minutes=world.random.uniform(3, 20))
    latest = world.now - timedelta(minutes=world.random.uniform(2, 600))
    slot.created_at = slot.confirmed_at = made if slot.source == "walk_in" else min(made, latest)
    if slot.source == "walk_in" and made > world.now:
        slot.source = "desk"
        slot.created_at = slot.confirmed_at = latest


def _decide(world: World, slot: Slot, calendar: Calendar) -> None:
    assert slot.created_at is not None
    dice = world.random.random()
    ahead = slot.start_at > world.now
    if slot.source == "walk_in" or slot.overbook_reason:
        return
    moved, cancelled = (_MOVED_AHEAD, _CANCELLED_AHEAD) if ahead else (_MOVED, _CANCELLED)
    if dice < moved:
        slot.status = "rescheduled"
        slot.cancelled_at = _before(world, slot)
        calendar.to_move(slot)
    elif dice < moved + cancelled:
        _cancel(world, slot)
    elif not ahead and dice < moved + cancelled + _NO_SHOW and world.now > slot.start_at + _GRACE:
        slot.status = "no_show"
        slot.no_show_at = min(
            slot.start_at + timedelta(minutes=world.random.uniform(20, 90)),
            world.now,
        )
    elif slot.start_at > world.now + _SOON and dice > 1 - _PENDING_AHEAD:
        slot.status, slot.confirmed_at = "pending", None
        slot.created_at = world.now - timedelta(hours=world.random.uniform(0.3, 14))
        slot.hold_until = min(slot.start_at, slot.created_at + timedelta(hours=24))


def _cancel(world: World, slot: Slot) -> None:
    slot.status = "cancelled"
    slot.cancel_reason = world.random.choices(list(_REASONS), list(_REASONS.values()))[0]
    if slot.cancel_reason == "left_before_seen" and slot.start_at + timedelta(hours=2) > world.now:
        slot.cancel_reason = "patient_asked"
    slot.cancelled_at = _before(world, slot)
    if slot.cancel_reason == "not_confirmed":
        slot.confirmed_at = None
    elif slot.cancel_reason == "left_before_seen":
        slot.checked_in_at = slot.start_at - timedelta(minutes=5)
        slot.started_at = slot.start_at + timedelta(minutes=world.random.uniform(5, 30))
        slot.cancelled_at = slot.started_at + timedelta(minutes=world.random.uniform(2, 9))


def _before(world: World, slot: Slot) -> datetime:
    """Some time between booking and start, and not in the future."""
    assert slot.created_at is not None
    latest = min(slot.start_at - timedelta(minutes=10), world.now - timedelta(minutes=1))
    return slot.created_at + max(latest - slot.created_at, timedelta()) * world.random.uniform(0.3, 0.98)


def _live_day(world: World, day: Sequence[Slot]) -> None:
    """The doctor sees one after the other, as they arrive; what has not happened yet stays planned."""
    free = day[0].start_at - timedelta(hours=1)
    for slot in day:
        if slot.status != "confirmed" or slot.day > world.today:
            continue
        # today people come early, so that somebody sits in the waiting room whenever the demo is built
        early = world.random.uniform(*((12, 60) if slot.day == world.today else (2, 20)))
        arrived = slot.start_at - timedelta(minutes=early if world.chance(0.9) else -early / 4)
        if slot.source == "walk_in" and slot.created_at:
            arrived = slot.created_at
        begun = max(slot.start_at, arrived, free) + timedelta(minutes=world.random.uniform(0, 4))
        minutes = (slot.end - slot.start) * world.random.uniform(0.6, 1.05)
        done = begun + timedelta(minutes=minutes)
        if arrived > world.now:
            continue
        if not slot.remote:
            slot.checked_in_at = arrived
        if begun > world.now:
            free = done
            continue
        slot.status, slot.started_at, free = "in_progress", begun, done
        if done <= world.now:
            slot.status, slot.completed_at = "completed", done
    _tidy_past(world, day)


def _tidy_past(world: World, day: Iterable[Slot]) -> None:
    for slot in day:
        if slot.status == "completed":
            slot.patient.seen = True


def _first_booking(slot: Slot) -> None:
    made = slot.created_at
    assert made is not None
    if slot.patient.first_booked is None or made < slot.patient.first_booked:
        slot.patient.first_booked = made


def working_days(world: World) -> list[date]:
    """The past days and today, oldest first: those that get a row of figures."""
    return [day for day in world.days if day <= world.today]
