"""Asks the core to sign somebody in."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, StoreUnavailable
from ui.messages import message_for
from ui.screens.sign_in.model import problems
from ui.tasks import TaskRunner


class SignInPresenter(QObject):
    """``unreachable`` is an outage worth a retry, ``refused`` an answer."""

    signed_in = Signal(object)
    refused = Signal(str)
    unreachable = Signal(str)
    field_wrong = Signal(str, str)
    busy = Signal(bool)

    def __init__(self, sign_in: Callable[[str, str], object], tasks: TaskRunner) -> None:
        super().__init__()
        self._sign_in, self._tasks = sign_in, tasks

    @Slot(str, str)
    def sign_in(self, email: str, password: str) -> None:
        email = email.strip()
        wrong = problems(email, password)
        for problem in wrong:
            self.field_wrong.emit(problem.field, message_for(problem))
        if wrong:
            return
        self._show(busy=True)
        self._tasks.run(
            partial(self._sign_in, email, password), owner=self, done=self._let_in, failed=self._explain
        )

    def _let_in(self, result: object) -> None:
        self._show(busy=False)
        self.signed_in.emit(result)

    def _explain(self, error: DomainError) -> None:
        self._show(busy=False)
        said = self.unreachable if isinstance(error, StoreUnavailable) else self.refused
        said.emit(message_for(error))

    def _show(self, *, busy: bool) -> None:
        self.busy.emit(busy)
