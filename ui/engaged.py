"""Whether the person is in the middle of something that a reload would disturb."""

import time
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, SignalInstance, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

PAUSE_SECONDS = 1.0
"""Without a key for so long, typing has paused."""
FOLLOWED = "typingFollowed"


class Engagement(QObject):
    """A mouse button is down (a drag), a list or menu is open, a cell is edited, or text is being typed."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._typed_at = -PAUSE_SECONDS
        application.focusChanged.connect(self._moved)

    def __call__(self) -> bool:
        return (
            QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
            or QApplication.activePopupWidget() is not None
            or in_a_cell(QApplication.focusWidget())
            or time.monotonic() - self._typed_at < PAUSE_SECONDS
        )

    @Slot(QWidget, QWidget)
    def _moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, QLineEdit):
            self._follow(now, now.textEdited)
        elif isinstance(now, QTextEdit | QPlainTextEdit):
            self._follow(now, now.textChanged)

    def _follow(self, field: QWidget, typed: SignalInstance) -> None:
        if not field.property(FOLLOWED):
            field.setProperty(FOLLOWED, 1)
            typed.connect(self._typed)

    @Slot()
    def _typed(self) -> None:
        self._typed_at = time.monotonic()


def in_a_cell(field: QWidget | None) -> bool:
    """An editor that an item view opened over one of its cells."""
    area = field.parentWidget() if field is not None else None
    view = area.parentWidget() if area is not None else None
    return isinstance(view, QAbstractItemView) and view.viewport() is area


@lru_cache(maxsize=1)
def engagement() -> Engagement:
    """The one of this program."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return Engagement(application)
