"""What the presenters of simple rooms share: freshness, one-press requests, refusals in words."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField, StoreUnavailable
from ui.messages import message_for
from ui.news import News
from ui.tasks import TaskRunner

COALESCE_MS = 60


class RoomPresenter(QObject):
    """``told(text, kind)``; ``wrong(field, text)`` for the open form; ``topics`` reload it while shown."""

    told = Signal(str, str)
    wrong = Signal(str, str)
    topics: frozenset[str] = frozenset()

    def __init__(self, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self._tasks = tasks
        self._shown, self._stale = False, True
        self._requests: dict[str, UUID] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._refresh)
        news.arrived.connect(self._arrived)

    def read(self) -> None:
        """Ask for everything on the page. Subclasses say what."""
        raise NotImplementedError

    def show_is(self, *, shown: bool) -> None:
        """A hidden page only remembers that it is stale."""
        self._shown = shown
        if not shown:
            self._timer.stop()
        elif self._stale:
            self._timer.start()

    @Slot(str, str)
    def _arrived(self, topic: str, _row: str) -> None:
        if topic == "" or topic in self.topics:
            self.read_soon()

    def read_soon(self) -> None:
        """Read again in a moment, or when the page comes on show."""
        self._stale = True
        if self._shown and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _refresh(self) -> None:
        if not self._shown:
            return
        self._stale = False
        self.read()

    def request(self, act: str) -> UUID:
        """The same id until the act is known to have happened or to be refused: a double press is one."""
        return self._requests.setdefault(act, uuid4())

    def settled(self, act: str) -> None:
        """The next press is another act."""
        self._requests.pop(act, None)

    def ask(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str) -> None:
        """Read something; only the newest answer of a ``key`` counts."""
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)

    def act(self, name: str, call: Callable[[UUID], Any], done: Callable[[Any], object]) -> None:
        """Do something once; a lost connection keeps its id, so that trying again does it once."""
        request = self.request(name)

        def did(found: Any) -> None:
            self.settled(name)
            done(found)

        def failed(error: DomainError) -> None:
            if not isinstance(error, StoreUnavailable) and name not in self.waiting_acts():
                self.settled(name)
            self.refused(name, error)

        self._tasks.run(lambda: call(request), owner=self, done=did, failed=failed)

    def waiting_acts(self) -> frozenset[str]:
        """Acts that keep their id when refused, for a second person to say yes to."""
        return frozenset()

    def refused(self, _name: str, error: DomainError) -> None:
        """Say it; subclasses ask for a witness or a reason first."""
        if isinstance(error, InvalidField):
            self.wrong.emit(error.field, message_for(error))
        else:
            self.told.emit(message_for(error), "error")

    def _explain(self, error: DomainError) -> None:
        self._stale = True
        self.told.emit(message_for(error), "error")
