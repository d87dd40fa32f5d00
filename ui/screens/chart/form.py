"""The visit being written: vital signs in one row, the note in SOAP order, and what to do with it."""

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from clinicdesk.domain.visits import VISIT_TYPES, Note
from ui.screens.chart.files import FilesRow
from ui.screens.chart.model import Draft, Typed, note_titles, translate, type_words
from ui.screens.chart.vitals import INPUTS, Checked, Remark, names, read_outs, titles
from ui.widgets.banner import announce
from ui.widgets.buttons import button, link_button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import IconLabel, label

REMARK_LOOKS = {"error": "octagon-alert", "critical": "triangle-alert", "warn": "info"}


class VitalsRow(QFrame):
    """One small input a measure. Enter goes on to the next; units may be typed (98.6F, 154 lb, 5ft7)."""

    changed = Signal()
    left = Signal()
    confirmed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, QLineEdit] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        for column, (name, (title, unit)) in enumerate(titles().items()):
            made = QLineEdit()
            made.setAccessibleName(f"{names()[name]} ({unit})")
            made.setMaxLength(20)
            made.setMinimumWidth(58)
            made.setPlaceholderText(unit)
            made.textChanged.connect(self.changed)
            made.editingFinished.connect(self.left)
            made.returnPressed.connect(self._next)
            head = label(f"{title} {unit}", "small")
            head.setBuddy(made)
            grid.addWidget(head, 0, column)
            grid.addWidget(made, 1, column)
            grid.setColumnStretch(column, 4 if name == "pressure" else 3)
            self.inputs[name] = made
        self._icon = IconLabel("info", name=translate("vitals", "Remark"), size=15)
        self._text = label("", "small", wrap=True)
        self._confirm = link_button(translate("vitals", "Value is right"), "check")
        self._confirm.clicked.connect(self.confirmed)
        self._remarks = QWidget()
        row = hbox(self._icon, self._text, self._confirm, spacing=6)
        row.setStretch(1, 1)
        self._remarks.setLayout(row)
        self._remarks.hide()
        self._results = label("", "small", wrap=True)
        self._results.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setLayout(vbox(grid, self._remarks, self._results, spacing=4))

    def texts(self) -> dict[str, str]:
        return {name: made.text() for name, made in self.inputs.items()}

    def fill(self, texts: Mapping[str, str]) -> None:
        for name, made in self.inputs.items():
            with QSignalBlocker(made):
                made.setText(texts.get(name, ""))

    def show_checked(self, found: Checked, results: tuple[tuple[str, str], ...]) -> None:
        self._results.setText("   ".join(f"{name}: {words}" for name, words in results))
        worst = {one.input: one for one in reversed(found.remarks)}
        for name, made in self.inputs.items():
            self._mark(made, worst.get(name))
        self._show_remarks(found.remarks)

    def remarks(self) -> str:
        """What is said under the row."""
        return "" if self._remarks.isHidden() else self._text.text()

    def results(self) -> str:
        return self._results.text()

    def show_error(self, name: str, text: str) -> None:
        """A refusal at one input; the focus goes there."""
        made = self.inputs[name]
        self._mark(made, Remark(name, "error", text))
        self._show_remarks((Remark(name, "error", text),))
        made.setFocus()
        made.selectAll()

    def _show_remarks(self, remarks: tuple[Remark, ...]) -> None:
        kinds = [one.kind for one in remarks]
        worst = next((kind for kind in REMARK_LOOKS if kind in kinds), "")
        text = "\n".join(one.text for one in remarks)
        changed = text != self.remarks()
        self._text.setText(text)
        self._text.setProperty("role", "error" if worst in ("error", "critical") else "small")
        self._text.style().unpolish(self._text)
        self._text.style().polish(self._text)
        if worst:
            self._icon.show_icon(REMARK_LOOKS[worst], "warn" if worst == "warn" else "danger")
        self._confirm.setVisible("critical" in kinds)
        self._remarks.setVisible(bool(remarks))
        if changed and worst in ("error", "critical"):
            announce(self, text, urgent=True)

    def _mark(self, made: QLineEdit, remark: Remark | None) -> None:
        wrong = remark is not None and remark.kind in ("error", "critical")
        made.setAccessibleDescription(remark.text if remark else "")
        made.setToolTip(remark.text if remark else "")
        if bool(made.property("wrong")) != wrong:
            made.setProperty("wrong", wrong)
            made.style().unpolish(made)
            made.style().polish(made)

    @Slot()
    def _next(self) -> None:
        self.focusNextChild()


