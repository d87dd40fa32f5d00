"""The right side: the very PDF, to save or to print."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QStackedWidget

from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter


class Paper(QFrame):
    """Shows a draft marked as not signed, then the signed paper; only that one is printed."""

    said = Signal(str, str)
    print_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        # Qt's parts for PDF take 3 MiB: not before somebody prescribes
        from ui.widgets.pdf_view import PdfView

        self.setObjectName("Side")
        self.view = PdfView()
        self.print_button = button(self.tr("Print"), "printer")
        self.print_button.setEnabled(False)
        self._title = label(self.tr("Preview"), "h2")
        self._name = "prescription.pdf"
        self._dialog: QPrintDialog | None = None
        self._printer: QPrinter | None = None
        empty = EmptyState(
            "file-text",
            self.tr("Nothing to show yet"),
            self.tr("The paper appears here with the first medicine."),
        )
        empty.button.hide()
        self._pages = QStackedWidget()
        self._pages.addWidget(empty)
        self._pages.addWidget(self.view)
        head = hbox(self._title, None, self.print_button)
        self.setLayout(vbox(head, self._pages, margins=(16, 12, 16, 12), spacing=8))
        self.view.save_wanted.connect(self._ask_where)
        self.print_button.clicked.connect(self._ask_printer)

    def show_pdf(self, pdf: bytes, number: str) -> None:
        """``number`` is '' for a draft."""
        self._title.setText(number or self.tr("Preview, not signed"))
        self._name = f"{number or 'draft'}.pdf"
        self.print_button.setEnabled(bool(pdf and number))
        self._pages.setCurrentIndex(1 if pdf else 0)
        if pdf:
            self.view.show_pdf(pdf)
        else:
            self.view.clear()

    # -- saving

    @Slot(object)
    def _ask_where(self, _: bytes) -> None:
        dialog = QFileDialog(self, self.tr("Save prescription"), self._name, "PDF (*.pdf)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.fileSelected.connect(self.save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the file; says why when that is not possible."""
        try:
            Path(path).write_bytes(self.view.pdf)
        except OSError as problem:
            reason = problem.strerror or ""
            self.said.emit(self.tr("Not saved: {0}. Choose another folder.").format(reason), "error")
        else:
            self.said.emit(self.tr("Saved as {0}.").format(Path(path).name), "ok")

    # -- printing

    @Slot()
    def _ask_printer(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        if self._dialog is None:
            self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
            self._dialog = QPrintDialog(self._printer, self)
            self._dialog.accepted.connect(self.print_wanted)
        QDialog.open(self._dialog)  # its own open() wants a receiver

    @Slot(object)
    def send(self, pdf: bytes) -> None:
        """The paper to hand out, to the chosen printer."""
        if self._printer is not None and not print_pdf(pdf, self._printer):
            self.said.emit(self.tr("The printer did not accept the paper. Try again."), "error")


def print_pdf(pdf: bytes, printer: "QPrinter") -> bool:
    """Every page, as large as the paper allows; False when the printer refuses."""
    from PySide6.QtPdf import QPdfDocument

    document, buffer = QPdfDocument(), QBuffer()
    buffer.setData(QByteArray(pdf))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    painter = QPainter()
    if document.pageCount() < 1 or not painter.begin(printer):
        return False
    for page in range(document.pageCount()):
        if page:
            printer.newPage()
        room, size = painter.viewport().size(), document.pagePointSize(page)
        scale = min(room.width() / size.width(), room.height() / size.height())
        pixels = QSize(round(size.width() * scale), round(size.height() * scale))
        painter.drawImage(0, 0, document.render(page, pixels))
    painter.end()
    return True
