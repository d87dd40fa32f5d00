"""A plain table of words; a cell may be a tag (word, kind, icon) or two lines."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionViewItem, QTableView

from ui import theme
from ui.widgets.table import RowDelegate, style_table
from ui.widgets.tag import kind_look, paint_tag
from ui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
NONE = QModelIndex()
TagRole = Qt.ItemDataRole.UserRole + 1
Cell = str | tuple[str, str, str]
_EDGE = 12


class LinesTable(QAbstractTableModel):
    """Rows of cells, each with the thing it stands for."""

    def __init__(self, heads: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heads = list(heads)
        self._rows: list[tuple[Any, Sequence[Cell]]] = []

    def show_lines(self, rows: Sequence[tuple[Any, Sequence[Cell]]], heads: Sequence[str] = ()) -> None:
        """Replace everything; ``rows`` are (thing, cells)."""
        self.beginResetModel()
        self._rows = list(rows)
        self._heads = list(heads) or self._heads
        self.endResetModel()

    def add_lines(self, rows: Sequence[tuple[Any, Sequence[Cell]]]) -> None:
        """Put older lines underneath."""
        if rows:
            self.beginInsertRows(NONE, len(self._rows), len(self._rows) + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    def thing(self, row: int) -> Any:
        """What a row stands for; None outside."""
        return self._rows[row][0] if 0 <= row < len(self._rows) else None

    def row_of(self, thing: object) -> int:
        """-1 when it is not there."""
        return next((at for at, row in enumerate(self._rows) if row[0] == thing), -1)

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._heads[section] if section < len(self._heads) else None
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        cell = self._rows[index.row()][1][index.column()]
        if role == TagRole:
            return cell if isinstance(cell, tuple) else None
        text = cell[0] if isinstance(cell, tuple) else cell
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            spoken = text.replace("\n", ", ") or "–"
            return plain_tip(spoken) if role == Qt.ItemDataRole.ToolTipRole else spoken
        return None


class LinesDelegate(RowDelegate):
    """The first line plain, the second one quiet; tags as tags."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, tokens.colour("accent_soft"))
        box = option.rect.adjusted(_EDGE, 0, -6, 0)
        tag = index.data(TagRole)
        if tag is not None:
            word, kind, icon = tag
            paint_tag(painter, box, word, kind_look(kind, icon))
        else:
            self._words(painter, box, str(index.data() or ""))
        painter.setPen(QColor(tokens.grid))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()
        if option.state & QStyle.StateFlag.State_HasFocus:
            self.paint_focus(painter, option)

    def _words(self, painter: QPainter, box: QRect, text: str) -> None:
        tokens = theme.current()
        first, _, second = text.partition("\n")
        font = theme.font(13, digits=True)
        elide, side = Qt.TextElideMode.ElideRight, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        above = box.adjusted(0, 5, 0, -box.height() // 2 + 1) if second else box
        painter.setFont(font)
        painter.setPen(QColor(tokens.text))
        painter.drawText(above, side, QFontMetrics(font).elidedText(first, elide, above.width()))
        if second:
            small = theme.font(11, QFont.Weight.Normal, digits=True)
            below = box.adjusted(0, box.height() // 2 - 1, 0, -5)
            painter.setFont(small)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(below, side, QFontMetrics(small).elidedText(second, elide, below.width()))


def lines_view(model: LinesTable, name: str, widths: Sequence[int], *, row_height: int = 44) -> QTableView:
    """A table of such rows; a width of 0 takes what is left."""
    table = QTableView()
    table.setModel(model)
    style_table(table, name, row_height=row_height)
    table.setItemDelegate(LinesDelegate(table))
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    set_widths(table, widths)
    return table


def set_widths(table: QTableView, widths: Sequence[int]) -> None:
    """Pixels of each column; 0 takes what is left."""
    head = table.horizontalHeader()
    head.setStretchLastSection(False)
    head.setMinimumSectionSize(40)
    for column, width in enumerate(widths):
        if width:
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            table.setColumnWidth(column, width)
        else:
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
