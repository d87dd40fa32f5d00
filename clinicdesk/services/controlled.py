"""The register of controlled medicines (spec 5.6): derived from the ledger, checked by two people."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import ControlledMedicine, RegisterLine
from clinicdesk.repositories.stock_room import StockRoom
from clinicdesk.repositories.work import Work, WorkFactory

LINES = 500


class Controlled:
    """Corrections are new lines that name the wrong one; nothing is edited."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def medicines(self) -> list[ControlledMedicine]:
        """Each register with its balance and its open difference."""
        self._actor.require("controlled.register")
        with self._open_work() as work:
            return self._room(work).controlled()

    def register(self, which: ControlledMedicine, limit: int = LINES) -> list[RegisterLine]:
        """Newest first."""
        self._actor.require("controlled.register")
        with self._open_work() as work:
            return self._room(work).register(which, limit)

    def check(self, request_id: UUID, which: ControlledMedicine, *, counted: int, note: str = "") -> int:
        """Counted minus balance; a difference blocks supply until it is acknowledged.

        Raises WitnessMissing (``Witnessing.witness`` first, with this ``request_id``), InvalidField.
        """
        self._actor.require("controlled.register")
        if counted < 0:
            raise InvalidField("counted", "not_negative")
        said = typed.line(note, "note", limit=300)
        with self._open_work() as work:
            return self._room(work).check(request_id, which, counted=counted, note=said)

    def acknowledge(self, check_id: UUID, note: str) -> None:
        """Raises InvalidField (note: too_short)."""
        self._actor.require("controlled.register")
        said = typed.line(note, "note", limit=300)
        with self._open_work() as work:
            self._room(work).acknowledge(check_id, said)

    def _room(self, work: Work) -> StockRoom:
        return StockRoom(work, self._actor.clinic.id)
