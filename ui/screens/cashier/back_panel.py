"""Giving money back: a refund by the rule or beyond it, or a slip taken back whole."""

from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit

from clinicdesk.domain.ledger import LedgerLine
from clinicdesk.printing.words import money
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class BackPanel(QFrame):
    """One line of the ledger; a double press gives back once."""

    refund_asked = Signal(object, object, str, str)
    """Request id, LedgerLine, amount, reason."""
    void_asked = Signal(object, object, str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._line: LedgerLine | None = None
        self._request: UUID = uuid4()
        self.who = label("", "h2", wrap=True)
        self.rule = label("", "muted", wrap=True)
        self.amount, self.reason = QLineEdit(), QLineEdit()
        self.amount_field = Field(self.tr("Amount to give back"), self.amount)
        self.reason_field = Field(self.tr("Reason"), self.reason)
        self.refund = button(self.tr("Refund"), "undo-2", primary=True)
        self.void = button(self.tr("Void the slip"), "x", danger=True)
        self.back = button(self.tr("Back"), "arrow-left")
        slots = ((self.refund, self._refund), (self.void, self._void), (self.back, self._close))
        for made, slot in slots:
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        for editor in (self.amount, self.reason):
            editor.returnPressed.connect(self._refund)
        self.setLayout(
            vbox(
                label(self.tr("Give back"), "title"), self.who, self.rule,
                self.amount_field, self.reason_field,
                hbox(self.back, None, self.void, self.refund), None, margins=(16, 14, 16, 14), spacing=10,
            )
        )  # fmt: skip

    def start(self, line: LedgerLine) -> None:
        """For one payment, with what the rule gives back (spec 1.8)."""
        self._line, self._request = line, uuid4()
        self.who.setText(
            f"{line.patient_name}\n{line.number} · {line.method} · {money(line.left, line.currency)}"
        )
        due = min(line.due, line.left)
        self.rule.setText(
            self.tr("The rule gives back {0}. More needs an administrator.").format(money(due, line.currency))
        )
        self.amount.setText(f"{due or line.left:.2f}")
        self.reason.clear()
        for field in (self.amount_field, self.reason_field):
            field.clear_error()
        self.void.setVisible(line.shift_open and line.left == line.amount)
        self.show_busy(busy=False)
        self.reason.setFocus()

    def show_wrong(self, field: str, text: str) -> None:
        """A refusal at its field."""
        self.show_busy(busy=False)
        wrong = self.reason_field if field == "reason" else self.amount_field
        wrong.show_error(text)
        wrong.editor.setFocus()

    def show_busy(self, *, busy: bool) -> None:
        """While the answer is under way."""
        for made in (self.refund, self.void):
            made.setEnabled(not busy)

    @Slot()
    def _refund(self) -> None:
        if self._line is not None and self.refund.isEnabled():
            self.show_busy(busy=True)
            self.refund_asked.emit(self._request, self._line, self.amount.text(), self.reason.text())

    @Slot()
    def _void(self) -> None:
        if self._line is not None and self.void.isEnabled():
            self.show_busy(busy=True)
            self.void_asked.emit(self._request, self._line, self.reason.text())

    @Slot()
    def _close(self) -> None:
        self.closed.emit()