class NoteFields(QWidget):
    """The six fields of a note, S O A P, two to a row. Tab goes on, Enter is a new line."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, QPlainTextEdit] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        for number, (name, (letter, title)) in enumerate(note_titles().items()):
            made = QPlainTextEdit()
            made.setAccessibleName(title.replace("&", ""))
            made.setTabChangesFocus(True)
            made.setMinimumHeight(46)
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
            made.textChanged.connect(self.changed)
            head = label(title, "h2")
            head.setBuddy(made)
            cell = vbox(hbox(label(letter, "key"), head, None, spacing=6), made, spacing=3)
            cell.setStretch(1, 1)
            grid.addLayout(cell, number // 2, number % 2)
            grid.setRowStretch(number // 2, 1)
            self.fields[name] = made
        for column in (0, 1):
            grid.setColumnStretch(column, 1)

    def note(self) -> Note:
        return Note(**{name: made.toPlainText() for name, made in self.fields.items()})

    def fill(self, note: Note) -> None:
        for name, made in self.fields.items():
            text = getattr(note, name)
            if made.toPlainText() != text:
                with QSignalBlocker(made):
                    made.setPlainText(text)

    def show_error(self, name: str) -> None:
        self.fields[name].setFocus()


class VisitForm(QWidget):
    """``typed(Typed)`` after each change; the buttons say what is wanted."""

    typed = Signal(object)
    vitals_left = Signal()
    critical_confirmed = Signal()
    sign_asked = Signal()
    complete_asked = Signal()
    prescription_asked = Signal()
    amendment_asked = Signal(str)
    amendment_dropped = Signal()

    def __init__(self, *, may_sign: bool, may_prescribe: bool) -> None:
        super().__init__()
        self._may_sign, self._may_prescribe = may_sign, may_prescribe
        self._draft: Draft | None = None
        self.title = label("", "h2")
        self.kind = QComboBox()
        self.kind.setAccessibleName(translate("chart", "Visit type"))
        for value in VISIT_TYPES:
            self.kind.addItem(type_words()[value], value)
        self.vitals, self.note = VitalsRow(), NoteFields()
        self._state_icon = IconLabel("check", name=translate("chart", "Saved"), size=14)
        self.state = label("", "small", wrap=True)
        self.reason = QLineEdit()
        self.reason.setMaxLength(300)
        self.files = FilesRow()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.vitals.inputs[INPUTS[0]])

    def fill(self, draft: Draft, title: str, *, completable: bool) -> None:
        """Show a draft; nothing of an earlier one stays."""
        self._draft = draft
        self.title.setText(title)
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(VISIT_TYPES.index(draft.typed.visit_type))
        self.vitals.fill(draft.typed.vitals)
        self.note.fill(draft.typed.note)
        self.reason.clear()
        self._reason_row.setVisible(draft.amending)
        self.sign.setVisible(self._may_sign and not draft.amending)
        self.prescribe.setVisible(self._may_prescribe and not draft.amending)
        self.save_amendment.setVisible(draft.amending)
        self.drop_amendment.setVisible(draft.amending)
        self.files.show_files(draft.visit.attachments, writable=not draft.amending)
        self.set_completable(completable)
        self.show_state("", "")

    def set_completable(self, possible: bool) -> None:
        amending = self._draft is not None and self._draft.amending
        self.complete.setVisible(possible and not amending)

    def show_checked(self, found: Checked) -> None:
        if self._draft is not None:
            self.vitals.show_checked(found, read_outs(found.vitals, self._draft.person))

    def show_error(self, field: str, text: str) -> None:
        """At the field, with the focus."""
        if field in self.vitals.inputs:
            self.vitals.show_error(field, text)
            return
        if field in self.note.fields:
            self.note.show_error(field)
        elif field == "reason":
            self.reason.setFocus()
        self.show_state(text, "danger")

    def show_state(self, text: str, kind: str) -> None:
        """Saved or not; kinds ok, danger, or '' for nothing."""
        self.state.setText(text)
        self._state_icon.setVisible(bool(text))
        self._state_icon.show_icon("check" if kind == "ok" else "octagon-alert", kind or "muted")
        self.state.setProperty("role", "error" if kind == "danger" else "small")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def current(self) -> Typed:
        return Typed(
            vitals=self.vitals.texts(), note=self.note.note(), visit_type=str(self.kind.currentData())
        )

    # -- parts -------------------------------------------------------------------------

    def _make_buttons(self) -> None:
        self.prescribe = button(translate("chart", "Write prescriptio&n"), "pill")
        self.complete = button(translate("chart", "Co&mplete visit"), "circle-check")
        self.sign = button(translate("chart", "&Sign"), "signature", primary=True)
        self.sign.setToolTip(translate("chart", "Sign  (Ctrl+Enter)"))
        self.save_amendment = button(translate("chart", "&Save amendment"), "signature", primary=True)
        self.drop_amendment = button(translate("chart", "Cancel"), "x")
        self.drop_amendment.setAccessibleName(translate("chart", "Cancel amendment"))
        for unasked in (self.save_amendment, self.drop_amendment):
            unasked.hide()

    def _lay_out(self) -> None:
        kind = label(translate("chart", "T&ype"), "small")
        kind.setBuddy(self.kind)
        why = QLabel(translate("chart", "Reason of the amendment"))
        why.setBuddy(self.reason)
        self.reason.setAccessibleName(why.text())
        self._reason_row = QWidget()
        reason_row = hbox(why, self.reason, spacing=8)
        reason_row.setStretch(1, 1)
        self._reason_row.setLayout(reason_row)
        head = hbox(self.title, None, kind, self.kind, spacing=8)
        foot = hbox(
            self._state_icon,
            self.state,
            self.prescribe,
            self.complete,
            self.drop_amendment,
            self.sign,
            self.save_amendment,
            spacing=8,
        )
        foot.setStretch(1, 1)
        column = vbox(head, self._reason_row, self.vitals, self.note, self.files, foot, spacing=8)
        column.setStretch(3, 1)
        self.setLayout(column)

    def _connect(self) -> None:
        self.vitals.changed.connect(self._tell)
        self.vitals.left.connect(self.vitals_left)
        self.vitals.confirmed.connect(self.critical_confirmed)
        self.note.changed.connect(self._tell)
        self.kind.currentIndexChanged.connect(self._tell)
        self.sign.clicked.connect(self.sign_asked)
        self.complete.clicked.connect(self.complete_asked)
        self.prescribe.clicked.connect(self.prescription_asked)
        self.save_amendment.clicked.connect(self.ask_amendment)
        self.reason.returnPressed.connect(self.ask_amendment)
        self.drop_amendment.clicked.connect(self.amendment_dropped)

    @Slot()
    def _tell(self) -> None:
        if self._draft is not None:
            self.typed.emit(self.current())

    @Slot()
    def ask_amendment(self) -> None:
        """With the reason typed."""
        self.amendment_asked.emit(self.reason.text())
