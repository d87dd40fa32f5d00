"""What should be ordered, and the orders (spec 5.7)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import planning, typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.planning import Held, Usage
from clinicdesk.domain.purchasing import Order, ProductSettings, Suggestion, Supplier
from clinicdesk.printing.order import order_pdf
from clinicdesk.repositories.purchasing import Purchasing
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.exporting import as_csv

LEAD_DAYS = 14
INTERVAL_MONTHS = Decimal(1)
_SETTING_LIMITS = (("pack_size", 100_000, 1), ("lead_days", 730, 0), ("markup_percent", 1000, 0))


class Ordering:
    """Suggestions follow from use, lead time and levels; nothing is ordered by itself."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def today(self) -> date:
        """The clinic's date."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def suppliers(self, *, retired: bool = False) -> list[Supplier]:
        """By name; those out of use at the end, when asked for."""
        self._actor.require("stock.order")
        with self._open_work() as work:
            return self._records(work).suppliers(retired=retired)

    def retire_supplier(self, supplier: Supplier, *, active: bool = False) -> None:
        """Out of use, or back; what came from it stays. Raises SupplierInUse."""
        self._actor.require("stock.order")
        with self._open_work() as work:
            self._records(work).retire(supplier.id, active=active)

    def save_supplier(self, name: str, contact: str = "", *, lead_days: int = LEAD_DAYS) -> UUID:
        """Make it, or change the one of this name. Raises InvalidField (name, lead_days)."""
        self._actor.require("stock.order")
        plain = typed.line(name, "name", limit=200)
        if not plain:
            raise InvalidField("name", "required")
        if not 0 <= lead_days <= 730:
            raise InvalidField("lead_days", "range", {"min": "0", "max": "730"})
        with self._open_work() as work:
            reach = typed.line(contact, "contact", limit=200)
            return self._records(work).save_supplier(plain, reach, lead_days=lead_days)

    def product_settings(self, item_code: str) -> ProductSettings:
        """Planning and price of a product."""
        self._actor.require("stock.order")
        with self._open_work() as work:
            return self._records(work).settings_of(item_code)

    def save_product_settings(self, item_code: str, wanted: ProductSettings) -> None:
        """Raises InvalidField (ved, lead_days, pack_size, markup_percent), NotFound."""
        self._actor.require("stock.settings")
        if wanted.ved not in ("", "V", "E", "D"):
            raise InvalidField("ved", "choose")
        for name, most, least in _SETTING_LIMITS:
            value = getattr(wanted, name)
            if value is not None and not least <= value <= most:
                raise InvalidField(name, "range", {"min": str(least), "max": f"{most:,}"})
        values = {key: value for key, value in asdict(wanted).items() if value not in ("", None)}
        with self._open_work() as work:
            self._records(work).settings(item_code, values)

    def suggestions(self) -> list[Suggestion]:
        """Products at or below their minimum, most urgent first: those out of stock, then by cover."""
        self._actor.require("stock.order")
        today = self.today()
        with self._open_work() as work:
            records = self._records(work)
            suppliers = {one.name.lower(): one for one in records.suppliers()}
            issued, coming = records.issued(today, months=planning.PERIOD_MONTHS), records.on_order()
            rows, first = records.planned(), records.first_days()
            period = today - timedelta(days=round(planning.PERIOD_MONTHS * 30.5))
            rare = [row["item_code"] for row in rows if row["on_hand"] == 0 or row["minimum"] == 0]
            out = records.days_out(rare, period)
        found = []
        for row in rows:
            code = row["item_code"]
            usage = _usage(issued.get(code, 0), first.get(code), today, days_out=out.get(code, 0))
            supplier = suppliers.get((row["supplier_name"] or "").lower())
            coming_in = coming.get(code, 0)
            found.append(_suggestion(row, usage=usage, coming=coming_in, supplier=supplier, today=today))
        wanted = [one for one in found if one.quantity > 0]
        return sorted(
            wanted, key=lambda one: (one.usable > 0, one.usable / (one.minimum or 1), one.item_name)
        )

    def draft_all(self, request_ids: Mapping[str, UUID], suggestions: Sequence[Suggestion]) -> list[Order]:
        """One draft for each supplier; ``request_ids`` by supplier name make a double press one order.

        Suppliers that are only a name so far are made. Raises InvalidField (supplier).
        """
        self._actor.require("stock.order")
        with self._open_work() as work:
            records = self._records(work)
            found = records.suppliers(retired=True)
            known = {one.name.lower(): one.id for one in found if one.is_active}
            unused = {one.name.lower() for one in found if not one.is_active}
            made = []
            for name in sorted({one.supplier_name for one in suggestions}):
                if not name:
                    raise InvalidField("supplier", "required")
                if name.lower() in unused:
                    raise InvalidField("supplier", "choose")
                supplier = known.get(name.lower()) or records.save_supplier(name, "", lead_days=LEAD_DAYS)
                lines = [_line(one) for one in suggestions if one.supplier_name == name]
                made.append(records.draft(request_ids[name], supplier, lines))
            return [records.order(one) for one in made]

    def orders(self, *, open_only: bool = False) -> list[Order]:
        """Newest first."""
        self._actor.require("stock.order")
        with self._open_work() as work:
            return self._records(work).orders(open_only=open_only)

    def set_status(self, order_id: UUID, status: str) -> Order:
        """sent, closed, cancelled. Raises OrderClosed, NotFound."""
        self._actor.require("stock.order")
        with self._open_work() as work:
            records = self._records(work)
            records.set_status(order_id, status)
            return records.order(order_id)

    def order_pdf(self, order: Order) -> bytes:
        """For the supplier, on paper."""
        return order_pdf(order, self._actor.clinic, on=self.today())

    def order_csv(self, order: Order) -> bytes:
        """For the supplier's computer; UTF-8 with a mark so that spreadsheets read it."""
        heads = ["order", "line", "code", "item", "quantity", "unit_cost"]
        rows = [
            [order.number, line.line, line.item_code, line.item_name, line.quantity, line.unit_cost or ""]
            for line in order.lines
        ]
        return as_csv(heads, [[str(cell) for cell in row] for row in rows])

    def _records(self, work: Work) -> Purchasing:
        return Purchasing(work, self._actor.clinic.id)


