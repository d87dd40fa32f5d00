"""A form made from the table of fields: names, hints, limits and refusals, all at the field."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from clinicdesk.domain.administration import FieldRule, Record, shown
from ui.screens.clinic.field_words import field_words
from ui.screens.clinic.model import WEEK, weekday_word
from ui.widgets.banner import announce
from ui.widgets.buttons import button
from ui.widgets.choose import choose
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

DATA = Qt.ItemDataRole.UserRole


class Choices(QListWidget):
    """Several of a list. What is chosen but not offered (yet, or any more) stays chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._unseen: tuple[object, ...] = ()
        self.setFixedHeight(170)

    def offer(self, rows: Sequence[tuple[str, object]]) -> None:
        """Replace what may be chosen."""
        chosen = self.chosen()
        self.clear()
        for words, key in rows:
            item = QListWidgetItem(words, self)
            item.setData(DATA, key)
            item.setSizeHint(QSize(0, 28))
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            )
        self.choose(chosen)

    def choose(self, wanted: tuple[object, ...]) -> None:
        """Tick these and no others."""
        offered = [self.item(number) for number in range(self.count())]
        for one in offered:
            ticked = one.data(DATA) in wanted
            one.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        keys = [one.data(DATA) for one in offered]
        self._unseen = tuple(one for one in wanted if one not in keys)

    def chosen(self) -> tuple[object, ...]:
        """In an order that does not depend on the list's."""
        items = [self.item(number) for number in range(self.count())]
        ticked = [one.data(DATA) for one in items if one.checkState() is Qt.CheckState.Checked]
        return tuple(sorted((*ticked, *self._unseen), key=str))


def editor_of(rule: FieldRule) -> QWidget:
    """The widget for a kind of field."""
    if rule.kind == "flag":
        return QCheckBox(field_words(rule.field, rule.record)[0])
    if rule.kind == "weekday":
        box = QComboBox()
        for number in WEEK:
            box.addItem(weekday_word(number), number)
        return box
    if rule.kind == "lines":
        text = QPlainTextEdit()
        text.setTabChangesFocus(True)
        text.setFixedHeight(96)
        return text
    if rule.kind == "choices":
        return Choices()
    return QLineEdit()


def typed_of(editor: QWidget) -> object:
    """What stands in an editor now."""
    match editor:
        case QCheckBox():
            return editor.isChecked()
        case QComboBox():
            return editor.currentData()
        case QPlainTextEdit():
            return editor.toPlainText()
        case Choices():
            return editor.chosen()
        case QLineEdit():
            return editor.text()
    raise TypeError(type(editor).__name__)


def show_in(editor: QWidget, value: object) -> None:
    """Put a stored value into an editor."""
    match editor:
        case QCheckBox():
            editor.setChecked(bool(value))
        case QComboBox():
            if not choose(editor, value):
                editor.setCurrentIndex(0)
        case QPlainTextEdit():
            editor.setPlainText(shown(value))
        case Choices():
            editor.choose(value if isinstance(value, tuple) else ())
        case QLineEdit():
            editor.setText(shown(value))
            editor.setCursorPosition(0)


class RecordForm(QWidget):
    """Enter saves, from any line; what was typed stays until it is saved or put back."""

    submitted = Signal()
    remove_asked = Signal()
    put_back = Signal()

    def __init__(
        self, rules: Sequence[FieldRule], may_change: Callable[[FieldRule], bool], *, columns: int = 1
    ) -> None:
        super().__init__()
        self.record: Record | None = None
        self.fields: dict[str, Field] = {}
        self.editors: dict[str, QWidget] = {}
        self._clean: dict[str, object] = {}
        self._title = label("", "title", wrap=True)
        self.warning = label("", "error", wrap=True)
        self.warning.hide()
        self.save = button(self.tr("Save"), "save", primary=True)
        self.back = button(self.tr("Put back"), "undo-2")
        self.remove = button(self.tr("Remove"), "trash-2", danger=True)
        self._save_words = self.save.text()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        for number, rule in enumerate(rules):
            widget = self._field(rule)
            widget.setEnabled(may_change(rule))
            row, column = divmod(number, columns)
            grid.addWidget(widget, row, column, Qt.AlignmentFlag.AlignTop)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        self._lay_out(grid)
        self.save.clicked.connect(self.submitted)
        self.back.clicked.connect(self.put_back)
        self.remove.clicked.connect(self.remove_asked)
        self._clean = self.typed()

    def _field(self, rule: FieldRule) -> QWidget:
        name, hint = field_words(rule.field, rule.record)
        editor = self.editors[rule.field] = editor_of(rule)
        if isinstance(editor, QLineEdit):
            editor.returnPressed.connect(self.submitted)
            editor.textEdited.connect(self._edited)
        if isinstance(editor, QCheckBox):
            editor.setAccessibleName(name)
            editor.setAccessibleDescription(hint)
            return editor
        self.fields[rule.field] = Field(name, editor, hint=hint)
        return self.fields[rule.field]

    def _lay_out(self, grid: QGridLayout) -> None:
        inner = QWidget()
        inner.setLayout(vbox(grid, None))
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area = area
        foot = hbox(self.save, self.back, None, self.remove)
        column = vbox(self._title, area, self.warning, foot, margins=(16, 14, 16, 14), spacing=10)
        column.setStretch(1, 1)
        self.setLayout(column)

    def offer(self, field: str, rows: Sequence[tuple[str, object]]) -> None:
        """The choices of a list field."""
        box = self.editors[field]
        assert isinstance(box, Choices)
        box.offer(rows)

    def show_record(self, record: Record | None, title: str, *, removable: bool = False) -> None:
        """Fill in what is stored; None empties for a new one."""
        self.record = record
        self._title.setText(title)
        values: Mapping[str, object] = record.values if record is not None else {"is_active": True}
        for name, editor in self.editors.items():
            show_in(editor, values.get(name))
        for field in self.fields.values():
            field.clear_error()
        self.remove.setVisible(removable and record is not None)
        self.warn("")
        self._clean = self.typed()

    def typed(self) -> dict[str, object]:
        """Everything as it stands."""
        return {name: typed_of(editor) for name, editor in self.editors.items()}

    def mark_clean(self) -> None:
        """What stands here is stored."""
        self._clean = self.typed()
        self.warn("")

    def dirty(self) -> bool:
        """Whether something differs from what was shown."""
        return self.typed() != self._clean

    def show_wrong(self, name: str, text: str) -> None:
        """Under its field, the focus on the first wrong one."""
        field = self.fields.get(name)
        if field is None:
            return
        first = not any(one.error() for one in self.fields.values())
        field.show_error(text)
        if first:
            field.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            self._area.ensureWidgetVisible(field)

    def clear_wrong(self) -> None:
        for field in self.fields.values():
            field.clear_error()

    def warn(self, text: str, save_words: str = "") -> None:
        """What the saving would mean; empty takes it back."""
        self.warning.setText(text)
        self.warning.setVisible(bool(text))
        self.save.setText(f"  {save_words}" if save_words else self._save_words)
        self.save.setAccessibleName(self.save.text().strip())
        if text:
            announce(self.save, text, urgent=True)

    @Slot()
    def _edited(self) -> None:
        if self.warning.text():
            self.warn("")

    def start(self) -> None:
        """Focus the first field that may be changed."""
        first = next((one for one in self.editors.values() if one.isEnabled()), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)
