"""The calendar of this screen: it also says where the slot cursor stands."""

from datetime import date
from typing import cast
from uuid import UUID

from ui.screens.schedule.columns import NO_ROOM
from ui.screens.schedule.model import DayModel
from ui.widgets.calendar_view import CalendarView


class DayCalendar(CalendarView):
    """One day or several, a column for each doctor or room."""

    def current_slot(self) -> tuple[date, UUID, int] | None:
        """Day, doctor and minute under the cursor, else at the selected card or now; None without columns.

        In a room's column the doctor is the one who would be there (``DayModel.doctor_for``).
        """
        found = self._current()
        model = self.model()
        if found is None or not isinstance(model, DayModel):
            return None
        doctor = model.doctor_for(*found)
        return (found[0], doctor, found[2]) if doctor is not None else None

    def current_room(self) -> UUID | None:
        """The room of the slot cursor; None where columns are doctors, or for 'no room'."""
        found, model = self._current(), self.model()
        if found is None or not isinstance(model, DayModel) or not model.by_room:
            return None
        return None if found[1] == NO_ROOM else found[1]

    def start_slot_cursor(self) -> None:
        """Show the cursor over free slots; no card is selected then."""
        if self._ensure().columns and self._slot is None:
            self.set_slot(self._first_slot())

    def _current(self) -> tuple[date, UUID, int] | None:
        if not self._ensure().columns:
            return None
        slot = self._slot or self._first_slot()
        day, head = self._column(slot)
        return cast(date, day), cast(UUID, head), slot.minute
