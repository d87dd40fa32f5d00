"""What everybody can do for themselves in their window: lock it, change the password, set a PIN."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QWidget

from clinicdesk.bootstrap import Session
from clinicdesk.desk import Desk
from clinicdesk.domain.passwords import load_common
from clinicdesk.resources import resource
from clinicdesk.services.unlocking import OwnPassword, PinVault
from ui import icons
from ui.lock.idle import LOCK_KEYS
from ui.lock.pin import PinDialog
from ui.screens import own_password
from ui.shell import Shell
from ui.tasks import TaskRunner
from ui.widgets.buttons import icon_button
from ui.widgets.layouts import hbox


class OwnCommands(QObject):
    """Actions for the window and for the palette of each page."""

    lock_asked = Signal()

    def __init__(
        self, shell: Shell, session: Session, desk: Desk, vault: PinVault, tasks: TaskRunner
    ) -> None:
        super().__init__(shell)
        self._shell, self._session, self._desk, self._vault, self._tasks = shell, session, desk, vault, tasks
        self.actions = (
            self._action(self.tr("Lock"), self._lock, "lock", keys=LOCK_KEYS),
            self._action(self.tr("Change my password"), self.change_password, "key-round"),
            self._action(self.tr("PIN for this PC"), self.set_pin, "keyboard"),
        )
        lock = icon_button("lock", self.tr("Lock ({keys})").format(keys=LOCK_KEYS), bare=True)
        lock.clicked.connect(self._lock)
        corner = QWidget()
        corner.setLayout(hbox(lock, margins=(0, 0, 14, 0)))
        shell.statusBar().addPermanentWidget(corner)

    @Slot()
    def change_password(self) -> None:
        """The dialog that changes the own password."""
        own = own_password_of(self._session, self._desk)
        dialog = own_password.build_dialog(own, self._tasks, name=self._session.actor.name)
        dialog.changed.connect(self._password_changed)
        self._open(dialog)

    @Slot()
    def set_pin(self) -> None:
        """The dialog that sets or removes the PIN."""
        dialog = PinDialog(self._vault, self._session.secret, self._tasks)
        dialog.pin_set.connect(self._pin_set)
        dialog.pin_removed.connect(self._pin_removed)
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        dialog.setParent(self._shell, dialog.windowFlags())
        dialog.open()

    def _action(self, text: str, slot: Callable[[], None], icon: str, *, keys: str = "") -> QAction:
        made = QAction(icons.icon(icon, "muted", on="accent"), text, self._shell)
        if keys:
            made.setShortcut(QKeySequence(keys))
        made.triggered.connect(slot)
        self._shell.addAction(made)
        return made

    @Slot()
    def _lock(self) -> None:
        self.lock_asked.emit()

    @Slot(bool)
    def _password_changed(self, kept: bool) -> None:
        said = self.tr("Your password is changed.")
        if self._vault.is_set():
            self._vault.wipe()
            said += " " + self.tr("Set the PIN for this PC again.")
        self._shell.tell(said if kept else f"{said} {key_lost(self)}", "ok" if kept else "error")

    @Slot()
    def _pin_set(self) -> None:
        self._shell.tell(self.tr("The PIN opens this PC for you until you sign out."), "ok")

    @Slot()
    def _pin_removed(self) -> None:
        self._shell.tell(self.tr("The PIN is removed."), "ok")


def own_password_of(session: Session, desk: Desk) -> OwnPassword:
    """What changes this person's password, signing key included."""
    actor = session.actor
    return OwnPassword(
        session.secret,
        session.change_password,
        rewrap=desk.prescribing.rewrap_key if actor.may("prescriptions.write") else None,
        personal=(actor.name, actor.email),
        common=load_common(resource("passwords", "common.txt")),
    )


def key_lost(owner: QObject) -> str:
    """What a doctor must know when the signing key was wrapped with yet another password."""
    return owner.tr("Your signing key could not be read with the password before: ask an administrator.")
