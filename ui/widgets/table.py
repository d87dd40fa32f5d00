"""How tables look and behave."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ui import theme

ROW_HEIGHT = 44
Index = QModelIndex | QPersistentModelIndex


def style_table(table: QTableView, name: str, *, row_height: int = ROW_HEIGHT) -> None:
    """Whole rows, no grid, fixed row height (sizing to contents would read every row)."""
    table.setAccessibleName(name)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setAlternatingRowColors(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    table.setItemDelegate(RowDelegate(table))
    rows = table.verticalHeader()
    rows.setVisible(False)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(row_height)
    head = table.horizontalHeader()
    head.setHighlightSections(False)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setStretchLastSection(True)


class RowDelegate(QStyledItemDelegate):
    """The current cell has a ring in the accent colour, in every theme."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        super().paint(painter, option, index)
        if focused:
            self.paint_focus(painter, option)

    def paint_focus(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        """Draw the ring; screens with their own delegates call this too."""
        painter.save()
        painter.setPen(QPen(QColor(theme.current().accent), 2))
        painter.drawRect(option.rect.adjusted(1, 1, -1, -1))
        painter.restore()
