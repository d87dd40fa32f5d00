"""Core calls on worker threads, answers back on the GUI thread."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.own_changes import gathered

T = TypeVar("T")
Reply = tuple[QObject, Callable[[Any], object], Callable[[DomainError], object]]
Place = tuple[int, str]
ACTS, OWNERS = 8, 200


class Task:
    """One call under way; ``drop()`` forgets its answer (the call itself still finishes).

    Only the GUI thread fills and empties ``reply``, so no worker ever frees a Qt object.
    """

    __slots__ = ("place", "reply")

    def __init__(self, reply: Reply, place: Place | None) -> None:
        self.reply: Reply | None = reply
        self.place = place

    def drop(self) -> None:
        self.reply = None


class TaskRunner(QObject):
    """Lives on the GUI thread for the whole run; workers touch only its signal.

    ``call`` must not hold a widget or presenter (a bound method of a service is fine), and
    must do I/O, not long computing. Its result goes to ``done``, a DomainError to ``failed``,
    anything else to sys.excepthook. An owner that is gone hears nothing.
    """

    busy = Signal(bool)
    _finished = Signal(object, object)

    def __init__(self, workers: int = 4) -> None:
        super().__init__()
        self.pending = 0
        self._latest: dict[Place, Task] = {}
        self._acts: dict[int, deque[list[int]]] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="core")
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        call: Callable[[], T],
        *,
        owner: QObject,
        done: Callable[[T], object],
        failed: Callable[[DomainError], object],
        key: str | None = None,
    ) -> Task:
        """Start a call. With a ``key``, only the owner's newest call under it is answered.

        Older ones still run to their end: they may be writes.
        """
        task = Task((owner, done, failed), None if key is None else (id(owner), key))
        if task.place is not None:
            if older := self._latest.get(task.place):
                older.drop()
            self._latest[task.place] = task
        self._count(+1)
        future = self._pool.submit(_noting, call, self._act(owner) if key is None else None)
        future.add_done_callback(lambda result: self._finished.emit(task, result))
        return task

    def made(self, owner: QObject, numbers: Iterable[int]) -> bool:
        """Whether all these changes came from acts (calls without a key) of the owner."""
        acts = tuple(self._acts.get(id(owner), ()))
        return all(any(number in made for made in acts) for number in numbers)

    def idle(self) -> bool:
        """Whether every call was answered (for tests: ``waitUntil(runner.idle)``)."""
        return self.pending == 0

    def close(self) -> None:
        """Wait for everything already asked; nothing queued is thrown away.

        Nobody is answered any more: a screen that is on its way out would only ask the next thing.
        """
        self._closed = True
        self._pool.shutdown(wait=True)

    def _count(self, step: int) -> None:
        before = self.pending
        self.pending += step
        if (before == 0) != (self.pending == 0):
            self.busy.emit(self.pending > 0)

    @Slot(object, object)
    def _deliver(self, task: Task, result: "Future[Any]") -> None:
        self._count(-1)
        if task.place is not None and self._latest.get(task.place) is task:
            del self._latest[task.place]
        reply, task.reply = task.reply, None
        if reply is None or result.cancelled() or not isValid(reply[0]):
            return
        _, done, failed = reply
        match result.exception():
            case None | DomainError() if self._closed:
                return
            case None:
                done(result.result())
            case DomainError() as refusal:
                failed(refusal)
            case bug:
                raise bug

    def _act(self, owner: QObject) -> list[int]:
        while len(self._acts) >= OWNERS:
            del self._acts[next(iter(self._acts))]
        made: list[int] = []
        self._acts.setdefault(id(owner), deque(maxlen=ACTS)).append(made)
        return made


def _noting(call: Callable[[], T], made: list[int] | None) -> T:
    with nullcontext() if made is None else gathered(made):
        return call()
