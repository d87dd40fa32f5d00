"""The form that registers a patient; what was typed stays whatever the answer is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QLineEdit, QListView, QScrollArea, QWidget

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.matching import PROBABLE
from clinicdesk.domain.patients import ADULT, NewPatient, PatientDetails, PatientHit
from ui.messages import field_message
from ui.widgets.banner import Banner, announce
from ui.widgets.buttons import button
from ui.widgets.choose import choose
from ui.widgets.field import Field
from ui.widgets.guardian import GuardianFields
from ui.widgets.layouts import hbox, vbox
from ui.widgets.person import LINE_HEIGHT, HitModel, TwoLines, gender_word

GENDERS = ("female", "male", "other", "prefer_not_to_say")
LOOK_MS = 200


class RegistrationForm(QWidget):
    """Says what was typed, and whether the list of people who are alike was on the screen then."""

    submitted = Signal(object, bool)
    typing = Signal(object)
    """A NewPatient as far as it is typed, shortly after the last key."""
    existing_chosen = Signal(object)
    """A PatientHit of the list of people who are alike."""
    cancelled = Signal()

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today
        self._seen: tuple[str, ...] = ()
        self._make_fields()
        self.alike = Banner("warn", "")
        self.alike.hide()
        self.alike_model = HitModel(today)
        self.alike_list = QListView()
        self.alike_list.setAccessibleName(self.tr("Patients who are alike"))
        self.alike_list.setModel(self.alike_model)
        self.alike_list.setItemDelegate(TwoLines(self.alike_list))
        self.alike_list.setFrameShape(QFrame.Shape.NoFrame)
        self.alike_list.hide()
        self.alike_list.activated.connect(self._open_existing)
        self.save = button(self.tr("Register"), "user-plus", primary=True)
        self.save.setAutoDefault(True)
        self.save.clicked.connect(self._submit)
        self.back = button(self.tr("Back"), "arrow-left")
        self.back.setAutoDefault(True)
        self.back.clicked.connect(self.cancelled)
        self._lay_out()
        self.setFocusProxy(self.last_name)

    def _make_fields(self) -> None:
        self.first_name, self.last_name = QLineEdit(), QLineEdit()
        self.birth, self.phone, self.email, self.address = QLineEdit(), QLineEdit(), QLineEdit(), QLineEdit()
        self.reason = QLineEdit()
        self.guardian = GuardianFields()
        self.guardian.hide()
        self.consents = {
            "treatment": QCheckBox(self.tr("Agrees that a treatment record is kept")),
            "reminders": QCheckBox(self.tr("Agrees to reminders by SMS or e-mail")),
        }
        self.birth.setPlaceholderText(self.tr("14.02.1984, or an age"))
        self.phone.setPlaceholderText("0803 123 4567")
        self.phone.setInputMethodHints(Qt.InputMethodHint.ImhDialableCharactersOnly)
        self.gender = QComboBox()
        self.gender.addItem(self.tr("Choose…"), "")
        for gender in GENDERS:
            self.gender.addItem(gender_word(gender), gender)
        self.fields = {
            "last_name": Field(self.tr("Family name"), self.last_name, hint=self.tr("Or the only name")),
            "first_name": Field(self.tr("Given names"), self.first_name),
            "date_of_birth": Field(self.tr("Date of birth or age"), self.birth),
            "gender": Field(self.tr("Sex"), self.gender),
            "phone": Field(self.tr("Phone"), self.phone),
            "email": Field(self.tr("E-mail"), self.email),
            "address": Field(self.tr("Address"), self.address),
            "duplicate_reason": Field(self.tr("Why it is somebody else"), self.reason),
        }
        self.fields |= self.guardian.fields
        self.fields["duplicate_reason"].hide()
        for editor in (self.last_name, self.first_name, self.birth, self.phone):
            editor.textEdited.connect(self._edited)
        self.birth.textChanged.connect(self._check_age)
        for name_editor in (self.guardian.name, self.guardian.phone):
            name_editor.returnPressed.connect(self._submit)
        for editor in (
            self.last_name,
            self.first_name,
            self.birth,
            self.phone,
            self.email,
            self.address,
            self.reason,
        ):
            editor.returnPressed.connect(self._submit)

    def _lay_out(self) -> None:
        f = self.fields
        born = hbox(f["date_of_birth"], f["gender"], spacing=10)
        born.setStretch(0, 1)
        born.setStretch(1, 1)
        column = vbox(
            f["last_name"], f["first_name"], born, f["phone"],
            self.alike, self.alike_list, f["duplicate_reason"],
            self.guardian, *self.consents.values(), f["email"], f["address"], None,
            margins=(2, 2, 8, 2), spacing=9,
        )  # fmt: skip
        inside = QWidget()
        inside.setLayout(column)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        # the new height is known after the layout ran
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._show_end)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(LOOK_MS)
        self._look.timeout.connect(self._tell_typing)
        page = vbox(self._scroll, hbox(self.back, None, self.save), spacing=10)
        page.setStretch(0, 1)
        self.setLayout(page)

    def start(self, name: str = "") -> None:
        """Empty, with what was searched as the family name unless it is a number."""
        for field in self.fields.values():
            field.clear_error()
        for editor in (
            self.first_name,
            self.last_name,
            self.birth,
            self.phone,
            self.email,
            self.address,
            self.reason,
        ):
            editor.clear()
        self.gender.setCurrentIndex(0)
        self.guardian.clear()
        for box in self.consents.values():
            box.setChecked(False)
        self._look.stop()
        self._hide_alike()
        if name and not any(c.isdigit() for c in name):
            words = name.split()
            self.last_name.setText(words[-1])
            self.first_name.setText(" ".join(words[:-1]))
        elif name:
            self.phone.setText(name)
        self.last_name.setFocus()

    def start_edit(self, details: PatientDetails) -> None:
        """Filled with a stored record, to be corrected."""
        self.start()
        self.last_name.setText(details.last_name)
        self.first_name.setText(details.first_name)
        self.birth.setText(_birth_text(details.date_of_birth, details.dob_precision, self._today))
        choose(self.gender, details.gender)
        self.phone.setText(", ".join(details.phones))
        self.email.setText(details.email)
        self.address.setText(details.address)
        self.save.setText("  " + self.tr("Save"))
        self.save.setAccessibleName(self.tr("Save"))
        for part in (self.guardian, *self.consents.values()):
            part.hide()

    def show_problems(self, problems: Sequence[InvalidField]) -> None:
        """Each sentence under its field; the focus goes to the first."""
        order = list(self.fields)
        for problem in problems:
            field = self.fields.get(problem.field)
            if field is not None:
                field.show_error(field_message(problem.rule, problem.detail))
        wrong = [name for name in order if any(p.field == name for p in problems)]
        if wrong:
            self.fields[wrong[0]].editor.setFocus()
            self._scroll.ensureWidgetVisible(self.fields[wrong[0]])

    def show_alike(self, hits: Sequence[PatientHit], *, probable: bool) -> None:
        """Who may be the same person (spec 2.2.5): probable needs a reason, possible a second press."""
        if probable:
            title = self.tr("This patient is probably registered already")
            text = self.tr("Open the record with Enter, or say why it is somebody else.")
        else:
            title = self.tr("Somebody like this is registered")
            text = self.tr("Open the record with Enter, or press Register again.")
        self.alike.show_text(title, text, kind="danger" if probable else "warn")
        self.alike_model.show_hits(list(hits))
        self.alike_list.setFixedHeight(min(3, len(hits)) * LINE_HEIGHT + 2)
        self.alike_list.setCurrentIndex(self.alike_model.index(0, 0))
        for part in (self.alike, self.alike_list):
            part.show()
        self.fields["duplicate_reason"].setVisible(probable)
        self._seen = self._identity()
        self.alike.announce()
        (self.reason if probable else self.save).setFocus()
        self._settle.start()

    @Slot(object)
    def show_live(self, hits: Sequence[PatientHit]) -> None:
        """Who may be meant, without taking the focus; 'possible' ones count as seen (spec 2.2.5)."""
        if self.fields["duplicate_reason"].isVisibleTo(self):
            return
        if not hits or not self.last_name.text().strip():
            self._hide_alike()
            return
        sure = any(hit.score >= PROBABLE for hit in hits)
        title = self.tr("Registered already?") if sure else self.tr("Somebody like this is registered")
        self.alike.show_text(title, self.tr("Tab to the list, then Enter, opens the record."), kind="warn")
        self.alike_model.show_hits(list(hits))
        self.alike_list.setFixedHeight(min(3, len(hits)) * LINE_HEIGHT + 2)
        self.alike_list.setCurrentIndex(self.alike_model.index(0, 0))
        self.alike.show()
        self.alike_list.show()
        announce(self.alike, f"{title}: {', '.join(hit.name for hit in hits[:3])}")
        self._seen = () if sure else self._identity()

    def show_busy(self, *, busy: bool) -> None:
        """While the answer is under way."""
        self.save.setEnabled(not busy)

    def _identity(self) -> tuple[str, ...]:
        editors = (self.first_name, self.last_name, self.birth, self.phone)
        return (*(editor.text().strip() for editor in editors), str(self.gender.currentData()))

    def _hide_alike(self) -> None:
        self._seen = ()
        for part in (self.alike, self.alike_list, self.fields["duplicate_reason"]):
            part.hide()

    @Slot()
    def _edited(self) -> None:
        self._look.start()

    @Slot()
    def _tell_typing(self) -> None:
        try:
            born, precision = typed.birth(self.birth.text(), self._today)
        except InvalidField:
            born, precision = None, "day"
        self.typing.emit(self._as_typed(born, precision))

    @Slot()
    def _check_age(self) -> None:
        """A child needs somebody who speaks for it (spec 2.4)."""
        try:
            born, _ = typed.birth(self.birth.text(), self._today)
        except InvalidField:
            born = None
        today = self._today
        grown = born is None or (
            today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= ADULT
        )
        self.guardian.setVisible(not grown)

    def _as_typed(self, born: date | None, precision: str) -> NewPatient:
        return NewPatient(
            first_name=self.first_name.text(),
            last_name=self.last_name.text(),
            date_of_birth=born,
            gender=str(self.gender.currentData()),
            phone=self.phone.text(),
            email=self.email.text(),
            address=self.address.text(),
            dob_precision=precision,
            guardian=self.guardian.typed() if self.guardian.isVisibleTo(self) else None,
            consents=tuple(purpose for purpose, box in self.consents.items() if box.isChecked()),
        )

    @Slot()
    def _show_end(self) -> None:
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.maximum())

    @Slot()
    def _submit(self) -> None:
        if not self.save.isEnabled():
            return
        for field in self.fields.values():
            field.clear_error()
        try:
            born, precision = typed.birth(self.birth.text(), self._today)
        except InvalidField as problem:
            self.show_problems([problem])
            return
        seen = self._seen == self._identity()
        if not seen:
            self._hide_alike()
        self._look.stop()
        new = replace(self._as_typed(born, precision), duplicate_reason=self.reason.text() if seen else "")
        self.submitted.emit(new, seen)

    @Slot(QModelIndex)
    def _open_existing(self, index: QModelIndex) -> None:
        hit = self.alike_model.hit(index)
        if hit is not None:
            self.existing_chosen.emit(hit)


def _birth_text(born: date | None, precision: str, today: date) -> str:
    """As it could be typed again: the age of somebody whose date was estimated."""
    if born is None:
        return ""
    if precision == "estimated":
        return str(today.year - born.year)
    return {"year": f"{born:%Y}", "month": f"{born:%m.%Y}"}.get(precision, f"{born:%d.%m.%Y}")
