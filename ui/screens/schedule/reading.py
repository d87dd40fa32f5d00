"""What the schedule wants to see, and the reading of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from clinicdesk.domain.appointments import AppointmentType, DaySheet
from clinicdesk.domain.calendar import (
    DayLoad,
    Frame,
    Room,
    SheetRange,
    add_months,
    month_page,
    week_of,
)
from clinicdesk.domain.people import Doctor
from clinicdesk.services.calendar import Calendar
from ui.screens.schedule.filters import EVERYTHING, Filters

DAY, WEEK, MONTH, AGENDA = VIEWS = ("day", "week", "month", "agenda")
OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Where the person is: the selected appointment, or the slot under the cursor; minutes from midnight."""

    appointment_id: UUID | None = None
    doctor_id: UUID | None = None
    day: date | None = None
    minute: int | None = None
    room_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A view around a day. ``span`` is what the agenda lists: day, week, or an ``own`` range."""

    day: date
    view: str = DAY
    span: str = WEEK
    first: date | None = None
    last: date | None = None
    filters: Filters = EVERYTHING

    @property
    def days(self) -> tuple[date, date]:
        """First and last day on show."""
        unit = self.span if self.view == AGENDA else self.view
        if unit == OWN and self.first and self.last:
            return self.first, self.last
        if unit == WEEK:
            return week_of(self.day)
        return month_page(self.day) if unit == MONTH else (self.day, self.day)

    def reads_like(self, other: "Wish") -> bool:
        """Whether one answer serves both: only a month's sums depend on the filters."""
        if (self.view, self.days) != (other.view, other.days):
            return False
        return self.filters == other.filters if self.view == MONTH else self.day == other.day

    def stepped(self, count: int) -> "Wish":
        """Back or forward by what the view shows: a day, a week, a month, or the length of the own range."""
        unit = self.span if self.view == AGENDA else self.view
        if unit == MONTH:
            return replace(self, day=add_months(self.day, count))
        first, last = self.days
        by = timedelta(days=count * ((last - first).days + 1))
        if unit == OWN and self.first and self.last:
            return replace(self, day=self.day + by, first=self.first + by, last=self.last + by)
        return replace(self, day=self.day + by)

    def at(self, day: date) -> "Wish":
        """The same view around another day; an own range that does not hold it moves there."""
        first, last = self.days
        if self.span == OWN and self.first and not first <= day <= last:
            return replace(self, day=day, first=day, last=day + (last - first))
        return replace(self, day=day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one reading brought. ``sheet`` is that of the wish's day, which is always among ``sheets``."""

    wish: Wish
    frame: Frame
    found: SheetRange
    loads: tuple[DayLoad, ...] = ()

    @property
    def sheet(self) -> DaySheet:
        return next(sheet for sheet in self.found.sheets if sheet.day == self.wish.day)

    @property
    def doctors(self) -> tuple[Doctor, ...]:
        return self.frame.doctors

    @property
    def rooms(self) -> tuple[Room, ...]:
        return self.frame.rooms

    @property
    def types(self) -> tuple[AppointmentType, ...]:
        return self.frame.types


def read(calendar: Calendar, wish: Wish, frame: Frame | None) -> Day:
    """Days with their appointments; the month's sums and the sheet of one day instead."""
    frame = frame or calendar.frame()
    if wish.view != MONTH:
        first, last = wish.days
        found = calendar.sheets(min(first, wish.day), max(last, wish.day))
        return Day(wish=wish, frame=frame, found=found)
    filters = wish.filters
    narrowed = filters.doctors is not None or filters.specialties is not None
    loads = calendar.load(
        *wish.days,
        doctors={doctor.id for doctor in filters.staff(frame.doctors)} if narrowed else None,
        types=sorted(filters.types) if filters.types is not None else None,
        phases=filters.phases,
    )
    return Day(wish=wish, frame=frame, found=calendar.sheets(wish.day, wish.day), loads=loads)
