"""What every desktop does once a minute besides its people's work."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.repositories.accounts import enforce_lockout, seal_audit
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.repositories.work import WorkFactory


@dataclass(frozen=True, slots=True)
class Health:
    """Which stores answered; None: this seat has no such store. ``seal`` is the newest seal of the audit."""

    postgres: bool
    redis: bool | None
    seal: int | None


class Upkeep:
    """Locks accounts after repeated failures, seals the audit, keeps this seat's session alive."""

    def __init__(
        self, open_work: WorkFactory, board: SessionBoard | None, now: Callable[[], datetime]
    ) -> None:
        self._open_work, self._board, self._now = open_work, board, now

    def run(self) -> Health:
        """One round; an outage is an answer here, not an error."""
        try:
            with self._open_work() as work:
                enforce_lockout(work)
                seal = seal_audit(work)
        except StoreUnavailable:
            return Health(postgres=False, redis=self._beat(), seal=None)
        return Health(postgres=True, redis=self._beat(), seal=seal)

    def leave(self) -> None:
        """Take this seat's session off the board, if the board is there."""
        if self._board is not None:
            try:
                self._board.end()
            except StoreUnavailable:
                return

    def _beat(self) -> bool | None:
        if self._board is None:
            return None
        try:
            self._board.beat(self._now())
        except StoreUnavailable:
            return False
        return True
