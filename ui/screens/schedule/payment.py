"""Taking a payment, and its receipt on the screen, on paper or in a file."""

from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.ledger import parts_of
from clinicdesk.printing.words import money
from ui.widgets.buttons import button, link_button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.payment_words import payment_methods
from ui.widgets.receipt_panel import ReceiptPanel
from ui.widgets.text import label

__all__ = ["PaymentPanel", "ReceiptPanel"]


class PaymentPanel(QFrame):
    """Amount and method, a second pair when it is split; Enter takes the payment, Esc goes back."""

    take_asked = Signal(object, object, str, str)
    """Request id (one for each opening, so that a double press pays once), appointment, amount, method."""
    closed = Signal()

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._currency = currency
        self._appointment: Appointment | None = None
        self._request: UUID = uuid4()
        self._owed = Decimal(0)
        self.who = label("", "h2", wrap=True)
        self.owed = label("", "muted", wrap=True)
        self.amount = QLineEdit()
        self.amount.returnPressed.connect(self._take)
        self.method = QComboBox()
        for code, words in payment_methods():
            self.method.addItem(words, code)
        self.second, self.second_method = QLineEdit(), QComboBox()
        self.second.returnPressed.connect(self._take)
        for code, words in payment_methods():
            self.second_method.addItem(words, code)
        self.second_row = QWidget()
        self.second_row.setLayout(
            hbox(
                Field(self.tr("Second amount"), self.second),
                Field(self.tr("Second method"), self.second_method),
                spacing=10,
            )
        )
        self.second_row.hide()
        self.split = link_button(self.tr("Pay in two ways"))
        self.split.clicked.connect(self._split)
        self.amount_field = Field(self.tr("Amount"), self.amount)
        self.method_field = Field(self.tr("Method"), self.method)
        self.take = button(self.tr("Take payment"), "banknote", primary=True)
        self.take.setAutoDefault(True)
        self.take.clicked.connect(self._take)
        self.back = button(self.tr("Back"), "arrow-left")
        self.back.setAutoDefault(True)
        self.back.clicked.connect(self.closed)
        self.setLayout(
            vbox(
                label(self.tr("Payment"), "title"), self.who, self.owed, self.amount_field, self.method_field,
                self.second_row, hbox(self.split, None), hbox(self.back, None, self.take), None,
                margins=(16, 14, 16, 14), spacing=10,
            )
        )  # fmt: skip
        self.setFocusProxy(self.amount)

    def start(self, appointment: Appointment) -> None:
        """For one appointment, with what is owed."""
        self._appointment, self._request = appointment, uuid4()
        owed = (appointment.fee or Decimal(0)) - appointment.paid
        self.who.setText(appointment.patient_name)
        self.owed.setText(
            self.tr("{0} · fee {1}, paid {2}").format(
                appointment.type_name or self.tr("Appointment"),
                money(appointment.fee or Decimal(0), self._currency),
                money(appointment.paid, self._currency),
            )
        )
        self.amount_field.clear_error()
        self._owed = owed
        self.second.clear()
        self.second_row.hide()
        self.split.show()
        self.amount.setText(f"{owed:.2f}")
        self.amount.selectAll()
        self.amount.setFocus()
        self.take.setEnabled(True)

    def show_wrong(self, field: str, text: str) -> None:
        """A refusal at its field."""
        self.take.setEnabled(True)
        wrong = self.method_field if field == "method" else self.amount_field
        wrong.show_error(text)
        wrong.editor.setFocus()

    @Slot()
    def _take(self) -> None:
        if self._appointment is not None and self.take.isEnabled():
            self.take.setEnabled(False)
            amount, method = self.amount.text(), str(self.method.currentData())
            if self.second_row.isVisibleTo(self):
                amount += f"+{self.second.text()}"
                method += f"+{self.second_method.currentData()}"
            self.take_asked.emit(self._request, self._appointment, amount, method)

    @Slot()
    def _split(self) -> None:
        """The rest in another way: typing the first amount leaves the second to be filled in."""
        self.second_row.show()
        self.split.hide()
        self.second_method.setCurrentIndex(1)
        try:
            rest = self._owed - parts_of(self.amount.text(), "cash")[0].amount
        except InvalidOperation:
            rest = Decimal(0)
        self.second.setText(f"{rest:.2f}" if rest > 0 else "")
        (self.second if rest > 0 else self.amount).setFocus()
