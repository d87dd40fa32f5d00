"""The figures of a day (spec 7)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMetrics:
    """One row of ``clinic_metrics``; ``total_patients`` were seen that day, ``revenue`` may be negative."""

    day: date
    total_appointments: int = 0
    completed_appointments: int = 0
    cancelled_appointments: int = 0
    no_show_appointments: int = 0
    total_prescriptions: int = 0
    total_patients: int = 0
    new_patients: int = 0
    revenue: Decimal = Decimal("0.00")

    @property
    def open_appointments(self) -> int:
        """Still pending, confirmed or in progress."""
        closed = self.completed_appointments + self.cancelled_appointments + self.no_show_appointments
        return self.total_appointments - closed
