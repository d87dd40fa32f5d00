"""The calendar as people use it: keyboard, mouse, drops. It changes nothing, it says what was asked for."""

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtCore import Slot as QtSlot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QWidget

from ui.widgets import calendar_drag as drag
from ui.widgets import calendar_speech as speech
from ui.widgets.banner import announce
from ui.widgets.calendar_canvas import NO_INDEX, NORMAL_ZOOM, CalendarCanvas, Index
from ui.widgets.calendar_layout import Slot
from ui.widgets.calendar_paint import Ghost

Key = Qt.Key
Action = QAbstractItemView.CursorAction
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
ARROWS: dict[int, tuple[int, int]] = {
    Key.Key_Up: (0, -1),
    Key.Key_Down: (0, 1),
    Key.Key_Left: (-1, 0),
    Key.Key_Right: (1, 0),
}
PAGE = 4  # cards or slots that PageUp and PageDown pass
SLOT_KEYS: dict[int, tuple[int, int]] = ARROWS | {Key.Key_PageUp: (0, -PAGE), Key.Key_PageDown: (0, PAGE)}
ENTER = (Key.Key_Return, Key.Key_Enter)


class CalendarView(CalendarCanvas):
    """Arrows move between cards; with Ctrl, or while no card is selected, over free slots; Space switches.

    Enter opens or books; typed letters find a patient. Alt+arrows show where the card would go, with
    Shift how long it would be; Enter asks for it, Escape leaves it.
    """

    move_requested = Signal(object, object, object, int, int)
    """Appointment, doctor id, date, start minute, end minute."""
    slot_activated = Signal(object, object, int)
    """Date, doctor id, minute."""
    slot_moved = Signal()
    """The slot cursor is somewhere else."""
    card_activated = Signal(object)
    """Appointment."""
    waiting_dropped = Signal(str, object, object, int)
    """Waiting entry id, date, doctor id, minute."""
    menu_requested = Signal(object, QPoint)
    """Appointment, global position."""
    announced = Signal(str)
    """The words a screen reader was given."""

    def __init__(self, now: Callable[[], tuple[date, int]], parent: QWidget | None = None) -> None:
        super().__init__(now, parent)
        self._press: drag.Press | None = None
        self._pointer = QPoint()
        self._carried = ""  # title of a waiting card over the calendar
        self._read_only = False
        self._typed = speech.TypedName()
        self._edge = QTimer(self, interval=30)
        self._edge.timeout.connect(self._scroll_at_edge)
        self.setAcceptDrops(True)

    @property
    def editing(self) -> bool:
        """True while something is being placed: reloads wait."""
        return self._ghost is not None

    @property
    def read_only(self) -> bool:
        """Whether moving, resizing and dropping are off."""
        return self._read_only

    def set_read_only(self, on: bool) -> None:
        self._read_only = on
        self.setAcceptDrops(not on)

    def announce(self, text: str) -> None:
        """Say something through the screen reader."""
        announce(self, text)
        self.announced.emit(text)

    # keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, mods = event.key(), event.modifiers()
        if key == Key.Key_Escape and self.editing:
            self.cancel_placing()
        elif mods & ALT and key in ARROWS:
            self._nudge(*ARROWS[key], resize=bool(mods & SHIFT))
        elif mods & CTRL and self._zoomed(key):
            pass
        elif key in ENTER:
            self._activate()
        elif key == Key.Key_Space:
            self._switch()
        elif key in SLOT_KEYS and (mods & CTRL or not self.currentIndex().isValid()):
            self._step_slot(*SLOT_KEYS[key])
        elif key in (Key.Key_Home, Key.Key_End) and self._slot is not None:
            self._slot_to_end(last=key == Key.Key_End)
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        if self._source is not None:
            start = max(0, self.currentIndex().row())
            row = speech.row_of_name(self._source, self._typed.add(search), after=start)
            if row is not None:
                self.setCurrentIndex(self.model().index(row, 0))

    def _zoomed(self, key: int) -> bool:
        if key in (Key.Key_Plus, Key.Key_Equal):
            self.set_zoom(self.zoom * 1.15)
        elif key == Key.Key_Minus:
            self.set_zoom(self.zoom / 1.15)
        elif key == Key.Key_0:
            self.set_zoom(NORMAL_ZOOM)
        else:
            return False
        return True

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        layout, current = self._ensure(), self.currentIndex()
        if not current.isValid() or layout.places[current.row()] is None:
            return NO_INDEX
        row, beside = current.row(), -1 if self.isRightToLeft() else 1
        steps: dict[QAbstractItemView.CursorAction, Callable[[], int]] = {
            Action.MoveUp: lambda: layout.row_before(row, -1),
            Action.MovePrevious: lambda: layout.row_before(row, -1),
            Action.MoveDown: lambda: layout.row_before(row, 1),
            Action.MoveNext: lambda: layout.row_before(row, 1),
            Action.MoveLeft: lambda: layout.row_beside(row, -beside),
            Action.MoveRight: lambda: layout.row_beside(row, beside),
            Action.MovePageUp: lambda: layout.row_before(row, -PAGE),
            Action.MovePageDown: lambda: layout.row_before(row, PAGE),
            Action.MoveHome: lambda: layout.edge_row(row, last=False),
            Action.MoveEnd: lambda: layout.edge_row(row, last=True),
        }
        step = steps.get(action)
        return self.model().index(step(), 0) if step else current

    def _activate(self) -> None:
        if self._ghost is not None and self._press is None:
            ghost = self._ghost
            self.cancel_placing()
            self._request(ghost)
            return
        appointment = self.current_appointment()
        if appointment is not None:
            self.card_activated.emit(appointment)
        elif self._slot is not None:
            self.slot_activated.emit(*self._column(self._slot), self._slot.minute)

    def _column(self, slot: Slot) -> tuple[object, object]:
        return self._ensure().columns[slot.column]

    def _nudge(self, columns: int, steps: int, *, resize: bool) -> None:
        layout, appointment = self._ensure(), self.current_appointment()
        place = layout.places[self.currentIndex().row()] if appointment else None
        if appointment is None or place is None or (resize and columns):
            return
        if not self._movable(self.currentIndex()):
            self.announce(self.tr("This appointment cannot be moved"))
            return
        columns = -columns if self.isRightToLeft() else columns
        minutes = steps * self.slot_step
        ghost = self._ghost
        if ghost is not None and ghost.row == self.currentIndex().row():
            place = place._replace(column=ghost.slot.column, start=ghost.slot.minute, end=ghost.end)
        target = drag.nudged(layout, place, columns=columns, minutes=minutes, resize=resize)
        if target is None:
            self.announce(self.tr("End of the calendar"))
            return
        ghost = Ghost(target[0], target[1], appointment.patient_name, self.currentIndex().row())
        self._set_ghost(ghost)
        self._show(layout.ghost_rect(ghost.slot, ghost.end))
        if self._source is not None:
            self.announce(self.tr("{0}. Enter puts it there").format(speech.move_words(self._source, ghost)))

    def _request(self, ghost: Ghost) -> None:
        appointment = self._source.appointments[ghost.row] if self._source and ghost.row is not None else None
        if appointment is None or self._source is None:
            return
        day, doctor = self._ensure().columns[ghost.slot.column]
        self._show(self.layout_.ghost_rect(ghost.slot, ghost.end))
        self.announce(speech.move_words(self._source, ghost))
        self.move_requested.emit(appointment, doctor, day, ghost.slot.minute, ghost.end)

    def _movable(self, index: Index) -> bool:
        appointment = self.appointment_at(index)
        if appointment is None or self._source is None or self._read_only:
            return False
        return appointment.status in drag.MOVABLE and appointment.id not in self._source.pending

    # the slot cursor

    def set_slot(self, slot: Slot) -> None:
        """Put the slot cursor somewhere; no card is selected then."""
        if self.currentIndex().isValid():
            self.clearSelection()
            self.setCurrentIndex(NO_INDEX)
        self._set_slot(slot)
        self._show(self.layout_.ghost_rect(slot, slot.minute + self.slot_step))
        if self._source is not None:
            self.announce(speech.slot_words(self._source, self.layout_, slot, step=self.slot_step))
        self.slot_moved.emit()

    def _first_slot(self) -> Slot:
        """At the selected card, else where it was on the day before, else now, else where the day begins."""
        layout, step = self._ensure(), self.slot_step
        row = self.currentIndex().row()
        place = layout.places[row] if row >= 0 else None
        if place is not None:
            return Slot(place.column, place.start // step * step)
        for number, column in enumerate(layout.columns):
            if self._kept is not None and column[1] == self._kept[0]:
                return Slot(number, min(max(self._kept[1], layout.first), layout.last - step))
        day, minute = self._shown_now
        for number, column in enumerate(layout.columns):
            if column[0] == day and layout.first <= minute < layout.last:
                return Slot(number, min(-(-minute // step) * step, layout.last - step))
        windows = sorted(self._source.windows.get(layout.columns[0], ())) if self._source else []
        return Slot(0, windows[0][0] if windows else layout.first)

    def _step_slot(self, columns: int, steps: int) -> None:
        layout, step = self._ensure(), self.slot_step
        if not layout.columns:
            return
        if self._slot is None and not self.currentIndex().isValid():
            self.set_slot(self._first_slot())
            return
        at = self._slot or self._first_slot()
        columns = -columns if self.isRightToLeft() else columns
        number = min(max(at.column + columns, 0), len(layout.columns) - 1)
        self.set_slot(Slot(number, min(max(at.minute + steps * step, layout.first), layout.last - step)))

    def _slot_to_end(self, *, last: bool) -> None:
        layout = self._ensure()
        if self._slot is None or self._source is None:
            return
        windows = sorted(self._source.windows.get(layout.columns[self._slot.column], ()))
        first, end = (windows[0][0], windows[-1][1]) if windows else (layout.first, layout.last)
        self.set_slot(Slot(self._slot.column, end - self.slot_step if last else first))

    def _switch(self) -> None:
        if not self._ensure().columns:
            return
        if self._slot is None:
            self.set_slot(self._first_slot())
            return
        row = self.layout_.nearest_row(self._slot)
        if row is not None:
            self.setCurrentIndex(self.model().index(row, 0))

    def focusInEvent(self, event: QFocusEvent) -> None:
        # not the base class: it would make the first row current and so end the slot cursor
        QAbstractScrollArea.focusInEvent(self, event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self._slot is None and not self.currentIndex().isValid() and self._ensure().columns:
            self.set_slot(self._first_slot())
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        index = self.indexAt(point)
        if event.button() is not Qt.MouseButton.LeftButton:
            if index.isValid():
                self.setCurrentIndex(index)
            return
        appointment = self.appointment_at(index)
        if appointment is None:
            if self._ensure().columns:
                at = point + self.offset()
                self.set_slot(self.layout_.slot_at(at, snap=self.slot_step))
            return
        self.setCurrentIndex(index)
        if self._movable(index):
            at = point + self.offset()
            self._press = drag.Press(index.row(), appointment, at, self._on_handle(index, point))

    def _on_handle(self, index: Index, point: QPoint) -> bool:
        return 0 <= self.visualRect(index).bottom() - point.y() <= drag.HANDLE

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().toPoint()
        if self._press is None:
            self._show_cursor(self._pointer)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            way = self._pointer + self.offset() - self._press.at
            if self.editing or way.manhattanLength() >= drag.THRESHOLD:
                self._follow()

    def _show_cursor(self, point: QPoint) -> None:
        index = self.indexAt(point)
        shape = Qt.CursorShape.ArrowCursor
        if index.isValid():
            grip = self._movable(index) and self._on_handle(index, point)
            shape = Qt.CursorShape.SizeVerCursor if grip else Qt.CursorShape.PointingHandCursor
        self.viewport().setCursor(shape)

    def _follow(self) -> None:
        if self._press is None:
            return
        ghost = drag.moved(self._ensure(), self._press, self._pointer + self.offset())
        if ghost != self._ghost:
            self._set_ghost(ghost)
        self._edge.start()

    @QtSlot()
    def _scroll_at_edge(self) -> None:
        pull = drag.edge_pull(self._pointer, self.viewport().rect())
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        before = self.offset()
        down.setValue(down.value() + pull.y())
        across.setValue(across.value() + (-pull.x() if self.isRightToLeft() else pull.x()))
        if self.offset() != before:
            if self._press is not None:
                self._follow()
            elif self._carried:
                self._carry()
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        ghost, press = self._ghost, self._press
        self.cancel_placing()
        place = self.layout_.places[press.row] if press else None
        if ghost and place and (*ghost.slot, ghost.end) != (place.column, place.start, place.end):
            self._request(ghost)

    def cancel_placing(self) -> None:
        self._edge.stop()
        self._press, self._carried = None, ""
        super().cancel_placing()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._activate()  # the first click selected the card or the slot

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.currentIndex()
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        if by_mouse:
            index = self.indexAt(event.pos())
        if index.isValid():
            at = event.globalPos() if by_mouse else self._global_centre(index)
            self.menu_requested.emit(self.appointment_at(index), at)

    def _global_centre(self, index: Index) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(index).center())

    def hideEvent(self, event: QHideEvent) -> None:
        self.cancel_placing()
        super().hideEvent(event)

    # a card from the waiting list

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._read_only or not drag.waiting_id(event.mimeData()) or not self._ensure().columns:
            event.ignore()
            return
        self._pointer = event.position().toPoint()
        self._carried = event.mimeData().text() or self.tr("Waiting patient")
        self._carry()
        self._edge.start()
        event.acceptProposedAction()

    def _carry(self) -> None:
        at = self._pointer + self.offset()
        slot = self.layout_.slot_at(at, snap=self.slot_step)
        self._set_ghost(Ghost(slot, slot.minute + self.slot_step, self._carried))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel_placing()

    def dropEvent(self, event: QDropEvent) -> None:
        entry = drag.waiting_id(event.mimeData())
        self.cancel_placing()
        if self._read_only or not entry or not self._ensure().columns:
            event.ignore()
            return
        event.acceptProposedAction()
        self.waiting_dropped.emit(entry, *self.slot_at(event.position().toPoint()))
