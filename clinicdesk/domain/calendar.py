"""What the calendar shows besides appointments: rooms, closed time with its reason, the load of a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from clinicdesk.domain.appointments import AppointmentType, DaySheet, WaitingEntry
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.slots import Plan, Span, cut, merge
from clinicdesk.domain.wall_clock import DAY

WEEK, MONTH_DAYS = 7, 42
PHASES = ("pending", "confirmed", "arrived", "in_progress", "completed", "no_show")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room of the clinic, a column of the calendar."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """Minutes of a doctor's day that are special, half-open; ``doctor_id`` None is the whole clinic.

    Kinds: holiday, leave, break, closed (outside the clinic's hours), off (the doctor does not work) and
    session (extra hours, bookable). ``name`` is a holiday's.
    """

    doctor_id: UUID | None
    start: int
    end: int
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """Sums of one day. Minutes; ``free`` is working time that nothing occupies.

    ``phases`` counts the whole clinic's appointments, whatever was asked for, in the order of ``PHASES``.
    """

    day: date
    number: int
    booked: int
    free: int
    holiday: str = ""
    phases: tuple[int, ...] = (0,) * len(PHASES)

    @property
    def share(self) -> float:
        """0 to 1: how much of the day's time is taken; 0 on a day without any."""
        return self.booked / (self.booked + self.free) if self.booked + self.free else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stays the same through a day's work: who and what can be columns and filters."""

    doctors: tuple[Doctor, ...]
    rooms: tuple[Room, ...]
    types: tuple[AppointmentType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRange:
    """Consecutive days, each with its appointments, and the waiting list."""

    sheets: tuple[DaySheet, ...]
    shades: Mapping[date, tuple[Shade, ...]]
    waiting: tuple[WaitingEntry, ...]


def shades(plan: Plan, day: date, windows: list[Span], *, holiday: str = "") -> list[Shade]:
    """Why a doctor's day is not all working time, in order; with the ``working_windows`` they cover the day.

    The strongest reason names a minute: holiday, leave, closed clinic, break, not working (spec 1.5.2, 1.9).
    """
    if day in plan.holidays:
        return [Shade(doctor_id=plan.doctor_id, start=0, end=DAY, kind="holiday", name=holiday)]
    rest = cut([(0, DAY)], windows)
    rows = [row for row in plan.weekly if row.holds_on(day)]
    opening = [(0, DAY)] if plan.opening is None else list(plan.opening.get(day.isoweekday() % 7, ()))
    breaks = [(r.break_start, r.break_end) for r in rows if r.break_start is not None and r.break_end]
    reasons: list[tuple[str, list[Span]]] = [
        ("leave", [leave.on(day) for leave in plan.leave]),
        ("closed", cut([(0, DAY)], opening)),
        ("break", breaks),
        ("off", [(0, DAY)]),
    ]
    found: list[Shade] = []
    for kind, spans in reasons:
        if not spans or not rest:
            continue
        part = rest if kind == "off" else _common(rest, spans)
        rest = cut(rest, part) if part else rest
        found += [Shade(doctor_id=plan.doctor_id, start=a, end=b, kind=kind) for a, b in part]
    extra = _common(windows, [(s.start, s.end) for s in plan.sessions if s.day == day])
    found += [Shade(doctor_id=plan.doctor_id, start=a, end=b, kind="session") for a, b in extra]
    return sorted(found, key=lambda shade: (shade.start, shade.end))


def _common(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The minutes that both have."""
    joined = merge(others)
    found = ((max(a, c), min(b, d)) for a, b in spans for c, d in joined)
    return [span for span in found if span[0] < span[1]]


def clinic_shades(
    opening: Mapping[int, tuple[Span, ...]] | None, day: date, *, holiday: str | None
) -> list[Shade]:
    """The clinic's own closed time, for columns that are rooms; ``holiday`` None is none, '' one unnamed."""
    if holiday is not None:
        return [Shade(doctor_id=None, start=0, end=DAY, kind="holiday", name=holiday)]
    if opening is None:
        return []
    closed = cut([(0, DAY)], opening.get(day.isoweekday() % 7, ()))
    return [Shade(doctor_id=None, start=a, end=b, kind="closed") for a, b in closed]


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Both ends included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def week_of(day: date) -> tuple[date, date]:
    """Monday to Sunday."""
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=WEEK - 1)


def month_page(day: date) -> tuple[date, date]:
    """The six weeks from Monday on that hold the whole month."""
    first, _ = week_of(day.replace(day=1))
    return first, first + timedelta(days=MONTH_DAYS - 1)


def add_months(day: date, months: int) -> date:
    """The same day of another month, its last one when that month is shorter."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))
