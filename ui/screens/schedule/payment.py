"""Taking a payment, and its receipt on the screen, on paper or in a file."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QFrame, QLineEdit

from clinicdesk.domain.appointments import Appointment, Receipt
from clinicdesk.printing.words import money
from ui.screens.schedule.words import payment_methods
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

if TYPE_CHECKING:
    # Qt's parts for PDF and printers take 5 MiB: they come with the first receipt
    from PySide6.QtPrintSupport import QPrinter

    from ui.widgets.pdf_view import PdfView


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


class ReceiptPanel(QFrame):
    """The very PDF that is printed or saved."""

    closed = Signal()
    said = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._number, self._pdf = "", b""
        self._printer: QPrinter | None = None
        self.title = label("", "title", wrap=True)
        self._preview: PdfView | None = None
        self.print_button = button(self.tr("Print"), "printer")
        self.print_button.setAutoDefault(True)
        self.print_button.clicked.connect(self._print)
        self.done = button(self.tr("Done"), "check", primary=True)
        self.done.setAutoDefault(True)
        self.done.clicked.connect(self.closed)
        buttons = hbox(self.print_button, None, self.done)
        self._column = vbox(self.title, buttons, margins=(12, 12, 12, 12), spacing=8)
        self.setLayout(self._column)
        self.setFocusProxy(self.done)

    @property
    def preview(self) -> "PdfView":
        """Made when it is first wanted."""
        if self._preview is None:
            from ui.widgets.pdf_view import PdfView

            self._preview = PdfView()
            self._preview.save_wanted.connect(self._save)
            self._column.insertWidget(1, self._preview, 1)
        return self._preview

    def show_receipt(self, receipt: Receipt, pdf: bytes) -> None:
        """Preview with the focus on Done: Enter goes on with the day."""
        self._number, self._pdf = receipt.number, pdf
        self.title.setText(self.tr("Receipt {0}").format(receipt.number))
        self.preview.show_pdf(pdf)
        self.done.setFocus()

    @Slot(object)
    def _save(self, pdf: bytes) -> None:
        dialog = QFileDialog(self, self.tr("Save receipt"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.selectFile(f"{self._number}.pdf")
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the PDF; a refusal of the disk is said."""
        try:
            Path(path).write_bytes(self._pdf)
        except OSError as problem:
            self.said.emit(self.tr("Not saved: {0}").format(problem.strerror or path), "error")
        else:
            self.said.emit(self.tr("Saved: {0}").format(Path(path).name), "ok")

    @Slot()
    def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(self._printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.finished.connect(self._print_chosen)
        dialog.show()

    @Slot(int)
    def _print_chosen(self, result: int) -> None:
        if result == QDialog.DialogCode.Accepted and self._printer is not None:
            self.print_on(self._printer)
        self._printer = None

    def print_on(self, printer: "QPrinter") -> None:
        """Put every page on a printer's paper, as large as it fits."""
        from PySide6.QtPdf import QPdfDocument

        document = self.preview.findChild(QPdfDocument)
        if document is None:
            return
        with QPainter(printer) as painter:
            for page in range(document.pageCount()):
                if page:
                    printer.newPage()
                paper = printer.pageRect(printer.Unit.DevicePixel)
                points = document.pagePointSize(page)
                scale = min(
                    paper.width() / points.width(),
                    paper.height() / points.height(),
                    printer.resolution() / 72,
                )
                size = QSize(round(points.width() * scale), round(points.height() * scale))
                painter.drawImage(0, 0, document.render(page, size))
