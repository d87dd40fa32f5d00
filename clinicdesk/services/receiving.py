"""Deliveries by scanner or keyboard, against an order or without one (spec 5.2, 5.8, 5.9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from clinicdesk.domain import gs1, typed
from clinicdesk.domain.errors import DeliveryKnown, InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.planning import PRICE_STEP, selling_price
from clinicdesk.domain.purchasing import Arrival, Order
from clinicdesk.repositories.purchasing import Purchasing
from clinicdesk.repositories.settings import clinic_number
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.inventory import Delivery, delivery_problems, expiry_from
from clinicdesk.services.stock_import import guess_columns, read_sheet

SHORT_DAYS = 180  # spec 5.1: a delivery that ends sooner is warned about


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a code stands for; ``arrival`` is the line it makes, its batch or expiry may be missing."""

    code: gs1.PackCode | None
    arrival: Arrival


class Receiving:
    """``open_order`` and ``scan`` prepare lines; ``receive`` books all of them or none."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def today(self) -> date:
        """The clinic's date."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def open_orders(self) -> list[Order]:
        """Orders that still bring something."""
        self._actor.require("stock.receive")
        with self._open_work() as work:
            return Purchasing(work, self._actor.clinic.id).orders(open_only=True)

    def scan(self, text: str) -> Scanned:
        """A scanned GS1 code or EAN, or a typed product code.

        Raises InvalidField('code': gs1, gs1_date, check_digit, no_such_product with the gtin).
        """
        self._actor.require("stock.receive")
        plain = text.strip()
        if not plain:
            raise InvalidField("code", "required")
        with self._open_work() as work:
            purchasing = Purchasing(work, self._actor.clinic.id)
            row = purchasing.by_code("", plain) if len(plain) <= 50 else None
            code = None if row is not None else gs1.parse(plain, today=self.today())
            if code is not None:
                row = purchasing.by_code(code.gtin, "")
                if row is None:
                    raise InvalidField("code", "no_such_product", {"gtin": code.gtin})
            assert row is not None
            markup = row["markup_percent"] or clinic_number(
                work, self._actor.clinic.id, "stock_markup_percent"
            )
        cost = row["unit_cost"]
        return Scanned(
            code=code,
            arrival=Arrival(
                id=uuid4(),
                item_code=row["item_code"],
                item_name=row["item_name"],
                batch_number=code.batch if code else "",
                expiry=code.expiry if code else None,
                quantity=(code.count if code and code.count else 0) or row["pack_size"],
                unit_cost=cost,
                selling_price=self.price(cost, markup) if markup else None,
                gtin=code.gtin if code else "",
                serial=code.serial if code else "",
            ),
        )

    def delivery_note(self, name: str, data: bytes) -> list[Arrival]:
        """The lines of a supplier's CSV or Excel list: code or GTIN, batch, expiry, quantity, cost.

        Raises InvalidField('file': file, file_kind, empty, column, note_row with the row).
        """
        self._actor.require("stock.receive")
        sheet = read_sheet(name, data)
        columns = guess_columns(sheet)
        for column in ("item_code", "batch_number", "expiry_date", "quantity"):
            if column not in columns:
                raise InvalidField("file", "column", {"name": column.replace("_", " ")})
        found = []
        for number, cells in enumerate(sheet.rows, 2):
            said = {column: cells[at].strip() for column, at in columns.items()}
            if any(said.values()):
                found.append(self._noted(said, number))
        return found

    def _noted(self, said: Mapping[str, str], number: int) -> Arrival:
        try:
            whole = said["quantity"].replace(",", "").removesuffix(".0")
            line = replace(
                self.scan(said["item_code"]).arrival,
                batch_number=said["batch_number"],
                expiry=expiry_from(said["expiry_date"]),
                quantity=int(whole),
            )
            if said.get("unit_cost"):
                line = replace(line, unit_cost=Decimal(said["unit_cost"].replace(",", "")))
            if wrong := self.problems(line):
                raise wrong[0]
        except (InvalidField, ValueError, ArithmeticError):
            raise InvalidField("file", "note_row", {"row": str(number)}) from None
        return line

    def price(self, cost: Decimal | None, markup: Decimal | None) -> Decimal | None:
        """Cost and mark-up, up to the next step; None without either (spec 5.8)."""
        if cost is None or markup is None:
            return None
        return selling_price(cost, markup_percent=markup, step=PRICE_STEP)

    def link(self, gtin: str, item_code: str) -> None:
        """A code nobody knew stands for this product from now on. Raises NotFound."""
        self._actor.require("stock.settings")
        with self._open_work() as work:
            Purchasing(work, self._actor.clinic.id).link(gtin, item_code)

    def problems(self, arrival: Arrival) -> tuple[InvalidField, ...]:
        """Everything wrong with a line; asks no server."""
        delivery = Delivery(
            item_code=arrival.item_code,
            batch_number=arrival.batch_number,
            expiry=arrival.expiry,
            quantity=arrival.quantity,
            unit_cost=arrival.unit_cost,
        )
        return delivery_problems(delivery, self.today())

    def is_short(self, arrival: Arrival) -> bool:
        """It ends within half a year."""
        return arrival.expiry is not None and (arrival.expiry - self.today()).days < SHORT_DAYS

    def receive(
        self,
        request_id: UUID,
        arrivals: Sequence[Arrival],
        *,
        supplier: str,
        invoice: str = "",
        order_id: UUID | None = None,
        again: bool = False,
    ) -> int:
        """How many lines were booked; ``again`` says that an equal delivery of this week is another one.

        Raises DeliveryKnown, OrderClosed, InvalidField, NotFound.
        """
        self._actor.require("stock.receive")
        if not arrivals:
            raise InvalidField("quantity", "required")
        for arrival in arrivals:
            if wrong := self.problems(arrival):
                raise wrong[0]
        serials = [(one.gtin, one.serial) for one in arrivals if one.serial]
        if len(serials) != len(set(serials)):
            raise InvalidField("code", "duplicate")
        name = typed.line(supplier, "supplier", limit=200)
        if not name:
            raise InvalidField("supplier", "required")
        number = typed.line(invoice, "invoice", limit=60)
        with self._open_work() as work:
            purchasing = Purchasing(work, self._actor.clinic.id)
            alike = None if number or again else purchasing.alike(name, arrivals)
            if alike is not None:
                raise DeliveryKnown
            purchasing.receive(request_id, arrivals, supplier=name, invoice=number, order_id=order_id)
        return len(arrivals)


