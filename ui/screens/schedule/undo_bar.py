"""The line that takes the last step back, for half a minute."""

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame

from clinicdesk.domain.bookings import UNDO_WITHIN, Done
from ui.screens.schedule.step_words import step_words
from ui.widgets.banner import announce
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox
from ui.widgets.text import label

SECOND = 1000
SECONDS_WIDTH = 72


class UndoBar(QFrame):
    """Ctrl+Z presses it."""

    asked = Signal(object)
    """Done."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.setAccessibleName(self.tr("Undo"))
        self.done: Done | None = None
        self._left = 0
        self._words = label("", "muted")
        self._seconds = label("", "small")
        self._seconds.setMinimumWidth(SECONDS_WIDTH)
        self.button = button(self.tr("Undo"), "undo-2")
        self.button.setToolTip(QKeySequence("Ctrl+Z").toString(QKeySequence.SequenceFormat.NativeText))
        self.button.setAutoDefault(True)
        self.button.clicked.connect(self.ask)
        row = hbox(self._words, self._seconds, self.button, margins=(12, 4, 6, 4), spacing=10)
        row.setStretch(0, 1)
        self.setLayout(row)
        self._tick = QTimer(self)
        self._tick.setInterval(SECOND)
        self._tick.timeout.connect(self._count)
        self.hide()

    def offer(self, done: Done) -> None:
        """The newest step; an older one is not offered any more."""
        self.done, self._left = done, int(UNDO_WITHIN.total_seconds())
        self._words.setText(step_words(done))
        self._show_left()
        self._tick.start()
        self.show()
        announce(self, self.tr("{0}. Ctrl+Z takes it back.").format(step_words(done)))

    def text(self) -> str:
        """What it offers to take back."""
        return self._words.text()

    @Slot()
    def ask(self) -> None:
        """Take it back."""
        if self.done is not None:
            done = self.done
            self.stop()
            self.asked.emit(done)

    @Slot()
    def stop(self) -> None:
        """Nothing can be taken back."""
        self.done = None
        self._tick.stop()
        self.hide()

    @Slot()
    def _count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.stop()
        else:
            self._show_left()

    def _show_left(self) -> None:
        self._seconds.setText(self.tr("Ctrl+Z · {0} s").format(self._left))
