"""A paper on the screen, on a printer or in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame

from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

if TYPE_CHECKING:
    # Qt's parts for PDF and printers take 5 MiB: they come with the first paper
    from PySide6.QtPrintSupport import QPrinter

    from ui.widgets.pdf_view import PdfView


class PaperPanel(QFrame):
    """The very PDF that is printed or saved: a receipt, a slip, labels, a day sheet."""

    closed = Signal()
    said = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._name, self._pdf = "", b""
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
            self._column.insertWidget(self._column.count() - 1, self._preview, 1)
        return self._preview

    def show_paper(self, title: str, pdf: bytes, *, file_name: str) -> None:
        """Preview with the focus on Done: Enter goes on with the day. No patient's name in ``file_name``."""
        self._name, self._pdf = file_name, pdf
        self.title.setText(title)
        self.preview.show_pdf(pdf)
        self.done.setFocus()

    @Slot(object)
    def _save(self, pdf: bytes) -> None:
        dialog = QFileDialog(self, self.tr("Save PDF"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.selectFile(f"{self._name}.pdf")
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
