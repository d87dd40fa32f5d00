"""Allergies and problems: what is recorded, and adding to it in place."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from clinicdesk.domain.patients import AllergyStatus, PatientSummary
from ui.screens.chart.model import translate
from ui.widgets.buttons import button, icon_button, link_button
from ui.widgets.card import Card
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.patient_banner import CURRENT
from ui.widgets.text import IconLabel, label

SEVERITIES = ("mild", "moderate", "severe")


class ListRow(QWidget):
    """One entry with a button to refute it."""

    refute_asked = Signal(object, str)

    def __init__(self, row_id: UUID, text: str, *, note: str = "", removable: bool) -> None:
        super().__init__()
        self._id, self._text = row_id, text
        words = vbox(label(text, wrap=True), spacing=0)
        if note:
            words.addWidget(label(note, "small", wrap=True))
        row = hbox(words, spacing=4)
        row.setStretch(0, 1)
        if removable:
            refute = icon_button("x", translate("chart", "Refute {what}").format(what=text), bare=True)
            refute.clicked.connect(self._ask)
            row.addWidget(refute)
        self.setLayout(row)

    @Slot()
    def _ask(self) -> None:
        self.refute_asked.emit(self._id, self._text)


class ListCard(Card):
    """Title, rows, and a small form that the plus opens."""

    SHUT = False
    refute_confirmed = Signal(object)

    def __init__(self, title: str, add_tip: str, form: QWidget, *, writable: bool) -> None:
        super().__init__()
        self._writable = writable
        self._shown: tuple[list[tuple[UUID, str, str]], str] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self._empty = label("", "small", wrap=True)
        self.form = form
        self.error = label("", "error", wrap=True)
        self.error.hide()
        self.add = icon_button("plus", add_tip, bare=True)
        hide_unless(self.add, writable)
        self.add.clicked.connect(self.toggle)
        head = hbox(label(title, "h2"), None, self.add)
        column = vbox(head, self._empty, self._rows, form, self.error, margins=(12, 8, 8, 10), spacing=4)
        self.setLayout(column)
        form.hide()
        self._question: QMessageBox | None = None
        self._wanted: UUID | None = None

    def show_rows(self, rows: Sequence[tuple[UUID, str, str]], empty: str) -> None:
        if (list(rows), empty) == self._shown:
            return  # rebuilding would take the focus from a row
        self._shown = (list(rows), empty)
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row_id, text, note in rows:
            made = ListRow(row_id, text, note=note, removable=self._writable)
            made.refute_asked.connect(self._ask)
            self._rows.addWidget(made)
        self._empty.setText(empty)
        self._empty.setVisible(not rows)

    def show_error(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))

    @Slot()
    def toggle(self) -> None:
        self.show_form(self.form.isHidden())

    def show_form(self, shown: bool) -> None:
        self.show_error("")
        self.form.setVisible(shown)
        (self.form if shown else self.add).setFocus()

    @Slot(object, str)
    def _ask(self, row_id: UUID, text: str) -> None:
        self._wanted = row_id
        question = QMessageBox(self)
        question.setIcon(QMessageBox.Icon.Question)
        question.setText(translate("chart", "Refute {what}?").format(what=text))
        question.setInformativeText(
            translate("chart", "It stays in the record as refuted; the checks no longer use it.")
        )
        yes = question.addButton(translate("chart", "Refute"), QMessageBox.ButtonRole.AcceptRole)
        question.addButton(translate("chart", "Keep"), QMessageBox.ButtonRole.RejectRole)
        yes.setAutoDefault(False)
        question.accepted.connect(self._confirmed)
        question.finished.connect(question.deleteLater)
        self._question = question
        question.open()

    @Slot()
    def _confirmed(self) -> None:
        self.refute_confirmed.emit(self._wanted)


class AllergyForm(QWidget):
    """Substance, reaction, severity."""

    submitted = Signal(str, str, str)
    none_known = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.substance, self.reaction, self.severity = QLineEdit(), QLineEdit(), QComboBox()
        self.substance.setPlaceholderText(translate("chart", "Substance, e.g. penicillin"))
        self.substance.setAccessibleName(translate("chart", "Allergy to"))
        self.reaction.setPlaceholderText(translate("chart", "Reaction"))
        self.reaction.setAccessibleName(translate("chart", "Reaction"))
        self.severity.setAccessibleName(translate("chart", "Severity"))
        words = (
            translate("chart", "Mild"),
            translate("chart", "Moderate"),
            translate("chart", "Severe"),
        )
        for value, word in zip(SEVERITIES, words, strict=True):
            self.severity.addItem(word, value)
        self.severity.setCurrentIndex(1)
        save = button(translate("chart", "Record"), "check")
        save.setAccessibleName(translate("chart", "Record allergy"))
        self.none = link_button(translate("chart", "No known allergies"))
        self.none.setAccessibleName(translate("chart", "Record no known allergies"))
        save.clicked.connect(self.submit)
        self.substance.returnPressed.connect(self.submit)
        self.reaction.returnPressed.connect(self.submit)
        self.none.clicked.connect(self.none_known)
        self.setLayout(
            vbox(
                self.substance,
                self.reaction,
                hbox(self.severity, save, spacing=6),
                hbox(self.none, None),
                spacing=5,
            )
        )
        self.setFocusProxy(self.substance)

    @Slot()
    def submit(self) -> None:
        self.submitted.emit(self.substance.text(), self.reaction.text(), str(self.severity.currentData()))

    def clear(self) -> None:
        self.substance.clear()
        self.reaction.clear()
        self.severity.setCurrentIndex(1)


class ProblemForm(QWidget):
    """Words and an ICD-10 code."""

    submitted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.text, self.code = QLineEdit(), QLineEdit()
        self.text.setPlaceholderText(translate("chart", "Problem"))
        self.text.setAccessibleName(translate("chart", "Problem"))
        self.code.setPlaceholderText(translate("chart", "ICD-10"))
        self.code.setAccessibleName(translate("chart", "ICD-10 code"))
        self.code.setMaxLength(8)
        save = button(translate("chart", "Record"), "check")
        save.setAccessibleName(translate("chart", "Record problem"))
        save.clicked.connect(self.submit)
        self.text.returnPressed.connect(self.submit)
        self.code.returnPressed.connect(self.submit)
        row = hbox(self.code, save, spacing=6)
        row.setStretch(0, 1)
        self.setLayout(vbox(self.text, row, spacing=5))
        self.setFocusProxy(self.text)

    @Slot()
    def submit(self) -> None:
        self.submitted.emit(self.text.text(), self.code.text())

    def clear(self) -> None:
        self.text.clear()
        self.code.clear()


class PlainCard(Card):
    """A title and lines of text."""

    def __init__(self, title: str, icon: str) -> None:
        super().__init__()
        self._text = label("", wrap=True)
        head = hbox(IconLabel(icon, name=title, size=15), label(title, "h2"), None, spacing=6)
        self.setLayout(vbox(head, self._text, margins=(12, 8, 8, 10), spacing=4))

    def show_text(self, text: str) -> None:
        self._text.setText(text)

    def text(self) -> str:
        return self._text.text()


def allergy_rows(patient: PatientSummary) -> list[tuple[UUID, str, str]]:
    """(id, substance, what is known of it)."""
    uncoded = translate("chart", "free text: not checked")
    return [
        (
            one.id,
            one.substance,
            ", ".join(part for part in (one.reaction, one.severity, "" if one.coded else uncoded) if part),
        )
        for one in patient.allergies
    ]


def allergy_empty(patient: PatientSummary) -> str:
    """What an empty list means (spec 3.8)."""
    if patient.allergy_status is AllergyStatus.NONE_KNOWN:
        return translate("chart", "No known allergies")
    return translate("chart", "Not asked yet")


def problem_rows(patient: PatientSummary) -> list[tuple[UUID, str, str]]:
    """(id, words, code) of active problems."""
    return [(one.id, one.text, one.code) for one in patient.problems if one.status in CURRENT]
