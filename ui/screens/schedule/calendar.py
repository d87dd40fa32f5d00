"""The calendar of this screen: it also says where the slot cursor stands."""

from datetime import date
from typing import cast
from uuid import UUID

from ui.widgets.calendar_view import CalendarView


class DayCalendar(CalendarView):
    """One day, a column for each doctor."""

    def current_slot(self) -> tuple[date, UUID, int] | None:
        """Day, doctor and minute under the cursor, else at the selected card or now; None without columns."""
        if not self._ensure().columns:
            return None
        slot = self._slot or self._first_slot()
        day, doctor = self._column(slot)
        return cast(date, day), cast(UUID, doctor), slot.minute

    def start_slot_cursor(self) -> None:
        """Show the cursor over free slots; no card is selected then."""
        if self._ensure().columns and self._slot is None:
            self.set_slot(self._first_slot())
