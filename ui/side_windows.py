"""Further schedule windows of a seat, for a second screen: each with its own date and filters."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.keys import KeyList, key_lines
from ui.screens.schedule import ScheduleView
from ui.shell import Shell

SMALLEST, USUAL = QSize(1000, 620), QSize(1170, 720)
MOST = 6


class SideWindow(QWidget):
    """A child of the main window: it goes and comes with it when the seat is locked."""

    closed = Signal()

    def __init__(self, shell: Shell, page: ScheduleView, title: str) -> None:
        super().__init__(shell, Qt.WindowType.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumSize(SMALLEST)
        self.resize(USUAL)
        self.page = page
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)
        self.key_list = KeyList(self)
        for text, slot, keys in (
            (self.tr("Show the keys"), self.open_key_list, "F1"),
            (self.tr("Close this window"), self.close, "Ctrl+W"),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(slot)
            self.addAction(action)

    @Slot()
    def open_key_list(self) -> None:
        """The keys of the schedule and of this window."""
        if not self.key_list.isHidden():
            self.key_list.dismiss()
            return
        self.key_list.popup_with(
            [
                (self.tr("Schedule"), key_lines(self.page.actions()) + self.page.key_hints()),
                (self.tr("Window"), key_lines(self.actions())),
            ]
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)


class SideWindows(QObject):
    """``build(beside)`` makes a page that is wired to the seat."""

    def __init__(self, shell: Shell, build: Callable[[ScheduleView], ScheduleView]) -> None:
        super().__init__(shell)
        self._shell, self._build = shell, build
        self.open: list[SideWindow] = []
        shell.closed.connect(self.close_all)

    def watch(self, page: ScheduleView) -> None:
        """Open another window when this page asks for it."""
        page.window_asked.connect(self._add_beside)

    def add(self, beside: ScheduleView) -> None:
        """Another one with the same day and filters; at most six."""
        if len(self.open) >= MOST:
            self._shell.tell(self.tr("{0} schedule windows are open already.").format(MOST), "info")
            return
        page = self._build(beside)
        self.watch(page)
        title = self.tr("Schedule {0} – {1}").format(len(self.open) + 2, self._shell.windowTitle())
        window = SideWindow(self._shell, page, title)
        window.closed.connect(self._forget)
        self.open.append(window)
        window.show()
        page.activate()
        page.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _add_beside(self) -> None:
        page = self.sender()
        if isinstance(page, ScheduleView):
            self.add(page)

    @Slot()
    def refresh(self) -> None:
        """Read anew after the seat was locked."""
        for window in self.open:
            window.page.activate()

    @Slot()
    def close_all(self) -> None:
        """With the main window."""
        for window in list(self.open):
            window.close()

    @Slot()
    def _forget(self) -> None:
        self.open = [window for window in self.open if window is not self.sender()]
