"""What the calendar shows: geometry, scrolling, zoom, selection and painting of the cards.

Based on QListView because Qt gives its descendants an accessible list with an item per row; all of its layout
and painting is replaced.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtCore import Slot as QtSlot
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QListView, QWidget

from clinicdesk.domain.appointments import Appointment
from ui import theme
from ui.widgets.calendar_heads import GUTTER, HeadPainter
from ui.widgets.calendar_ink import Ink
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource, Slot, source_of
from ui.widgets.calendar_paint import CalendarPainter, Ghost, Scene, Strip, rectangles

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
HEADER = 46
ONE_DAY, SEVERAL_DAYS = 96, 42  # pixels of the narrowest column
LEAST_ZOOM, NORMAL_ZOOM, MOST_ZOOM = 0.6, 1.6, 6.0  # pixels per minute
NOW_EVERY = 15_000  # ms


class CalendarCanvas(QListView):
    """Geometry, scrolling, zoom and painting; ``CalendarView`` adds keyboard and mouse."""

    appointment_selected = Signal(object)
    """The Appointment that is current now, or None."""
    zoomed = Signal(float)
    """Pixels per minute, as the person set it."""

    def __init__(self, now: Callable[[], tuple[date, int]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # before any setter: they call our virtual methods
        self.layout_ = CalendarLayout()
        self.slot_step = 15
        self._now = now
        self._source: CalendarSource | None = None
        self._dirty = True
        self._opened_at: int | None = None  # first minute of the range that the scroll position is about
        self._current_id: UUID | None = None
        self._slot: Slot | None = None
        self._ghost: Ghost | None = None
        self._ink = Ink(self.layout_)
        self._painter = CalendarPainter(self.layout_, self._ink)
        self._heads = HeadPainter(self.layout_, self._ink)
        self._header = Strip(self, self._paint_header, self.tr("Columns"))
        self._gutter = Strip(self, self._paint_gutter, self.tr("Hours"))
        self._shown_now = now()
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

    # geometry

    def _ensure(self) -> CalendarLayout:
        if self._dirty and self._source is not None:
            self._dirty = False
            self.layout_.rtl = self.isRightToLeft()
            self.layout_.read(self._source)
            self.layout_.fit(self.viewport().width(), least=self._least_column())
        return self.layout_

    def _least_column(self) -> int:
        return SEVERAL_DAYS if self._source and len(self._source.days) > 1 else ONE_DAY

    def offset(self) -> QPoint:
        """Content position of the viewport's corner."""
        return QPoint(self.horizontalOffset(), self.verticalOffset())

    def horizontalOffset(self) -> int:
        bar = self.horizontalScrollBar()
        return bar.maximum() - bar.value() if self.isRightToLeft() else bar.value()

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def visualRect(self, index: Index) -> QRect:
        rect = self._ensure().card_rect(index.row()) if index.isValid() else QRect()
        return rect.translated(-self.offset()) if rect.isValid() else rect

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._ensure().row_at(point + self.offset()) if self._source else None
        return NO_INDEX if row is None else self.model().index(row, 0)

    def slot_at(self, point: QPoint) -> tuple[date, UUID, int]:
        """Day, doctor and minute (in steps of the slot grid) under a viewport point."""
        slot = self._ensure().slot_at(point + self.offset(), snap=self.slot_step)
        return (*self.layout_.columns[slot.column], slot.minute)

    def slot_point(self, day: date, doctor_id: UUID, minute: int) -> QPoint:
        """The viewport point of a slot, inverse of ``slot_at``. Raises KeyError for a column not shown."""
        number = self._ensure().number(day, doctor_id)
        if number is None:
            raise KeyError(doctor_id)
        rect = self.layout_.column_rect(number, start=minute, end=minute + 1)
        return QPoint(rect.center().x(), rect.top() + 1) - self.offset()

    def updateGeometries(self) -> None:
        layout, viewport = self._ensure(), self.viewport()
        rtl = self.isRightToLeft()
        margins = (0, HEADER, GUTTER, 0) if rtl else (GUTTER, HEADER, 0, 0)
        if self.viewportMargins().top() != HEADER or layout.rtl != rtl:
            layout.rtl = rtl
            self.setViewportMargins(*margins)
        layout.fit(viewport.width(), least=self._least_column())
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setRange(0, max(0, layout.width - viewport.width()))
        across.setPageStep(viewport.width())
        across.setSingleStep(max(1, int(layout.column_width / 4)))
        down.setRange(0, max(0, layout.height + 8 - viewport.height()))
        down.setPageStep(viewport.height())
        down.setSingleStep(round(layout.scale * 15))
        g = viewport.geometry()
        self._header.setGeometry(g.x(), g.y() - HEADER, g.width(), HEADER)
        self._gutter.setGeometry(g.right() + 1 if rtl else g.x() - GUTTER, g.y(), GUTTER, g.height())
        self._keep_hour()

    def _keep_hour(self) -> None:
        """Open at the present hour; stay at the shown hour when the range of hours changes."""
        layout, down = self.layout_, self.verticalScrollBar()
        if not layout.columns or self._opened_at == layout.first:
            return
        if self._opened_at is not None:
            down.setValue(down.value() + round((self._opened_at - layout.first) * layout.scale))
        elif not self.isVisible():
            return
        elif self._today_is_shown():
            down.setValue(layout.y(self._shown_now[1] - 60))
        self._opened_at = layout.first

    def doItemsLayout(self) -> None:
        self._dirty = True
        QAbstractItemView.doItemsLayout(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        QAbstractScrollArea.resizeEvent(self, event)
        self.updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        dx = -dx if self.isRightToLeft() else dx
        self.viewport().scroll(dx, dy)
        if dx:
            self._header.scroll(dx, 0)
        if dy:
            self._gutter.scroll(0, dy)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if index.isValid():
            self._show(self._ensure().card_rect(index.row()))

    def _show(self, rect: QRect) -> None:
        """Scroll as little as needed to see a content rectangle."""
        seen, room = rect.translated(-self.offset()), self.viewport().rect().adjusted(0, 8, 0, -8)
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        dx = min(0, seen.left()) or max(0, seen.right() - room.right())
        dy = min(0, seen.top() - room.top()) or max(0, seen.bottom() - room.bottom())
        across.setValue(across.value() + (-dx if self.isRightToLeft() else dx))
        down.setValue(down.value() + dy)

    @property
    def zoom(self) -> float:
        """Pixels per minute."""
        return self.layout_.scale

    def set_zoom(self, scale: float, *, anchor: int | None = None) -> None:
        """Stretch the hours; what is at viewport height ``anchor`` (else the middle) stays there."""
        y = self.viewport().height() // 2 if anchor is None else anchor
        minute = self.layout_.minute(y + self.verticalOffset())
        hours = max(60, self.layout_.last - self.layout_.first)
        whole_day = min(NORMAL_ZOOM, self.viewport().height() / hours)
        self.layout_.scale = min(max(scale, LEAST_ZOOM, whole_day), MOST_ZOOM)
        self.updateGeometries()
        self.verticalScrollBar().setValue(self.layout_.y(minute) - y)
        self._update_all()
        self.zoomed.emit(self.layout_.scale)

    def set_lines(self, minutes: int) -> None:
        """The grid of lines, and the steps of the slot cursor."""
        self.layout_.lines = self.slot_step = minutes
        self._set_slot(None)
        self._update_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turn = event.angleDelta().y() / 120
            self.set_zoom(self.zoom * 1.15**turn, anchor=round(event.position().y()))
            event.accept()
        else:
            super().wheelEvent(event)

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

    def _update_all(self) -> None:
        self.viewport().update()
        self._header.update()
        self._gutter.update()

    def _set_slot(self, slot: Slot | None) -> None:
        for changed in (self._slot, slot):
            if changed is not None:
                self._update(self.layout_.ghost_rect(changed, changed.minute + self.slot_step))
        self._slot = slot

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

    def _today_is_shown(self) -> bool:
        return self._source is not None and self._shown_now[0] in self._source.days

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.updateGeometries()
            self._update_all()

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
