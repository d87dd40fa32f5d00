"""The connections to PostgreSQL of one signed-in person."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.errors import Diagnostic
from psycopg.pq import ExecStatus

from clinicdesk.domain import own_changes
from clinicdesk.domain.errors import StoreUnavailable, TookTooLong

Link = psycopg.Connection[Any]
MOST = 5
PATIENCE = 5.0  # seconds that a unit of work waits for a connection
OWN_CHANGE = "CD000"
SILENCE = 2.0  # seconds: work that began earlier than this before a silence was noticed is cut


class Connections:
    """Opens up to five when they are needed and keeps them; one that broke meanwhile is replaced unseen."""

    def __init__(self, connect: Callable[[], Link], *, most: int = MOST, patience: float = PATIENCE) -> None:
        self._connect, self._patience = connect, patience
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Link] = []
        self._busy: dict[Link, float] = {}
        self._retired = False

    @contextmanager
    def transaction(self) -> Iterator[Link]:
        """Commits on a clean exit, else rolls back.

        Raises TookTooLong when all stay busy, StoreUnavailable after ``retire``, psycopg.Error.
        """
        if not self._free.acquire(timeout=self._patience):
            raise TookTooLong("postgres")
        try:
            link = self._begun()
            with self._lock:
                self._busy[link] = time.monotonic()
            try:
                yield link
                link.commit()
            except BaseException:
                _roll_back(link)
                raise
            finally:
                self._put_back(link)
        finally:
            self._free.release()

    def cut(self) -> None:
        """The server is silent: end the waiting of work under way, and use none of these links again."""
        self._close_idle()
        with self._lock:
            silent = [link for link, since in self._busy.items() if time.monotonic() - since > SILENCE]
        for link in silent:
            _shut_down(link)

    def retire(self) -> None:
        """Close for good: also each connection that is still at work, as soon as its work is done."""
        with self._lock:
            self._retired = True
        self._close_idle()

    def _begun(self) -> Link:
        """BEGIN is the first word of the work and the proof that the connection still lives."""
        while (link := self._kept()) is not None:
            if _begin(link):
                return link
            link.close()
            self._close_idle()  # its neighbours went the same way
        link = self._connect()
        if not _begin(link):
            link.close()
            raise StoreUnavailable("postgres")
        link.add_notice_handler(_told)
        return link

    def _kept(self) -> Link | None:
        with self._lock:
            if self._retired:
                raise StoreUnavailable("postgres")
            return self._idle.pop() if self._idle else None

    def _put_back(self, link: Link) -> None:
        with self._lock:
            self._busy.pop(link, None)
            keep = not (self._retired or link.closed)
            if keep:
                self._idle.append(link)
        if not keep:
            link.close()

    def _close_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()


def _begin(link: Link) -> bool:
    # straight to libpq: the driver would ask 'BEGIN' of its own only with the first statement
    return not link.closed and link.pgconn.exec_(b"BEGIN").status == ExecStatus.COMMAND_OK


def _told(said: Diagnostic) -> None:
    if said.sqlstate == OWN_CHANGE and said.message_primary:
        own_changes.note(int(said.message_primary))


def _shut_down(link: Link) -> None:
    """Wake whoever waits on it: closing it from here would wait with them."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(link.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


def _roll_back(link: Link) -> None:
    try:
        link.rollback()
    except psycopg.Error:
        link.close()
