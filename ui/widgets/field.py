"""A labelled editor with its refusal underneath, and the search box."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QLineEdit, QWidget

from ui import icons
from ui.widgets.banner import announce
from ui.widgets.layouts import hide_unless, vbox
from ui.widgets.text import label

DEBOUNCE_MS = 120


def pad_spin_box(box: QAbstractSpinBox) -> None:
    """Room before the text of a spin box or date editor: Qt ignores the style sheet's padding there."""
    box.lineEdit().setTextMargins(8, 0, 0, 0)


class Field(QWidget):
    """Label, editor, then the error; what was typed always stays. Typing again clears the error."""

    def __init__(self, name: str, editor: QWidget, *, hint: str = "") -> None:
        super().__init__()
        self.editor = editor
        self._name, self._hint = name, hint
        self._label = label(name, "h2")
        self._label.setBuddy(editor)
        self._below = label(hint, "small", wrap=True)
        hide_unless(self._below, bool(hint))
        if isinstance(editor, QAbstractSpinBox):
            pad_spin_box(editor)
        editor.setAccessibleName(name)
        editor.setAccessibleDescription(hint)
        column = vbox(self._label, editor, self._below, spacing=4)
        tall = bool(editor.sizePolicy().expandingDirections() & Qt.Orientation.Vertical)
        column.setStretch(1, 1 if tall else 0)
        if not tall:
            column.addStretch(1)
        self.setLayout(column)
        self.setFocusProxy(editor)
        for signal in ("textEdited", "textChanged", "currentIndexChanged", "valueChanged", "dateChanged"):
            if hasattr(editor, signal):
                getattr(editor, signal).connect(self.clear_error)
                break

    def show_error(self, text: str) -> None:
        """Say what is wrong and how to put it right; empty clears it."""
        if not text:
            self.clear_error()
            return
        self._show_below(text, "error", wrong=True)
        self.editor.setAccessibleDescription(text)
        announce(self.editor, f"{self._name}: {text}", urgent=True)

    @Slot()
    def clear_error(self) -> None:
        if self.error():
            self._show_below(self._hint, "small", wrong=False)
            self.editor.setAccessibleDescription(self._hint)

    def error(self) -> str:
        """The refusal shown, or ''."""
        return self._below.text() if self._below.property("role") == "error" else ""

    def hint_label(self) -> QLabel:
        return self._below

    def _show_below(self, text: str, role: str, *, wrong: bool) -> None:
        self._below.setText(text)
        self._below.setVisible(bool(text))
        self._below.setProperty("role", role)
        self.editor.setProperty("wrong", wrong)
        for widget in (self._below, self.editor):
            widget.style().unpolish(widget)
            widget.style().polish(widget)


class SearchBox(QLineEdit):
    """Asks at the first key at once, then 120 ms after the last one."""

    asked = Signal(str)

    def __init__(self, name: str, placeholder: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setClearButtonEnabled(True)
        leading = self.addAction(icons.icon("search", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        leading.setText(name)
        self._asked = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self.ask_now)
        self.textChanged.connect(self._changed)
        self.returnPressed.connect(self.ask_now)

    @Slot(str)
    def _changed(self, text: str) -> None:
        if not self._asked and text.strip() and not self._timer.isActive():
            self.ask_now()
        self._timer.start()

    @Slot()
    def ask_now(self) -> None:
        self._timer.stop()
        text = self.text().strip()
        if text != self._asked:
            self._asked = text
            self.asked.emit(text)
