"""Asks the services for one patient; answers of another patient's questions are dropped."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.errors import DomainError
from ui.screens.prescription.model import problem_words
from ui.tasks import TaskRunner


class Asking(QObject):
    """``_epoch`` counts the patients that were opened."""

    said = Signal(str, str)

    def __init__(self, tasks: TaskRunner) -> None:
        super().__init__()
        self._tasks, self._epoch = tasks, 0

    def _ask(
        self,
        call: Callable[[], object],
        done: Callable[..., object],
        *,
        failed: Callable[[DomainError], object] | None = None,
        key: str | None = None,
    ) -> None:
        self._tasks.run(
            call,
            owner=self,
            done=partial(self._if_still, self._epoch, done),
            failed=partial(self._if_still, self._epoch, failed or self._explain),
            key=key,
        )

    def _if_still(self, epoch: int, answer: Callable[..., object], value: object) -> None:
        if epoch == self._epoch:
            answer(value)

    def _explain(self, error: DomainError) -> None:
        self.said.emit(problem_words(error), "error")
