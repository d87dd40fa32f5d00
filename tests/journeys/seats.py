"""Whole windows of signed-in people, side by side, driven by keys and mouse."""

from itertools import pairwise
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ui import theme
from ui.seat import Seat
from ui.tasks import TaskRunner
from ui.widgets.calendar_drag import WAITING_MIME
from ui.widgets.calendar_layout import Slot

WAIT = 15_000
NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class Window:
    """One person's window."""

    def __init__(self, bot: Any, session: Any) -> None:
        self.bot, self.session = bot, session
        self.tasks = TaskRunner()
        self.seat = Seat(session, self.tasks)
        self.seat.show()
        self.shell = self.seat.shell
        bot.waitUntil(self.tasks.idle, timeout=WAIT)

    def room(self, key: str) -> Any:
        """Go to a room as the navigation does, and wait until it is read."""
        self.front()
        self.shell.show_room(key)
        self.settle()
        return self.shell.page(key)

    def front(self) -> None:
        self.shell.activateWindow()
        self.bot.waitUntil(lambda: QApplication.activeWindow() is self.shell, timeout=WAIT)

    def settle(self) -> None:
        self.bot.waitUntil(self.tasks.idle, timeout=WAIT)

    def until(self, holds: Any) -> None:
        self.bot.waitUntil(holds, timeout=WAIT)

    def press(self, key: Any, modifier: Any = NONE) -> None:
        # without a focused control a window takes the keys itself, for its shortcuts
        QTest.keyClick(QApplication.focusWidget() or self.shell, key, modifier)

    def type(self, text: str) -> None:
        QTest.keyClicks(focused(), text)

    def close(self) -> None:
        self.seat.close()
        self.bot.waitUntil(self.tasks.idle, timeout=WAIT)
        self.tasks.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class Building:
    """All windows of a test; closes them at its end."""

    def __init__(self, bot: Any, app: QApplication, clinic: Any) -> None:
        theme.apply(app, dark=False)
        self.bot, self.clinic = bot, clinic
        self.windows: list[Window] = []

    def open(self, who: str, pc: str) -> Window:
        self.windows.append(Window(self.bot, self.clinic.sign_in(who, seat=pc)))
        return self.windows[-1]

    def close(self) -> None:
        while self.windows:
            self.windows.pop().close()


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def slot_cursor(view: Any, doctor: Any, minute: int) -> None:
    """Put the scheduler's slot cursor where the arrow keys would bring it."""
    column = next(n for n, (_, key) in enumerate(view.calendar.layout_.columns) if key == doctor)
    view.calendar.set_slot(Slot(column, minute))
    view.calendar.setFocus()


def drop_waiting(view: Any, day: Any, doctor: Any, minute: int) -> None:
    """Drag the first card of the waiting list into the day."""
    data: QMimeData = view.waiting.model.mimeData([view.waiting.model.index(0, 0)])
    assert data.hasFormat(WAITING_MIME)
    column = next(n for n, (_, key) in enumerate(view.calendar.layout_.columns) if key == doctor)
    view.calendar._show(view.calendar.layout_.column_rect(column, start=minute, end=minute + 30))
    at = view.calendar.slot_point(day, doctor, minute) + QPoint(0, 2)
    view.calendar.dropEvent(
        QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NONE)
    )


def draw_signature(pad: QWidget) -> None:
    """A zigzag with the mouse."""
    points = [(30, 90), (70, 20), (110, 95), (160, 25), (220, 90), (290, 30)]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[0]))
    for (x, y), (x2, y2) in pairwise(points):
        for step in range(1, 11):
            QTest.mouseMove(pad, QPoint(x + (x2 - x) * step // 10, y + (y2 - y) * step // 10))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[-1]))
