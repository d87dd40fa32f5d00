"""Notices that nobody is at the keyboard, and the keys that lock while a dialog is open."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QWindow
from PySide6.QtWidgets import QApplication

LOOK_MS = 5000
LOCK_KEYS = "Ctrl+Shift+K"
_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
    }
)


class IdleWatch(QObject):
    """``idle`` once nothing was typed or moved for ``minutes``, by the steady clock or by the wall's.

    The steady one stands still while the PC sleeps, the wall's may be set back; either is enough. It watches
    what reaches the windows themselves, not every event of every widget.
    """

    idle = Signal()
    lock_pressed = Signal()

    def __init__(
        self,
        *,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        look_ms: int = LOOK_MS,
    ) -> None:
        super().__init__()
        self.minutes = 5.0
        self._steady, self._wall = steady, wall
        self._timer = QTimer(self)
        self._timer.setInterval(look_ms)
        self._timer.timeout.connect(self._look)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._watch)
        self._touch()

    def start(self) -> None:
        """Somebody sits down now."""
        self._touch()
        self._watch(QGuiApplication.focusWindow())
        self._timer.start()

    def stop(self) -> None:
        """Nobody is signed in, or the seat is locked."""
        self._timer.stop()

    def running(self) -> bool:
        return self._timer.isActive()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _INPUT:
            # the first key after a long sleep must not save the seat: look before it counts
            self._look()
            self._touch()
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._locks(event)
        return False

    def _locks(self, event: QKeyEvent) -> bool:
        # a dialog keeps the window's shortcuts from working, but nobody should have to close it to leave
        if not self._timer.isActive() or QApplication.activeModalWidget() is None:
            return False
        if QKeySequence(event.keyCombination()) != QKeySequence(LOCK_KEYS):
            return False
        self.lock_pressed.emit()
        return True

    @Slot(QWindow)
    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            window.installEventFilter(self)

    def _touch(self) -> None:
        self._since_steady, self._since_wall = self._steady(), self._wall()

    @Slot()
    def _look(self) -> None:
        if not self._timer.isActive():
            return
        passed = max(self._steady() - self._since_steady, self._wall() - self._since_wall)
        if passed >= self.minutes * 60:
            self._timer.stop()
            self.idle.emit()
