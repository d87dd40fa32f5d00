"""Widths and order of a table's columns, kept on this PC for each person."""

from uuid import UUID

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QTableView


class ColumnMemory:
    """``restore`` when the table is made, ``keep`` when it leaves the screen; damage is the default."""

    def __init__(self, table: QTableView, name: str, person: UUID) -> None:
        self._head, self._key = table.horizontalHeader(), f"columns-{name}/{person}"
        self._head.setSectionsMovable(True)

    def restore(self) -> None:
        """As it was left; what is sorted is not kept."""
        stored = QSettings("ClinicDesk", "ClinicDesk").value(self._key)
        if isinstance(stored, QByteArray) and self._head.restoreState(stored):
            self._head.setSortIndicator(0, Qt.SortOrder.AscendingOrder)

    def keep(self) -> None:
        """For the next time."""
        QSettings("ClinicDesk", "ClinicDesk").setValue(self._key, self._head.saveState())
