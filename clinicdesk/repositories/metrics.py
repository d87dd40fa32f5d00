"""Stored figures of days (spec 7); the database counts them (cd.roll_up_metrics)."""

from datetime import date
from uuid import UUID

from clinicdesk.domain.metrics import DayMetrics
from clinicdesk.repositories.work import Work

_DAYS = """
SELECT date AS day, total_appointments, completed_appointments, cancelled_appointments, no_show_appointments,
       total_prescriptions, total_patients, new_patients, revenue
  FROM clinic_metrics WHERE clinic_id = :clinic AND date BETWEEN :first AND :last ORDER BY date
"""


class MetricsRows:
    """Reads and recomputes the rows of one clinic."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def between(self, first: date, last: date) -> tuple[DayMetrics, ...]:
        """The days that have a row, oldest first."""
        rows = self._work.all(_DAYS, clinic=self._clinic, first=first, last=last)
        return tuple(DayMetrics(**row) for row in rows)

    def roll_up(self, day: date) -> None:
        """Count a day again from the facts; a future day gets no row."""
        self._work.run("SELECT cd.roll_up_metrics(:clinic, :day)", clinic=self._clinic, day=day)
