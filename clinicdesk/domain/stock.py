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


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLine:
    """How many base units of one prescription item to hand out now."""

    prescription_item_id: UUID
    quantity: int
