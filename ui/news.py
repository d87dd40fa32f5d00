"""The change feed on the GUI thread: gathered, held back while the person is in the middle of something."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from ui.tasks import TaskRunner

GATHER_MS, HOLD_MS = 20, 100
QUIET_SECONDS = 0.5
"""After so long without news, the first is told at once."""
MANY = 40
"""More rows of one topic at once are told as 'any of them': an empty row id."""
AT_ONCE = frozenset({"duties"})
"""Not held back: what the person may do has changed."""
NONE: frozenset[int] = frozenset()
Waiting = dict[tuple[str, str], tuple[frozenset[int], float]]
"""By topic and row: the numbers of the changes, and when the first was heard."""


class News(QObject):
    """``arrived(topic, row_id)``; an empty topic means everything may have changed.

    ``announce`` is safe from any thread. ``busy`` says whether a reload would disturb: then news wait.
    """

    arrived = Signal(str, str)
    _came = Signal(str, str, object, float)

    def __init__(self, busy: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self._busy = busy
        self._waiting: Waiting = {}
        self._numbers: frozenset[int] = NONE
        self.heard_at = 0.0
        """When the feed heard what is told just now (``time.monotonic``)."""
        self._told_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tell)
        self._came.connect(self._gather, Qt.ConnectionType.QueuedConnection)

    def announce(self, topic: str, row_id: str = "", number: int = 0, /) -> None:
        """A plain function to hand to the feed."""
        self._came.emit(topic, row_id, number, time.monotonic())

    def is_echo(self, page: QObject, tasks: TaskRunner) -> bool:
        """Whether what is told just now is the page's own act, which it shows already."""
        return tasks.made(page, self._numbers)

    @Slot(str, str, object, float)
    def _gather(self, topic: str, row_id: str, number: int, heard: float) -> None:
        if topic in AT_ONCE:
            self.arrived.emit(topic, row_id)
            return
        before = self._waiting.get((topic, row_id), (NONE, heard))
        self._waiting[topic, row_id] = before[0] | {number}, min(heard, before[1])
        if not self._timer.isActive():
            quiet = heard - self._told_at > QUIET_SECONDS
            self._timer.start(0 if quiet else GATHER_MS)

    @Slot()
    def _tell(self) -> None:
        if self._busy():
            self._timer.start(HOLD_MS)
            return
        waiting, self._waiting = self._waiting, {}
        self._told_at = time.monotonic()
        for (topic, row_id), (numbers, heard) in _fewer(waiting).items():
            self._numbers, self.heard_at = numbers, heard
            self.arrived.emit(topic, row_id)
        self._numbers = NONE


def _fewer(waiting: Waiting) -> Waiting:
    """Everything at once where everything may have changed; one for a topic with many rows."""
    if ("", "") in waiting:
        return {("", ""): waiting["", ""]}
    rows: dict[str, int] = {}
    for topic, _ in waiting:
        rows[topic] = rows.get(topic, 0) + 1
    found: Waiting = {}
    for (topic, row_id), (numbers, heard) in waiting.items():
        key = (topic, row_id if rows[topic] <= MANY else "")
        before = found.get(key, (NONE, heard))
        found[key] = before[0] | numbers, min(heard, before[1])
    return found
