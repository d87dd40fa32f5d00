"""Python's cycle collector, kept on the GUI thread.

Collecting on a worker would destroy Qt objects there, which crashes.
"""

import gc

from PySide6.QtCore import QObject, QTimer, Slot


class GarbageCollector(QObject):
    """Switches automatic collection off and does its work from a timer."""

    def __init__(self, every_ms: int = 1000) -> None:
        super().__init__()
        gc.collect()
        gc.freeze()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(every_ms)

    def stop(self) -> None:
        """Give collection back to Python (tests)."""
        self._timer.stop()
        gc.enable()

    @Slot()
    def collect(self) -> None:
        """Do what the automatic collector would have done by now."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return
