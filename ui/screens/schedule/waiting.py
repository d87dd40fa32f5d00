"""The waiting list: cards to drag into the calendar, or to place with the keyboard (spec 1.10)."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView

from clinicdesk.domain.appointments import WaitingEntry
from ui.widgets.buttons import button
from ui.widgets.calendar_drag import WAITING_MIME
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.person import LineRole, TwoLines
from ui.widgets.text import label, plain_tip

Index = QModelIndex | QPersistentModelIndex
NONE = QModelIndex()


class WaitingModel(QAbstractListModel):
    """The cards, most urgent first."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[WaitingEntry, ...] = ()

    def show_entries(self, entries: Sequence[WaitingEntry]) -> bool:
        """Replace the cards; False when they are the same."""
        if tuple(entries) == self._entries:
            return False
        self.beginResetModel()
        self._entries = tuple(entries)
        self.endResetModel()
        return True

    def entry(self, index: Index) -> WaitingEntry | None:
        """The card at an index."""
        return self._entries[index.row()] if index.isValid() else None

    def find(self, entry_id: str) -> WaitingEntry | None:
        """The card with an id."""
        return next((entry for entry in self._entries if str(entry.id) == entry_id), None)

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index)
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.patient_name
        if role == LineRole:
            return self._line(entry)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            spoken = f"{entry.patient_name}, {self._line(entry)}"
            return plain_tip(spoken) if role == Qt.ItemDataRole.ToolTipRole else spoken
        return None

    def _line(self, entry: WaitingEntry) -> str:
        urgent = self.tr("Urgent") if entry.priority == 1 else ""
        until = self.tr("until {0}").format(f"{entry.latest:%d.%m.}")
        return " · ".join(part for part in (urgent, entry.type_name, until, entry.note) if part)

    def mimeTypes(self) -> list[str]:
        return [WAITING_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes[:1]:
            entry = self.entry(index)
            if entry is not None:
                data.setData(WAITING_MIME, str(entry.id).encode())
                data.setText(entry.patient_name)
        return data


class WaitingPanel(QFrame):
    """Enter places the selected card, Delete takes it off."""

    place_asked = Signal(object)
    """WaitingEntry."""
    withdraw_asked = Signal(object)
    """WaitingEntry."""

    def __init__(self, *, may_book: bool) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.model = WaitingModel()
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Waiting list"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setDragEnabled(may_book)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.activated.connect(self._activated)
        self._title = label(self.tr("Waiting list"), "h2")
        self._count = label("0", "muted")
        self._empty = label(self.tr("Nobody is waiting for a slot."), "small", wrap=True)
        self.place = button(self.tr("Place"), "calendar-plus")
        self.remove = button(self.tr("Remove"), "trash-2")
        for made, slot in ((self.place, self.place_current), (self.remove, self._remove)):
            made.clicked.connect(slot)
            made.setAutoDefault(True)
            hide_unless(made, may_book)
            made.setEnabled(False)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        column = vbox(
            hbox(self._title, self._count, None),
            self.list,
            self._empty,
            hbox(self.place, self.remove, None),
            margins=(12, 10, 12, 10),
            spacing=6,
        )
        column.setStretch(1, 1)
        self.setLayout(column)
        self.show_entries(())

    def show_entries(self, entries: Sequence[WaitingEntry]) -> None:
        """The day's list; the same list changes nothing, so the selection stays."""
        self.model.show_entries(entries)
        self._count.setText(str(len(entries)))
        self._empty.setVisible(not entries)
        self.list.setVisible(bool(entries))
        self._current_changed()

    def current(self) -> WaitingEntry | None:
        """The selected card."""
        return self.model.entry(self.list.currentIndex())

    @Slot()
    def place_current(self) -> None:
        """Ask for a slot for the selected card."""
        entry = self.current()
        if entry is not None and self.place.isVisibleTo(self):
            self.place_asked.emit(entry)

    @Slot()
    def _remove(self) -> None:
        entry = self.current()
        if entry is not None:
            self.withdraw_asked.emit(entry)

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        self.place_current()

    @Slot()
    def _current_changed(self) -> None:
        for made in (self.place, self.remove):
            made.setEnabled(self.current() is not None)
