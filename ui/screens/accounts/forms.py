"""The column beside the list: one account, a new account, and the password to hand over."""

from datetime import tzinfo

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from clinicdesk.domain.access import DUTIES, Account
from clinicdesk.domain.people import Role
from clinicdesk.services.accounts import Handover
from ui import theme
from ui.messages import role_word
from ui.screens.accounts.model import ROLES, duty_words, state_tag, when
from ui.widgets.buttons import button
from ui.widgets.choose import choose
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import label


def role_box() -> QComboBox:
    """A choice of roles."""
    made = QComboBox()
    for role in ROLES:
        made.addItem(role_word(role), role)
    return made


class AccountPane(QWidget):
    """What an administrator may do with one account; nothing of it with the own one."""

    reset_asked = Signal()
    unlock_asked = Signal()
    end_asked = Signal()
    active_asked = Signal(bool)
    email_asked = Signal(str)
    role_asked = Signal(object)
    duty_asked = Signal(str, bool)
    family_asked = Signal()

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone
        self.account: Account | None = None
        self._name = label("", "title", wrap=True)
        self._tag = Tag("", "plain")
        self._facts = label("", "muted", wrap=True)
        self.role = role_box()
        self._role_field = Field(self.tr("Role"), self.role)
        self.email = QLineEdit()
        self._email_field = Field(self.tr("E-mail to sign in with"), self.email)
        self.email_button = button(self.tr("Change"), "mail")
        self.unlock = button(self.tr("Unlock"), "lock-open", primary=True)
        self.reset = button(self.tr("New one-time password"), "key-round")
        self.end = button(self.tr("Sign out everywhere"), "log-out")
        self.disable = button(self.tr("Disable account"), "user-x", danger=True)
        self.enable = button(self.tr("Enable account"), "user-check")
        self.family = button(self.tr("Own chart and family"), "users")
        self.own = label(self.tr("Your own account: another administrator changes it."), "small", wrap=True)
        self.duties: dict[str, QCheckBox] = {}
        duties = vbox(label(self.tr("Duties"), "h2"), spacing=3)
        for duty in DUTIES:
            name, what = duty_words()[duty]
            box = QCheckBox(name)
            box.setAccessibleName(name)
            box.setAccessibleDescription(what)
            box.setToolTip(what)
            box.setProperty("duty", duty)
            box.clicked.connect(self._duty_clicked)
            self.duties[duty] = box
            duties.addWidget(box)
        row = hbox(self._email_field, self.email_button)
        row.setAlignment(self.email_button, Qt.AlignmentFlag.AlignTop)
        self.email_button.setContentsMargins(0, 0, 0, 0)
        self._below_email = vbox(self.email_button, None, margins=(0, 22, 0, 0))
        row.removeWidget(self.email_button)
        row.addLayout(self._below_email)
        self.setLayout(
            vbox(
                hbox(self._name, self._tag),
                self._facts,
                self.own,
                self._role_field,
                row,
                duties,
                self.family,
                None,
                self.unlock,
                self.reset,
                self.end,
                self.disable,
                self.enable,
                margins=(16, 14, 16, 14),
                spacing=8,
            )
        )
        self.family.clicked.connect(self.family_asked)
        self.reset.clicked.connect(self.reset_asked)
        self.unlock.clicked.connect(self.unlock_asked)
        self.end.clicked.connect(self.end_asked)
        self.disable.clicked.connect(self._disable)
        self.enable.clicked.connect(self._enable)
        self.email_button.clicked.connect(self._email)
        self.email.returnPressed.connect(self._email)
        self.role.activated.connect(self._role_chosen)

    def show_account(self, account: Account, *, own: bool) -> None:
        """As the list last read it."""
        same = self.account is not None and self.account.id == account.id
        self.account = account
        self._name.setText(account.name)
        self._tag.show_tag(*state_tag(account))
        facts = [self.tr("Last sign-in: {0}").format(when(account.last_login, self._zone))]
        if account.locked_until:
            facts.append(self.tr("Rests until {0}").format(when(account.locked_until, self._zone)))
        if account.failures:
            facts.append(self.tr("Wrong passwords in ten minutes: {0}").format(account.failures))
        if account.must_change_password:
            facts.append(self.tr("Must choose an own password"))
        self._facts.setText("\n".join(facts))
        choose(self.role, account.role)
        if not (same and self.email.hasFocus()):
            self.email.setText(account.email)
            self.email.setCursorPosition(0)  # the name tells people apart, not the host
            self._email_field.clear_error()
        for duty, box in self.duties.items():
            box.setChecked(duty in account.duties)
        self.own.setVisible(own)
        self.unlock.setVisible(account.state == "locked")
        for widget in (self.reset, self.end, self.role, self.email, self.email_button):
            widget.setEnabled(not own)
        self.disable.setVisible(account.active)
        self.disable.setEnabled(not own)
        self.enable.setVisible(not account.active)

    def show_wrong(self, field: str, text: str) -> None:
        if field == "email":
            self._email_field.show_error(text)

    @Slot()
    def _disable(self) -> None:
        self._activate(active=False)

    @Slot()
    def _enable(self) -> None:
        self._activate(active=True)

    def _activate(self, *, active: bool) -> None:
        self.active_asked.emit(active)

    @Slot()
    def _email(self) -> None:
        if self.account is not None and self.email.text().strip().lower() != self.account.email:
            self.email_asked.emit(self.email.text())

    @Slot(int)
    def _role_chosen(self, _number: int) -> None:
        role = Role(self.role.currentData())
        if self.account is not None and role is not self.account.role:
            self.role_asked.emit(role)

    @Slot(bool)
    def _duty_clicked(self, held: bool) -> None:
        box = self.sender()
        if isinstance(box, QCheckBox):
            self.duty_asked.emit(str(box.property("duty")), held)


