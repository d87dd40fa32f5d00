"""The figures of the clinic by day (spec 7)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.metrics import DayMetrics
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.metrics import MetricsRows
from clinicdesk.repositories.work import WorkFactory

LONGEST_RANGE = 400  # days; a year and its neighbours


class Metrics:
    """Days are the clinic's local days."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    @property
    def today(self) -> date:
        """The clinic's date now."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def day(self, day: date) -> DayMetrics:
        """The stored figures of a day; zeros when nothing was counted yet."""
        return self.range(day, day)[0]

    def range(self, first: date, last: date) -> tuple[DayMetrics, ...]:
        """One entry for each day, oldest first. Raises InvalidField for a reversed or too long range."""
        self._actor.require("metrics.read")
        length = (last - first).days + 1
        if length < 1:
            raise InvalidField("last", "after_start")
        if length > LONGEST_RANGE:
            raise InvalidField("last", "too_large", {"max": str(LONGEST_RANGE)})
        with self._open_work() as work:
            found = {one.day: one for one in MetricsRows(work, self._actor.clinic.id).between(first, last)}
        days = (first + timedelta(days=n) for n in range(length))
        return tuple(found.get(day) or DayMetrics(day=day) for day in days)

    def recompute(self, day: date) -> DayMetrics:
        """Count a day again from the facts and give the result; a future day stays without a row."""
        self._actor.require("metrics.read")
        with self._open_work() as work:
            rows = MetricsRows(work, self._actor.clinic.id)
            rows.roll_up(day)
            found = rows.between(day, day)
        return found[0] if found else DayMetrics(day=day)
