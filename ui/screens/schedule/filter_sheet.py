"""The sheet behind the Filter button: doctors, specialties, types; columns and lines of the calendar."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QFrame, QListView, QWidget

from clinicdesk.domain.calendar import Frame
from ui.screens.schedule.filters import EVERYTHING, Filters, specialties_of
from ui.widgets.buttons import Segments, button, link_button
from ui.widgets.calendar_layout import LINE_STEPS
from ui.widgets.choose import choose
from ui.widgets.layouts import hbox, vbox
from ui.widgets.table import RowDelegate
from ui.widgets.text import label

KeyRole = Qt.ItemDataRole.UserRole + 1
WIDTH, HEIGHT = 620, 392


class CheckList(QListView):
    """Words with ticks; Space switches one. ``chosen`` None is all of them."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setObjectName("Checks")
        self.setAccessibleName(name)
        self.setItemDelegate(RowDelegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._items.itemChanged.connect(self._tell)

    def show_rows(self, rows: Sequence[tuple[str, Hashable]], chosen: frozenset[Any] | None) -> None:
        """Words and keys; ``chosen`` keys have a tick."""
        self._items.itemChanged.disconnect(self._tell)
        self._items.clear()
        for words, key in rows:
            item = QStandardItem(words)
            item.setData(key, KeyRole)
            item.setCheckable(True)
            item.setCheckState(_state(on=chosen is None or key in chosen))
            item.setAccessibleText(words)
            self._items.appendRow(item)
        self._items.itemChanged.connect(self._tell)

    def set_all(self, *, on: bool) -> None:
        """Tick all or none; says so once."""
        self._items.itemChanged.disconnect(self._tell)
        for item in self._all():
            item.setCheckState(_state(on=on))
        self._items.itemChanged.connect(self._tell)
        self.changed.emit()

    def chosen(self) -> frozenset[Any] | None:
        """The keys with a tick; None when every one has."""
        ticked = [item for item in self._all() if item.checkState() is Qt.CheckState.Checked]
        if len(ticked) == self._items.rowCount():
            return None
        return frozenset(item.data(KeyRole) for item in ticked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()  # the sheet closes
        else:
            super().keyPressEvent(event)

    def _all(self) -> Iterable[QStandardItem]:
        return [self._items.item(row) for row in range(self._items.rowCount())]

    @Slot(QStandardItem)
    def _tell(self, _item: QStandardItem) -> None:
        self.changed.emit()


def _state(*, on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked


class FilterSheet(QFrame):
    """A popup; every change counts at once."""

    filters_changed = Signal(object)
    """Filters."""
    columns_chosen = Signal(bool)
    """By room."""
    lines_chosen = Signal(int)
    """Minutes between two lines."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("Card")
        self.setAccessibleName(self.tr("Filter the schedule"))
        self._filters = EVERYTHING
        self.columns = Segments([self.tr("Doctors"), self.tr("Rooms")], self.tr("Columns"))
        self.lines = QComboBox()
        self.lines.setAccessibleName(self.tr("Lines of the time grid"))
        for minutes in LINE_STEPS:
            self.lines.addItem(self.tr("every {0} min").format(minutes), minutes)
        self.doctors = CheckList(self.tr("Doctors"))
        self.specialties = CheckList(self.tr("Specialties"))
        self.types = CheckList(self.tr("Types"))
        self.everything = link_button(self.tr("Show everything"))
        self.done = button(self.tr("Done"), primary=True)
        head = hbox(
            label(self.tr("Columns"), "muted"),
            self.columns,
            None,
            label(self.tr("Lines"), "muted"),
            self.lines,
        )
        lists = hbox(
            self._column(self.tr("Doctors"), self.doctors),
            self._column(self.tr("Specialties"), self.specialties),
            self._column(self.tr("Types"), self.types),
            spacing=16,
        )
        foot = hbox(self.everything, None, self.done)
        column = vbox(head, lists, foot, margins=(16, 14, 16, 14), spacing=12)
        column.setStretch(1, 1)
        self.setLayout(column)
        self.resize(WIDTH, HEIGHT)
        for part in (self.doctors, self.specialties, self.types):
            part.changed.connect(self._changed)
        self.columns.chosen.connect(self._choose_columns)
        self.lines.activated.connect(self._choose_lines)
        self.everything.clicked.connect(self.show_everything)
        self.done.clicked.connect(self.close)

    def _column(self, title: str, part: CheckList) -> QWidget:
        made = QWidget()
        all_of_them, none = link_button(self.tr("All")), link_button(self.tr("None"))
        for press, words in ((all_of_them, self.tr("All: {0}")), (none, self.tr("None: {0}"))):
            press.setAccessibleName(words.format(title))
        all_of_them.clicked.connect(self._all_asked)
        none.clicked.connect(self._none_asked)
        all_of_them.setProperty("list", part)
        none.setProperty("list", part)
        column = vbox(hbox(label(title, "h2"), None, all_of_them, none, spacing=2), part, spacing=4)
        column.setStretch(1, 1)
        made.setLayout(column)
        return made

    def popup_at(self, below: QWidget) -> None:
        """Under the button, inside its window."""
        corner = below.mapToGlobal(QPoint(0, below.height() + 4))
        window = below.window()
        right = window.mapToGlobal(QPoint(window.width(), 0)).x()
        self.move(min(corner.x(), right - self.width() - 8), corner.y())
        self.show()
        self.doctors.setFocus(Qt.FocusReason.PopupFocusReason)

    def show_choices(self, frame: Frame, filters: Filters, *, by_room: bool, lines: int) -> None:
        """What there is, and what of it is on show."""
        self._filters = filters
        self.doctors.show_rows([(f"Dr {d.name}", d.id) for d in frame.doctors], filters.doctors)
        known = sorted({name for doctor in frame.doctors for name in specialties_of(doctor)})
        rows = [(name or self.tr("No specialty"), name) for name in known]
        self.specialties.show_rows(rows, filters.specialties)
        self.types.show_rows([(kind.name, kind.id) for kind in frame.types], filters.types)
        self.columns.choose(1 if by_room else 0)
        choose(self.lines, lines)

    @Slot()
    def show_everything(self) -> None:
        """No filter but the statuses', which have their own chips."""
        for part in (self.doctors, self.specialties, self.types):
            with QSignalBlocker(part):
                part.set_all(on=True)
        self._filters = EVERYTHING
        self.filters_changed.emit(self._filters)

    @Slot()
    def _changed(self) -> None:
        self._filters = replace(
            self._filters,
            doctors=self.doctors.chosen(),
            specialties=self.specialties.chosen(),
            types=self.types.chosen(),
        )
        self.filters_changed.emit(self._filters)

    @Slot()
    def _all_asked(self) -> None:
        self._set_list(on=True)

    @Slot()
    def _none_asked(self) -> None:
        self._set_list(on=False)

    def _set_list(self, *, on: bool) -> None:
        sender = self.sender()
        part = sender.property("list") if sender is not None else None
        if isinstance(part, CheckList):
            part.set_all(on=on)

    @Slot(int)
    def _choose_columns(self, number: int) -> None:
        self.columns_chosen.emit(number == 1)

    @Slot()
    def _choose_lines(self) -> None:
        self.lines_chosen.emit(int(self.lines.currentData()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
        else:
            super().keyPressEvent(event)
