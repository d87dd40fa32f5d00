"""The calendar's area: where its content lies, how it scrolls and how far the hours are stretched.

Based on QListView because Qt gives its descendants an accessible list with an item per row; all of its layout
and painting is replaced.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QListView, QWidget

from ui.widgets.calendar_heads import GUTTER
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource
from ui.widgets.calendar_paint import Strip

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
HEADER = 46
ONE_DAY, SEVERAL_DAYS = 96, 42  # pixels of the narrowest column
LEAST_ZOOM, NORMAL_ZOOM, MOST_ZOOM = 0.6, 1.6, 6.0  # pixels per minute


class CalendarArea(QListView):
    """Geometry, scrolling and zoom; ``CalendarCanvas`` paints."""

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
        self._opened_days: tuple[date, ...] = ()
        self._shown_now = now()
        self._header = Strip(self, self._paint_header, self.tr("Columns"))
        self._gutter = Strip(self, self._paint_gutter, self.tr("Hours"))

    def _paint_header(self, painter: QPainter, rect: QRect) -> None:
        raise NotImplementedError

    def _paint_gutter(self, painter: QPainter, rect: QRect) -> None:
        raise NotImplementedError

    def _update_all(self) -> None:
        self.viewport().update()
        self._header.update()
        self._gutter.update()

    def _today_is_shown(self) -> bool:
        return self._source is not None and self._shown_now[0] in self._source.days

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
        self._keep_day()

    def _keep_day(self) -> None:
        """Several days that do not fit begin with today."""
        days = self._source.days if self._source else ()
        if days == self._opened_days or not self.layout_.columns or not self.isVisible():
            return
        self._opened_days = days
        if len(days) > 1 and self._source is not None:
            number = days.index(self._shown_now[0]) * len(self._source.heads) if self._today_is_shown() else 0
            bar, left = self.horizontalScrollBar(), round(number * self.layout_.column_width)
            bar.setValue(bar.maximum() - left if self.isRightToLeft() else left)

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turn = event.angleDelta().y() / 120
            self.set_zoom(self.zoom * 1.15**turn, anchor=round(event.position().y()))
            event.accept()
        else:
            super().wheelEvent(event)
