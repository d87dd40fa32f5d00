"""Transactions: one unit of work is one connection is one transaction."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import dict_row, tuple_row

from clinicdesk.repositories.connections import Connections, Link
from clinicdesk.repositories.refusals import translated

BOUNDS = "-c statement_timeout=15000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=30000"
Row: TypeAlias = dict[str, Any]
"""One row by column name, in the statement's order."""
_NAME = re.compile(r"(?<![:\w]):(\w+)(?!:)")
_statements: dict[str, bytes] = {}


class Work:
    """The statements of one transaction. Repositories take one and hold no state of their own."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def all(self, sql: str, /, **values: object) -> list[Row]:
        """Every row."""
        return self._asked(sql, values, dict_row).fetchall()

    def first(self, sql: str, /, **values: object) -> Row | None:
        """The first row, or None."""
        return self._asked(sql, values, dict_row).fetchone()

    def value(self, sql: str, /, **values: object) -> Any:
        """The first column of the first row, or None."""
        row = self._asked(sql, values, tuple_row).fetchone()
        return None if row is None else row[0]

    def run(self, sql: str, /, **values: object) -> int:
        """How many rows were touched."""
        return self._asked(sql, values, tuple_row).rowcount

    def _asked(self, sql: str, values: dict[str, object], shape: Any) -> "psycopg.Cursor[Any]":
        return self._link.cursor(row_factory=shape).execute(_prepared(sql), values)


def _prepared(sql: str) -> bytes:
    """``:name`` in the driver's way of writing; found once for each statement."""
    made = _statements.get(sql)
    if made is None:
        made = _statements[sql] = _NAME.sub(r"%(\1)s", sql.replace("%", "%%")).encode()
    return made


class WorkFactory:
    """Opens units of work for one signed-in person: ``with open_work() as work``.

    Commits on a clean exit, rolls back on any exception; errors are translated around the commit too.
    Raises what ``refusals`` lists.
    """

    def __init__(self, connections: Connections, guard: Callable[[], None] = lambda: None) -> None:
        self._connections, self._guard = connections, guard

    @contextmanager
    def __call__(self) -> Iterator[Work]:
        """One transaction."""
        self._guard()
        with translated(), self._connections.transaction() as link:
            yield Work(link)


def connections_of(parameters: dict[str, str], *, user: str, password: str, seat: str) -> Connections:
    """For one signed-in person. ``parameters`` are libpq's; ``seat`` names this PC in the audit."""
    settings: dict[str, Any] = {
        **parameters,
        "user": user,
        "password": password,
        "connect_timeout": "5",
        "application_name": "clinicdesk",
        "keepalives_idle": "30",
        "tcp_user_timeout": "15000",
        "options": f"{BOUNDS} -c clinicdesk.seat={_one_word(seat)}",
    }

    def connect() -> Link:
        return psycopg.connect(**settings)

    return Connections(connect)


def _one_word(seat: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in seat)[:60] or "seat"
