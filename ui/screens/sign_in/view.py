"""The sign-in screen."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.screens.sign_in.model import DemoPerson
from ui.screens.sign_in.presenter import SignInPresenter
from ui.widgets.avatar import Avatar
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.card import Card, ProgressStrip
from ui.widgets.choice import ChoiceButton
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.text import IconLabel, label

PERSON_HEIGHT, PEOPLE_HEIGHT = 58, 440  # pixels; more people scroll


class SignInView(QWidget):
    """E-mail and password; beside them, in the demo clinic, its people."""

    signed_in = Signal(object)
    sign_in_asked = Signal(str, str)

    def __init__(self, presenter: SignInPresenter, *, demo_people: Sequence[DemoPerson], clinic: str) -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self._presenter = presenter
        presenter.setParent(self)
        self._people = list(demo_people)
        self.email = QLineEdit()
        self.email.setInputMethodHints(Qt.InputMethodHint.ImhEmailCharactersOnly)
        self.password = PasswordEdit()
        self.email_field = Field(self.tr("E-mail"), self.email)
        self.password_field = Field(self.tr("Password"), self.password)
        self.show_box = QCheckBox(self.tr("Show password"))
        self.caps = label(self.tr("Caps Lock is on"), "small")
        self.caps.hide()
        self.refusal = Banner("danger", "")
        self.refusal.hide()
        self.outage = Banner("warn", "", action=self.tr("Retry"))
        self.outage.hide()
        self.sign_in_button = button(self.tr("Sign in"), "log-in", primary=True)
        self.strip = ProgressStrip(self.tr("Signing in"))
        self._lay_out(clinic)
        self._connect()

    def prefill(self, email: str) -> None:
        """The last e-mail; the focus then belongs in the password."""
        self.email.setText(email)
        self.first_focus().setFocus()

    def first_focus(self) -> QWidget:
        return self.password if self.email.text() else self.email

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.first_focus().setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.first_focus().setFocus()

    def _lay_out(self, clinic: str) -> None:
        brand = hbox(IconLabel("heart-pulse", name=self.tr("ClinicDesk"), role="accent", size=30), spacing=10)
        brand.addWidget(label("ClinicDesk", "hero"))
        brand.addStretch(1)
        form = QFrame()
        form.setLayout(
            vbox(
                label(self.tr("Sign in"), "title"),
                label(clinic or self.tr("Use the e-mail your administrator registered."), "muted", wrap=True),
                self.refusal,
                self.outage,
                self.email_field,
                self.password_field,
                hbox(self.show_box, None, self.caps),
                self.sign_in_button,
                margins=(28, 26, 28, 28),
                spacing=12,
            )
        )
        card = Card(vbox(form, self.strip, margins=(1, 1, 1, 1), spacing=0))
        card.setFixedWidth(400)
        row = hbox(None, card, spacing=20)
        row.setAlignment(card, Qt.AlignmentFlag.AlignTop)
        width = 400
        if self._people:
            people = self._people_card()
            row.addWidget(people, 0, Qt.AlignmentFlag.AlignTop)
            width += 20 + people.width()
        row.addStretch(1)
        head = QWidget()
        head.setFixedWidth(width)
        head.setLayout(brand)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        outer.addLayout(hbox(None, head, None, margins=(0, 0, 0, 12)))
        outer.addLayout(row)
        outer.addStretch(3)

    def _people_card(self) -> Card:
        self._group = QButtonGroup(self)
        column = vbox(
            label(self.tr("Demo clinic"), "title"),
            label(
                self.tr("Everybody here is made up. Choose whom to be, then press Enter."), "muted", wrap=True
            ),
            margins=(22, 26, 22, 22),
            spacing=8,
        )
        choices = vbox(margins=(0, 0, 6, 0), spacing=8)
        for number, person in enumerate(self._people):
            keys = f"Alt+{number + 1}" if number < 9 else ""
            choice = ChoiceButton(Avatar(person.name, 32), person.name, person.role, keys=keys)
            choice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            self._group.addButton(choice, number)
            choices.addWidget(choice)
        self._group.idClicked.connect(self._fill_in)
        people = QWidget()
        people.setLayout(choices)
        # the style sheet's own least height of a button wins over any set here, so the sheet gets it
        people.setMinimumHeight(len(self._people) * PERSON_HEIGHT)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName(self.tr("People of the demo clinic"))
        scroll.setWidget(people)
        scroll.setMinimumHeight(min(len(self._people) * PERSON_HEIGHT, PEOPLE_HEIGHT))
        column.addWidget(scroll)
        card = Card(column)
        card.setFixedWidth(360)
        return card

    def _connect(self) -> None:
        self.show_box.toggled.connect(self.password.show_password)
        self.password.caps_lock.connect(self.caps.setVisible)
        self.email.returnPressed.connect(self._submit)
        self.password.returnPressed.connect(self._submit)
        self.sign_in_button.clicked.connect(self._submit)
        self.sign_in_button.setAutoDefault(True)
        self.outage.acted.connect(self._submit)
        self.sign_in_asked.connect(self._presenter.sign_in)
        self._presenter.signed_in.connect(self.signed_in)
        self._presenter.refused.connect(self._show_refusal)
        self._presenter.unreachable.connect(self._show_outage)
        self._presenter.field_wrong.connect(self._show_field)
        self._presenter.busy.connect(self._show_busy)

    @Slot()
    def _submit(self) -> None:
        if not self.sign_in_button.isEnabled():
            return
        self.refusal.hide()
        self.outage.hide()
        self.sign_in_asked.emit(self.email.text(), self.password.text())

    @Slot(int)
    def _fill_in(self, number: int) -> None:
        person = self._people[number]
        self.email.setText(person.email)
        self.password.setText(person.password)
        self.refusal.hide()
        self.sign_in_button.setFocus()

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.strip.show_busy(busy)
        for control in (self.email, self.password, self.show_box, self.sign_in_button):
            control.setEnabled(not busy)
        for choice in self.findChildren(ChoiceButton):
            choice.setEnabled(not busy)
        self.sign_in_button.setText("  " + (self.tr("Signing in…") if busy else self.tr("Sign in")))

    @Slot(str)
    def _show_refusal(self, text: str) -> None:
        self.refusal.show_text(text)
        self.refusal.show()
        self.refusal.announce()
        self.password.setFocus()
        self.password.selectAll()

    @Slot(str)
    def _show_outage(self, text: str) -> None:
        self.outage.show_text(text, self.tr("Check that the server is on and the network works."))
        self.outage.show()
        self.outage.announce()
        self.outage.button.setFocus()

    @Slot(str, str)
    def _show_field(self, field: str, text: str) -> None:
        wrong = {"email": self.email_field, "password": self.password_field}[field]
        wrong.show_error(text)
        if not self.email_field.error() or field == "email":
            wrong.editor.setFocus()
