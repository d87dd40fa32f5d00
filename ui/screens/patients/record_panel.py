"""The record of one patient: identity, photo, guardians, consents, and who changed what."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QStackedWidget, QWidget

from clinicdesk.domain.patients import PURPOSES, Change, Consent, Guardian, NewPatient, PatientDetails
from ui.screens.patients.record_words import change_rows, consent_cell, purpose_word
from ui.widgets.buttons import Segments, button
from ui.widgets.guardian import GuardianFields, relation_word
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.registration import RegistrationForm
from ui.widgets.text import label

PHOTO = QSize(64, 80)
LARGEST_FILE = 13 * 1024 * 1024
IDENTITY, FAMILY, HISTORY = range(3)


class RecordPanel(QFrame):
    """What is typed stays whatever the answer is."""

    corrected = Signal(object, object)
    """PatientDetails as they were read, NewPatient as typed."""
    photo_chosen = Signal(object, object)
    """Patient id, content of the file; None removes."""
    guardian_added = Signal(object, object)
    guardian_ended = Signal(object)
    consent_asked = Signal(object, str, object)
    """Patient id, purpose that is agreed to, guardian id or None."""
    consent_withdrawn = Signal(object)
    unreadable = Signal(str)
    closed = Signal()

    def __init__(self, today: date, zone: ZoneInfo) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._zone = zone
        self.details: PatientDetails | None = None
        self.title = label("", "title", wrap=True)
        words = [self.tr("Identity"), self.tr("Family, consents"), self.tr("History")]
        self.pages = Segments(words, self.tr("Part of the record"))
        self.pages.chosen.connect(self.show_page)
        self.stack = QStackedWidget()
        for page in (self._identity(today), self._family(), self._history()):
            self.stack.addWidget(page)
        column = vbox(self.title, self.pages, self.stack, margins=(14, 12, 12, 12), spacing=8)
        column.setStretch(2, 1)
        self.setLayout(column)

    def _identity(self, today: date) -> QWidget:
        self.photo = QLabel()
        self.photo.setFixedSize(PHOTO)
        self.photo.setAccessibleName(self.tr("Photo"))
        self.photo.setProperty("role", "muted")
        self.choose_photo = button(self.tr("Photo from file…"), "image")
        self.remove_photo = button(self.tr("Remove"), "trash-2")
        self.choose_photo.clicked.connect(self._choose_photo)
        self.remove_photo.clicked.connect(self._remove_photo)
        self.form = RegistrationForm(today)
        self.form.submitted.connect(self._submitted)
        self.form.cancelled.connect(self.closed)
        page = QWidget()
        head = hbox(self.photo, vbox(self.choose_photo, self.remove_photo), None, spacing=10)
        column = vbox(head, self.form, spacing=8)
        column.setStretch(1, 1)
        page.setLayout(column)
        return page

    def _family(self) -> QWidget:
        self.guardians = LinesTable([self.tr("Guardian"), self.tr("May")], self)
        self.guardian_table = lines_view(self.guardians, self.tr("Guardians"), (0, 130))
        self.end = button(self.tr("Not a guardian any more"), "user-x")
        self.end.clicked.connect(self._end)
        self.fields = GuardianFields()
        self.add = button(self.tr("Add guardian"), "user-plus")
        self.add.setAutoDefault(True)
        self.add.clicked.connect(self._add)
        self.consents = LinesTable([self.tr("Consent"), self.tr("Answer")], self)
        self.consent_table = lines_view(self.consents, self.tr("Consents"), (0, 120), row_height=32)
        self.consent_table.activated.connect(self._toggle)
        page = QWidget()
        column = vbox(
            self.guardian_table, hbox(None, self.end), self.fields, hbox(None, self.add),
            label(self.tr("Enter gives a consent, or withdraws it"), "small"), self.consent_table, spacing=6,
        )  # fmt: skip
        column.setStretch(0, 2)
        column.setStretch(5, 3)
        page.setLayout(column)
        return page

    def _history(self) -> QWidget:
        self.changes = LinesTable([self.tr("What was changed, by whom")], self)
        self.change_table = lines_view(self.changes, self.tr("Changes of the record"), (0,))
        page = QWidget()
        page.setLayout(vbox(self.change_table))
        return page

    # showing

    def show_details(self, details: PatientDetails) -> None:
        """As read; the form is filled anew."""
        self.details = details
        self.title.setText(f"{details.first_name} {details.last_name}".strip() + f" · {details.mrn}")
        self.form.start_edit(details)
        self.show_photo(details.photo)
        self.guardians.show_lines([(one, _guardian_row(one, self)) for one in details.guardians])
        self.end.setEnabled(bool(details.guardians))
        known = {one.purpose: one for one in details.consents}
        rows = [((p, known.get(p)), (purpose_word(p), consent_cell(known.get(p)))) for p in PURPOSES]
        self.consents.show_lines(rows)
        self.consent_table.selectRow(0)
        if self.guardians.rowCount():
            self.guardian_table.selectRow(0)

    def show_photo(self, jpeg: bytes) -> None:
        """Or the hint that there is none."""
        picture = QPixmap()
        if jpeg and picture.loadFromData(jpeg):
            self.photo.setPixmap(
                picture.scaled(
                    PHOTO, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
            )
        else:
            self.photo.setPixmap(QPixmap())
            self.photo.setText(self.tr("No photo"))
            self.photo.setWordWrap(True)
        self.remove_photo.setEnabled(bool(jpeg))

    def show_changes(self, changes: Sequence[Change]) -> None:
        """Newest first."""
        self.changes.show_lines(change_rows(changes, self._zone))

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Identity, family and consents, or history."""
        self.pages.choose(page)
        self.stack.setCurrentIndex(page)
        target = (self.form.last_name, self.guardian_table, self.change_table)[page]
        target.setFocus()

    def show_wrong(self, field: str, text: str) -> bool:
        """A refusal of a guardian at its field; False when it is not one of these."""
        found = self.fields.fields.get(field)
        if found is None:
            return False
        found.show_error(text)
        found.editor.setFocus()
        return True

    # asking

    @Slot(object, bool)
    def _submitted(self, new: NewPatient, _seen: bool) -> None:
        if self.details is not None:
            self.corrected.emit(self.details, new)

    @Slot()
    def _choose_photo(self) -> None:
        dialog = QFileDialog(
            self, self.tr("Photo"), "", self.tr("Pictures (*.jpg *.jpeg *.png *.webp *.bmp)")
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.take_photo)
        dialog.open()

    @Slot(str)
    def take_photo(self, path: str) -> None:
        """A file that was chosen; checked and made small by the service."""
        if self.details is None:
            return
        try:
            with Path(path).open("rb") as file:
                content = file.read(LARGEST_FILE)
        except OSError:
            self.unreadable.emit(self.tr("This file cannot be read."))
            return
        self.photo_chosen.emit(self.details.id, content)

    @Slot()
    def _remove_photo(self) -> None:
        if self.details is not None:
            self.photo_chosen.emit(self.details.id, None)

    @Slot()
    def _add(self) -> None:
        made = self.fields.typed()
        if made is None:
            self.show_wrong("guardian", self.tr("Please fill this in."))
        elif self.details is not None:
            self.guardian_added.emit(self.details.id, made)

    @Slot()
    def _end(self) -> None:
        one: Guardian | None = self.guardians.thing(self.guardian_table.currentIndex().row())
        if one is not None:
            self.guardian_ended.emit(one.id)

    @Slot(QModelIndex)
    def _toggle(self, index: QModelIndex) -> None:
        found: tuple[str, Consent | None] | None = self.consents.thing(index.row())
        if found is None or self.details is None:
            return
        purpose, consent = found
        if consent is not None and consent.given and consent.withdrawn_at is None:
            self.consent_withdrawn.emit(consent.id)
            return
        speaks: UUID | None = None
        if self.details.child:
            speaks = next((one.id for one in self.details.guardians if one.may_consent), None)
        self.consent_asked.emit(self.details.id, purpose, speaks)


def _guardian_row(one: Guardian, panel: QWidget) -> tuple[str, str | tuple[str, str, str]]:
    about = " · ".join(part for part in (relation_word(one.relation), one.phone, one.proof) if part)
    if one.valid_to is not None:
        return (f"{one.name}\n{about}", (panel.tr("ended"), "plain", "x"))
    may = [panel.tr("consent")] if one.may_consent else []
    may += [panel.tr("collect")] if one.may_collect else []
    return (f"{one.name}\n{about}", ", ".join(may))
