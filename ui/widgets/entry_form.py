"""A form in place: labelled editors in order, Enter goes on and on the last one submits, Esc leaves."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from ui.widgets.buttons import button
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class EntryForm(QWidget):
    """``submitted`` carries what each editor holds: text, or the data of the chosen entry."""

    submitted = Signal(object)
    left = Signal()

    def __init__(self, title: str, save: str, icon: str) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        self._title = label(title, "h2")
        self.about = label("", "muted", wrap=True)
        self.save_button = button(save, icon, primary=True)
        self.save_button.setAutoDefault(True)
        self.cancel_button = button(self.tr("Back"), "arrow-left")
        self.cancel_button.setAutoDefault(True)
        self.save_button.clicked.connect(self.submit)
        self.cancel_button.clicked.connect(self.left)

    def add_line(self, key: str, name: str, hint: str = "", *, editor: QLineEdit | None = None) -> QLineEdit:
        """One more line to type into."""
        made = editor or QLineEdit()
        made.returnPressed.connect(self._next)
        self.fields[key] = Field(name, made, hint=hint)
        return made

    def add_choice(self, key: str, name: str, rows: Sequence[tuple[str, object]] = ()) -> QComboBox:
        """One more list to choose from."""
        made = QComboBox()
        fill(made, rows)
        self.fields[key] = Field(name, made)
        return made

    def lay_out(self, *rows: str | tuple[str, ...]) -> None:
        """Keys of the fields, from the top; a tuple stands side by side."""
        column = vbox(self._title, self.about, spacing=8)
        for row in rows:
            if isinstance(row, str):
                column.addWidget(self.fields[row])
                continue
            line = hbox(*(self.fields[key] for key in row), spacing=10)
            for number in range(len(row)):
                line.setStretch(number, 1)
            column.addLayout(line)
        column.addLayout(hbox(self.cancel_button, None, self.save_button, margins=(0, 6, 0, 0)))
        column.addStretch(1)
        self.setLayout(column)

    def value(self, key: str) -> Any:
        """Text, or the data of the chosen entry."""
        editor = self.fields[key].editor
        if isinstance(editor, QComboBox):
            return editor.currentData()
        assert isinstance(editor, QLineEdit)
        return editor.text()

    def put(self, **values: object) -> None:
        """Fill editors; errors go."""
        for key, value in values.items():
            editor = self.fields[key].editor
            if isinstance(editor, QComboBox):
                choose(editor, value)
            elif isinstance(editor, QLineEdit):
                editor.setText("" if value is None else str(value))
            self.fields[key].clear_error()

    def offer(self, key: str, rows: Sequence[tuple[str, object]]) -> None:
        """Replace what can be chosen."""
        editor = self.fields[key].editor
        assert isinstance(editor, QComboBox)
        fill(editor, rows)

    @Slot(str, str)
    def show_wrong(self, key: str, text: str) -> None:
        """Under its field, with the focus on the first wrong one; another field's refusal at the first."""
        field = self.fields.get(key) or next(iter(self.fields.values()))
        first = not any(one.error() for one in self.fields.values())
        self.show_busy(busy=False)
        field.show_error(text)
        if first:
            field.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def start(self, key: str = "") -> None:
        """Focus a field, the first one without a key."""
        self.show_busy(busy=False)
        field = self.fields[key] if key else next(iter(self.fields.values()))
        field.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        if isinstance(field.editor, QLineEdit):
            field.editor.selectAll()

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        self.save_button.setEnabled(not busy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not isinstance(self.focusWidget(), QLineEdit):  # a line told it already, and passes the key on
                self._next()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _next(self) -> None:
        editors = [field.editor for field in self.fields.values() if not field.isHidden()]
        at = next((number for number, editor in enumerate(editors) if editor.hasFocus()), len(editors) - 1)
        if at + 1 < len(editors):
            editors[at + 1].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.submit()

    @Slot()
    def submit(self) -> None:
        """Tell what the form holds; a press while it is busy is none."""
        if not self.save_button.isEnabled():
            return
        for field in self.fields.values():
            field.clear_error()
        self.show_busy(busy=True)  # until it is refused or begun anew: a double press is one
        self.submitted.emit({key: self.value(key) for key in self.fields})
