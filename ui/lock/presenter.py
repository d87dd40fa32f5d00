"""Opens a locked seat: by the password, or by the PIN that holds the password."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, StoreUnavailable, WrongPassword
from clinicdesk.services.unlocking import PinVault, WrongPin
from ui.messages import message_for
from ui.tasks import TaskRunner

translate = QCoreApplication.translate
SignIn = Callable[[str], object]


class LockPresenter(QObject):
    """``sign_in(password)`` runs on a worker; what it returns comes in ``unlocked``.

    ``pin_gone`` says why only the password is left.
    """

    unlocked = Signal(object)
    refused = Signal(str)
    pin_gone = Signal(str)
    unreachable = Signal(str)
    busy = Signal(bool)

    def __init__(self, sign_in: SignIn, vault: PinVault, tasks: TaskRunner) -> None:
        super().__init__()
        self._sign_in, self._vault, self._tasks = sign_in, vault, tasks

    def has_pin(self) -> bool:
        return self._vault.is_set()

    @Slot(str)
    def unlock_with_password(self, password: str) -> None:
        if not password:
            self.refused.emit(translate("lock", "Type your password."))
            return
        self._ask(partial(self._sign_in, password))

    @Slot(str)
    def unlock_with_pin(self, pin: str) -> None:
        if not pin:
            self.refused.emit(translate("lock", "Type your PIN."))
            return
        self._ask(partial(_by_pin, self._sign_in, self._vault, pin))

    def _ask(self, call: Callable[[], object]) -> None:
        self._show(busy=True)
        self._tasks.run(call, owner=self, done=self._let_in, failed=self._explain)

    def _let_in(self, session: object) -> None:
        self._show(busy=False)
        self.unlocked.emit(session)

    def _explain(self, error: DomainError) -> None:
        self._show(busy=False)
        match error:
            case WrongPin():
                self._wrong_pin(int(error.args[0]))
            case _StalePin():
                self.pin_gone.emit(
                    translate("lock", "Your password was changed, or your account ended. The PIN is void.")
                )
            case WrongPassword():
                self.refused.emit(
                    translate(
                        "lock",
                        "The password is not right, or the account was ended. After eight wrong tries it "
                        "rests for ten minutes.",
                    )
                )
            case StoreUnavailable():
                self.unreachable.emit(message_for(error))
            case _:
                self.refused.emit(message_for(error))

    def _wrong_pin(self, left: int) -> None:
        if left > 1:
            self.refused.emit(translate("lock", "The PIN is not right. {left} tries left.").format(left=left))
        elif left == 1:
            self.refused.emit(translate("lock", "The PIN is not right. One try left."))
        else:
            self.pin_gone.emit(translate("lock", "Five wrong PINs: now only the password opens this seat."))

    def _show(self, *, busy: bool) -> None:
        self.busy.emit(busy)


class _StalePin(DomainError):
    """The PIN was right, but the password it holds is not valid any more."""


def _by_pin(sign_in: SignIn, vault: PinVault, pin: str) -> object:
    password = vault.open(pin)
    try:
        return sign_in(password)
    except WrongPassword:
        vault.wipe()
        raise _StalePin from None
