"""A PDF in its own window: look at it, print it, save it where the person says."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.pdf_view import PdfView

_SIZE = QSize(720, 600)
_POINTS_PER_INCH = 72


class PdfDialog(QDialog):
    """``said(text, kind)`` tells how saving went. Nothing is written anywhere unless asked for."""

    said = Signal(str, str)

    def __init__(self, title: str, pdf: bytes, *, file_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(_SIZE)
        self._pdf, self._file_name = pdf, file_name
        self._printer: QPrinter | None = None
        self.preview = PdfView()
        self.print_button = button(self.tr("Print"), "printer", primary=True)
        self.close_button = button(self.tr("Close"))
        column = vbox(
            self.preview,
            hbox(self.print_button, None, self.close_button),
            margins=(12, 12, 12, 12),
            spacing=8,
        )
        column.setStretch(0, 1)
        self.setLayout(column)
        self.preview.save_wanted.connect(self._save)
        self.print_button.clicked.connect(self._print)
        self.close_button.clicked.connect(self.accept)
        self.preview.show_pdf(pdf)
        self.print_button.setFocus()

    @Slot(object)
    def _save(self, _pdf: bytes) -> None:
        dialog = QFileDialog(self, self.tr("Save as PDF"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.selectFile(self._file_name)
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
        self._printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(self._printer, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.finished.connect(self._print_chosen)
        dialog.show()

    @Slot(int)
    def _print_chosen(self, result: int) -> None:
        if result == QPrintDialog.DialogCode.Accepted and self._printer is not None:
            print_pdf(self._pdf, self._printer)
        self._printer = None


def print_pdf(pdf: bytes, printer: QPrinter) -> None:
    """Every page on the printer's paper, as large as it fits."""
    held = QBuffer()
    held.setData(QByteArray(pdf))
    held.open(QIODevice.OpenModeFlag.ReadOnly)
    document = QPdfDocument()
    document.load(held)
    with QPainter(printer) as painter:
        for page in range(document.pageCount()):
            if page:
                printer.newPage()
            paper = printer.pageRect(QPrinter.Unit.DevicePixel)
            points = document.pagePointSize(page)
            scale = min(
                paper.width() / points.width(),
                paper.height() / points.height(),
                printer.resolution() / _POINTS_PER_INCH,
            )
            size = QSize(round(points.width() * scale), round(points.height() * scale))
            painter.drawImage(0, 0, document.render(page, size))
    document.close()