class NewAccountForm(QWidget):
    """``submitted(email, first, last, role)``."""

    submitted = Signal(str, str, str, object)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last, self.email, self.role = QLineEdit(), QLineEdit(), QLineEdit(), role_box()
        self.fields = {
            "first_name": Field(self.tr("First name"), self.first),
            "last_name": Field(self.tr("Last name"), self.last),
            "email": Field(self.tr("E-mail"), self.email, hint=self.tr("The name to sign in with")),
            "role": Field(self.tr("Role"), self.role),
        }
        self.save = button(self.tr("Create account"), "user-plus", primary=True)
        cancel = button(self.tr("Cancel"))
        self.setLayout(
            vbox(
                label(self.tr("New account"), "title"),
                *self.fields.values(),
                label(
                    self.tr(
                        "A one-time password is made on this PC and shown once. Only its verifier is sent."
                    ),
                    "small",
                    wrap=True,
                ),
                None,
                hbox(self.save, cancel, None),
                margins=(16, 14, 16, 14),
                spacing=10,
            )
        )
        self.save.clicked.connect(self.submit)
        cancel.clicked.connect(self.cancelled)
        for editor in (self.first, self.last, self.email):
            editor.returnPressed.connect(self.submit)

    def start(self) -> None:
        """Empty, at the first field."""
        for editor in (self.first, self.last, self.email):
            editor.clear()
        for field in self.fields.values():
            field.clear_error()
        choose(self.role, Role.RECEPTIONIST)
        self.first.setFocus()

    def show_wrong(self, field: str, text: str) -> None:
        if field in self.fields:
            self.fields[field].show_error(text)
            self.fields[field].editor.setFocus()

    @Slot()
    def submit(self) -> None:
        for field in self.fields.values():
            field.clear_error()
        role = Role(self.role.currentData())
        self.submitted.emit(self.email.text(), self.first.text(), self.last.text(), role)


class HandoverPane(QWidget):
    """The one-time password, until it was handed over."""

    done = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._who = label("", "muted", wrap=True)
        self.password = QLineEdit()
        self.password.setReadOnly(True)
        self.password.setAccessibleName(self.tr("One-time password"))
        self.password.setFont(theme.font(18, digits=True))
        self.password.setMinimumHeight(44)
        copy = button(self.tr("Copy"), "copy")
        self.close_button = button(self.tr("Handed over"), "check", primary=True)
        self.setLayout(
            vbox(
                label(self.tr("One-time password"), "title"),
                self._who,
                self.password,
                label(
                    self.tr(
                        "Hand it over in person. It is shown once; an own one is chosen at the first sign-in."
                    ),
                    "muted",
                    wrap=True,
                ),
                hbox(copy, self.close_button, None),
                None,
                margins=(16, 14, 16, 14),
                spacing=12,
            )
        )
        copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self._close)

    def show_password(self, given: Handover) -> None:
        self._who.setText(self.tr("For {0}").format(given.email))
        self.password.setText(given.password)
        self.password.setFocus()
        self.password.selectAll()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.password.text())

    @Slot()
    def _close(self) -> None:
        self.password.clear()
        self.done.emit()
