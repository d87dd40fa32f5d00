"""News from every seat, read on one connection of its own.

Each change carries a number. Notices bring them at once; every few seconds the feed asks for all numbers
since the oldest transaction that was still open at its last look. So a notice that was lost, or came while
the line was broken, is found by its number, and one that was heard is not told again.
"""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

import psycopg

from clinicdesk.domain.stores import Pulse, Standing, standing_of
from clinicdesk.repositories.patience import Answer, answer_within, waits
from clinicdesk.repositories.work import Work

log = logging.getLogger(__name__)
LISTENING = True
LOOK_EVERY, ANSWER_SECONDS = 5.0, 2.5
KEPT = timedelta(days=1)
"""The database keeps the numbers for two days; whoever slept longer reads everything anew."""
SINCE = "SELECT next_from, clock, read_only, seq, topic, row_id FROM cd.feed_since($1)"
Link = psycopg.Connection[tuple[object, ...]]


class Hears(Protocol):
    """``number`` of the change, 0 for none. Empty topic: everything may have changed."""

    def __call__(self, topic: str, row_id: str, number: int, /) -> object:
        """Called on the feed's thread."""


class ChangeFeed:
    """Calls ``on_news`` from its own thread; ``on_state(connected)`` when the line is lost and found.

    ``on_pulse`` hears after each look how PostgreSQL stands, ``on_silence`` when the line was lost: whoever
    waits for the same server may wait in vain.
    """

    def __init__(self, connect: Callable[[], Link], channel: str) -> None:
        self._connect, self._channel = connect, channel
        self._stopping = threading.Event()
        self._rope: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._cursor: str | None = None
        self._clock: datetime | None = None
        self._seen: set[int] = set()
        self._found: set[int] = set()

    def start(
        self,
        on_news: Hears,
        on_state: Callable[[bool], object] = lambda _: None,
        *,
        on_pulse: Callable[[Pulse], object] = lambda _: None,
        on_silence: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin listening; nothing more happens while it listens already."""
        if self._thread is not None:
            return
        self._on_news, self._on_state = on_news, on_state
        self._on_pulse, self._on_silence = on_pulse, on_silence
        bell, self._rope = socket.socketpair()
        self._thread = threading.Thread(target=self._run, args=(bell,), name="changes", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it ended (a connection that is being made: three seconds at most)."""
        self._stopping.set()
        if self._thread and self._rope:
            self._rope.close()  # the other end becomes readable
            self._thread.join(timeout=6)
            self._thread = self._rope = None

    def _run(self, bell: socket.socket) -> None:
        pauses = waits()
        while not self._stopping.is_set():
            try:
                with self._connect() as link:
                    pauses = self._listen(link, bell.fileno())
            except psycopg.Error:
                log.info("change feed lost; trying again")
                if self._stopping.is_set():
                    break
                self._on_state(not LISTENING)
                self._on_pulse(Pulse("postgres", Standing.DOWN))
                self._on_silence()
                self._stopping.wait(next(pauses))
        bell.close()

    def _listen(self, link: Link, bell: int) -> "Iterator[float]":
        """Until asked to stop. Raises psycopg.Error when the line is lost."""
        answer_within(link, f'LISTEN "{self._channel}"', seconds=ANSWER_SECONDS)
        self._look(link)
        self._on_state(LISTENING)
        line, look_at = link.pgconn.socket, time.monotonic() + LOOK_EVERY
        while not self._stopping.is_set():
            wait = max(0.0, look_at - time.monotonic())
            ready, _, _ = select.select([line, bell], [], [], wait)
            if line in ready:
                link.pgconn.consume_input()
                self._hear(link)
            elif not ready:
                self._look(link)
                look_at = time.monotonic() + LOOK_EVERY
        return waits()

    def _hear(self, link: Link) -> None:
        while (note := link.pgconn.notifies()) is not None:
            topic, row_id, *rest = note.extra.decode().split(" ")
            number = int(rest[-1]) if rest and rest[-1].isdigit() else 0
            if number in self._found:
                continue  # told already; not by what a notice said: anybody may send one
            if number:
                self._seen.add(number)
            self._on_news(topic, row_id, number)

    def _look(self, link: Link) -> None:
        """Everything since the last look that no notice told. Raises psycopg.Error."""
        heard = set(self._seen)
        began = time.monotonic()
        rows = answer_within(link, SINCE, self._cursor or "0", seconds=ANSWER_SECONDS)
        took = time.monotonic() - began
        cursor, clock, read_only = rows[0][:3]
        now = datetime.fromisoformat(str(clock))
        first = self._cursor is None or self._clock is None or now - self._clock > KEPT
        self._cursor, self._clock = str(cursor), now
        self._on_pulse(Pulse("postgres", standing_of(took, read_only=read_only == "t")))
        found = {int(row[3]): row for row in rows if row[3] is not None}
        self._hear(link)  # what came beside the answer counts as heard
        if first:
            self._on_news("", "", 0)
        else:
            self._tell(rows=[row for number, row in sorted(found.items()) if number not in self._seen])
        self._seen = (self._seen - heard) | found.keys()
        self._found = set(found)

    def _tell(self, *, rows: Answer) -> None:
        for row in rows:
            self._on_news(str(row[4]), str(row[5]), int(str(row[3])))


def trim_feed(work: Work) -> None:
    """Forget the changes of before two days ago."""
    work.run("SELECT cd.trim_feed()")
