"""A bar code scanner that types like a keyboard: its keys come faster than fingers and end with Enter.

Keys are held back for a moment: a scan never reaches the field that has the focus, typing reaches it whole.
"""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

GAP_MS = 35
LEAST = 6
SEPARATOR = "\x1d"
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)
_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PLAIN = (
    Qt.KeyboardModifier.NoModifier | Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
)


class WedgeScanner(QObject):
    """``scanned`` carries what was read while ``page`` was on show; Ctrl+] is the separator of GS1.

    With ``only`` a scan begins with these characters; everything else is typing.
    """

    scanned = Signal(str)

    def __init__(self, page: QWidget, only: str = "") -> None:
        super().__init__(page)
        self._page, self._only = page, only
        self._held: list[QKeyEvent] = []
        self._text = ""
        self._watched: QWidget | None = None
        self._replaying = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GAP_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._give_back)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moved)

    @Slot("QWidget*", "QWidget*")
    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._watched is not None:
            self._give_back()
            if isValid(self._watched):  # a line of a form may be gone with its form
                self._watched.removeEventFilter(self)
            self._watched = None
        if new is not None and self._page.isAncestorOf(new):
            self._watched = new
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._replaying or event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in _MODIFIERS:
            return False
        if event.key() in _ENDS and len(self._text) >= LEAST and self._timer.isActive():
            self._finish()
            return True
        letter = self._letter(event)
        if not letter:
            self._give_back()
            return False
        self._held.append(event.clone())
        self._text += letter
        if self._text.startswith(self._only[: len(self._text)]):
            self._timer.start()
        else:
            self._give_back()
        return True

    def _letter(self, event: QKeyEvent) -> str:
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            wedge = event.key() == Qt.Key.Key_BracketRight or event.text() == SEPARATOR
            return SEPARATOR if wedge and self._text else ""
        if modifiers & ~_PLAIN:
            return ""
        text = event.text()
        return text if len(text) == 1 and (text.isprintable() or text == SEPARATOR) else ""

    def _finish(self) -> None:
        self._timer.stop()
        text, self._text, self._held = self._text, "", []
        self.scanned.emit(text)

    @Slot()
    def _give_back(self) -> None:
        """It was typing: the field gets its keys, in order."""
        self._timer.stop()
        held, self._held, self._text = self._held, [], ""
        target = self._watched
        if target is None or not held or not isValid(target):
            return
        self._replaying = True
        try:
            for key in held:
                QCoreApplication.sendEvent(target, key)
        finally:
            self._replaying = False
