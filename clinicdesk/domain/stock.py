"""Stock: one inventory row is one batch, and the movements are the truth (spec 5.1)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch on the shelf. ``state``: saleable, quarantine, expired, recalled; stock in base units."""

    id: UUID
    item_name: str
    item_code: str
    category: str
    unit: str
    medication_id: UUID | None
    strength: str
    form: str
    current_stock: int
    minimum_stock: int
    maximum_stock: int | None
    unit_cost: Decimal | None
    selling_price: Decimal | None
    supplier_name: str
    expiry_date: date | None
    batch_number: str
    location: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """All batches of one ``item_code`` together: a line of the inventory list."""

    item_code: str
    item_name: str
    category: str
    unit: str
    stock: int
    minimum_stock: int
    maximum_stock: int | None
    selling_price: Decimal | None
    earliest_expiry: date | None
    batches: int
    location: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of the ledger; ``quantity`` signed as it acts on stock, ``balance`` after it."""

    id: UUID
    inventory_item_id: UUID
    movement_type: str
    quantity: int
    balance: int
    reference_type: str
    notes: str
    performed_by: str
    created_at: datetime
    batch_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What dispensing would take, or took: a quantity from one batch, first to expire first (spec 5.3)."""

    prescription_item_id: UUID
    inventory_item_id: UUID
    item_name: str
    batch_number: str
    expiry_date: date | None
    quantity: int
    unit_price: Decimal | None
    location: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLine:
    """How many base units of one prescription item to hand out now.

    ``batch_id`` is a hand-picked batch: it goes first, and what it lacks is topped up by expiry (spec 5.3);
    it wants a ``reason``.
    """

    prescription_item_id: UUID
    quantity: int
    batch_id: UUID | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A batch that holds stock of a prescribed medicine; ``why`` it is passed over, '' when it is usable.

    ``why``: ends_too_soon, expired, quarantine, recalled, inactive (spec 5.3).
    """

    prescription_item_id: UUID
    inventory_item_id: UUID
    item_name: str
    item_code: str
    batch_number: str
    expiry_date: date | None
    stock: int
    location: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierFill:
    """The patient got this medicine before and should still have some (spec 5.10)."""

    prescription_item_id: UUID
    medicine: str
    quantity: int
    on: date
    lasts_until: date
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One line that was handed out; ``taken_back`` came back by reversal or return since."""

    id: UUID
    prescription_item_id: UUID
    medicine: str
    batch_number: str
    quantity: int
    taken_back: int
    unit_price: Decimal | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyAccount:
    """Money for what was handed out of one prescription, in the clinic's currency (spec 5.8)."""

    due: Decimal
    paid: Decimal

    @property
    def owed(self) -> Decimal:
        """Never below zero."""
        return max(Decimal(0), self.due - self.paid)
