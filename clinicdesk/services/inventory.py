"""Stock: the list, its batches and ledger, and deliveries (spec 5)."""

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock import Batch, Movement, Product
from clinicdesk.printing import words
from clinicdesk.printing.shelf_tag import ShelfTag, shelf_tag_pdf, shelf_tag_zpl
from clinicdesk.repositories.stock import EXPIRING_DAYS, ProductPage, StockCounts, StockRecords
from clinicdesk.repositories.work import Work, WorkFactory

__all__ = ["EXPIRING_DAYS", "Delivery", "Inventory", "ProductPage", "StockCounts"]

MOST = 2**31 - 1  # what a quantity column holds
MOST_COST = Decimal("99999999.99")
LAST_YEAR = 50  # an expiry further away is a slip of the keyboard
_WORDS = 8

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAY = re.compile(r"(?P<d>\d{1,2})[./ -](?P<m>\d{1,2})[./ -](?P<y>\d{4}|\d{2})")
_ISO_DAY = re.compile(r"(?P<y>\d{4})[./-](?P<m>\d{1,2})[./-](?P<d>\d{1,2})")
_MONTH = re.compile(r"(?P<m>\d{1,2})[./ -](?P<y>\d{4}|\d{2})")
_ISO_MONTH = re.compile(r"(?P<y>\d{4})[./-](?P<m>\d{1,2})")
_NAMED = re.compile(r"(?:(?P<d>\d{1,2})[./ -])?(?P<n>[a-z]{3})[a-z]*[./ -]*(?P<y>\d{4}|\d{2})")
_GS1 = re.compile(r"(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})")
_EXPIRY_FORMS = (_DAY, _ISO_DAY, _MONTH, _ISO_MONTH, _NAMED, _GS1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came in, in base units; ``unit_cost`` in the clinic's currency, None: as the last time."""

    item_code: str
    batch_number: str
    expiry: date | None
    quantity: int | None
    unit_cost: Decimal | None = None
    supplier: str = ""


class Inventory:
    """``shown`` is all, low, expiring or out; ``order`` name, code, location, stock, expiry or status."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def today(self) -> date:
        """The clinic's date, from which expiry is counted."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def products(self, text: str = "", shown: str = "all", *, limit: int = 200) -> list[Product]:
        """The first products by name whose name, code, batch or supplier holds every word."""
        return list(self.page(text, shown, limit=limit).rows)

    def page(
        self,
        text: str = "",
        shown: str = "all",
        *,
        order: str = "name",
        descending: bool = False,
        first: int = 0,
        limit: int = 200,
        keep: str = "",
    ) -> ProductPage:
        """A window of the list, with its whole length and where the product ``keep`` stands in it."""
        self._actor.require("stock.read")
        wanted = typed.line(text[:200], "search", limit=200).lower().split()[:_WORDS]
        with self._open_work() as work:
            return self._records(work).page(
                wanted, shown, order=order, descending=descending, first=first, limit=limit, keep=keep
            )

    def counts(self) -> StockCounts:
        """The figures of the cards."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._records(work).counts()

    def product(self, item_code: str) -> Product:
        """One product. Raises NotFound."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._records(work).product(item_code)

    def batches(self, item_code: str) -> list[Batch]:
        """First to expire first, empty ones last."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._records(work).batches(item_code)

    def movements(self, item: str | UUID, limit: int = 100, *, before: UUID | None = None) -> list[Movement]:
        """The ledger of a product (code) or a batch (id), newest first; ``before``: older than that line."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._records(work).movements(item, limit, before=before)

    def curve(self, item_code: str, *, days: int = 180) -> list[tuple[date, int]]:
        """Stock of a product at the end of the days on which it moved, oldest first."""
        self._actor.require("stock.read")
        with self._open_work() as work:
            return self._records(work).curve(item_code, zone=self._actor.clinic.timezone, days=days)

    def shelf_tags(self, products: Sequence[Product], *, kind: str = "pdf", size: str = "70x37") -> bytes:
        """A tag for each product, as pdf or zpl. Raises InvalidField(item) without any."""
        self._actor.require("stock.read")
        if not products:
            raise InvalidField("item", "required")
        currency = self._actor.clinic.currency
        tags = [
            ShelfTag(
                name=one.item_name,
                code=one.item_code,
                unit=one.unit,
                location=one.location,
                minimum=one.minimum_stock,
                price="" if one.selling_price is None else words.money(one.selling_price, currency),
            )
            for one in products
        ]
        return shelf_tag_pdf(tags, size=size) if kind == "pdf" else shelf_tag_zpl(tags, size=size)

    def problems(self, delivery: Delivery) -> tuple[InvalidField, ...]:
        """Everything wrong with a delivery (spec 5.1, 5.2), one for each field. Asks no server."""
        return delivery_problems(delivery, self.today())

    def receive(self, request_id: UUID, delivery: Delivery) -> Batch:
        """The batch it went to; the same ``request_id`` again is the same delivery.

        Raises InvalidField (batch_number, expiry_date, quantity, unit_cost, supplier), NotFound.
        """
        self._actor.require("stock.receive")
        if wrong := self.problems(delivery):
            raise wrong[0]
        cost = delivery.unit_cost
        with self._open_work() as work:
            return self._records(work).receive(
                request_id,
                {
                    "item_code": delivery.item_code,
                    "batch_number": typed.line(delivery.batch_number, "batch_number", limit=100),
                    "expiry_date": delivery.expiry,
                    "quantity": delivery.quantity,
                    "unit_cost": None if cost is None else f"{cost:.2f}",
                    "supplier_name": typed.line(delivery.supplier, "supplier", limit=200),
                },
            )

    def set_levels(self, item_code: str, minimum: int, *, maximum: int | None, location: str) -> None:
        """When to order again, how much to hold, and where it stands. Raises InvalidField, NotFound."""
        self._actor.require("stock.settings")
        if not 0 <= minimum <= MOST:
            raise InvalidField("minimum", "not_negative")
        if maximum is not None and not minimum <= maximum <= MOST:
            raise InvalidField("maximum", "too_small", {"min": str(minimum)})
        place = typed.line(location, "location", limit=60)
        with self._open_work() as work:
            self._records(work).set_levels(item_code, minimum, maximum=maximum, location=place)

    def _records(self, work: Work) -> StockRecords:
        return StockRecords(work, self._actor.clinic.id, self.today())


def delivery_problems(delivery: Delivery, today: date) -> tuple[InvalidField, ...]:
    """Everything wrong with a delivery (spec 5.1, 5.2), one for each field."""
    checks = (
        _batch_refusal(delivery.batch_number),
        _expiry_refusal(delivery.expiry, today),
        _quantity_refusal(delivery.quantity),
        _cost_refusal(delivery.unit_cost),
        _length_refusal(delivery.supplier, "supplier", limit=200),
    )
    return tuple(found for found in checks if found is not None)


def status_of(product: Product, today: date) -> str:
    """The most urgent of out, expired, low, expiring, ok (spec 5.7)."""
    if product.stock <= 0:
        return "out"
    ends = product.earliest_expiry
    if ends is not None and ends < today:
        return "expired"
    if product.stock <= product.minimum_stock:
        return "low"
    return "expiring" if ends is not None and (ends - today).days <= EXPIRING_DAYS else "ok"


def expiry_from(text: str) -> date | None:
    """'31.12.2027', '2027-12-31', '12/2027', 'Dec 2027', '271200'; a month is its last day (spec 5.3).

    None for an empty text. Raises InvalidField.
    """
    plain = " ".join(text.lower().split())
    if not plain:
        return None
    found = next((match for form in _EXPIRY_FORMS if (match := form.fullmatch(plain))), None)
    if found is None:
        raise InvalidField("expiry_date", "date")
    parts = found.groupdict()
    month = _MONTHS.get(parts["n"], 0) if "n" in parts else int(parts["m"])
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    try:
        last = calendar.monthrange(year, month)[1]
        return date(year, month, int(parts.get("d") or 0) or last)
    except ValueError:  # IllegalMonthError is one too
        raise InvalidField("expiry_date", "date") from None


def _batch_refusal(text: str) -> InvalidField | None:
    if not text.strip():
        return InvalidField("batch_number", "required")
    return _length_refusal(text, "batch_number", limit=100)


def _expiry_refusal(expiry: date | None, today: date) -> InvalidField | None:
    if expiry is None:
        return InvalidField("expiry_date", "required")
    if expiry <= today:
        return InvalidField("expiry_date", "expired")
    if expiry.year > today.year + LAST_YEAR:
        return InvalidField("expiry_date", "date")
    return None


def _quantity_refusal(quantity: int | None) -> InvalidField | None:
    if quantity is None:
        return InvalidField("quantity", "required")
    if quantity <= 0:
        return InvalidField("quantity", "positive")
    return InvalidField("quantity", "too_large", {"max": f"{MOST:,}"}) if quantity > MOST else None


def _cost_refusal(cost: Decimal | None) -> InvalidField | None:
    if cost is None:
        return None
    if not cost.is_finite() or cost < 0:  # spec 5.2: free goods cost 0
        return InvalidField("unit_cost", "not_negative")
    if cost > MOST_COST:
        return InvalidField("unit_cost", "too_large", {"max": f"{MOST_COST:,}"})
    return InvalidField("unit_cost", "decimals", {"max": "2"}) if cost != round(cost, 2) else None


def _length_refusal(text: str, field: str, *, limit: int) -> InvalidField | None:
    try:
        typed.line(text, field, limit=limit)
    except InvalidField as refusal:
        return refusal
    return None
