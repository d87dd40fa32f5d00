"""The change feed as a Qt signal."""

from PySide6.QtCore import QObject, Signal


class News(QObject):
    """``arrived(topic, row_id)``; an empty topic means everything may have changed.

    Emitting is safe from any thread: Qt queues it for receivers that live on the GUI thread.
    """

    arrived = Signal(str, str)

    def announce(self, topic: str, row_id: str = "") -> None:
        """A plain function to hand to the feed."""
        self.arrived.emit(topic, row_id)
