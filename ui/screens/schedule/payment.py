"""Taking a payment, and its receipt on the screen, on paper or in a file."""

from decimal import Decimal
from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit

from clinicdesk.domain.appointments import Appointment, Receipt
from clinicdesk.printing.words import money
from ui.screens.schedule.words import payment_methods
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.paper_panel import PaperPanel
from ui.widgets.text import label


class PaymentPanel(QFrame):
    """Amount and method; Enter takes the payment, Esc goes back."""

    take_asked = Signal(object, object, str, str)
    """Request id (one for each opening, so that a double press pays once), appointment, amount, method."""
    closed = Signal()

    def __init__(self, currency: str) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._currency = currency
        self._appointment: Appointment | None = None
        self._request: UUID = uuid4()
        self.who = label("", "h2", wrap=True)
        self.owed = label("", "muted", wrap=True)
        self.amount = QLineEdit()
        self.amount.returnPressed.connect(self._take)
        self.method = QComboBox()
        for code, words in payment_methods():
            self.method.addItem(words, code)
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
                hbox(self.back, None, self.take), None,
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
            method = str(self.method.currentData())
            self.take_asked.emit(self._request, self._appointment, self.amount.text(), method)


class ReceiptPanel(PaperPanel):
    """The very PDF that is printed or saved."""

    def show_receipt(self, receipt: Receipt, pdf: bytes) -> None:
        """Preview with the focus on Done: Enter goes on with the day."""
        self.show_paper(self.tr("Receipt {0}").format(receipt.number), pdf, file_name=receipt.number)
