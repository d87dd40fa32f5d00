"""Finds what blocks the window: a heartbeat on the GUI thread and a thread that samples a late one."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Qt, QTimer, Slot

log = logging.getLogger(__name__)
KEPT = 20_000


class Watchdog(QObject):
    """Records gaps of the GUI thread in milliseconds and the stack of each gap over ``stack_after``."""

    def __init__(self, *, every_ms: int = 20, stack_after_ms: int = 250, logs: bool = True) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.stacks: list[str] = []
        self._every, self._stack_after, self._logs = every_ms, stack_after_ms / 1000, logs
        self._gui = threading.get_ident()
        self._last = time.perf_counter()
        self._stop = threading.Event()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self._last = time.perf_counter()
        self._timer.start(self._every)
        threading.Thread(target=self._sample, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        self._beat()
        self._timer.stop()
        self._stop.set()

    def worst(self) -> float:
        """The longest gap in milliseconds."""
        return max(self.gaps, default=0.0)

    def percentile(self, share: float) -> float:
        """E.g. 0.99: the gap that 99 % stay below, in milliseconds."""
        return sorted(self.gaps)[int((len(self.gaps) - 1) * share)] if self.gaps else 0.0

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(max(0.0, (now - self._last) * 1000 - self._every))
        del self.gaps[:-KEPT]
        self._last = now

    def _sample(self) -> None:
        seen = 0.0
        while not self._stop.wait(self._stack_after / 4):
            last = self._last
            if seen == last or time.perf_counter() - last < self._stack_after:
                continue
            seen = last
            frame = sys._current_frames().get(self._gui)  # noqa: SLF001 - the one way to see another thread
            stack = "".join(traceback.format_stack(frame)[-6:]) if frame else ""
            self.stacks.append(stack)
            del self.stacks[:-50]
            if self._logs:
                log.warning("The window was blocked for more than %d ms\n%s", self._stack_after * 1000, stack)


@contextmanager
def no_stall(limit_ms: int = 100) -> Iterator[Watchdog]:
    """Fail with the blocking stack when the GUI thread stops for longer (tests and benchmarks)."""
    dog = Watchdog(every_ms=5, stack_after_ms=min(limit_ms, 50), logs=False)
    dog.start()
    try:
        yield dog
    finally:
        dog.stop()
    if dog.worst() > limit_ms:
        raise AssertionError(
            f"window blocked {dog.worst():.0f} ms (limit {limit_ms})\n" + "\n".join(dog.stacks)
        )
