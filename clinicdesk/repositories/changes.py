"""News from every seat, read on one connection of its own."""

import logging
import threading
from collections.abc import Callable

import psycopg

log = logging.getLogger(__name__)
RETRY_AFTER = 2.0
LISTENING = True


class ChangeFeed:
    """Calls ``on_news(topic, row_id)`` from its own thread; an empty topic: everything may have changed.

    ``on_state(connected)`` tells when the connection is lost and found. After each reconnection everything
    may have changed: notices are hints to read again, so losing one costs freshness, never truth.
    """

    def __init__(self, connect: Callable[[], "psycopg.Connection[tuple[object, ...]]"], channel: str) -> None:
        self._connect, self._channel = connect, channel
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self, on_news: Callable[[str, str], None], on_state: Callable[[bool], None] = lambda _: None
    ) -> None:
        """Begin listening."""
        self._thread = threading.Thread(
            target=self._run, args=(on_news, on_state), name="changes", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it ended (a second at most)."""
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=6)

    def _run(self, on_news: Callable[[str, str], None], on_state: Callable[[bool], None]) -> None:
        while not self._stopping.is_set():
            try:
                self._listen(on_news, on_state)
            except psycopg.Error:
                log.warning("change feed lost; trying again in %s s", RETRY_AFTER)
                if not self._stopping.is_set():
                    on_state(not LISTENING)
                self._stopping.wait(RETRY_AFTER)

    def _listen(self, on_news: Callable[[str, str], None], on_state: Callable[[bool], None]) -> None:
        with self._connect() as connection:
            connection.execute(f'LISTEN "{self._channel}"')
            on_state(LISTENING)
            on_news("", "")
            while not self._stopping.is_set():
                for note in connection.notifies(timeout=0.5, stop_after=1):
                    topic, _, rest = note.payload.partition(" ")
                    on_news(topic, rest.partition(" ")[0])
