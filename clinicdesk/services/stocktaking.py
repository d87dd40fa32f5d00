"""Counting blind while selling goes on (spec 5.5)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import CountLine, Stocktake, ToCount
from clinicdesk.repositories.stock_room import StockRoom
from clinicdesk.repositories.work import Work, WorkFactory

MOST = 2**31 - 1


class Stocktaking:
    """The list to count shows no figures; the difference is that of the ledger at the second of the count."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def takes(self) -> list[Stocktake]:
        """Newest first."""
        self._actor.require("stock.count")
        with self._open_work() as work:
            return self._room(work).stocktakes()

    def start(self, request_id: UUID, title: str = "") -> UUID:
        """A new count; the same request twice is one."""
        self._actor.require("stock.count")
        with self._open_work() as work:
            return self._room(work).start_stocktake(request_id, typed.line(title, "title", limit=100))

    def to_count(self, stocktake_id: UUID, text: str = "") -> list[ToCount]:
        """Batches by place; ``text`` narrows to a shelf or a product."""
        self._actor.require("stock.count")
        with self._open_work() as work:
            return self._room(work).to_count(stocktake_id, typed.line(text[:100], "text", limit=100))

    def count(self, request_id: UUID, stocktake_id: UUID, batch_id: UUID, *, counted: int) -> int:
        """The round it is: 2 is a recount. Raises InvalidField, CountClosed, WitnessMissing."""
        self._actor.require("stock.count")
        if not 0 <= counted <= MOST:
            raise InvalidField("counted", "not_negative" if counted < 0 else "too_large")
        with self._open_work() as work:
            return self._room(work).count(request_id, stocktake_id, batch_id, counted=counted)

    def lines(self, stocktake_id: UUID) -> list[CountLine]:
        """What was counted, with differences: for whoever approves."""
        self._actor.require("stock.count")
        with self._open_work() as work:
            return self._room(work).count_lines(stocktake_id)

    def approve(self, stocktake_id: UUID, reasons: Mapping[UUID, str]) -> int:
        """Book the differences; how many there were.

        Raises RecountNeeded, ReasonMissing (a difference above the limit), CountClosed, NotEnoughStock.
        """
        self._actor.require("stock.count")
        said = {batch: typed.line(reason, "reason", limit=300) for batch, reason in reasons.items()}
        with self._open_work() as work:
            return self._room(work).close_stocktake(stocktake_id, approve=True, reasons=said)

    def cancel(self, stocktake_id: UUID) -> None:
        """Book nothing. Raises CountClosed."""
        self._actor.require("stock.count")
        with self._open_work() as work:
            self._room(work).close_stocktake(stocktake_id, approve=False, reasons={})

    def _room(self, work: Work) -> StockRoom:
        return StockRoom(work, self._actor.clinic.id)
