"""The agenda: the same appointments as a table that sorts and filters, the twin for screen readers."""

import re
from datetime import date, timedelta
from uuid import UUID

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLineEdit,
    QStackedWidget,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.matching import folded
from clinicdesk.domain.typed_dates import typed_day
from clinicdesk.services.calendar import LONGEST
from ui import icons, theme
from ui.screens.schedule.model import AppointmentRole, DayModel, SortRole
from ui.screens.schedule.reading import DAY, OWN, WEEK
from ui.screens.schedule.words import short_day
from ui.widgets.buttons import Segments
from ui.widgets.card import EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.table import RowDelegate, style_table
from ui.widgets.tag import paint_tag
from ui.widgets.text import label

Index = QModelIndex | QPersistentModelIndex
SPANS = (DAY, WEEK, OWN)
ROW = 34
ORDER = (DayModel.DAY, DayModel.TIME, DayModel.PATIENT, DayModel.REASON, DayModel.DOCTOR, DayModel.ROOM)
WIDTHS = {
    DayModel.DAY: 104,
    DayModel.TIME: 114,
    DayModel.PATIENT: 170,
    DayModel.REASON: 128,
    DayModel.DOCTOR: 132,
    DayModel.ROOM: 140,
    DayModel.STATUS: 118,
}
ROOM_FROM = 900  # pixels of a table that has the room, too


class AgendaRows(QSortFilterProxyModel):
    """Every typed word must begin a word of the row, with or without marks."""

    def __init__(self, source: DayModel) -> None:
        super().__init__()
        self._words: tuple[str, ...] = ()
        self.setSourceModel(source)
        self.setSortRole(SortRole)

    def look_for(self, text: str) -> None:
        """Show only rows that have these words; empty shows all."""
        self.beginFilterChange()
        self._words = tuple(folded(text).split())
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        if not self._words:
            return True
        source = self.sourceModel()
        cells = (str(source.index(row, column).data()) for column in range(source.columnCount()))
        appointment = source.index(row, 0).data(AppointmentRole)
        found = re.split(r"[\s,–-]+", folded(" ".join((*cells, appointment.mrn))))
        return all(any(word.startswith(typed) for word in found) for typed in self._words)


