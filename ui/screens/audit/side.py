"""Beside the list: the filter, and the chosen line."""

from datetime import date
from uuid import UUID

from PySide6.QtCore import QDate, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateEdit, QFormLayout, QFrame, QLabel, QLineEdit, QWidget

from clinicdesk.domain.access import AuditLine, Emergency
from clinicdesk.domain.patients import PatientHit
from ui.screens.audit.fields import side_by_side
from ui.screens.audit.model import ACCESS, CHANGES, REVIEW, Line, facts, table_words
from ui.screens.audit.presenter import AuditPresenter
from ui.widgets.buttons import button, link_button
from ui.widgets.choose import fill
from ui.widgets.field import pad_spin_box
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.patient_picker import PatientPicker
from ui.widgets.text import label

YEARS_BACK = 10


class FilterPane(QFrame):
    """Patient, person, days, table; each change asks at once."""

    def __init__(self, presenter: AuditPresenter) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._presenter = presenter
        self.picker = PatientPicker(presenter.today())
        self.patient = label("", "h2")
        self.every = link_button(self.tr("All patients"), "x")
        self.restricted = QCheckBox(self.tr("Restricted: always asks for a reason"))
        self.person, self.table = QComboBox(), QComboBox()
        self.person.setAccessibleName(self.tr("Person"))
        self.table.setAccessibleName(self.tr("Kind of record"))
        for box in (self.person, self.table):
            box.setMinimumContentsLength(12)
        fill(self.person, [(self.tr("Everybody"), None)])
        fill(
            self.table,
            [(self.tr("Every kind"), ""), *((words, key) for key, words in table_words().items())],
        )
        self.days = QCheckBox(self.tr("Days"))
        self.first, self.last = QDateEdit(), QDateEdit()
        today = presenter.today()
        for edit, name in ((self.first, self.tr("First day")), (self.last, self.tr("Last day"))):
            edit.setAccessibleName(name)
            edit.setDisplayFormat("dd.MM.yyyy")
            edit.setMinimumDate(QDate(today.year - YEARS_BACK, 1, 1))
            edit.setDate(QDate(today.year, today.month, today.day))
            edit.setEnabled(False)
            pad_spin_box(edit)
        self.emergency = QCheckBox(self.tr("Emergencies only"))
        self.waiting = QCheckBox(self.tr("Only what waits for a review"))
        self.wrong = label("", "error", wrap=True)
        self.wrong.hide()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.chosen = QWidget()
        self.chosen.setLayout(vbox(hbox(self.patient, None, self.every), self.restricted))
        self.chosen.hide()
        self.dash = label("–")
        dates = hbox(self.days, self.first, self.dash, self.last, spacing=6)
        self.setLayout(
            vbox(
                self.picker,
                self.chosen,
                hbox(self.person, self.table),
                dates,
                self.emergency,
                self.waiting,
                self.wrong,
                margins=(14, 12, 14, 12),
                spacing=8,
            )
        )

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.people.connect(self._fill_people)
        presenter.hits.connect(self._show_hits)
        presenter.field_wrong.connect(self._show_wrong)
        self.picker.asked.connect(presenter.search)
        self.picker.chosen.connect(self._patient_chosen)
        self.every.clicked.connect(self.clear_patient)
        self.restricted.clicked.connect(self._restrict)
        self.person.activated.connect(self._ask)
        self.table.activated.connect(self._ask)
        self.days.toggled.connect(self._days_toggled)
        self.first.dateChanged.connect(self._ask)
        self.last.dateChanged.connect(self._ask)
        self.emergency.toggled.connect(self._ask)
        self.waiting.toggled.connect(presenter.ask_waiting)

    def show_kind(self, kind: str) -> None:
        """Only what narrows this list."""
        self.table.setVisible(kind == CHANGES)
        self.emergency.setVisible(kind == ACCESS)
        self.waiting.setVisible(kind == REVIEW)
        for part in (self.person, self.days, self.first, self.dash, self.last):
            part.setVisible(kind != REVIEW)
        with_patient = kind in (ACCESS, CHANGES)
        self.picker.setVisible(with_patient and self._presenter.filter.patient is None)
        self.chosen.setVisible(with_patient and self._presenter.filter.patient is not None)

    @Slot(object)
    def _fill_people(self, people: list[tuple[object, str]]) -> None:
        fill(self.person, [(self.tr("Everybody"), None), *((name, key) for key, name in people)])

    @Slot(str, object)
    def _show_hits(self, text: str, found: list[PatientHit]) -> None:
        self.picker.show_hits(text, found)

    @Slot(object)
    def _patient_chosen(self, hit: PatientHit) -> None:
        self.show_patient(hit.id, f"{hit.name} · {hit.mrn}", restricted=hit.restricted)
        self.every.setFocus()

    def show_patient(self, patient_id: UUID, words: str, *, restricted: bool) -> None:
        """Only lines of this patient."""
        self.picker.clear()
        self.picker.hide()
        self.patient.setText(words)
        self.restricted.setChecked(restricted)
        self.restricted.setVisible(self._presenter.actor.may("patients.restrict"))
        self.chosen.show()
        self._presenter.ask(patient=patient_id)

    @Slot()
    def clear_patient(self) -> None:
        """Every patient again."""
        self.chosen.hide()
        self.picker.show()
        self.picker.setFocus()
        self._presenter.ask(patient=None)

    @Slot(bool)
    def _restrict(self, on: bool) -> None:
        self._presenter.restrict(restricted=on)

    @Slot(bool)
    def _days_toggled(self, on: bool) -> None:
        self.first.setEnabled(on)
        self.last.setEnabled(on)
        self._ask()

    @Slot()
    def _ask(self) -> None:
        self.wrong.hide()
        on = self.days.isChecked()
        self._presenter.ask(
            person=self.person.currentData(),
            table=str(self.table.currentData() or ""),
            first=_day(self.first) if on else None,
            last=_day(self.last) if on else None,
            emergency=self.emergency.isChecked(),
        )

    @Slot(str, str)
    def _show_wrong(self, _field: str, text: str) -> None:
        self.wrong.setText(text)
        self.wrong.show()


