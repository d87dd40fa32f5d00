"""Two records of one person: everything linked to both, then one step that can be taken back (spec 2.3)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QWidget

from clinicdesk.domain.patients import Alias, LinkedRecord, PatientDetails, PatientHit, PatientSummary
from ui.screens.patients.parting_panel import PartingPanel
from ui.screens.patients.record_words import kind_word, linked_rows, pair_rows
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.patient_picker import PatientPicker
from ui.widgets.text import label


class MergePanel(QWidget):
    """The patient on show stays; the chosen record joins it."""

    search_asked = Signal(str)
    preview_asked = Signal(object, object)
    """Who stays, who joins."""
    merge_asked = Signal(object, object, str)
    confirm_asked = Signal(object)
    since_asked = Signal(object)
    """The Alias that shall be taken back."""
    unmerge_asked = Signal(object, str, object)
    closed = Signal()

    def __init__(self, today: date, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self._survivor: UUID | None = None
        self._loser: UUID | None = None
        self.title = label("", "title", wrap=True)
        self.picker = PatientPicker(today)
        self.picker.asked.connect(self.search_asked)
        self.picker.chosen.connect(self._chosen)
        self.summary = Banner("info", "")
        self.model = LinesTable(
            [self.tr("Record"), self.tr("What"), self.tr("Since"), self.tr("Which")], self
        )
        self.table = lines_view(
            self.model, self.tr("Linked records of both"), (150, 0, 112, 80), row_height=30
        )
        self.pair_model = LinesTable([self.tr("Field"), self.tr("Stays"), self.tr("Joins"), ""], self)
        self.pair = lines_view(
            self.pair_model, self.tr("Both people side by side"), (110, 0, 0, 96), row_height=24
        )
        self.pair.setFixedHeight(186)
        self.table.setMinimumHeight(90)
        self.pair.hide()
        self.reason = QLineEdit()
        self.reason_field = Field(self.tr("Reason"), self.reason, hint=self.tr("Kept with the merge"))
        self.go = button(self.tr("Merge"), "users", primary=True)
        self.back = button(self.tr("Back"), "arrow-left")
        for made, slot in ((self.go, self._merge), (self.back, self._close)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        self.reason.returnPressed.connect(self._merge)
        self.open_model = LinesTable([self.tr("Merged records"), self.tr("State")], self)
        self.open_table = lines_view(self.open_model, self.tr("Merges that can be taken back"), (0, 150))
        self.open_table.setFixedHeight(122)
        self.open_table.activated.connect(self._alias_activated)
        self._open_hint = label(
            self.tr("Enter on a line: confirm a proposed merge, or part the records again"), "small"
        )
        column = vbox(
            self.title, self.picker, self.summary, self.pair, self.table, self.reason_field,
            hbox(self.back, None, self.go),
            self._open_hint, self.open_table, margins=(14, 12, 14, 12), spacing=8,
        )  # fmt: skip
        column.setStretch(4, 1)
        self._first = QWidget()
        self._first.setLayout(column)
        self.parting = PartingPanel(zone)
        self.parting.part_asked.connect(self.unmerge_asked)
        self.parting.closed.connect(self._stop_parting)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._first)
        self._pages.addWidget(self.parting)
        self.setLayout(vbox(self._pages, margins=(0, 0, 0, 0)))

    def start(self, survivor: PatientSummary) -> None:
        """For the patient on show."""
        self._survivor, self._loser = survivor.id, None
        self._pages.setCurrentWidget(self._first)
        self.title.setText(
            self.tr("{0}, {1} stays. Which record joins it?").format(survivor.name, survivor.mrn)
        )
        self.model.show_lines([])
        self.summary.hide()
        self._side_by_side(on=False)
        self.go.setEnabled(False)
        self.reason.clear()
        self.reason_field.clear_error()
        self.picker.clear()
        self.picker.show()
        self.picker.box.setFocus()

    def show_pair(self, mine: PatientDetails, theirs: PatientDetails) -> None:
        """Both people side by side (spec 2.3.1)."""
        self.pair_model.show_lines(pair_rows(mine, theirs))
        self._side_by_side(on=True)

    def _side_by_side(self, *, on: bool) -> None:
        # the list of merges gives its place: both do not fit on a small screen
        if not on:
            self.pair.hide()
        for part in (self._open_hint, self.open_table):
            part.setVisible(not on)
        if on:
            self.pair.show()

    def show_preview(self, mine: Sequence[LinkedRecord], theirs: Sequence[LinkedRecord]) -> None:
        """Every linked record of both."""
        self.model.show_lines(linked_rows(mine, theirs, self._zone))
        self.summary.show_text(
            self.tr(
                "Nothing is rewritten: each item keeps its own record; the joining number opens this one."
            ),
            self.tr("Stays: {0}").format(_counted(mine))
            + "\n"
            + self.tr("Joins: {0}").format(_counted(theirs)),
        )
        self.summary.show()
        self.go.setEnabled(self._loser is not None)
        self.reason.setFocus()

    def show_open(self, aliases: Sequence[Alias]) -> None:
        """Proposed and merged ones."""
        self._pages.setCurrentWidget(self._first)
        rows = []
        for one in aliases:
            proposed = one.state == "proposed"
            state = (
                (self.tr("to be confirmed"), "warn", "hourglass")
                if proposed
                else (self.tr("merged"), "ok", "check")
            )
            words = f"{one.loser_name}, {one.loser_mrn} → {one.survivor_name}, {one.survivor_mrn}"
            rows.append((one, (f"{words}\n{one.reason} · {one.asked_name}", state)))
        self.open_model.show_lines(rows)

    def show_wrong(self, text: str) -> None:
        """A refusal at the reason."""
        if self._pages.currentWidget() is self.parting:
            self.parting.show_wrong(text)
            return
        self.go.setEnabled(self._loser is not None)
        self.reason_field.show_error(text)
        self.reason.setFocus()

    @Slot(object)
    def _chosen(self, hit: PatientHit) -> None:
        if hit.id == self._survivor:
            self.summary.show_text(self.tr("That is the same record."), kind="warn")
            self.summary.show()
            return
        self._loser = hit.id
        self.picker.hide()
        self.title.setText(self.title.text() + f"\n{hit.name}, {hit.mrn}")
        self.preview_asked.emit(self._survivor, hit.id)

    @Slot()
    def _merge(self) -> None:
        if self._loser is not None and self.go.isEnabled():
            self.go.setEnabled(False)
            self.merge_asked.emit(self._survivor, self._loser, self.reason.text())

    @Slot(QModelIndex)
    def _alias_activated(self, index: QModelIndex) -> None:
        alias: Alias | None = self.open_model.thing(index.row())
        if alias is None:
            return
        if alias.state == "proposed":
            self.confirm_asked.emit(alias)
        else:
            self.since_asked.emit(alias)

    def show_since(self, alias: Alias, lines: Sequence[LinkedRecord]) -> None:
        """What came after a merge that shall be taken back."""
        self._pages.setCurrentWidget(self.parting)
        self.parting.start(alias, lines)

    @Slot()
    def _stop_parting(self) -> None:
        self._pages.setCurrentWidget(self._first)
        self.open_table.setFocus()

    @Slot()
    def _close(self) -> None:
        self.closed.emit()


def _counted(lines: Sequence[LinkedRecord]) -> str:
    """'Appointments: 3, Phones: 1'."""
    counts = Counter(line.kind for line in lines)
    return ", ".join(f"{kind_word(kind)}: {count}" for kind, count in sorted(counts.items())) or "–"
