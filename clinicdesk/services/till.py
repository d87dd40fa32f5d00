"""Shifts of the till: opened with a float, counted against the ledger, handed over (spec 1.8)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.ledger import METHODS, ZERO, Shift, variance
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.payments import Tills
from clinicdesk.repositories.work import WorkFactory

RECENT = timedelta(hours=24)
# the notes and coins of the naira, for counting the drawer
DENOMINATIONS = (1000, 500, 200, 100, 50, 20, 10, 5)


class Till:
    """One open shift a cashier; the first money opens it by itself."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def shifts(self) -> list[Shift]:
        """Of the last day: open ones first by time, with what is expected in them."""
        self._actor.require("payments.take")
        with self._open_work() as work:
            return Tills(work).recent(self._actor.clinic.id, self._now() - RECENT)

    def cashiers(self) -> list[tuple[UUID, str]]:
        """Who may take over from this person."""
        self._actor.require("payments.take")
        with self._open_work() as work:
            return Tills(work).cashiers(self._actor.clinic.id, self._actor.user_id)

    def open(self, opening_float: Decimal) -> Shift:
        """Raises ShiftOpen, InvalidField."""
        self._actor.require("payments.take")
        _counted(opening_float, "float")
        with self._open_work() as work:
            tills = Tills(work)
            return tills.get(tills.open(self._actor.clinic.id, opening_float))

    def close(
        self,
        shift: Shift,
        counted: Mapping[str, Decimal],
        *,
        reason: str = "",
        left: Decimal = ZERO,
        to: UUID | None = None,
    ) -> Shift:
        """Counted money by method; a difference needs its reason, as the database sees it.

        Raises InvalidField (reason, amount, method), NeedsLead, StaleRecord.
        """
        self._actor.require("payments.take")
        for method, amount in counted.items():
            if method not in METHODS:
                raise InvalidField("method", "choose")
            _counted(amount, method)
        _counted(left, "left")
        if left > counted.get("cash", ZERO):
            raise InvalidField("left", "too_large", {"max": f"{counted.get('cash', ZERO):.2f}"})
        why = typed.line(reason, "reason", limit=300)
        with self._open_work() as work:
            tills = Tills(work)
            if any(variance(counted, tills.get(shift.id).expected).values()) and not why:
                raise InvalidField("reason", "reason")
            tills.close(shift.id, counted, reason=why, left=left, to=to)
            return tills.get(shift.id)

    def accept(self, shift: Shift) -> None:
        """Take over the float of a shift that was handed to this person. Raises NeedsLead."""
        self._actor.require("payments.take")
        with self._open_work() as work:
            Tills(work).accept(shift.id)


def _counted(amount: Decimal, field: str) -> None:
    if not amount.is_finite() or amount < 0:
        raise InvalidField(field, "not_negative")
    if amount != amount.quantize(Decimal("0.01")):
        raise InvalidField(field, "decimals", {"max": "2"})
