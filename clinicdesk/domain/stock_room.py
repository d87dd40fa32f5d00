"""Counts, watch lists, the register of controlled medicines, and value (spec 5.4-5.8)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

ADJUST_REASONS: tuple[str, ...] = (
    "breakage",
    "theft_loss",
    "count_error",
    "donation_in",
    "donation_out",
    "return_to_supplier",
    "sample",
    "recall",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedBatch:
    """A batch that needs somebody: ``days`` to its expiry, negative when it is past."""

    id: UUID
    item_code: str
    item_name: str
    batch_number: str
    expiry_date: date | None
    stock: int
    value: Decimal
    state: str
    location: str
    supplier_name: str
    days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A patient who got some of a batch."""

    patient_id: UUID
    patient_name: str
    mrn: str
    phone: str
    quantity: int
    at: datetime
    prescription: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """The last count of a batch; ``expected`` is the ledger at the second of the count."""

    inventory_item_id: UUID
    item_name: str
    item_code: str
    batch_number: str
    location: str
    unit_cost: Decimal | None
    counted: int
    expected: int
    rounds: int
    counted_at: datetime
    counted_by: str
    recount: bool

    @property
    def difference(self) -> int:
        """Counted minus the ledger."""
        return self.counted - self.expected

    @property
    def value(self) -> Decimal:
        """What the difference is worth, signed."""
        return self.difference * (self.unit_cost or Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stocktake:
    """``status``: open, approved, cancelled."""

    id: UUID
    title: str
    status: str
    started_at: datetime
    started_by: str
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCount:
    """A batch as the blind count lists it: no figure."""

    id: UUID
    item_name: str
    item_code: str
    batch_number: str
    location: str
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """A line of the controlled register; derived from the movements, so that it has no gaps (spec 5.6)."""

    number: int
    at: datetime
    kind: str
    who: str
    prescriber: str
    prescription: str
    quantity_in: int
    quantity_out: int
    balance: int
    person: str
    witness: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlledMedicine:
    """One register: substance, strength, form. ``open_difference``: of a count, until acknowledged."""

    medication_id: UUID
    name: str
    strength: str
    form: str
    balance: int
    last_check: datetime | None
    open_check: UUID | None
    open_difference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """A product's value both ways, its class, and how it moves. Money with 2 places."""

    item_code: str
    item_name: str
    quantity: int
    by_batch: Decimal
    average: Decimal
    by_average: Decimal
    issued_year: int
    yearly_value: Decimal
    abc: str
    ved: str
    turnover: Decimal | None
    last_issue: date | None

    def is_dead(self, today: date, days: int = 180) -> bool:
        """There is some, and none has left for half a year."""
        return self.quantity > 0 and (self.last_issue is None or (today - self.last_issue).days > days)
