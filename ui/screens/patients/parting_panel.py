"""Taking a merge back: what came meanwhile is given to one of the two, item by item (spec 2.3.3)."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from clinicdesk.domain.patients import Alias, LinkedRecord
from ui.screens.patients.record_words import kind_word
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import Cell, LinesTable, lines_view
from ui.widgets.text import label

MOVABLE = frozenset({"appointments", "waiting_list", "patient_allergies", "patient_problems"})


class PartingPanel(QWidget):
    """Enter on a line gives it to the one or the other; nothing is parted before every line is decided."""

    part_asked = Signal(object, str, object)
    """The Alias, the reason, the ids that go with the record that is set free."""
    closed = Signal()

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self._alias: Alias | None = None
        self._lines: Sequence[LinkedRecord] = ()
        self._theirs: dict[UUID, bool] = {}
        self.title = label("", "title", wrap=True)
        self.summary = Banner("info", "")
        self.model = LinesTable(
            [self.tr("Record"), self.tr("What"), self.tr("Since"), self.tr("Belongs to")], self
        )
        self.table = lines_view(self.model, self.tr("What came after the merge"), (150, 0, 112, 210))
        self.table.activated.connect(self._decide)
        self.reason = QLineEdit()
        self.reason_field = Field(self.tr("Reason"), self.reason, hint=self.tr("Kept with the parting"))
        self.go = button(self.tr("Part the records"), "users", primary=True)
        self.back = button(self.tr("Back"), "arrow-left")
        for made, slot in ((self.go, self._part), (self.back, self._close)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        self.reason.returnPressed.connect(self._part)
        column = vbox(
            self.title, self.summary, self.table,
            label(self.tr("Enter on a line: give it to the one or the other record"), "small"),
            self.reason_field, hbox(self.back, None, self.go), margins=(14, 12, 14, 12), spacing=8,
        )  # fmt: skip
        column.setStretch(2, 1)
        self.setLayout(column)

    def start(self, alias: Alias, lines: Sequence[LinkedRecord]) -> None:
        """Everything that came since, undecided."""
        self._alias, self._lines, self._theirs = alias, lines, {}
        words = self.tr("{0}, {1} becomes a record of its own again, beside {2}, {3}")
        self.title.setText(
            words.format(alias.loser_name, alias.loser_mrn, alias.survivor_name, alias.survivor_mrn)
        )
        self.reason.clear()
        self.reason_field.clear_error()
        self._fill()
        if self._open():
            self.table.selectRow(0)
            self.table.setFocus()
        else:
            self.reason.setFocus()

    def show_wrong(self, text: str) -> None:
        """A refusal at the reason."""
        self._fill()
        self.reason_field.show_error(text)
        self.reason.setFocus()

    def _open(self) -> int:
        return sum(line.kind in MOVABLE and line.id not in self._theirs for line in self._lines)

    def _fill(self) -> None:
        self.model.show_lines([(line, self._cells(line)) for line in self._lines])
        left = self._open()
        if left:
            self.summary.show_text(self.tr("To be decided: {0}").format(left), kind="warn")
        elif self._lines:
            self.summary.show_text(self.tr("Every line is decided."), kind="info")
        else:
            self.summary.show_text(self.tr("Nothing came to the record since the merge."), kind="info")
        self.go.setEnabled(left == 0)

    def _cells(self, line: LinkedRecord) -> Sequence[Cell]:
        since = f"{line.at.astimezone(self._zone):%d.%m.%Y}" if line.at else "–"
        return kind_word(line.kind), line.what or "–", since, self._owner(line)

    def _owner(self, line: LinkedRecord) -> Cell:
        if self._alias is None:
            return "–"
        if line.kind not in MOVABLE:  # what is signed, paid or sent stays where it was written
            return self.tr("{0}, stays").format(self._alias.survivor_mrn), "plain", "lock"
        theirs = self._theirs.get(line.id)
        if theirs is None:
            return self.tr("to be decided"), "warn", "circle-question-mark"
        return (
            (self._alias.loser_mrn, "info", "arrow-right")
            if theirs
            else (self._alias.survivor_mrn, "ok", "check")
        )

    @Slot(QModelIndex)
    def _decide(self, index: QModelIndex) -> None:
        row = index.row()
        line: LinkedRecord | None = self.model.thing(row)
        if line is None or line.kind not in MOVABLE:
            return
        self._theirs[line.id] = not self._theirs.get(line.id, True)
        self._fill()
        self.table.selectRow(row)

    @Slot()
    def _part(self) -> None:
        if self._alias is not None and self.go.isEnabled():
            self.go.setEnabled(False)
            theirs = [key for key, chosen in self._theirs.items() if chosen]
            self.part_asked.emit(self._alias, self.reason.text(), theirs)

    @Slot()
    def _close(self) -> None:
        self.closed.emit()
