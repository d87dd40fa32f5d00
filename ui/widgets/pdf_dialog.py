"""A paper in its own window: look at it, print it, save it where the person says."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from ui.widgets.layouts import vbox
from ui.widgets.paper_panel import PaperPanel

_SIZE = QSize(720, 600)


class PdfDialog(QDialog):
    """``said(text, kind)`` tells how saving went. Nothing is written anywhere unless asked for."""

    said = Signal(str, str)

    def __init__(self, title: str, pdf: bytes, *, file_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(_SIZE)
        self.panel = PaperPanel()
        self.setLayout(vbox(self.panel))
        self.panel.said.connect(self.said)
        self.panel.closed.connect(self.accept)
        self.panel.show_paper(title, pdf, file_name=file_name)
