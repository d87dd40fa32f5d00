"""A keyboard that counts: fingers and scanner apart."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

HUMAN_MS = 45  # slower than any scanner


class Keyboard:
    """Presses go to the widget with the focus; ``pressed`` counts keys of fingers, ``scans`` those of the scanner."""

    def __init__(self, qtbot: Any) -> None:
        self._qtbot = qtbot
        self.pressed = self.scans = 0

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, or a chord: one press."""
        self.pressed += 1
        QTest.qWait(HUMAN_MS)
        QTest.keyClick(focus(), key, modifier)

    def ctrl(self, key: Qt.Key) -> None:
        self.press(key, Qt.KeyboardModifier.ControlModifier)

    def type(self, text: str) -> None:
        """As fingers do."""
        self.pressed += len(text)
        QTest.keyClicks(focus(), text, delay=HUMAN_MS)
        QTest.qWait(HUMAN_MS)

    def scan(self, text: str) -> None:
        """As a wedge scanner does: no gaps, Ctrl+] for the separator, Enter in the end."""
        self.scans += 1
        for one in text:
            if one == "\x1d":
                QTest.keyClick(focus(), Qt.Key.Key_BracketRight, Qt.KeyboardModifier.ControlModifier)
            else:
                QTest.keyClicks(focus(), one)
        QTest.keyClick(focus(), Qt.Key.Key_Return)

    def until(self, true: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(true()), timeout=8000)


def focus() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found
