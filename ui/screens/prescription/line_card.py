"""One medicine of the pad, with what the checks found standing in it."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QVBoxLayout, QWidget

from clinicdesk.domain.prescriptions import Finding, PrescriptionLine
from clinicdesk.domain.safety import needs_reason
from clinicdesk.domain.sig import words
from clinicdesk.printing.words import quantity
from ui import theme
from ui.screens.prescription.model import line_tag, look_of, reason_hint, reason_words
from ui.widgets.buttons import icon_button
from ui.widgets.card import Card
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import IconLabel, label

_INFORMING_SHOWN = 2


class FindingRow(QFrame):
    """Icon, tier word, what happens, what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        look = look_of(finding)
        self.setProperty("kind", look.kind)
        icon = IconLabel(look.icon, name=look.word, role=f"on_{look.kind}_soft", size=16)
        title = label(f"{look.word}: {finding.title}" if finding.checked else finding.title, "h2", wrap=True)
        more = ". ".join(part for part in (finding.effect, finding.action) if part)
        column = vbox(title, spacing=0)
        if more:
            column.addWidget(label(more, wrap=True))
        row = hbox(icon, column, margins=(10, 6, 10, 6), spacing=8)
        row.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        row.setStretch(1, 1)
        self.setLayout(row)
        self.setAccessibleName(f"{look.word}: {finding.title}. {more}".strip())
        self.setToolTip(f"{finding.rule}  {finding.source}".strip())


class LineCard(Card):
    """Focus it: Enter edits, Delete removes, Alt+Up and Alt+Down move."""

    edit_asked = Signal(int)
    remove_asked = Signal(int)
    move_asked = Signal(int, int)
    answered = Signal(int, str, str)

    def __init__(self, number: int, line: PrescriptionLine, today: date, *, fixed: bool = False) -> None:
        super().__init__()
        self.number, self._line = number, line
        self._findings: tuple[Finding, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        name = line.medicine.label
        self.setAccessibleName(f"{number + 1}. {name}: {words(line.sig)}")
        text = vbox(label(name, "h2", wrap=True), label(words(line.sig), "muted", wrap=True), spacing=1)
        supply = label(quantity(line.quantity, line.medicine.form))
        row = hbox(label(f"{number + 1}.", "muted"), text, spacing=10)
        row.setStretch(1, 1)
        if not fixed:
            self._edit = icon_button("pen-line", self.tr("Edit {0}").format(name))
            self._remove = icon_button("trash-2", self.tr("Remove {0}").format(name))
            self._edit.clicked.connect(self._ask_edit)
            self._remove.clicked.connect(self._ask_remove)
            for part in (Tag(*line_tag(line, today)), supply, self._edit, self._remove):
                row.addWidget(part)
        else:
            row.addWidget(supply)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self._make_answer(name)
        self.setLayout(vbox(row, self._rows, self._answer, margins=(14, 9, 12, 9), spacing=6))

    def _make_answer(self, name: str) -> None:
        self.reason = QComboBox()
        self.reason.setAccessibleName(self.tr("Override reason for {0}").format(name))
        self.reason.addItem(self.tr("Override: choose a reason…"), "")
        for code, text in reason_words():
            self.reason.addItem(text, code)
        self.reason.setCurrentIndex(max(0, self.reason.findData(self._line.override_reason)))
        self.text = QLineEdit(self._line.override_text)
        self.text.setMaxLength(300)
        self.text.setPlaceholderText(self.tr("Why it is right for this patient"))
        self.text.setAccessibleName(self.tr("Explanation for {0}").format(name))
        self.hint = label("", "error", wrap=True)
        self._answer = QWidget()
        row = hbox(self.reason, self.text, spacing=8)
        row.setStretch(1, 1)
        self._answer.setLayout(vbox(row, self.hint, spacing=3))
        self._answer.hide()
        self.reason.currentIndexChanged.connect(self._tell_answer)
        self.text.textChanged.connect(self._tell_answer)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Those of this line; the fields of the answer stay as they are."""
        mine = tuple(one for one in findings if one.line == self.number)
        if mine != self._findings:
            self._findings = mine
            while (item := self._rows.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            loud = [one for one in mine if one.tier != "inform"]
            quiet = [one for one in mine if one.tier == "inform"]
            for one in loud + quiet[:_INFORMING_SHOWN]:
                self._rows.addWidget(FindingRow(one))
            if rest := quiet[_INFORMING_SHOWN:]:
                more = label(self.tr("And {0} more notes").format(len(rest)), "small")
                more.setToolTip("\n".join(one.title for one in rest))
                self._rows.addWidget(more)
        needs = any(needs_reason(one) for one in mine)
        self._answer.setVisible(needs)
        self._say_hint()

    def has_question(self) -> bool:
        """Whether a reason is asked for here."""
        return not self._answer.isHidden()

    def take(self, line: PrescriptionLine) -> None:
        """The same line with another answer."""
        self._line = line
        self._say_hint()

    def _say_hint(self) -> None:
        text = reason_hint(self._line, self._findings, self.number)
        self.hint.setText(text)
        self.hint.setVisible(bool(text))

    @Slot()
    def _tell_answer(self) -> None:
        self.answered.emit(self.number, self.reason.currentData() or "", self.text.text())

    @Slot()
    def _ask_edit(self) -> None:
        self.edit_asked.emit(self.number)

    @Slot()
    def _ask_remove(self) -> None:
        self.remove_asked.emit(self.number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.hasFocus():  # Enter in a field of the card comes here too
            super().keyPressEvent(event)
            return
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_Down if alt:
                self.move_asked.emit(self.number, -1 if event.key() == Qt.Key.Key_Up else 1)
            case Qt.Key.Key_Delete:
                self.remove_asked.emit(self.number)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F2 if not event.modifiers() & (
                Qt.KeyboardModifier.ControlModifier
            ):
                self.edit_asked.emit(self.number)
            case _:
                super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(theme.current().accent), 2))
                painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
