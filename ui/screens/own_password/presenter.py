"""Checks what was typed, then changes the password."""

from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField, StoreUnavailable
from clinicdesk.services.unlocking import OwnPassword
from ui.messages import message_for
from ui.tasks import TaskRunner

translate = QCoreApplication.translate


class OwnPasswordPresenter(QObject):
    """``changed`` says whether the signing key stayed readable; ``unreachable`` is worth a retry."""

    changed = Signal(bool)
    refused = Signal(str)
    unreachable = Signal(str)
    field_wrong = Signal(str, str)
    busy = Signal(bool)

    def __init__(self, own: OwnPassword, tasks: TaskRunner) -> None:
        super().__init__()
        self._own, self._tasks = own, tasks
        self._begun = ""

    @Slot(object, str, str)
    def change(self, old: str | None, new: str, again: str) -> None:
        """A change that an outage stopped half way is finished by the same password."""
        wrong = [] if new and new == again == self._begun else self._own.problems(old, new, again)
        for problem in wrong:
            self.field_wrong.emit(problem.field, _words(problem))
        if wrong:
            return
        self._begun = new
        self._show(busy=True)
        self._tasks.run(partial(self._own.change, new), owner=self, done=self._done, failed=self._failed)

    def _done(self, kept: bool) -> None:
        self._begun = ""
        self._show(busy=False)
        self.changed.emit(kept)

    def _failed(self, error: DomainError) -> None:
        self._show(busy=False)
        if isinstance(error, StoreUnavailable):
            self.unreachable.emit(message_for(error))
            return
        self._begun = ""
        self.refused.emit(message_for(error))

    def _show(self, *, busy: bool) -> None:
        self.busy.emit(busy)


def _words(problem: InvalidField) -> str:
    if problem.rule == "password_wrong":
        return translate("own_password", "This is not your present password.")
    return message_for(problem)
