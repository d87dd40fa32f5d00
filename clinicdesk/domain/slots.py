"""When a doctor can be booked (spec 1.4.5, 1.5, 1.6). Pure: the same inputs give the same list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import FreeSlot, InvalidField, OutsideHours
from clinicdesk.domain.wall_clock import DAY, day_bounds, instant, wall

Span = tuple[int, int]
"""Wall-clock minutes from midnight, half-open, 0..1440."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One ``doctor_availability`` row in wall-clock minutes; ``weekday`` 0 is Sunday (spec 0.2).

    Raises InvalidField for a window or break that does not end after its start, or half a break (spec 1.5).
    """

    weekday: int
    start: int
    end: int
    available: bool = True
    break_start: int | None = None
    break_end: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY:
            raise InvalidField("end_time", "after_start")
        if (self.break_start is None) != (self.break_end is None):
            raise InvalidField("break_end_time", "both_or_none")
        if self.break_start is not None and self.break_end is not None and self.break_end <= self.break_start:
            raise InvalidField("break_end_time", "after_start")

    def holds_on(self, day: date) -> bool:
        """Whether the row is about this day: weekday and validity (both ends included)."""
        since, until = self.valid_from or date.min, self.valid_to or date.max
        return self.weekday == day.isoweekday() % 7 and since <= day <= until


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A one-off extra session of a doctor, wall-clock minutes."""

    day: date
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= DAY:
            raise InvalidField("end_time", "after_start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Away from ``first_day`` at minute ``start`` until ``last_day`` at minute ``end``, half-open."""

    first_day: date
    last_day: date
    start: int = 0
    end: int = DAY

    def on(self, day: date) -> Span:
        """The part of the day that is leave; empty when start >= end."""
        if not self.first_day <= day <= self.last_day:
            return 0, 0
        return self.start if day == self.first_day else 0, self.end if day == self.last_day else DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """An occupying appointment (spec 1.4.2) as aware instants, with its type's buffers in minutes."""

    start: datetime
    end: datetime
    buffer_before: int = 0
    buffer_after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that says when a doctor works. ``opening``: weekday (0 Sunday) to spans; None sets no limit."""

    doctor_id: UUID
    zone: ZoneInfo
    weekly: tuple[Hours, ...] = ()
    opening: Mapping[int, tuple[Span, ...]] | None = None
    sessions: tuple[Session, ...] = ()
    leave: tuple[Leave, ...] = ()
    holidays: frozenset[date] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to place, in minutes; ``step`` None walks by the duration; ``horizon`` in days (spec 1.5.6)."""

    duration: int
    step: int | None = None
    buffer_before: int = 0
    buffer_after: int = 0
    notice: int = 0
    horizon: int = 90

    def __post_init__(self) -> None:
        if self.duration <= 0 or (self.step is not None and self.step <= 0):
            raise InvalidField("duration", "positive")


def merge(spans: Iterable[Span]) -> list[Span]:
    """Sorted spans with overlapping and touching ones joined, empty ones dropped."""
    merged: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def cut(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The merged ``spans`` without the ``holes``; all half-open."""
    left = merge(spans)
    for low, high in merge(holes):
        left = [
            part
            for start, end in left
            for part in ((start, min(end, low)), (max(start, high), end))
            if part[0] < part[1]
        ]
    return left


def working_windows(plan: Plan, day: date) -> list[Span]:
    """The doctor's bookable wall-clock windows of the day after all cutting (spec 1.5.1, 1.5.2).

    Opening hours and rows that are not available limit the weekly rows; a one-off session stands above both,
    but neither above breaks nor leave nor holidays.
    """
    if day in plan.holidays:
        return []
    rows = [row for row in plan.weekly if row.holds_on(day)]
    weekly = cut(
        ((row.start, row.end) for row in rows if row.available),
        ((row.start, row.end) for row in rows if not row.available),
    )
    if plan.opening is not None:
        opening = merge(plan.opening.get(day.isoweekday() % 7, ()))
        weekly = cut(weekly, _closed(opening))
    sessions = [(s.start, s.end) for s in plan.sessions if s.day == day]
    breaks = [
        (r.break_start, r.break_end) for r in rows if r.break_start is not None and r.break_end is not None
    ]
    return cut(weekly + sessions, breaks + [leave.on(day) for leave in plan.leave])


def _closed(opening: list[Span]) -> Iterator[Span]:
    edges = [(0, 0), *opening, (DAY, DAY)]
    for (_, end), (start, _) in pairwise(edges):
        yield end, start


def free_slots(plan: Plan, day: date, *, wish: Wish, busy: Sequence[Busy], now: datetime) -> list[FreeSlot]:
    """Bookable starts of the day, sorted and unique, as UTC instants (spec 1.5)."""
    length = timedelta(minutes=wish.duration)
    step = timedelta(minutes=wish.step or wish.duration)
    earliest, latest = now + timedelta(minutes=wish.notice), now + timedelta(days=wish.horizon)
    taken = _taken(wish, busy, day_bounds(day, plan.zone))
    starts: set[datetime] = set()
    at, reaches = 0, datetime.min.replace(tzinfo=UTC)  # of the starts that bookings before this one take
    for low, high in working_windows(plan, day):
        start, end = instant(day, low, zone=plan.zone), instant(day, high, zone=plan.zone)
        while start + length <= end:
            while at < len(taken) and taken[at][0] < start:
                reaches = max(reaches, taken[at][1])
                at += 1
            if reaches <= start and earliest <= start <= latest and _fits(start, start + length, plan.zone):
                starts.add(start)
            start += step
    return [FreeSlot(plan.doctor_id, start, start + length) for start in sorted(starts)]


def _taken(
    wish: Wish, busy: Sequence[Busy], bounds: tuple[datetime, datetime]
) -> list[tuple[datetime, datetime]]:
    """Between which instants, both left out, no start may lie: ``clashes`` solved for the start."""
    reach = timedelta(minutes=DAY)
    since, until = bounds[0] - reach, bounds[1] + reach
    length = timedelta(minutes=wish.duration)
    return sorted(
        (
            other.start - timedelta(minutes=max(wish.buffer_after, other.buffer_before)) - length,
            other.end + timedelta(minutes=max(other.buffer_after, wish.buffer_before)),
        )
        for other in busy
        if other.start < until and other.end > since
    )


def _fits(start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    # the seed's CHECK (start_time < end_time) cannot hold an appointment whose wall clock runs backwards
    (first_day, first), (last_day, last) = wall(start, zone), wall(end, zone)
    return first_day == last_day and first < last


def clashes(start: datetime, end: datetime, wish: Wish, other: Busy) -> bool:
    """Spec 1.4.1 and 1.4.5: half-open overlap, or a gap below the greater of the two facing buffers."""
    after = timedelta(minutes=max(other.buffer_after, wish.buffer_before))
    before = timedelta(minutes=max(wish.buffer_after, other.buffer_before))
    return start < other.end + after and other.start < end + before


def nearest(slots: Iterable[FreeSlot], wanted: datetime, n: int = 3) -> tuple[FreeSlot, ...]:
    """The ``n`` slots whose starts are closest to ``wanted``, in order of time."""
    closest = sorted(slots, key=lambda slot: (abs(slot.start - wanted), slot.start))[:n]
    return tuple(sorted(closest, key=lambda slot: slot.start))


def next_free(
    plan: Plan, first_day: date, *, wish: Wish, busy: Sequence[Busy], now: datetime
) -> FreeSlot | None:
    """The first bookable slot from ``first_day`` on, within the horizon; None when there is none."""
    last_day = (now + timedelta(days=wish.horizon)).astimezone(plan.zone).date()
    day = max(first_day, now.astimezone(plan.zone).date())
    while day <= last_day:
        if slots := free_slots(plan, day, wish=wish, busy=busy, now=now):
            return slots[0]
        day += timedelta(days=1)
    return None


def require_hours(plan: Plan, day: date, *, start: int, end: int) -> None:
    """Refuse wall-clock minutes that no working window holds. Raises OutsideHours (spec 1.5)."""
    if not any(low <= start < end <= high for low, high in working_windows(plan, day)):
        raise OutsideHours