class StatusDelegate(RowDelegate):
    """A tag: icon and word."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.text = ""  # the tag says it

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        appointment = index.data(AppointmentRole)
        if appointment is not None:
            look = theme.current().phase(appointment.phase)
            paint_tag(painter, option.rect.adjusted(8, 0, -4, 0), str(index.data()), look)


class AgendaTable(QTableView):
    """Enter acts on a row, letters go to the filter box."""

    activated_row = Signal()
    typed = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated_row.emit()
        elif plain and event.text().isalpha() and event.text().lower() != "n":
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)


class AgendaView(QWidget):
    """A day, a week or an own range; sorted by any column, filtered by what is typed."""

    appointment_selected = Signal(object)
    card_activated = Signal(object)
    menu_requested = Signal(object, QPoint)
    span_chosen = Signal(str)
    """day or week."""
    range_chosen = Signal(object, object)
    """First and last date of an own range."""

    def __init__(self, model: DayModel, today: date) -> None:
        super().__init__()
        self._today = today
        self._shown: tuple[date, date] = (today, today)
        self.rows = AgendaRows(model)
        self.spans = Segments([self.tr("Day"), self.tr("Week"), self.tr("From – to")], self.tr("Days listed"))
        self.first, self.last = self._date_edit(self.tr("From")), self._date_edit(self.tr("To"))
        self.search = QLineEdit()
        self.search.setAccessibleName(self.tr("Find in the list"))
        self.search.setPlaceholderText(self.tr("Find in the list…"))
        self.search.setClearButtonEnabled(True)
        leading = self.search.addAction(
            icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition
        )
        leading.setText(self.search.accessibleName())
        self.wrong = label("", "error")
        self.wrong.hide()
        self.number = label("", "muted")
        self.table = AgendaTable()
        self.empty = EmptyState("list", self.tr("Nothing on these days"))
        self._lay_out()
        self._connect(model)

    def _date_edit(self, name: str) -> QLineEdit:
        edit = QLineEdit()
        edit.setAccessibleName(name)
        edit.setFixedWidth(104)
        return edit

    def _lay_out(self) -> None:
        style_table(self.table, self.tr("Agenda"), row_height=ROW)
        self.table.setModel(self.rows)
        self.table.setItemDelegateForColumn(DayModel.STATUS, StatusDelegate(self.table))
        self.table.setSortingEnabled(True)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head = self.table.horizontalHeader()
        self.table.hideColumn(DayModel.TYPE)
        for place, column in enumerate(ORDER):
            head.moveSection(head.visualIndex(column), place)
        for column, width in WIDTHS.items():
            self.table.setColumnWidth(column, width)
        head.setSectionResizeMode(DayModel.PATIENT, QHeaderView.ResizeMode.Stretch)
        self.table.sortByColumn(DayModel.DAY, Qt.SortOrder.AscendingOrder)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        bar = hbox(
            self.spans,
            self.first,
            self.last,
            None,
            self.number,
            self.search,
            margins=(10, 8, 10, 8),
            spacing=8,
        )
        self.search.setMinimumWidth(170)
        rows = vbox(bar, hbox(self.wrong, margins=(12, 0, 12, 4)), self._stack, spacing=0)
        rows.setStretch(2, 1)
        self.setLayout(rows)

    def _connect(self, model: DayModel) -> None:
        self.spans.chosen.connect(self._choose_span)
        for edit in (self.first, self.last):
            edit.returnPressed.connect(self._take_range)
        self.search.textChanged.connect(self._look_for)
        self.search.returnPressed.connect(self.focus_rows)
        self.table.activated_row.connect(self._activate)
        self.table.doubleClicked.connect(self._activate)
        self.table.typed.connect(self._type)
        self.table.customContextMenuRequested.connect(self._menu)
        self.table.selectionModel().currentRowChanged.connect(self._selected)
        for signal in (self.rows.rowsInserted, self.rows.rowsRemoved, self.rows.modelReset):
            signal.connect(self._count)

    def show_days(self, first: date, last: date, *, span: str, today: date) -> None:
        """Which days are listed."""
        self._today, self._shown = today, (first, last)
        self.spans.choose(SPANS.index(span))
        own = span == OWN
        for edit, day in ((self.first, first), (self.last, last)):
            edit.setVisible(own)
            if not edit.hasFocus():
                edit.setText(f"{day:%d.%m.%Y}")
        self.wrong.hide()
        self.table.setColumnHidden(DayModel.DAY, first == last)
        self._count()

    def current_appointment(self) -> Appointment | None:
        """That of the current row."""
        found = self.table.currentIndex().data(AppointmentRole)
        return found if isinstance(found, Appointment) else None

    def select(self, appointment_id: UUID) -> None:
        """Make its row current."""
        source = self.rows.sourceModel()
        row = source.row_of(appointment_id) if isinstance(source, DayModel) else None
        if row is not None:
            self.table.setCurrentIndex(self.rows.mapFromSource(source.index(row, DayModel.PATIENT)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.table.setColumnHidden(DayModel.ROOM, event.size().width() < ROOM_FROM)
        super().resizeEvent(event)

    @Slot()
    def focus_rows(self) -> None:
        """The keys are the table's."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.table.currentIndex().isValid() and self.rows.rowCount():
            self.table.setCurrentIndex(self.rows.index(0, DayModel.PATIENT))

    @Slot(str)
    def _look_for(self, text: str) -> None:
        self.rows.look_for(text)
        self._count()

    @Slot(str)
    def _type(self, text: str) -> None:
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        self.search.setText(text)

    @Slot()
    def _count(self) -> None:
        count = self.rows.rowCount()
        self.number.setText(self.tr("{0} listed").format(count))
        narrowed = bool(self.search.text().strip())
        self.empty.show_text(
            self.tr("Nothing on these days"),
            self.tr("No row has these words.") if narrowed else self.tr("Or the filters hide it."),
        )
        self.empty.button.hide()
        self._stack.setCurrentIndex(0 if count else 1)

    @Slot(QModelIndex, QModelIndex)
    def _selected(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.appointment_selected.emit(current.data(AppointmentRole))

    @Slot()
    def _activate(self) -> None:
        appointment = self.current_appointment()
        if appointment is not None:
            self.card_activated.emit(appointment)

    @Slot(QPoint)
    def _menu(self, at: QPoint) -> None:
        appointment = self.table.indexAt(at).data(AppointmentRole)
        if appointment is not None:
            self.menu_requested.emit(appointment, self.table.viewport().mapToGlobal(at))

    @Slot(int)
    def _choose_span(self, number: int) -> None:
        if SPANS[number] != OWN:
            self.span_chosen.emit(SPANS[number])
            return
        self.range_chosen.emit(*self._shown)
        self.first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.first.selectAll()

    @Slot()
    def _take_range(self) -> None:
        """What is typed stays when it is wrong."""
        found = []
        for edit in (self.first, self.last):
            try:
                found.append(typed_day(edit.text(), today=self._today, shown=self._shown[0]))
            except InvalidField:
                self._refuse(edit, self.tr("Not a date. Try 12.12.2026, 12 dec, fri or +2w."))
                return
        first, last = found
        if last < first:
            self._refuse(self.last, self.tr("The last day is before the first."))
        elif last - first >= timedelta(days=LONGEST):
            self._refuse(self.last, self.tr("At most {0} days at once.").format(LONGEST))
        else:
            self.first.setText(short_day(first))
            self.focus_rows()
            self.range_chosen.emit(first, last)

    def _refuse(self, edit: QLineEdit, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.show()
        edit.setAccessibleDescription(text)
        edit.setFocus(Qt.FocusReason.OtherFocusReason)
        edit.selectAll()
