"""Two lines in a cell, tags, and a mark on what has just arrived."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ui import theme
from ui.screens.pharmacy.model import FreshRole, Index, SecondRole, TagRole
from ui.widgets.table import RowDelegate
from ui.widgets.tag import kind_look, paint_tag

ROW = 52
_EDGE = 15  # as the header's words


class TwoLineDelegate(RowDelegate):
    """The first line carries the weight, the second explains it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        fresh = bool(index.data(FreshRole))
        painter.save()
        if selected or fresh:
            painter.fillRect(option.rect, tokens.colour("accent_soft" if selected else "info_soft"))
        if fresh and index.column() == 0:
            bar = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(bar, tokens.colour("info"))
        box = option.rect.adjusted(_EDGE, 0, -4, 0)
        if tag := index.data(TagRole):
            word, kind, icon = tag
            paint_tag(painter, box, word, kind_look(kind, icon))
        else:
            self._lines(painter, box, index)
        painter.setPen(QColor(tokens.grid))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()
        if option.state & QStyle.StateFlag.State_HasFocus:
            self.paint_focus(painter, option)

    def _lines(self, painter: QPainter, box: QRect, index: Index) -> None:
        tokens = theme.current()
        first, second = str(index.data() or ""), str(index.data(SecondRole) or "")
        weight = QFont.Weight.DemiBold if index.column() == 1 else QFont.Weight.Normal
        top = box.adjusted(0, 8, 0, 0) if second else box
        vertical = Qt.AlignmentFlag.AlignTop if second else Qt.AlignmentFlag.AlignVCenter
        self._text(painter, top, vertical, first, theme.font(13, weight, digits=True), tokens.text)
        if second:
            low = box.adjusted(0, 27, 0, 0)
            small = theme.font(12, digits=True)
            self._text(painter, low, Qt.AlignmentFlag.AlignTop, second, small, tokens.muted)

    def _text(
        self, painter: QPainter, box: QRect, vertical: Qt.AlignmentFlag, text: str, font: QFont, colour: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        fitted = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, fitted)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW)
