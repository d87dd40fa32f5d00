"""The day's ledger with what can be done to a line, and the shift at the side."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.appointments import Receipt
from clinicdesk.domain.ledger import ZERO, LedgerLine, Shift
from clinicdesk.printing import words
from ui.screens.cashier.back_panel import BackPanel
from ui.screens.cashier.presenter import CashierPresenter
from ui.screens.cashier.shift_panel import ShiftPanel
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import icon_button
from ui.widgets.card import Card, EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import Cell, LinesTable, lines_view
from ui.widgets.payment_words import payment_methods
from ui.widgets.receipt_panel import ReceiptPanel
from ui.widgets.text import label

SIDE_WIDTH = 380
WIDTHS = (58, 152, 0, 104, 100, 124)
SHIFT, BACK, RECEIPT = range(3)


class CashierView(QWidget):
    """P prints again, Ctrl+R gives back, Ctrl+E counts the shift."""

    chart_asked = Signal(object, object)

    def __init__(self, presenter: CashierPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        presenter.setParent(self)
        self._make_parts()
        self._lay_out()
        self._connect()
        rows = (
            (self.tr("Give back"), self.ask_back, "Ctrl+R", "undo-2"),
            (self.tr("Print the receipt again"), self.ask_reprint, "P", "printer"),
            (self.tr("Count and close the shift"), self.ask_count, "Ctrl+E", "wallet"),
            (self.tr("Previous day"), self._back_a_day, "Ctrl+PgUp", "chevron-left"),
            (self.tr("Next day"), self._on_a_day, "Ctrl+PgDown", "chevron-right"),
            (self.tr("Close"), self.close_side, "Esc", "x"),
        )
        for text, slot, keys, icon in rows:
            make_action(self, text, slot, keys=keys, icon=icon)

    def _make_parts(self) -> None:
        heads = [
            self.tr("Time"), self.tr("Receipt"), self.tr("Patient"),
            self.tr("Method"), self.tr("Amount"), self.tr("State"),
        ]  # fmt: skip
        self.model = LinesTable(heads, self)
        self.table = lines_view(self.model, self.tr("Payments of the day"), WIDTHS, row_height=46)
        self.day = label("", "h2")
        self.sum = label("", "muted")
        self.before = icon_button("chevron-left", self.tr("Previous day"))
        self.after = icon_button("chevron-right", self.tr("Next day"))
        self.notice = Notice()
        self.hint = label(self.tr("P print again · Ctrl+R give back · Ctrl+E count the shift"), "small")
        self.empty = EmptyState(
            "wallet", self.tr("No payments"), self.tr("What is taken today appears here.")
        )
        self.shift = ShiftPanel(self._presenter.currency, self._presenter.zone)
        self.back = BackPanel()
        self.receipt = ReceiptPanel()

    def _lay_out(self) -> None:
        head = hbox(
            label(self.tr("Cashier"), "title"), self.before, self.day, self.after, None, self.sum, spacing=10
        )
        self.list = QStackedWidget()
        self.list.addWidget(self.table)
        self.list.addWidget(self.empty)
        main = vbox(head, self.notice, Card(vbox(self.list, margins=(1, 1, 1, 1))), self.hint, spacing=10)
        main.setStretch(2, 1)
        self.side = QStackedWidget()
        self.side.setFixedWidth(SIDE_WIDTH)
        for panel in (self.shift, self.back, self.receipt):
            self.side.addWidget(panel)
        row = hbox(main, self.side, margins=(18, 14, 18, 14), spacing=14)
        row.setStretch(0, 1)
        self.setLayout(row)

    def _connect(self) -> None:
        presenter = self._presenter
        self.before.clicked.connect(self._back_a_day)
        self.after.clicked.connect(self._on_a_day)
        self.table.activated.connect(self._activated)
        self.back.refund_asked.connect(self._refund)
        self.back.void_asked.connect(self._void)
        self.back.closed.connect(self.close_side)
        self.receipt.closed.connect(self.close_side)
        self.receipt.said.connect(self.notice.show_notice)
        self.shift.open_asked.connect(presenter.open)
        self.shift.close_asked.connect(self._close_shift)
        self.shift.accept_asked.connect(presenter.accept)
        presenter.lines_read.connect(self._show_lines)
        presenter.shifts_read.connect(self._show_shifts)
        presenter.receipt_ready.connect(self._show_receipt)
        presenter.closed.connect(self._shift_closed)
        presenter.field_wrong.connect(self._wrong)
        presenter.said.connect(self._say)

    # what the window calls

    def activate(self) -> None:
        """Everything as it is now."""
        self._presenter.load()

    def first_focus(self) -> QWidget:
        return self.table

    # reading

    @Slot(object)
    def _show_lines(self, lines: Sequence[LedgerLine]) -> None:
        presenter = self._presenter
        row = max(0, self.table.currentIndex().row())
        self.model.show_lines([(line, self._cells(line)) for line in lines])
        self.day.setText(words.day(presenter.day))
        total = sum((line.amount for line in lines), start=ZERO)
        self.sum.setText(
            self.tr("Received less given back: {0}").format(words.money(total, presenter.currency))
            if lines
            else ""
        )
        self.list.setCurrentWidget(self.table if lines else self.empty)
        if lines:
            self.table.selectRow(min(row, len(lines) - 1))

    def _cells(self, line: LedgerLine) -> Sequence[Cell]:
        methods = dict(payment_methods())
        local = line.received_at.astimezone(self._presenter.zone)
        return (
            f"{local:%H:%M}",
            line.number,
            f"{line.patient_name}\n{line.mrn} · {line.what}",
            methods.get(line.method, line.method),
            words.money(line.amount, line.currency),
            self._state(line),
        )

    def _state(self, line: LedgerLine) -> Cell:
        if line.kind == "refund":
            return (self.tr("Refund"), "warn", "undo-2")
        if line.kind == "void":
            return (self.tr("Void"), "plain", "x")
        if line.left == 0:
            return (self.tr("Given back"), "plain", "undo-2")
        if line.left < line.amount:
            return (self.tr("Partly given back"), "warn", "undo-2")
        return (
            (self.tr("Refund due"), "danger", "undo-2") if line.due > 0 else (self.tr("Paid"), "ok", "check")
        )

    @Slot(object, object)
    def _show_shifts(self, shifts: list[Shift], cashiers: Sequence[tuple[UUID, str]]) -> None:
        me = self._presenter.actor.user_id
        offered = next((s for s in shifts if s.handed_to == me and s.accepted_at is None), None)
        self.shift.show_shifts(self._presenter.own_shift(shifts), offered, cashiers)

    # doing

    def _line(self) -> LedgerLine | None:
        found: LedgerLine | None = self.model.thing(self.table.currentIndex().row())
        return found

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        self.ask_reprint()

    @Slot()
    def ask_back(self) -> None:
        """For the selected payment, as long as something of it is left."""
        line = self._line()
        if line is not None and line.left > 0:
            self.side.setCurrentIndex(BACK)
            self.back.start(line)

    @Slot()
    def ask_reprint(self) -> None:
        """A copy of the selected receipt."""
        line = self._line()
        if line is not None:
            self._presenter.reprint(line)

    @Slot()
    def ask_count(self) -> None:
        """The first field of the count."""
        self.side.setCurrentIndex(SHIFT)
        self.shift.focus_first()

    @Slot(object, object, str, str)
    def _refund(self, request: UUID, line: LedgerLine, amount: str, reason: str) -> None:
        self._presenter.refund(request, line, amount=amount, reason=reason)

    @Slot(object, object, str)
    def _void(self, request: UUID, line: LedgerLine, reason: str) -> None:
        self._presenter.void(request, line, reason=reason)

    @Slot(object, object, str, object, object)
    def _close_shift(self, shift: Shift, counted: object, reason: str, left: object, to: object) -> None:
        self._presenter.close(shift, counted, reason=reason, left=left, to=to)  # type: ignore[arg-type]

    @Slot(object)
    def _show_receipt(self, receipt: Receipt) -> None:
        self.side.setCurrentIndex(RECEIPT)
        self.receipt.show_receipt(receipt)

    @Slot(object)
    def _shift_closed(self, shift: Shift) -> None:
        text = self.tr("The shift is closed. Difference: {0}").format(
            words.money(shift.variance, self._presenter.currency)
        )
        if shift.handed_name:
            text += " " + self.tr("Handed over to {0}.").format(shift.handed_name)
        self.notice.show_notice(text, "ok")
        self.table.setFocus()

    @Slot(str, str)
    def _wrong(self, field: str, text: str) -> None:
        if self.side.currentIndex() == SHIFT and self.shift.show_wrong(field, text):
            return
        if self.side.currentIndex() == BACK:
            self.back.show_wrong(field, text)
        else:
            self.notice.show_notice(text, "error")

    @Slot(str, str)
    def _say(self, text: str, kind: str) -> None:
        self.back.show_busy(busy=False)
        self.notice.show_notice(text, kind)

    @Slot()
    def _back_a_day(self) -> None:
        self._presenter.step(-1)

    @Slot()
    def _on_a_day(self) -> None:
        self._presenter.step(1)

    @Slot()
    def close_side(self) -> None:
        """Back to the ledger, the shift at the side."""
        self.side.setCurrentIndex(SHIFT)
        self.table.setFocus()
