"""Looking after the shelf: expiry, quarantine, waste, recalls, transfers, value (spec 5.4, 5.7, 5.8)."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import planning, typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import ADJUST_REASONS, Recipient, WatchedBatch, Worth
from clinicdesk.repositories.stock_room import StockRoom
from clinicdesk.repositories.work import Work, WorkFactory

STEPS = (30, 60, 90)
MOST = 2**31 - 1  # what a quantity column holds
_CENT = Decimal("0.01")
_NEGATIVE = frozenset({"breakage", "theft_loss", "donation_out", "return_to_supplier", "sample", "recall"})


class StockCare:
    """Every act is a new line of the ledger, or a state with its reason."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def today(self) -> date:
        """The clinic's date."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def watched(self, within: int = STEPS[-1]) -> list[WatchedBatch]:
        """Batches that end within days, ended, or are blocked, with their value at risk."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._room(work).watched(self.today(), within=within)

    def adjust(self, request_id: UUID, batch_id: UUID, *, quantity: int, reason: str, note: str) -> None:
        """``quantity`` as it was counted or lost, above zero; count_error carries its own sign.

        Raises InvalidField, WitnessMissing, NotEnoughStock.
        """
        self._actor.require("stock.correct")
        if reason not in ADJUST_REASONS:
            raise InvalidField("reason", "choose")
        if quantity == 0 or (quantity < 0 and reason != "count_error"):
            raise InvalidField("quantity", "positive")
        signed = -quantity if reason in _NEGATIVE else quantity
        self._book(request_id, batch_id, quantity=signed, reason=reason, note=note)

    def destroy(self, request_id: UUID, batch_id: UUID, *, quantity: int, note: str) -> None:
        """Expired or blocked stock leaves as loss, with a witness (spec 5.1).

        Raises InvalidField, NotExpired, WitnessMissing, NotEnoughStock.
        """
        self._actor.require("stock.correct")
        if quantity <= 0:
            raise InvalidField("quantity", "positive")
        self._book(request_id, batch_id, quantity=-quantity, reason="expired", note=note)

    def _book(self, request_id: UUID, batch_id: UUID, *, quantity: int, reason: str, note: str) -> None:
        if abs(quantity) > MOST:
            raise InvalidField("quantity", "too_large")
        said = typed.line(note, "note", limit=300)
        if not said:
            raise InvalidField("note", "reason")
        with self._open_work() as work:
            self._room(work).adjust(request_id, batch_id, quantity=quantity, reason=reason, note=said)

    def set_state(self, batch_id: UUID, state: str, reason: str) -> int:
        """saleable, quarantine, expired or recalled; a recall holds for every row of the batch number.

        Raises InvalidField (reason, state).
        """
        self._actor.require("stock.correct")
        said = typed.line(reason, "reason", limit=300)
        if not said:
            raise InvalidField("reason", "reason")
        with self._open_work() as work:
            return self._room(work).set_state(batch_id, state, said)

    def recipients(self, batch_id: UUID) -> list[Recipient]:
        """Who got some of a batch, with a phone number: the list to call (spec 5.4)."""
        self._actor.require("stock.correct")
        with self._open_work() as work:
            return self._room(work).recipients(batch_id)

    def other_clinics(self) -> list[tuple[UUID, str]]:
        """Where stock can be sent: the person's other clinics."""
        self._actor.require("stock.correct")
        with self._open_work() as work:
            return self._room(work).other_clinics()

    def transfer(self, request_id: UUID, batch_id: UUID, clinic_id: UUID, *, quantity: int) -> None:
        """Raises InvalidField, NotEnoughStock, NotForSale, NotAllowed, WitnessMissing."""
        self._actor.require("stock.correct")
        if quantity <= 0:
            raise InvalidField("quantity", "positive")
        with self._open_work() as work:
            self._room(work).transfer(request_id, batch_id, clinic_id, quantity=quantity)

    def worth(self) -> list[Worth]:
        """Value by batch and by moving average, ABC and VED, turnover, last issue; dearest use first."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            room = self._room(work)
            rows, issues, ledger = room.worth(), room.issues(self.today()), room.ledger()
        averages = {
            code: planning.moving_average([(row["change"], row["unit_cost"]) for row in lines])[1]
            for code, lines in groupby(ledger, key=lambda row: row["item_code"])
        }
        used = {code: row["issued"] for code, row in issues.items()}
        yearly = {
            row["item_code"]: used.get(row["item_code"], 0) * (row["unit_cost"] or Decimal(0)) for row in rows
        }
        abc = planning.classes(yearly)
        found = []
        for row in rows:
            code, average = row["item_code"], averages.get(row["item_code"], Decimal(0))
            by_average = _cents(row["quantity"] * average)
            sold_cost = used.get(code, 0) * average
            found.append(
                Worth(
                    item_code=code,
                    item_name=row["item_name"],
                    quantity=row["quantity"],
                    by_batch=_cents(row["by_batch"]),
                    average=average,
                    by_average=by_average,
                    issued_year=used.get(code, 0),
                    yearly_value=_cents(yearly[code]),
                    abc=abc[code],
                    ved=row["ved"],
                    turnover=round(sold_cost / by_average, 1) if by_average else None,
                    last_issue=issues[code]["last_issue"] if code in issues else None,
                )
            )
        return sorted(found, key=lambda one: (-one.yearly_value, one.item_name))

    def _room(self, work: Work) -> StockRoom:
        return StockRoom(work, self._actor.clinic.id)


def _cents(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(_CENT, ROUND_HALF_UP)
