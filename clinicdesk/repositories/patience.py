"""Asking a server that may accept and never answer: the driver itself would wait for ever."""

import random
import select
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.pq import ExecStatus

SHORTEST, LONGEST = 0.2, 2.0
Answer = list[tuple[str | None, ...]]


def answer_within(connection: "psycopg.Connection[Any]", sql: str, *values: str, seconds: float) -> Answer:
    """The rows as text; notices that come meanwhile stay for the next reader.

    Raises psycopg.OperationalError when the answer does not come in time, psycopg.Error for a refusal.
    """
    libpq = connection.pgconn
    last = time.monotonic() + seconds
    try:
        libpq.send_query_params(sql.encode(), [value.encode() for value in values])
        while libpq.flush() or libpq.is_busy():
            left = last - time.monotonic()
            if left <= 0 or not select.select([libpq.socket], [], [], left)[0]:
                connection.close()
                raise psycopg.OperationalError("no answer in time")
            libpq.consume_input()
        result, further = libpq.get_result(), libpq.get_result()
    except psycopg.OperationalError:
        connection.close()
        raise
    if (
        result is None
        or further is not None
        or result.status
        not in (
            ExecStatus.TUPLES_OK,
            ExecStatus.COMMAND_OK,
        )
    ):
        raise psycopg.OperationalError(result.get_error_message() if result else "no answer")
    return [
        tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
        for row in range(result.ntuples)
    ]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def waits() -> Iterator[float]:
    """Seconds before each next try: doubling to two, with chance, so that fifty seats do not come at once."""
    longest = SHORTEST
    while True:
        yield random.uniform(longest / 2, longest)
        longest = min(longest * 2, LONGEST)
