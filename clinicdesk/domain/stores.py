"""How a store stands, as one seat sees it."""

from dataclasses import dataclass
from enum import StrEnum

SLOW_SECONDS = 0.25
"""An answer that takes longer is slow: people notice a quarter of a second."""


class Standing(StrEnum):
    """Read-only: it answers but takes nothing (a standby, a maintenance window)."""

    UP = "up"
    SLOW = "slow"
    READ_ONLY = "read_only"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Pulse:
    """One look at a store; ``seconds`` is how long its answer took."""

    store: str
    standing: Standing
    seconds: float = 0.0


def standing_of(seconds: float, *, read_only: bool = False) -> Standing:
    """Of a store that answered."""
    if read_only:
        return Standing.READ_ONLY
    return Standing.SLOW if seconds > SLOW_SECONDS else Standing.UP