class LinePane(QFrame):
    """One line: its facts, before and after side by side, and the review."""

    review_asked = Signal(object, str)

    def __init__(self, presenter: AuditPresenter) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._presenter = presenter
        self._emergency: Emergency | None = None
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(4)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._masked = label(
            self.tr("Clinical values are not shown here, only which fields changed."), "small", wrap=True
        )
        self.fields = LinesTable([self.tr("Field"), self.tr("Before"), self.tr("After")], self)
        self.table = lines_view(self.fields, self.tr("Before and after"), (112, 0, 0), row_height=30)
        self.note = QLineEdit()
        self.note.setAccessibleName(self.tr("Remark"))
        self.note.setPlaceholderText(self.tr("Remark (optional)"))
        self.reviewed = button(self.tr("Mark as reviewed"), "circle-check", primary=True)
        self._own = label(self.tr("Somebody else reviews your own access."), "small", wrap=True)
        head = QWidget()
        head.setLayout(self._facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        body = vbox(
            head,
            self._masked,
            self.table,
            self._own,
            self.note,
            self.reviewed,
            margins=(14, 12, 14, 12),
            spacing=8,
        )
        body.setStretch(2, 1)
        body.addStretch(0)
        self.setLayout(body)
        self.reviewed.clicked.connect(self._review)
        self.note.returnPressed.connect(self._review)
        self.show_line(None)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    def show_line(self, line: Line | None) -> None:
        """None shows nothing."""
        while self._facts.rowCount():
            self._facts.removeRow(0)
        zone = self._presenter.zone
        for name, value in facts(line, zone) if line else ():
            words: QLabel = label(value, wrap=True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addRow(label(name, "muted"), words)
        self._emergency = line if isinstance(line, Emergency) else None
        changed = side_by_side(line, zone) if isinstance(line, AuditLine) and line.operation != "L" else []
        self.fields.show_lines(changed)
        self.table.setVisible(bool(changed))
        self._masked.setVisible(isinstance(line, AuditLine) and line.masked)
        waits = self._emergency is not None and self._emergency.reviewed_at is None
        own = self._emergency is not None and self._emergency.user_id == self._presenter.actor.user_id
        self._own.setVisible(waits and own)
        for part in (self.note, self.reviewed):
            part.setVisible(waits and not own)
        self.note.clear()

    @Slot()
    def _review(self) -> None:
        if self._emergency is not None and not self.reviewed.isHidden():
            self.review_asked.emit(self._emergency.id, self.note.text().strip())


def _day(edit: QDateEdit) -> date:
    found = edit.date()
    return date(found.year(), found.month(), found.day())
