"""Transactions: one unit of work is one connection is one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, create_engine, text

from clinicdesk.repositories.refusals import translated

BOUNDS = "-c statement_timeout=15000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=30000"
_statements: dict[str, Any] = {}


class Work:
    """The statements of one transaction. Repositories take one and hold no state of their own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, sql: str, /, **values: object) -> list[RowMapping]:
        """Every row."""
        # not list(): that fetches row by row
        return list(self._connection.execute(_prepared(sql), values).mappings().all())

    def first(self, sql: str, /, **values: object) -> RowMapping | None:
        """The first row, or None."""
        return self._connection.execute(_prepared(sql), values).mappings().first()

    def value(self, sql: str, /, **values: object) -> Any:
        """The first column of the first row, or None."""
        return self._connection.execute(_prepared(sql), values).scalar()

    def run(self, sql: str, /, **values: object) -> int:
        """How many rows were touched."""
        return self._connection.execute(_prepared(sql), values).rowcount


def _prepared(sql: str) -> Any:
    # parsing the named parameters costs more than a small query: once a statement
    made = _statements.get(sql)
    if made is None:
        made = _statements[sql] = text(sql)
    return made


class WorkFactory:
    """Opens units of work for one signed-in person: ``with open_work() as work``.

    Commits on a clean exit, rolls back on any exception; errors are translated around the commit too.
    Raises what ``refusals`` lists.
    """

    def __init__(self, engine: Engine, guard: Callable[[], None] = lambda: None) -> None:
        self._engine, self._guard = engine, guard

    @contextmanager
    def __call__(self) -> Iterator[Work]:
        """One transaction."""
        self._guard()
        with translated(), self._engine.begin() as connection:
            yield Work(connection)


def make_engine(parameters: dict[str, str], *, user: str, password: str, seat: str) -> Engine:
    """A pool for one signed-in person. ``parameters`` are libpq's; ``seat`` names this PC in the audit."""
    settings = {
        **parameters,
        "user": user,
        "password": password,
        "connect_timeout": "5",
        "application_name": "clinicdesk",
        "keepalives_idle": "30",
        "tcp_user_timeout": "15000",
        "options": f"{BOUNDS} -c clinicdesk.seat={_one_word(seat)}",
    }
    return create_engine(
        "postgresql+psycopg://",
        connect_args=settings,
        pool_size=4,
        max_overflow=1,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,
    )


def _one_word(seat: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in seat)[:60] or "seat"
