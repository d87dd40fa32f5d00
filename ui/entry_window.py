"""The window in front of the work: first start, progress, sign-in, lock."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from ui import icons


class EntryWindow(QMainWindow):
    """Shows one page at a time; its title names nobody."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self.setWindowIcon(icons.icon("heart-pulse", "accent"))
        self.setMinimumSize(1024, 640)
        self.resize(1180, 720)
        self._pages = QStackedWidget()
        self.setCentralWidget(self._pages)

    def put(self, page: QWidget) -> None:
        """Show one page; the one before is thrown away."""
        before = self._pages.currentWidget()
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        if before is not None:
            self._pages.removeWidget(before)
            before.deleteLater()
        page.setFocus()

    def page(self) -> QWidget | None:
        """What is on show."""
        return self._pages.currentWidget()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)