def _usage(issued: int, first: date | None, today: date, *, days_out: int) -> Usage:
    known = Decimal((today - first).days) / planning.DAYS_A_MONTH if first else Decimal(0)
    months = min(Decimal(planning.PERIOD_MONTHS), max(known, Decimal(1)))
    return Usage(issued=issued, months=months, days_out=days_out)


def _suggestion(
    row: Mapping[Any, Any], *, usage: Usage, coming: int, supplier: Supplier | None, today: date
) -> Suggestion:
    amc = planning.monthly_consumption(usage)
    lead = row["lead_days"] if row["lead_days"] is not None else supplier.lead_days if supplier else LEAD_DAYS
    level = planning.levels(
        amc, lead_days=lead, interval_months=INTERVAL_MONTHS, minimum=row["minimum"], maximum=row["maximum"]
    )
    held = [
        Held(on_hand=one["on_hand"], expiry=date.fromisoformat(one["expiry"]) if one["expiry"] else None)
        for one in row["held"]
    ]
    usable = planning.usable(held, amc if amc else None, today)
    quantity = planning.to_order(level, usable_now=usable, on_order=coming, pack=row["pack_size"] or 1)
    return Suggestion(
        item_code=row["item_code"],
        item_name=row["item_name"],
        unit=row["unit"],
        supplier_id=supplier.id if supplier else row["supplier_id"],
        supplier_name=supplier.name if supplier else row["supplier_name"] or "",
        on_hand=row["on_hand"],
        usable=usable,
        on_order=coming,
        monthly=amc,
        minimum=level.minimum,
        maximum=level.maximum,
        quantity=quantity,
        unit_cost=row["unit_cost"],
    )


def _line(one: Suggestion) -> dict[str, object]:
    return {
        "item_code": one.item_code,
        "item_name": one.item_name,
        "quantity": one.quantity,
        "unit_cost": None if one.unit_cost is None else f"{one.unit_cost:.2f}",
    }
