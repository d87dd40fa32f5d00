"""The left side while writing: medicines, diagnosis, signature."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QScrollArea, QVBoxLayout, QWidget

from clinicdesk.domain.prescriptions import Finding, PrescriptionLine
from clinicdesk.services.prescribing import NOT_CHECKED, Candidate
from ui.screens.prescription.editor import SigEditor
from ui.screens.prescription.line_card import FindingRow, LineCard
from ui.screens.prescription.presenter import PadPresenter
from ui.screens.prescription.results import MedicineLine
from ui.screens.prescription.signature_box import SignatureBox
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class Pad(QScrollArea):
    """Everything that is typed. The lines themselves live in the presenter's draft."""

    wrote = Signal(str, str)

    def __init__(self, presenter: PadPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._filling = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Prescription being written"))
        self.cards: list[LineCard] = []
        self._general: FindingRow | None = None
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        self.medicine = MedicineLine(presenter.actor.clinic.currency, presenter.lookup.day_in)
        self.editor = SigEditor(presenter.lookup)
        self.diagnosis, self.notes = QLineEdit(), QLineEdit()
        self.diagnosis.setMaxLength(500)
        self.notes.setMaxLength(1000)
        self.diagnosis_field = Field(self.tr("Diagnosis"), self.diagnosis)
        self.signature = SignatureBox(presenter.actor.name)
        self.against = label("", "small", wrap=True)
        self._editing: int | None = None
        self._lay_out()
        self._show_later = QTimer(self)
        self._show_later.setSingleShot(True)
        self._show_later.setInterval(0)
        self._show_later.timeout.connect(self._scroll_to_focus)
        self._connect()

    def _lay_out(self) -> None:
        fields = hbox(
            self.diagnosis_field, Field(self.tr("Notes for the pharmacist"), self.notes), spacing=12
        )
        sheet = QWidget()
        sheet.setLayout(
            vbox(
                self._cards,
                self.medicine,
                self.editor,
                self.against,
                fields,
                self.signature,
                None,
                margins=(0, 0, 10, 0),
                spacing=10,
            )
        )
        self.setWidget(sheet)

    def _connect(self) -> None:
        self.medicine.asked.connect(self._presenter.lookup.search)
        self.medicine.edit.textChanged.connect(self._emptied)
        self.medicine.picked.connect(self._open_editor)
        self._presenter.lookup.found.connect(self.medicine.show_found)
        self._presenter.lookup.candidate_ready.connect(self._open_again)
        self.editor.added.connect(self._put)
        self.editor.closed.connect(self._back_to_line)
        self.diagnosis.textChanged.connect(self._written)
        self.notes.textChanged.connect(self._written)

    # -- the medicine line

    @Slot()
    def to_medicine_line(self) -> None:
        """Put the caret where medicines are typed."""
        self.editor.close_editor()
        self.medicine.show()
        self.medicine.edit.setFocus()
        self.medicine.edit.selectAll()
        self._show_later.start()

    @Slot(str)
    def _emptied(self, text: str) -> None:
        if not text.strip():
            self._presenter.lookup.search("")

    @Slot(object)
    def _open_editor(self, candidate: Candidate) -> None:
        self._editing = None
        self._show_editor(candidate, None)

    @Slot(int)
    def _ask_edit(self, number: int) -> None:
        self._editing = number
        self._presenter.lookup.fetch(self._presenter.lines[number])

    @Slot(object)
    def _open_again(self, candidate: Candidate) -> None:
        self._show_editor(candidate, self._editing)

    def _show_editor(self, candidate: Candidate, number: int | None) -> None:
        self.medicine.hide()
        self.editor.open_with(candidate, number)
        if self._presenter.draft is not None:
            self._presenter.lookup.advise(self._presenter.draft.patient_id, candidate)
        self._show_later.start()

    @Slot(object, object)
    def _put(self, line: PrescriptionLine, number: int | None) -> None:
        self.medicine.clear()
        self._presenter.put(line, number)
        self.to_medicine_line()

    @Slot()
    def _back_to_line(self) -> None:
        self.medicine.show()
        self.medicine.edit.setFocus()

    @Slot()
    def _scroll_to_focus(self) -> None:
        wanted = self.editor if self.editor.isVisible() else self.medicine
        self.ensureWidgetVisible(wanted, 0, 12)

    # -- lines

    def show_lines(self, lines: Sequence[PrescriptionLine]) -> None:
        """New cards for all lines; the focus stays at its line."""
        focused = next((card.number for card in self.cards if card.hasFocus()), None)
        for card in self.cards:
            self._cards.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []
        for number, line in enumerate(lines):
            card = LineCard(number, line, self._presenter.lookup.day_in(0))
            card.edit_asked.connect(self._ask_edit)
            card.remove_asked.connect(self._remove)
            card.move_asked.connect(self._move)
            card.answered.connect(self._answered)
            self._cards.addWidget(card)
            card.show()  # only what is shown can take the focus back
            self.cards.append(card)
        if focused is not None and self.cards:
            self.cards[min(focused, len(self.cards) - 1)].setFocus()

    def show_findings(self, findings: Sequence[Finding], against: str) -> None:
        """Each at its line; that nothing was checked stands below all lines, in red."""
        for card in self.cards:
            card.show_findings([one for one in findings if one.rule != NOT_CHECKED])
        if self._general is not None:
            self._general.hide()
            self._general.deleteLater()
            self._general = None
        blind = next((one for one in findings if one.rule == NOT_CHECKED), None)
        if blind is not None:
            self._general = FindingRow(blind)
            self._cards.addWidget(self._general)
        text = self.tr("Checked against {0}").format(against) if against else ""
        self.against.setText(text)
        self.against.setVisible(bool(text))

    @Slot(int)
    def _remove(self, number: int) -> None:
        self._presenter.remove(number)
        if not self.cards:
            self.to_medicine_line()

    @Slot(int, int)
    def _move(self, number: int, step: int) -> None:
        to = self._presenter.move(number, step)
        self.cards[to].setFocus()

    @Slot(int, str, str)
    def _answered(self, number: int, reason: str, text: str) -> None:
        self._presenter.answer(number, reason, text)
        self.cards[number].take(self._presenter.lines[number])

    # -- diagnosis and notes

    def fill(self, *, diagnosis: str, notes: str) -> None:
        """Show a draft's texts."""
        self._filling = True
        for edit, text in ((self.diagnosis, diagnosis), (self.notes, notes)):
            if edit.text() != text:
                edit.setText(text)
        self._filling = False

    @Slot()
    def _written(self) -> None:
        if not self._filling:
            self._presenter.write(diagnosis=self.diagnosis.text(), notes=self.notes.text())

    def to_first_gap(self) -> None:
        """Put the caret on what signing still needs."""
        waiting = next((card for card in self.cards if card.hint.text()), None)
        if not self.cards:
            self.to_medicine_line()
        elif waiting is not None:
            (waiting.text if waiting.reason.currentData() else waiting.reason).setFocus()
            self.ensureWidgetVisible(waiting, 0, 12)
        elif not self.diagnosis.text().strip():
            self.diagnosis.setFocus()
            self.ensureWidgetVisible(self.diagnosis_field, 0, 12)
        else:
            self.signature.pad.setFocus()
            self.ensureWidgetVisible(self.signature, 0, 12)
