"""The calendar's reads: any range of days, a month's load; and the room of an appointment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, DaySheet, WorkingWindow
from clinicdesk.domain.calendar import (
    PHASES,
    DayLoad,
    Frame,
    Shade,
    SheetRange,
    clinic_shades,
    days_between,
    shades,
)
from clinicdesk.domain.people import Actor
from clinicdesk.domain.slots import Plan, working_windows
from clinicdesk.domain.wall_clock import wall
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.availability import Availability, Times
from clinicdesk.repositories.calendar import CalendarReads, DoctorLoad
from clinicdesk.repositories.work import WorkFactory

LONGEST = 92  # days in one reading: a quarter


class Calendar:
    """Every method is one unit of work."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._zone = ZoneInfo(actor.clinic.timezone)

    def frame(self) -> Frame:
        """Doctors, rooms and kinds of appointment."""
        self._actor.require("appointments.read")
        clinic = self._actor.clinic.id
        with self._open_work() as work:
            return Frame(
                doctors=Availability(work, clinic, self._zone).doctors(),
                rooms=CalendarReads(work, clinic).rooms(),
                types=Appointments(work, money=False).types(),
            )

    def sheets(self, first: date, last: date) -> SheetRange:
        """Appointments, working windows, reasons for the rest, and the waiting list: two statements.

        Raises ValueError for more than a quarter of a year.
        """
        self._actor.require("appointments.read")
        if not 0 <= (last - first).days < LONGEST:
            raise ValueError(f"{first} to {last}")
        clinic, today = self._actor.clinic.id, wall(self._now(), self._zone)[0]
        with self._open_work() as work:
            found = Appointments(work, money=self._actor.may("payments.read")).between(clinic, first, last)
            times = Availability(work, clinic, self._zone).span(first, last, today)
        by_day: dict[date, list[Appointment]] = {}
        for appointment in found:
            by_day.setdefault(appointment.day, []).append(appointment)
        days = {day: _shape(times, day) for day in days_between(first, last)}
        return SheetRange(
            sheets=tuple(
                DaySheet(
                    day=day, appointments=tuple(by_day.get(day, ())), windows=windows, waiting=times.waiting
                )
                for day, (windows, _) in days.items()
            ),
            shades={day: special for day, (_, special) in days.items()},
            waiting=times.waiting,
        )

    def load(
        self,
        first: date,
        last: date,
        *,
        doctors: Collection[UUID] | None = None,
        types: Sequence[UUID] | None = None,
        phases: Sequence[str],
    ) -> tuple[DayLoad, ...]:
        """Each day's sums over some doctors (None: all), kinds and phases: two statements."""
        self._actor.require("appointments.read")
        clinic, today = self._actor.clinic.id, wall(self._now(), self._zone)[0]
        with self._open_work() as work:
            rows = CalendarReads(work, clinic).load(first, last, types=types, phases=phases)
            times = Availability(work, clinic, self._zone).span(first, last, today)
        by_day: dict[date, dict[UUID, DoctorLoad]] = {}
        counts: dict[date, list[int]] = {}
        for row in rows:
            so_far = counts.get(row.day, [0] * len(PHASES))
            counts[row.day] = [one + more for one, more in zip(so_far, row.phases, strict=True)]
            if doctors is None or row.doctor_id in doctors:
                by_day.setdefault(row.day, {})[row.doctor_id] = row
        week: dict[tuple[UUID, int], int] = {}
        plans = [plan for key, plan in times.plans.items() if doctors is None or key in doctors]
        return tuple(
            replace(
                _day_load(day, by_day.get(day, {}), plans, week=week, holiday=times.holidays.get(day, "")),
                phases=tuple(counts.get(day, (0,) * len(PHASES))),
            )
            for day in days_between(first, last)
        )

    def put_in_room(self, appointment: Appointment, room_id: UUID | None) -> Appointment:
        """Spec 1.2.3: another room is an edit. Raises SlotTaken when it is in use, StaleRecord."""
        self._actor.require("appointments.book")
        with self._open_work() as work:
            appointments = Appointments(work, money=self._actor.may("payments.read"))
            appointments.change(appointment, "room_id = CAST(:room AS uuid)", room=room_id)
            return appointments.get(appointment.id)


def _open_minutes(plan: Plan, day: date, week: dict[tuple[UUID, int], int]) -> int:
    """Working minutes; ``week`` keeps those of days that are like any other of their weekday."""
    usual = not (
        day in plan.holidays
        or any(session.day == day for session in plan.sessions)
        or any(leave.first_day <= day <= leave.last_day for leave in plan.leave)
        or any(row.valid_from or row.valid_to for row in plan.weekly)
    )
    key = (plan.doctor_id, day.weekday())
    if usual and key in week:
        return week[key]
    found = sum(end - start for start, end in working_windows(plan, day))
    if usual:
        week[key] = found
    return found


def _day_load(
    day: date,
    rows: Mapping[UUID, DoctorLoad],
    plans: list[Plan],
    *,
    week: dict[tuple[UUID, int], int],
    holiday: str,
) -> DayLoad:
    free = 0
    for plan in plans:
        row = rows.get(plan.doctor_id)
        free += max(0, _open_minutes(plan, day, week) - (row.taken if row else 0))
    return DayLoad(
        day=day,
        number=sum(row.number for row in rows.values()),
        booked=sum(row.booked for row in rows.values()),
        free=free,
        holiday=holiday,
    )


def _shape(times: Times, day: date) -> tuple[tuple[WorkingWindow, ...], tuple[Shade, ...]]:
    """When doctors can be booked, and why not at other times."""
    holiday = times.holidays.get(day)
    windows: list[WorkingWindow] = []
    special = clinic_shades(times.opening, day, holiday=holiday)
    for doctor, plan in times.plans.items():
        spans = working_windows(plan, day)
        windows += [WorkingWindow(doctor_id=doctor, start=start, end=end) for start, end in spans]
        special += shades(plan, day, spans, holiday=holiday or "")
    return tuple(windows), tuple(special)
