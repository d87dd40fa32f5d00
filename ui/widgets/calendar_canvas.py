"""What the calendar shows: the model's cards, the selected one, and what is being placed."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtCore import Slot as QtSlot
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QToolTip, QWidget

from clinicdesk.domain.appointments import Appointment
from ui import theme
from ui.widgets.calendar_area import HEADER, LEAST_ZOOM, MOST_ZOOM, NO_INDEX, NORMAL_ZOOM, CalendarArea, Index
from ui.widgets.calendar_heads import HeadPainter
from ui.widgets.calendar_ink import Ink
from ui.widgets.calendar_layout import Slot, source_of
from ui.widgets.calendar_paint import CalendarPainter, Ghost, Scene, rectangles
from ui.widgets.calendar_shades import shade_at, shade_tip

__all__ = ["LEAST_ZOOM", "MOST_ZOOM", "NORMAL_ZOOM", "NO_INDEX", "CalendarCanvas", "Index"]
NOW_EVERY = 15_000  # ms


class CalendarCanvas(CalendarArea):
    """Model, selection and painting; ``CalendarView`` adds keyboard and mouse."""

    appointment_selected = Signal(object)
    """The Appointment that is current now, or None."""

    def __init__(self, now: Callable[[], tuple[date, int]], parent: QWidget | None = None) -> None:
        super().__init__(now, parent)
        self._current_id: UUID | None = None
        self._slot: Slot | None = None
        self._kept: tuple[object, int] | None = None  # head and minute of the slot before the columns changed
        self._ghost: Ghost | None = None
        self._ink = Ink(self.layout_)
        self._painter = CalendarPainter(self.layout_, self._ink)
        self._heads = HeadPainter(self.layout_, self._ink)
        self._clock = QTimer(self, interval=NOW_EVERY)
        self._clock.timeout.connect(self.refresh_now)
        self._clock.start()
        theme.notices.theme_changed.connect(self._restyle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setAccessibleName(self.tr("Schedule"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    # model

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        self._source = source_of(model) if model is not None else None
        if model is not None and self._source is not None:
            for signal in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.layoutChanged):
                signal.connect(self._invalidate)
            self._source.columns_changed.connect(self._columns_changed)
        self._columns_changed()

    def appointment_at(self, index: Index) -> Appointment | None:
        """The snapshot at an index."""
        return self._source.appointments[index.row()] if self._source and index.isValid() else None

    def current_appointment(self) -> Appointment | None:
        """The selected appointment."""
        return self.appointment_at(self.currentIndex())

    def select(self, appointment_id: UUID) -> None:
        """Make an appointment current and show it; nothing when it is not there."""
        rows = self._source.appointments if self._source else ()
        row = next((row for row, a in enumerate(rows) if a.id == appointment_id), None)
        if row is not None:
            self.setCurrentIndex(self.model().index(row, 0))

    @QtSlot()
    def _invalidate(self) -> None:
        self._dirty = True
        self.cancel_placing()
        self.scheduleDelayedItemsLayout()
        self._update_all()

    @QtSlot()
    def _columns_changed(self) -> None:
        columns = self.layout_.columns
        if self._slot is not None and self._slot.column < len(columns):
            self._kept = (columns[self._slot.column][1], self._slot.minute)
        self._set_slot(None)
        self._invalidate()
        self.updateGeometries()

    def cancel_placing(self) -> None:
        """Forget a card that is being placed."""
        self._set_ghost(None)

    def reset(self) -> None:
        super().reset()
        self._invalidate()
        if self._current_id is not None:
            wanted, self._current_id = self._current_id, None
            self.select(wanted)
            if self._current_id is None:
                self.appointment_selected.emit(None)

    def dataChanged(self, first: Index, last: Index, roles: object = ()) -> None:
        if self._dirty or self._source is None:
            return
        rows = range(first.row(), last.row() + 1)
        before = self._columns_of(rows)
        hours = (self.layout_.first, self.layout_.last)
        self._dirty = True
        self._ensure()
        if hours != (self.layout_.first, self.layout_.last):
            self._invalidate()
            return
        for number in before | self._columns_of(rows):
            self._update(self.layout_.column_rect(number))
        self._header.update()

    def _columns_of(self, rows: range) -> set[int]:
        places = self.layout_.places
        return {place.column for row in rows if row < len(places) and (place := places[row])}

    def set_lines(self, minutes: int) -> None:
        """The grid of lines, and the steps of the slot cursor."""
        self.layout_.lines = self.slot_step = minutes
        self._set_slot(None)
        self._update_all()

    # selection

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.topLeft())
        if index.isValid():
            self.selectionModel().select(index, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for index in selection.indexes():
            region += self.visualRect(index)
        return region

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        appointment = self.appointment_at(current)
        self._current_id = appointment.id if appointment else None
        if appointment is not None:
            self._set_slot(None)
        for index in (current, previous):
            if index.isValid():
                self._update(self._ensure().card_rect(index.row()))
        self.appointment_selected.emit(appointment)

    # painting

    def _update(self, content: QRect) -> None:
        if content.isValid():  # with its ring
            self.viewport().update(content.translated(-self.offset()).adjusted(-4, -4, 4, 4))

    def _set_slot(self, slot: Slot | None) -> None:
        for changed in (self._slot, slot):
            if changed is not None:
                self._update(self.layout_.ghost_rect(changed, changed.minute + self.slot_step))
        self._slot = slot
        if slot is not None:
            self._kept = None

    def _set_ghost(self, ghost: Ghost | None) -> None:
        for changed in (self._ghost, ghost):
            if changed is not None:
                self._update(self.layout_.ghost_rect(changed.slot, changed.end))
                if changed.row is not None:
                    self._update(self.layout_.card_rect(changed.row))
        if self._slot is not None:  # hidden while something is placed
            self._update(self.layout_.ghost_rect(self._slot, self._slot.minute + self.slot_step))
        self._ghost = ghost

    @QtSlot()
    def _restyle(self) -> None:
        self._ink.restyle()
        self._painter.restyle()
        self._update_all()

    @QtSlot()
    def refresh_now(self) -> None:
        """Move the line that shows the time."""
        now = self._now()
        if now == self._shown_now:
            return
        for minute in (self._shown_now[1], now[1]):
            y = self.layout_.y(minute) - self.verticalOffset()
            self.viewport().update(0, y - 2, self.viewport().width(), 4)
        self._shown_now = now
        self._gutter.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.updateGeometries()
            self._update_all()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and not self.indexAt(event.pos()).isValid() and self._source:
            slot = self._ensure().slot_at(event.pos() + self.offset(), snap=1)
            shade = shade_at(self._source, self.layout_, slot.column, slot.minute)
            QToolTip.showText(event.globalPos(), shade_tip(shade) if shade else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._source is None:
            return
        self._ensure()
        current = self.currentIndex()
        scene = Scene(
            offset=self.offset(),
            now=self._shown_now,
            current=current.row() if current.isValid() else None,
            slot=self._slot,
            slot_minutes=self.slot_step,
            ghost=self._ghost,
            focused=self.hasFocus(),
        )
        with QPainter(self.viewport()) as painter:
            for rect in rectangles(event.region()):
                painter.setClipRect(rect)
                self._painter.content(painter, rect, source=self._source, scene=scene)

    def _paint_header(self, painter: QPainter, rect: QRect) -> None:
        if self._source is not None:
            self._ensure()
            x, today = self.horizontalOffset(), self._shown_now[0]
            self._heads.header(painter, rect, source=self._source, x=x, height=HEADER, today=today)

    def _paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        now = self._shown_now[1] if self._today_is_shown() else None
        self._heads.gutter(painter, rect, y=self.verticalOffset(), now=now)
