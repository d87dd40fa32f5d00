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


class Standings:
    """What is known of each store; one slow answer alone is chance, not a state."""

    def __init__(self) -> None:
        self._now: dict[str, Standing] = {}
        self._slow: set[str] = set()

    def take(self, pulse: Pulse) -> tuple[Standing, Standing]:
        """How the store stood before, and stands now."""
        before = self._now.get(pulse.store, Standing.UP)
        now = pulse.standing
        if now is Standing.SLOW and pulse.store not in self._slow:
            now = before if before is not Standing.DOWN else Standing.UP
        (self._slow.add if pulse.standing is Standing.SLOW else self._slow.discard)(pulse.store)
        self._now[pulse.store] = now
        return before, now

    def all(self) -> dict[str, Standing]:
        """Those that do not simply work."""
        return {store: one for store, one in self._now.items() if one is not Standing.UP}
