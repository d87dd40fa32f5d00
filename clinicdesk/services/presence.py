"""Who looks at the same chart, who is changing the same thing: hints between seats, never a decision.

Without the cache nobody is shown and nothing is held; versions in the database decide as ever.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.people import Actor
from clinicdesk.domain.presence import Company
from clinicdesk.repositories.presence import PresenceBoard

RENEW_SECONDS = 5
"""Call ``at`` and ``hold`` again so often, for as long as it lasts: what is not renewed ends by itself."""


class Presence:
    """``kind`` is a word for the sort of place or thing ('chart', 'appointment'), with the id of its row."""

    def __init__(self, board: PresenceBoard | None, actor: Actor, now: Callable[[], datetime]) -> None:
        self._board, self._actor, self._now = board, actor, now

    def at(self, kind: str, row: UUID) -> list[Company]:
        """Be there for fifteen seconds more; others, longest first. Charts: for those who may open them."""
        if kind == "chart":
            self._actor.require("chart.read")
        if self._board is None:
            return []
        try:
            return self._board.stand(f"{kind}:{row}", self._now())
        except StoreUnavailable:
            return []

    def leave(self, kind: str, row: UUID) -> None:
        """Be there no more; without the cache the entry ends by itself."""
        if self._board is not None:
            with suppress(StoreUnavailable):
                self._board.leave(f"{kind}:{row}")

    def hold(self, kind: str, row: UUID, *, take_over: bool = False) -> Company | None:
        """Begin or go on changing something; who else does, or None: go on.

        ``take_over`` once the person said so. Half a minute without another call ends it.
        """
        if self._board is None:
            return None
        try:
            return self._board.hold(f"{kind}:{row}", self._now(), take_over=take_over)
        except StoreUnavailable:
            return None

    def release(self, kind: str, row: UUID) -> None:
        """Done with it."""
        if self._board is not None:
            with suppress(StoreUnavailable):
                self._board.release(f"{kind}:{row}")
