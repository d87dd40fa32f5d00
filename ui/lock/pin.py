"""The dialog that sets a PIN for this PC."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.passwords import PIN_LONGEST, PIN_SHORTEST, pin_problems
from clinicdesk.services.unlocking import PinVault
from ui.messages import message_for
from ui.tasks import TaskRunner
from ui.widgets.buttons import button, link_button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.text import label


class PinDialog(QDialog):
    """PIN twice. It opens this seat on this PC until its person signs out."""

    pin_set = Signal()
    pin_removed = Signal()

    def __init__(self, vault: PinVault, secret: Callable[[], str], tasks: TaskRunner) -> None:
        super().__init__()
        self._vault, self._secret, self._tasks = vault, secret, tasks
        self.setWindowTitle(self.tr("PIN for this PC"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        hint = self.tr("{min} to {max} digits.").format(min=PIN_SHORTEST, max=PIN_LONGEST)
        self.pin, self.again = self._editor(), self._editor()
        self.pin_field = Field(self.tr("PIN"), self.pin, hint=hint)
        self.again_field = Field(self.tr("PIN again"), self.again)
        self.save_button = button(self.tr("Set PIN"), "check", primary=True)
        self.save_button.setAutoDefault(True)
        self.save_button.clicked.connect(self._save)
        self.remove_button = link_button(self.tr("Remove PIN"))
        self.remove_button.setVisible(vault.is_set())
        self.remove_button.clicked.connect(self._remove)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        why = self.tr(
            "It unlocks this PC for you until you sign out. After five wrong tries your password is asked."
        )
        column = vbox(
            label(self.tr("PIN for this PC"), "title"),
            label(why, "muted", wrap=True),
            self.pin_field,
            self.again_field,
            hbox(self.remove_button, None, cancel, self.save_button, margins=(0, 6, 0, 0)),
            margins=(28, 24, 28, 22),
            spacing=12,
        )
        body = QWidget()
        body.setLayout(column)
        self.setLayout(vbox(body))
        self.setFixedWidth(400)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.pin.setFocus()

    def _editor(self) -> PasswordEdit:
        made = PasswordEdit()
        made.setMaxLength(PIN_LONGEST)
        made.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhDigitsOnly)
        made.returnPressed.connect(self._save)
        return made

    @Slot()
    def _save(self) -> None:
        if not self.save_button.isEnabled():
            return
        pin = self.pin.text()
        for problem in pin_problems(pin):
            self._refuse(problem)
            return
        if pin != self.again.text():
            self.again_field.show_error(message_for(InvalidField("again", "mismatch")))
            self.again.setFocus()
            return
        self.save_button.setEnabled(False)
        call = partial(self._vault.set_pin, pin, self._secret())
        self._tasks.run(call, owner=self, done=self._saved, failed=self._refuse)

    def _saved(self, _: object) -> None:
        self.pin_set.emit()
        self.accept()

    def _refuse(self, error: DomainError) -> None:
        self.save_button.setEnabled(True)
        easy = isinstance(error, InvalidField) and error.rule == "password_common"
        text = self.tr("This PIN is easy to guess. Choose another.") if easy else message_for(error)
        self.pin_field.show_error(text)
        self.pin.setFocus()
        self.pin.selectAll()

    @Slot()
    def _remove(self) -> None:
        self._vault.wipe()
        self.pin_removed.emit()
        self.accept()
