"""The views side by side in one place: time grid (day and week), month and agenda over the same model."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.wall_clock import minutes
from ui.screens.schedule.agenda import AgendaView
from ui.screens.schedule.calendar import DayCalendar
from ui.screens.schedule.columns import NO_ROOM
from ui.screens.schedule.model import DayModel
from ui.screens.schedule.reading import AGENDA, MONTH, Selection
from ui.widgets.month_grid import MonthGrid

GRID, LIST, PAGE = range(3)


class Board(QStackedWidget):
    """Whatever the view: a doctor, a day and a minute are asked for, never a room in a doctor's place."""

    appointment_selected = Signal(object)
    card_activated = Signal(object)
    menu_requested = Signal(object, QPoint)
    slot_activated = Signal(object, object, int)
    """Date, doctor id, minute; ``room`` says which room."""
    waiting_dropped = Signal(str, object, object, int)
    move_requested = Signal(object, object, object, int, int)
    room_requested = Signal(object, object)
    """Appointment, room id or None: same time, another room."""
    selection_changed = Signal(object)
    """Selection."""

    def __init__(self, model: DayModel, clock: Callable[[], tuple[date, int]]) -> None:
        super().__init__()
        self.model = model
        self.calendar = DayCalendar(clock)
        self.calendar.setModel(model)
        self.agenda = AgendaView(model, clock()[0])
        self.month = MonthGrid(clock()[0], large=True)
        self.month.setAccessibleName(self.tr("Month overview"))
        for page in (self.calendar, self.agenda, self.month):
            self.addWidget(page)
        self.next_room: UUID | None = None
        for part in (self.calendar, self.agenda):
            part.appointment_selected.connect(self._selected)
            part.card_activated.connect(self.card_activated)
            part.menu_requested.connect(self.menu_requested)
        self.calendar.slot_activated.connect(self._slot_activated)
        self.calendar.slot_moved.connect(self._slot_moved)
        self.calendar.waiting_dropped.connect(self._waiting_dropped)
        self.calendar.move_requested.connect(self._move_requested)
        self.setFocusProxy(self.calendar)

    def show_view(self, view: str) -> None:
        """Day, week, month or agenda; the selected appointment stays so, as far as the view has it."""
        chosen = self.current_appointment()
        page = {AGENDA: LIST, MONTH: PAGE}.get(view, GRID)
        if page == self.currentIndex():
            return
        had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self.setCurrentIndex(page)
        self.setFocusProxy(self.focus_target())
        if chosen is not None:
            self.select(chosen.id)
        if had_focus:
            self.focus_target().setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_target(self) -> QWidget:
        """Where the keys go."""
        return {GRID: self.calendar, LIST: self.agenda.table, PAGE: self.month}[self.currentIndex()]

    def current_appointment(self) -> Appointment | None:
        """The selected one, in a view that has cards."""
        if self.currentIndex() == LIST:
            return self.agenda.current_appointment()
        return self.calendar.current_appointment() if self.currentIndex() == GRID else None

    def current_slot(self) -> tuple[date, UUID, int] | None:
        """Day, doctor and minute of the slot cursor in the time grid."""
        slot = self.calendar.current_slot() if self.currentIndex() == GRID else None
        if slot is None:
            return None
        day, head, minute = slot
        doctor = self.model.doctor_for(day, head, minute)
        return None if doctor is None else (day, doctor, minute)

    def select(self, appointment_id: UUID) -> None:
        """In the view on show; the other one follows when it comes on show."""
        if self.currentIndex() == LIST:
            self.agenda.select(appointment_id)
        else:
            self.calendar.select(appointment_id)

    def room(self) -> UUID | None:
        """The room of the slot cursor, None where columns are doctors."""
        return self.calendar.current_room()

    # from heads to doctors and rooms

    @Slot(object)
    def _selected(self, appointment: Appointment | None) -> None:
        if self.sender() is not self.currentWidget():
            return  # the view behind follows the model silently
        self.appointment_selected.emit(appointment)
        if appointment is not None:
            self.selection_changed.emit(
                Selection(
                    appointment_id=appointment.id,
                    doctor_id=appointment.doctor_id,
                    day=appointment.day,
                    minute=minutes(appointment.start),
                    room_id=appointment.room_id,
                )
            )

    @Slot()
    def _slot_moved(self) -> None:
        slot = self.calendar.current_slot()
        if slot is not None:
            day, doctor, minute = slot
            self.selection_changed.emit(
                Selection(doctor_id=doctor, day=day, minute=minute, room_id=self.calendar.current_room())
            )

    @Slot(object, object, int)
    def _slot_activated(self, day: date, head: UUID, minute: int) -> None:
        doctor = self.model.doctor_for(day, head, minute)
        if doctor is not None:
            self.slot_activated.emit(day, doctor, minute)

    @Slot(str, object, object, int)
    def _waiting_dropped(self, entry: str, day: date, head: UUID, minute: int) -> None:
        doctor = self.model.doctor_for(day, head, minute)
        if doctor is not None:
            self.waiting_dropped.emit(entry, day, doctor, minute)

    @Slot(object, object, object, int, int)
    def _move_requested(self, appointment: Appointment, head: UUID, day: date, start: int, end: int) -> None:
        """A drag between rooms keeps the doctor; the room follows when the time was changed."""
        self.next_room = None
        if not self.model.by_room:
            self.move_requested.emit(appointment, head, day, start, end)
            return
        room = None if head == NO_ROOM else head
        place = (appointment.day, minutes(appointment.start), minutes(appointment.end))
        if place == (day, start, end):
            self.room_requested.emit(appointment, room)
            return
        self.next_room = room
        self.move_requested.emit(appointment, appointment.doctor_id, day, start, end)

    def take_next_room(self) -> UUID | None:
        """The room that a moved or booked appointment shall get, once."""
        room, self.next_room = self.next_room, None
        return room
