"""The workers as one seat uses them: what concerns the whole seat is told to it, wherever it came up."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.errors import DomainError, NotAllowed, SignedOut
from ui.tasks import Task, TaskRunner

T = TypeVar("T")


class WatchedTasks(TaskRunner):
    """Passes every call to the shared workers. ``ended``: signed out; ``refused``: perhaps another role."""

    ended = Signal()
    refused = Signal()

    def __init__(self, shared: TaskRunner) -> None:
        super().__init__(workers=1)  # its own one is never asked and never starts
        self._shared = shared

    def run(
        self,
        call: Callable[[], T],
        *,
        owner: QObject,
        done: Callable[[T], object],
        failed: Callable[[DomainError], object],
        key: str | None = None,
    ) -> Task:
        """As the shared ones do."""
        return self._shared.run(call, owner=owner, done=done, failed=partial(self._heard, failed), key=key)

    def made(self, owner: QObject, numbers: Iterable[int]) -> bool:
        return self._shared.made(owner, numbers)

    def idle(self) -> bool:
        return self._shared.idle()

    def _heard(self, failed: Callable[[DomainError], object], error: DomainError) -> None:
        failed(error)
        if isinstance(error, SignedOut):
            self.ended.emit()
        elif isinstance(error, NotAllowed) and error.args[:1] == ("database",):
            self.refused.emit()
