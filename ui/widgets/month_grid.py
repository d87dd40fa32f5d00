"""Six weeks as a table of days: small in the date picker, large with the load of each day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QDate,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from clinicdesk.domain.calendar import WEEK, DayLoad, add_months, month_page
from ui import theme

Index = QModelIndex | QPersistentModelIndex
Action = QAbstractItemView.CursorAction
DayRole, LoadRole = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
SPOKEN = (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
_NO_INDEX = QModelIndex()
translate = QCoreApplication.translate
STEPS = {Action.MoveLeft: -1, Action.MoveRight: 1, Action.MoveUp: -WEEK, Action.MoveDown: WEEK}
STEPS |= {Action.MovePrevious: -1, Action.MoveNext: 1}


def duration_words(minutes: int) -> str:
    """'4 h 30' or '45 min'."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h{f' {rest:02d}' if rest else ''}" if hours else f"{rest} min"


def number_words(count: int) -> str:
    """'1 appointment' or '7 appointments'."""
    one, several = translate("calendar", "{0} appointment"), translate("calendar", "{0} appointments")
    return (one if count == 1 else several).format(count)


class MonthModel(QAbstractTableModel):
    """The page of the month that ``shown`` lies in."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = self.shown = today
        self.first = month_page(today)[0]
        self._loads: Mapping[date, DayLoad] = {}

    def show_page(self, day: date, today: date) -> None:
        """The page that holds the day's month."""
        self.today = today
        if (day.year, day.month) != (self.shown.year, self.shown.month):
            self.beginResetModel()
            self.shown, self.first = day, month_page(day)[0]
            self.endResetModel()
        self.shown = day

    def show_loads(self, loads: Mapping[date, DayLoad]) -> None:
        """What each day has."""
        self._loads = loads
        self.dataChanged.emit(self.index(0, 0), self.index(5, 6))

    def day(self, index: Index) -> date:
        """The day of a cell."""
        return self.first + timedelta(days=index.row() * WEEK + index.column())

    def index_of(self, day: date) -> QModelIndex:
        """The cell of a day; invalid when it is on another page."""
        row, column = divmod((day - self.first).days, WEEK)
        return self.index(row, column) if 0 <= row < 6 else _NO_INDEX

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else 6

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else WEEK

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation is Qt.Orientation.Horizontal:
            return QLocale().dayName(section + 1, QLocale.FormatType.ShortFormat)
        return str((self.first + timedelta(days=section * WEEK)).isocalendar().week)

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid():
            return None
        day = self.day(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return str(day.day)
        if role == DayRole:
            return day
        if role == LoadRole:
            return self._loads.get(day)
        return self._spoken(day) if role in SPOKEN else None

    def _spoken(self, day: date) -> str:
        parts = [QLocale().toString(QDate(day.year, day.month, day.day), "dddd, d MMMM yyyy")]
        if day == self.today:
            parts.append(self.tr("today"))
        load = self._loads.get(day)
        if load is not None:
            parts += [load.holiday] if load.holiday else []
            parts.append(number_words(load.number))
            if load.booked or load.free:
                words = self.tr("{0} booked, {1} free")
                parts.append(words.format(duration_words(load.booked), duration_words(load.free)))
            else:
                parts.append(self.tr("closed"))
        return ", ".join(parts)


class MonthGrid(QTableView):
    """Arrows go by day and week, also over the edge of the page; PageUp and PageDown by month."""

    day_chosen = Signal(object)
    """date: Enter, a click or a double click."""
    month_turned = Signal(object)
    """date: another month's page is on show now."""
    day_moved = Signal(object)
    """date: where the cursor is."""

    def __init__(self, today: date, *, large: bool = False) -> None:
        super().__init__()
        self.model_ = MonthModel(today)
        self._large = large
        self.setModel(self.model_)
        self.setItemDelegate(LoadDelegate(self) if large else DayDelegate(self))
        self.setAccessibleName(self.tr("Month"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
            header.setMinimumSectionSize(20)
        self.verticalHeader().setVisible(False)
        self.horizontalHeader().setProperty("tight", "true")
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        theme.notices.theme_changed.connect(self.viewport().update)

    def show_day(self, day: date, today: date) -> None:
        """Its month, with the cursor on it."""
        self.model_.show_page(day, today)
        self.setCurrentIndex(self.model_.index_of(day))
        self.viewport().update()

    def current_day(self) -> date:
        """Where the cursor is."""
        index = self.currentIndex()
        return self.model_.day(index) if index.isValid() else self.model_.shown

    def go(self, day: date) -> None:
        """Move the cursor there, to another page if need be."""
        before = self.model_.shown
        self.show_day(day, self.model_.today)
        if (before.year, before.month) != (day.year, day.month):
            self.month_turned.emit(day)
        self.day_moved.emit(day)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        if not self.currentIndex().isValid():  # Qt asks for the first cell when the focus comes
            return self.model_.index_of(self.model_.shown)
        day = self.current_day()
        if action in STEPS:
            step = STEPS[action]
            sideways = action in (Action.MoveLeft, Action.MoveRight) and self.isRightToLeft()
            self.go(day + timedelta(days=-step if sideways else step))
        elif action in (Action.MovePageUp, Action.MovePageDown):
            self.go(add_months(day, -1 if action is Action.MovePageUp else 1))
        elif action is Action.MoveHome:
            self.go(day.replace(day=1))
        elif action is Action.MoveEnd:
            self.go(add_months(day.replace(day=1), 1) - timedelta(days=1))
        return self.currentIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.day_chosen.emit(self.current_day())
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if not index.isValid() or event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._large:
            self.go(self.model_.day(index))
        else:
            self.day_chosen.emit(self.model_.day(index))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._large and self.indexAt(event.position().toPoint()).isValid():
            self.day_chosen.emit(self.current_day())


class DayDelegate(QStyledItemDelegate):
    """A number in the middle; today has a ring, the cursor is filled."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, day = theme.current(), index.data(DayRole)
        model = index.model()
        assert isinstance(model, MonthModel)
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        box = QRectF(option.rect).adjusted(2.5, 2.5, -2.5, -2.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(tokens.accent) if here else Qt.BrushStyle.NoBrush)
        ring = day == model.today and not here
        painter.setPen(QPen(QColor(tokens.accent), 1.5) if ring else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box, 6, 6)
        outside = (day.year, day.month) != (model.shown.year, model.shown.month)
        painter.setPen(QColor(tokens.on_accent if here else tokens.faint if outside else tokens.text))
        weight = QFont.Weight.DemiBold if day == model.today else QFont.Weight.Normal
        painter.setFont(theme.font(12, weight, digits=True))
        painter.drawText(option.rect, Qt.AlignmentFlag.AlignCenter, str(day.day))
        painter.restore()


class LoadDelegate(QStyledItemDelegate):
    """Number of the day, how many appointments, a bar of what is taken, and what is free in words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, day, load = theme.current(), index.data(DayRole), index.data(LoadRole)
        model = index.model()
        assert isinstance(model, MonthModel)
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        outside = (day.year, day.month) != (model.shown.year, model.shown.month)
        closed = load is not None and not load.booked and not load.free
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(option.rect, tokens.colour("off_hours" if closed or outside else "surface"))
        painter.setPen(tokens.colour("grid_hour"))
        painter.drawLine(option.rect.topLeft(), option.rect.topRight())
        painter.drawLine(option.rect.topLeft(), option.rect.bottomLeft())
        inner = option.rect.adjusted(10, 8, -10, -8)
        self._number(painter, inner, day, today=day == model.today, faint=outside)
        if load is not None:
            self._load(painter, inner, load)
        if here:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(tokens.accent), 2 if focused else 1.5))
            painter.drawRoundedRect(QRectF(option.rect).adjusted(2.5, 2.5, -2.5, -2.5), 6, 6)
        painter.restore()

    def _number(self, p: QPainter, rect: QRect, day: date, *, today: bool, faint: bool) -> None:
        tokens = theme.current()
        p.setFont(theme.font(13, QFont.Weight.DemiBold, digits=True))
        box = QRect(rect.x() - 4, rect.y() - 3, 26, 22)
        if today:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(QColor(tokens.accent))
            p.drawRoundedRect(box, 7, 7)
        p.setPen(QColor(tokens.on_accent if today else tokens.faint if faint else tokens.text))
        p.drawText(box, Qt.AlignmentFlag.AlignCenter, str(day.day))

    def _load(self, p: QPainter, rect: QRect, load: DayLoad) -> None:
        tokens = theme.current()
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        middle = Qt.AlignmentFlag.AlignVCenter
        if load.number:
            p.setFont(theme.font(12, QFont.Weight.DemiBold, digits=True))
            p.setPen(QColor(tokens.text))
            p.drawText(
                QRect(rect.x() + 26, rect.y() - 2, rect.width() - 26, 20), right | middle, str(load.number)
            )
        p.setFont(theme.font(11))
        metrics = p.fontMetrics()
        words = QRect(rect.x(), rect.bottom() - 15, rect.width(), 16)
        if load.holiday:
            p.setPen(QColor(tokens.colour("on_warn_soft")))
            p.drawText(
                words,
                left | middle,
                metrics.elidedText(load.holiday, Qt.TextElideMode.ElideRight, words.width()),
            )
            return
        if not load.booked and not load.free:
            p.setPen(QColor(tokens.muted))
            p.drawText(words, left | middle, self.tr("closed"))
            return
        self._bar(p, QRect(rect.x(), rect.bottom() - 23, rect.width(), 5), load.share)
        p.setPen(QColor(tokens.muted))
        text = self.tr("{0} free").format(duration_words(load.free)) if load.free else self.tr("full")
        p.drawText(words, left | middle, metrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width()))

    def _bar(self, p: QPainter, rect: QRect, share: float) -> None:
        tokens = theme.current()
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(tokens.colour("grid_hour"))
        p.drawRoundedRect(rect, 2, 2)
        p.setBrush(QColor(tokens.warn if share >= 0.9 else tokens.accent))
        done = QRect(rect.x(), rect.y(), round(rect.width() * share), rect.height())
        if done.width() > 1:
            p.drawRoundedRect(done, 2, 2)
