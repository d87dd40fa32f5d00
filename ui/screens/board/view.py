"""Figures over the list of batches that need somebody; on the right what to do with the chosen one."""

from uuid import UUID

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QFrame, QTableView, QWidget

from clinicdesk.domain.stock_room import Recipient, WatchedBatch
from clinicdesk.printing import words
from ui.room_view import RoomView, current_thing, show_rows
from ui.screens.board.presenter import BoardPresenter, Morning
from ui.widgets.buttons import button
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.text import IconLabel, label
from ui.widgets.witness_form import WitnessForm

translate = QCoreApplication.translate


class Figure(QFrame):
    """A number with its words; nothing to press."""

    def __init__(self, title: str, icon: str, role: str) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._title = title
        self._number = label("–", "figure")
        text = vbox(self._number, label(title, "muted", wrap=True), spacing=0)
        row = hbox(IconLabel(icon, name=title, role=role, size=20), text, margins=(12, 8, 10, 8), spacing=10)
        row.setStretch(1, 1)
        self.setLayout(row)

    def show_number(self, number: int) -> None:
        self._number.setText(f"{number:,}")
        self.setAccessibleName(f"{self._title}: {number:,}")

    def text(self) -> str:
        return self._number.text()


def expiry_tag(batch: WatchedBatch) -> tuple[str, str, str]:
    """How soon it ends, or why it is blocked: word, kind, icon (spec 5.7: 30, 60, 90 days)."""
    blocked = {
        "quarantine": translate("board", "Quarantine"),
        "recalled": translate("board", "Recalled"),
        "expired": translate("board", "Expired"),
    }
    if batch.state in blocked:
        return blocked[batch.state], "danger" if batch.state != "quarantine" else "warn", "ban"
    days = batch.days if batch.days is not None else 0
    if days < 0:
        return blocked["expired"], "danger", "ban"
    left = translate("board", "{0} days").format(days)
    if days <= 30:
        return left, "danger", "clock-alert"
    return left, "warn" if days <= 60 else "info", "clock"


