"""Suppliers, orders and deliveries (spec 5.2, 5.7). Base units, the clinic's currency."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """``lead_days`` from order to delivery."""

    id: UUID
    name: str
    contact: str
    lead_days: int
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSettings:
    """Planning and price of a product: ``ved`` V, E, D or '' (spec 5.7); None is no rule of its own."""

    ved: str = ""
    supplier_id: UUID | None = None
    lead_days: int | None = None
    pack_size: int = 1
    markup_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What should be ordered of one product, and from what it follows."""

    item_code: str
    item_name: str
    unit: str
    supplier_id: UUID | None
    supplier_name: str
    on_hand: int
    usable: int
    on_order: int
    monthly: Decimal | None
    minimum: int
    maximum: int
    quantity: int
    unit_cost: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """``received`` is the sum of the deliveries: what remains is computed, never stored."""

    id: UUID
    line: int
    item_code: str
    item_name: str
    quantity: int
    received: int
    unit_cost: Decimal | None

    @property
    def remaining(self) -> int:
        """Never below zero; more than ordered is a difference of the delivery."""
        return max(0, self.quantity - self.received)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``status``: draft, sent, closed, cancelled."""

    id: UUID
    number: str
    supplier_id: UUID
    supplier_name: str
    supplier_contact: str
    status: str
    created_at: datetime
    created_by: str
    lines: tuple[OrderLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One line of a delivery as it is being typed or scanned."""

    id: UUID
    item_code: str
    item_name: str
    batch_number: str
    expiry: date | None
    quantity: int
    unit_cost: Decimal | None = None
    selling_price: Decimal | None = None
    order_line: UUID | None = None
    ordered: int | None = None
    gtin: str = ""
    serial: str = ""
    quarantine: bool = False
