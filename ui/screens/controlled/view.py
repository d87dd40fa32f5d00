"""Registers with their balance over the lines of the chosen one; the check by two people on the right."""

from datetime import tzinfo

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QTableView, QWidget

from clinicdesk.domain.stock_room import ControlledMedicine, RegisterLine
from clinicdesk.printing import words
from ui.room_view import RoomView, current_thing, show_rows
from ui.screens.controlled.presenter import ControlledPresenter
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.password import PasswordEdit

TOP = 236


class ControlledView(RoomView):
    """By keyboard: Up and Down choose a register, Ctrl+E checks its balance with a witness."""

    presenter: ControlledPresenter

    def __init__(self, presenter: ControlledPresenter, zone: tzinfo) -> None:
        super().__init__(presenter, "")
        self.title, self._zone = self.tr("Controlled medicines"), zone
        self.medicines = LinesTable(
            [self.tr("Register"), self.tr("Balance"), self.tr("Last check"), self.tr("State")], self
        )
        self.lines = LinesTable(
            [self.tr("No."), self.tr("When, by whom"), self.tr("What"), self.tr("Who, prescription"),
                self.tr("In"),
             self.tr("Out"), self.tr("Balance")], self)  # fmt: skip
        self.table: QTableView = lines_view(self.medicines, self.tr("Registers"), (0, 84, 150, 150))
        self.line_table = lines_view(
            self.lines, self.tr("Lines of the register"), (56, 168, 118, 0, 56, 60, 84)
        )
        self.table.setFixedHeight(TOP)
        self.check_button = button(self.tr("Check the balance"), "shield-check", primary=True)
        self.check_button.setToolTip(self.tr("Check the balance  (Ctrl+E)"))
        self.difference = Banner(
            "danger", self.tr("The last count differs"),
            self.tr("Nothing of this register is supplied until the difference is acknowledged."),
            action=self.tr("Acknowledge"),
        )  # fmt: skip
        self.difference.hide()
        self.check_form = self._make_check_form()
        self.note_form = EntryForm(self.tr("Acknowledge the difference"), self.tr("Acknowledge"), "check")
        self.note_form.add_line("note", self.tr("What explains it"), self.tr("At least 10 characters"))
        self.note_form.lay_out("note")
        text = self.tr(
            "Every line follows from the ledger; a correction is a new line. A check needs two people."
        )
        self.idle.setLayout(vbox(EmptyState("shield-check", self.tr("Register"), text)))
        main = QWidget()
        column = vbox(self.table, self.line_table, spacing=6)
        column.setStretch(1, 1)
        main.setLayout(column)
        self.lay_out((None, self.check_button), main, self.difference)
        self.add_form(self.check_form, presenter.check)
        self.add_form(self.note_form, self._acknowledge)
        self._connect()

    def _make_check_form(self) -> EntryForm:
        form = EntryForm(self.tr("Check by two people"), self.tr("Save the check"), "shield-check")
        form.add_line("counted", self.tr("How many are there"))
        form.add_line("email", self.tr("E-mail of the witness"))
        form.add_line("password", self.tr("Password of the witness"), editor=PasswordEdit())
        form.add_line("note", self.tr("Note"))
        form.lay_out("counted", "email", "password", "note")
        return form

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.medicines_read.connect(self._show_medicines)
        presenter.register_read.connect(self._show_lines)
        presenter.checked.connect(self._show_checked)
        presenter.acknowledged.connect(self._show_acknowledged)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.check_button.clicked.connect(self.ask_check)
        self.difference.acted.connect(self._ask_note)
        self.action(self.tr("Check the balance"), self.ask_check, "shield-check", "Ctrl+E")
        self.action(self.tr("Acknowledge the difference"), self._ask_note, "check", "Ctrl+G")
        self.exports(self.lines, "register")

    def first_focus(self) -> QWidget:
        return self.table

    @Slot(object)
    def _show_medicines(self, found: list[ControlledMedicine]) -> None:
        show_rows(self.table, [(one, self._cells(one)) for one in found])
        self.check_button.setEnabled(bool(found))
        if not found:
            self.lines.show_lines([])
        self._row_changed()

    def _cells(self, one: ControlledMedicine) -> tuple[object, ...]:
        name = " ".join(part for part in (one.name, one.strength, one.form) if part)
        checked = words.moment(one.last_check.astimezone(self._zone)) if one.last_check else self.tr("never")
        if one.open_check:
            state = (
                self.tr("Differs by {0}").format(f"{one.open_difference:+,}"),
                "danger",
                "triangle-alert",
            )
        else:
            state = (self.tr("In order"), "ok", "check")
        return name, f"{one.balance:,}", checked, state

    @Slot()
    def _row_changed(self) -> None:
        one = current_thing(self.table)
        if isinstance(one, ControlledMedicine):
            self.difference.setVisible(one.open_check is not None)
            self.presenter.open(one)

    @Slot(object)
    def _show_lines(self, found: list[RegisterLine]) -> None:
        kinds = {
            "received": self.tr("Received"),
            "supplied": self.tr("Supplied"),
            "destroyed": self.tr("Destroyed"),
            "returned": self.tr("Brought back"),
            "check": self.tr("Balance check"),
            "correction": self.tr("Correction"),
        }
        rows = []
        for one in found:
            at = words.moment(one.at.astimezone(self._zone))
            people = " / ".join(part for part in (one.person, one.witness) if part)
            who = one.who or one.note
            cells = (
                f"{one.number:,}", f"{at}\n{people}", kinds.get(one.kind, one.kind),
                    f"{who}\n{one.prescription}".strip(),
                f"{one.quantity_in:,}" if one.quantity_in else "",
                    f"{one.quantity_out:,}" if one.quantity_out else "",
                f"{one.balance:,}",
            )  # fmt: skip
            rows.append((one, cells))
        show_rows(self.line_table, rows)

    @Slot()
    def ask_check(self) -> None:
        """Count, with a second person."""
        if isinstance(current_thing(self.table), ControlledMedicine):
            self.check_form.put(counted="", password="", note="")
            self.open_form(self.check_form, "counted")

    @Slot(int)
    def _show_checked(self, gap: int) -> None:
        self.close_form()
        if gap:
            self.tell(self.tr("Saved. The count differs by {0}.").format(f"{gap:+,}"), "error")
        else:
            self.tell(self.tr("Saved. The balance is exact."), "ok")

    @Slot()
    def _ask_note(self) -> None:
        one = current_thing(self.table)
        if isinstance(one, ControlledMedicine) and one.open_check:
            self.note_form.put(note="")
            self.open_form(self.note_form)

    @Slot(object)
    def _acknowledge(self, said: dict[str, str]) -> None:
        self.presenter.acknowledge(said["note"])

    @Slot()
    def _show_acknowledged(self) -> None:
        self.close_form()
        self.tell(self.tr("Acknowledged. The register has it."), "ok")
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