class BoardView(RoomView):
    """Nothing to press in the morning. Ctrl+Q blocks, Ctrl+D destroys, Ctrl+G: who got it."""

    presenter: BoardPresenter

    def __init__(self, presenter: BoardPresenter, currency: str) -> None:
        super().__init__(presenter, "")
        self.title, self._currency = self.tr("Morning board"), currency
        self.figures = {
            "waiting": Figure(self.tr("Prescriptions waiting"), "pill", "info"),
            "expired": Figure(self.tr("Expired or blocked"), "ban", "danger"),
            "d30": Figure(self.tr("End within 30 days"), "clock-alert", "danger"),
            "d60": Figure(self.tr("Within 60 days"), "clock-alert", "warn"),
            "d90": Figure(self.tr("Within 90 days"), "clock", "info"),
            "low": Figure(self.tr("Below minimum"), "triangle-alert", "warn"),
            "out": Figure(self.tr("Out of stock"), "circle-x", "danger"),
        }
        self.batches = LinesTable(
            [self.tr("Item"), self.tr("Batch"), self.tr("Expires"), self.tr("State"), self.tr("Stock"),
                self.tr("Value")],
            self,
        )  # fmt: skip
        name = self.tr("Batches that need somebody")
        self.table: QTableView = lines_view(self.batches, name, (0, 112, 104, 100, 68, 100))
        self.recipients = LinesTable([self.tr("Patient"), self.tr("Phone"), self.tr("Got")], self)
        self.recipient_table = lines_view(self.recipients, self.tr("Who got this batch"), (0, 130, 60))
        self._about = label("", "h2", wrap=True)
        self._hint = label("", "muted", wrap=True)
        self._buttons = [
            button(self.tr("Quarantine"), "ban"), button(self.tr("Recall"), "octagon-alert"),
            button(self.tr("Destroy"), "trash-2"), button(self.tr("Correct"), "pen-line"),
            button(self.tr("Send to a clinic"), "truck"), button(self.tr("Who got it"), "users"),
        ]  # fmt: skip
        self._make_idle()
        self._make_forms()
        figures = hbox(*self.figures.values(), spacing=10)
        for number in range(len(self.figures)):
            figures.setStretch(number, 1)
        self.lay_out((None,), self.table, figures)
        self._connect()

    def _make_idle(self) -> None:
        pairs = [hbox(*self._buttons[at : at + 2], spacing=8) for at in range(0, len(self._buttons), 2)]
        for pair in pairs:
            pair.setStretch(0, 1)
            pair.setStretch(1, 1)
        self.recipient_table.hide()
        column = vbox(self._about, self._hint, *pairs, self.recipient_table, spacing=8)
        column.addStretch(1)
        column.setStretch(column.count() - 2, 9)
        self.idle.setLayout(column)

    def _make_forms(self) -> None:
        self.state_form = EntryForm(self.tr("Block this batch"), self.tr("Save"), "ban")
        self.state_form.add_choice("state", self.tr("State"), [
            (self.tr("Quarantine"), "quarantine"), (self.tr("Recalled"), "recalled"),
                (self.tr("For sale again"), "saleable"),
        ])  # fmt: skip
        self.state_form.add_line("reason", self.tr("Reason"))
        self.state_form.lay_out("state", "reason")
        self.destroy_form = EntryForm(self.tr("Destroy"), self.tr("Destroy"), "trash-2")
        self.destroy_form.add_line("quantity", self.tr("Quantity"))
        self.destroy_form.add_line("note", self.tr("How and why"))
        self.destroy_form.lay_out("quantity", "note")
        self.adjust_form = EntryForm(self.tr("Correct the stock"), self.tr("Save"), "pen-line")
        self.adjust_form.add_choice("reason", self.tr("What happened"), [
            (self.tr("Broken"), "breakage"), (self.tr("Lost or stolen"), "theft_loss"),
                (self.tr("Sample"), "sample"),
            (self.tr("Back to the supplier"), "return_to_supplier"), (self.tr("Donated to us"),
                "donation_in"),
            (self.tr("Given away"), "donation_out"), (self.tr("Sent back for a recall"), "recall"),
        ])  # fmt: skip
        self.adjust_form.add_line("quantity", self.tr("Quantity"))
        self.adjust_form.add_line("note", self.tr("Reason"))
        self.adjust_form.lay_out("reason", "quantity", "note")
        self.send_form = EntryForm(self.tr("Send to a clinic"), self.tr("Send"), "truck")
        self.send_form.add_choice("clinic", self.tr("Clinic"))
        self.send_form.add_line("quantity", self.tr("Quantity"))
        self.send_form.lay_out("clinic", "quantity")
        self.witness_form = WitnessForm(
            self.tr("This needs a second person with the duty 'witness', who types their own password."),
            self.tr("Witness and save"),
        )
        self.add_form(self.state_form, self._set_state)
        self.add_form(self.destroy_form, self._destroy)
        self.add_form(self.adjust_form, self._adjust)
        self.add_form(self.send_form, self._send)
        self.add_form(self.witness_form, self.presenter.witness)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.morning_read.connect(self._show_morning)
        presenter.recipients_read.connect(self._show_recipients)
        presenter.clinics_read.connect(self._show_clinics)
        presenter.witness_needed.connect(self._ask_witness)
        presenter.done.connect(self._show_done)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        slots = (self._ask_quarantine, self._ask_recall, self._ask_destroy, self._ask_adjust,
            self._ask_send, self._ask_recipients)  # fmt: skip
        keys = ("Ctrl+Q", "Ctrl+R", "Ctrl+D", "Ctrl+E", "Ctrl+T", "Ctrl+G")
        icons = ("ban", "octagon-alert", "trash-2", "pen-line", "truck", "users")
        for made, slot, key, icon in zip(self._buttons, slots, keys, icons, strict=True):
            made.clicked.connect(slot)
            made.setToolTip(f"{made.accessibleName()}  ({key})")
            self.action(made.accessibleName(), slot, icon, key)
        self.exports(self.batches, "batches")

    def first_focus(self) -> QWidget:
        return self.table

    # -- showing

    @Slot(object)
    def _show_morning(self, found: Morning) -> None:
        days = [one.days for one in found.batches if one.state == "saleable" and one.days is not None]
        blocked = sum(one.state != "saleable" for one in found.batches)
        numbers = {
            "waiting": found.waiting,
            "expired": blocked + sum(one < 0 for one in days),
            "d30": sum(0 <= one <= 30 for one in days),
            "d60": sum(30 < one <= 60 for one in days),
            "d90": sum(60 < one <= 90 for one in days),
            "low": found.counts.low,
            "out": found.counts.out,
        }
        for key, number in numbers.items():
            self.figures[key].show_number(number)
        show_rows(self.table, [(one, self._cells(one)) for one in found.batches])
        self._row_changed()

    def _cells(self, one: WatchedBatch) -> tuple[object, ...]:
        ends = words.day(one.expiry_date) if one.expiry_date else "–"
        name = f"{one.item_name}\n{one.location or one.item_code}"
        money = words.money(one.value, self._currency)
        return name, one.batch_number or "–", ends, expiry_tag(one), f"{one.stock:,}", money

    def chosen(self) -> WatchedBatch | None:
        """The batch of the current row."""
        found = current_thing(self.table)
        return found if isinstance(found, WatchedBatch) else None

    @Slot()
    def _row_changed(self) -> None:
        one = self.chosen()
        self.recipient_table.hide()
        for made in self._buttons:
            made.setEnabled(one is not None)
        if one is None:
            self._about.setText(self.tr("Nothing needs you."))
            self._hint.setText(
                self.tr("Batches appear here 90 days before they end, and when they are blocked.")
            )
            return
        self._about.setText(f"{one.item_name} · {one.batch_number or '–'}")
        self._hint.setText(" · ".join(part for part in (one.supplier_name, one.location) if part))

    @Slot(object)
    def _show_recipients(self, found: list[Recipient]) -> None:
        rows = [
            (one, (f"{one.patient_name}\n{one.prescription}", one.phone or "–", f"{one.quantity:,}"))
            for one in found
        ]
        show_rows(self.recipient_table, rows)
        self.recipient_table.setVisible(bool(found))
        self._hint.setText(self.tr("{0} patients got some of this batch.").format(len(found)))

    @Slot(object)
    def _show_clinics(self, found: list[tuple[object, str]]) -> None:
        if not found:
            self.tell(self.tr("You work in one clinic only; there is nowhere to send it to."), "info")
            return
        self.send_form.offer("clinic", [(name, clinic) for clinic, name in found])
        self.open_form(self.send_form, "quantity")

    @Slot(str)
    def _show_done(self, _name: str) -> None:
        self.tell(self.tr("Saved. The ledger has it."), "ok")
        self.close_form()

    @Slot()
    def _ask_witness(self) -> None:
        self.side.setCurrentWidget(self.witness_form)
        self.witness_form.begin()

    # -- asking

    @Slot()
    def _ask_quarantine(self) -> None:
        self._ask_state("quarantine")

    @Slot()
    def _ask_recall(self) -> None:
        self._ask_state("recalled")

    def _ask_state(self, state: str) -> None:
        if self.chosen():
            self.state_form.put(state=state, reason="")
            self.open_form(self.state_form, "reason")

    @Slot()
    def _ask_destroy(self) -> None:
        if one := self.chosen():
            self.destroy_form.put(quantity=one.stock, note="")
            self.open_form(self.destroy_form, "quantity")

    @Slot()
    def _ask_adjust(self) -> None:
        if self.chosen():
            self.adjust_form.put(quantity="", note="")
            self.open_form(self.adjust_form, "reason")

    @Slot()
    def _ask_send(self) -> None:
        if self.chosen():
            self.presenter.ask_clinics()

    @Slot()
    def _ask_recipients(self) -> None:
        if one := self.chosen():
            self.presenter.ask_recipients(one)

    # -- doing

    @Slot(object)
    def _set_state(self, said: dict[str, str]) -> None:
        if one := self.chosen():
            self.presenter.set_state(one, said["state"], said["reason"])

    @Slot(object)
    def _destroy(self, said: dict[str, str]) -> None:
        if one := self.chosen():
            self.presenter.destroy(one, said["quantity"], said["note"])

    @Slot(object)
    def _adjust(self, said: dict[str, str]) -> None:
        if one := self.chosen():
            self.presenter.adjust(one, said["quantity"], said["reason"], said["note"])

    @Slot(object)
    def _send(self, said: dict[str, object]) -> None:
        clinic = said["clinic"]
        if (one := self.chosen()) and isinstance(clinic, UUID):
            self.presenter.transfer(one, clinic, str(said["quantity"]))
