"""What every desktop does once a minute besides its people's work, and who sits where."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.people import Duty
from clinicdesk.repositories import sessions
from clinicdesk.repositories.accounts import enforce_lockout, my_duties, seal_audit
from clinicdesk.repositories.bookings import close_days, lapse_holds
from clinicdesk.repositories.changes import trim_feed
from clinicdesk.repositories.prescriptions import expire
from clinicdesk.repositories.sessions import ControlLine, LiveSession, SessionBoard
from clinicdesk.repositories.witness import keep_witness
from clinicdesk.repositories.work import WorkFactory

IDLE_MINUTES, IDLE_LONGEST = 5, 240


@dataclass(frozen=True, slots=True)
class Health:
    """Which stores answered; None: this seat has no such store. ``seal`` is the newest seal of the audit.

    ``intact`` False: the seal this PC remembers is not in the audit any more. ``role`` and ``duties`` are
    what the database says now (None: no active account; '' when it did not answer).
    """

    postgres: bool
    redis: bool | None
    seal: int | None
    role: str | None = ""
    idle_minutes: int = IDLE_MINUTES
    intact: bool = True
    duties: frozenset[Duty] = frozenset()


class Upkeep:
    """Locks accounts after repeated failures, seals the audit, keeps this seat's session alive."""

    def __init__(
        self,
        open_work: WorkFactory,
        board: SessionBoard | None,
        now: Callable[[], datetime],
        *,
        folder: Path | None = None,
    ) -> None:
        self._open_work, self._board, self._now = open_work, board, now
        self._folder = folder
        self._line: ControlLine | None = None

    def run(self) -> Health:
        """One round; an outage is an answer here, not an error."""
        try:
            with self._open_work() as work:
                enforce_lockout(work)
                close_days(work)
                lapse_holds(work)
                trim_feed(work)
                expire(work)
                seal = seal_audit(work)
                intact = keep_witness(work, self._folder) if self._folder else True
                role, duties = sessions.my_role(work), my_duties(work)
                idle = _shortest(sessions.idle_minutes(work))
        except StoreUnavailable:
            return Health(postgres=False, redis=self._beat(), seal=None)
        return Health(
            postgres=True,
            redis=self._beat(),
            seal=seal,
            role=role,
            duties=duties,
            idle_minutes=idle,
            intact=intact,
        )

    def standing(self) -> tuple[str | None, frozenset[Duty]]:
        """Role and duties the database gives this person now. Raises StoreUnavailable."""
        with self._open_work() as work:
            return sessions.my_role(work), my_duties(work)

    def listen(self, on_sign_out: Callable[[], None]) -> None:
        """Hear an administrator's 'sign out', until ``leave``; called on a thread."""
        if self._board is not None and self._line is None:
            self._line = self._board.listen(on_sign_out)

    def leave(self) -> None:
        """Take this seat's session off the board, if the board is there."""
        if self._line is not None:
            self._line.stop()
            self._line = None
        if self._board is not None:
            try:
                self._board.end()
            except StoreUnavailable:
                return

    def sessions(self) -> list[LiveSession]:
        """Who works on which PC, for an administrator. Raises StoreUnavailable('redis') without a cache."""
        if self._board is None:
            raise StoreUnavailable("redis")
        with self._open_work() as work:
            users = sessions.colleagues(work)
        return self._board.sessions(users)

    def end_sessions(self, user: UUID) -> int:
        """Sign somebody out on every PC; how many connections it ended. Raises NotAllowed, StoreUnavailable.

        The cache is the faster way; without it the end of their connections says the same.
        """
        with self._open_work() as work:
            ended = sessions.force_logout(work, user)
        if self._board is not None:
            try:
                self._board.tell_sign_out(user)
            except StoreUnavailable:
                return ended
        return ended

    def _beat(self) -> bool | None:
        if self._board is None:
            return None
        try:
            self._board.beat(self._now())
        except StoreUnavailable:
            return False
        return True


def _shortest(values: list[object]) -> int:
    """Whole minutes that make sense, else the default."""
    chosen = [
        value
        for value in values
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= IDLE_LONGEST
    ]
    return min(chosen, default=IDLE_MINUTES)
