"""Which numbers of the change feed one act made: its own page shows them already."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_made: ContextVar[list[int] | None] = ContextVar("made", default=None)


@contextmanager
def gathered(into: list[int]) -> Iterator[None]:
    """What is written meanwhile on this thread adds its numbers."""
    token = _made.set(into)
    try:
        yield
    finally:
        _made.reset(token)


def note(number: int) -> None:
    """The database told the writer of a change, before its commit."""
    made = _made.get()
    if made is not None:
        made.append(number)
