"""'Now serving' for a second screen in the waiting room: numbers, rooms and doctors, never a name."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from clinicdesk.domain.queue import QueueLine, serving
from ui.widgets.layouts import vbox
from ui.widgets.text import label

MOST = 6
NUMBER_PX, WORDS_PX, TITLE_PX = 110, 34, 40


class ServingWindow(QWidget):
    """A window of its own; F11 fills the screen, Esc leaves that."""

    def __init__(self, clinic: str) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Now serving"))
        self.setObjectName("Page")
        self.resize(1000, 640)
        self._title = _large(f"{clinic} – {self.tr('Now serving')}", TITLE_PX)
        self._nobody = _large(self.tr("Please wait until your number is shown."), WORDS_PX)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(40)
        self._cells: list[tuple[QLabel, QLabel]] = []
        for row in range(MOST):
            pair = (_large("", NUMBER_PX if row == 0 else NUMBER_PX // 2), _large("", WORDS_PX))
            self._cells.append(pair)
            for column, cell in enumerate(pair):
                self._grid.addWidget(cell, row, column)
        self._grid.setColumnStretch(1, 1)
        self.setLayout(
            vbox(self._title, self._nobody, self._grid, None, margins=(48, 36, 48, 36), spacing=24)
        )

    def show_lines(self, lines: Sequence[QueueLine]) -> None:
        """Newest call first and largest."""
        shown = serving(lines)[:MOST]
        self._nobody.setVisible(not shown)
        for at, (number, where) in enumerate(self._cells):
            on = at < len(shown)
            number.setVisible(on)
            where.setVisible(on)
            if on:
                digits, room, doctor, called = shown[at]
                number.setText(str(digits))
                words = [room, f"Dr {doctor}", self.tr("please come in") if called else ""]
                where.setText(" · ".join(word for word in words if word))
        self.setAccessibleDescription(", ".join(str(number) for number, *_ in shown))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F11:
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        elif event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self.showNormal()
        else:
            super().keyPressEvent(event)


def _large(text: str, pixels: int) -> QLabel:
    made = label(text, wrap=True)
    made.setStyleSheet(f"font-size: {pixels}px; font-weight: 600;")
    return made