def count_up(arrivals: Sequence[Arrival], new: Arrival, order: Order | None) -> list[Arrival]:
    """The same product and batch scanned again counts up; against an order the line finds its place."""
    for number, one in enumerate(arrivals):
        same = _place(one) == _place(new)
        if same and not (new.serial and new.serial == one.serial):
            counted = replace(one, quantity=one.quantity + new.quantity, serial=new.serial or one.serial)
            return [*arrivals[:number], counted, *arrivals[number + 1 :]]
        if same:
            return list(arrivals)  # the very same pack, scanned twice
    line = next((one for one in order.lines if one.item_code == new.item_code), None) if order else None
    placed = replace(new, order_line=line.id, ordered=line.remaining) if line else new
    return [*arrivals, placed]


def _place(one: Arrival) -> tuple[object, ...]:
    return one.item_code, one.batch_number, one.expiry, one.quarantine


def set_part_aside(arrivals: Sequence[Arrival], number: int, quantity: int) -> list[Arrival]:
    """``quantity`` of a line goes to quarantine, the rest to the shelf (spec 5.2).

    Raises InvalidField (quantity) unless some of the line stays.
    """
    one = arrivals[number]
    if not 0 < quantity < one.quantity:
        raise InvalidField("quantity", "range", {"min": "1", "max": f"{one.quantity - 1:,}"})
    rest = replace(one, quantity=one.quantity - quantity, quarantine=False)
    part = replace(one, id=uuid4(), quantity=quantity, quarantine=True, serial="")
    return [*arrivals[:number], rest, part, *arrivals[number + 1 :]]


def differences(arrivals: Sequence[Arrival], order: Order | None) -> dict[str, int]:
    """Product -> received now minus still to come; products of the order that did not come count too."""
    if order is None:
        return {}
    wanted: dict[str, int] = {}
    for line in order.lines:
        wanted[line.item_code] = wanted.get(line.item_code, 0) + line.remaining
    got: dict[str, int] = {}
    for one in arrivals:
        got[one.item_code] = got.get(one.item_code, 0) + one.quantity
    return {code: gap for code in {*wanted, *got} if (gap := got.get(code, 0) - wanted.get(code, 0)) != 0}
