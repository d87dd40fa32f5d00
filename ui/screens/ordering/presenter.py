"""Suggestions and orders; knows no widget."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import Signal

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.purchasing import Order, Suggestion, Supplier
from clinicdesk.services.ordering import Ordering
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner

MOST_DIGITS = 9


class OrderingDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def ordering(self) -> Ordering: ...


class OrderingPresenter(RoomPresenter):
    """``suggested`` and ``orders_read`` carry whole lists."""

    suggested = Signal(object)
    orders_read = Signal(object)
    drafted = Signal(object)
    changed = Signal(object)
    paper_made = Signal(object)
    file_made = Signal(object, str)
    suppliers_read = Signal(object)
    supplier_saved = Signal(str)
    topics = frozenset({"orders", "stock"})

    def __init__(self, desk: OrderingDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._ordering = desk.ordering
        self._found: list[Suggestion] = []
        self._typed: dict[str, tuple[int, str]] = {}

    def read(self) -> None:
        self.ask(self._ordering.suggestions, self._suggested, key="suggestions")
        self.ask(self._ordering.orders, self.orders_read.emit, key="orders")
        self.ask(partial(self._ordering.suppliers, retired=True), self.suppliers_read.emit, key="suppliers")

    def _suggested(self, found: list[Suggestion]) -> None:
        self._found = found
        self._typed = {
            one.item_code: self._typed[one.item_code] for one in found if one.item_code in self._typed
        }
        self._tell()

    def _tell(self) -> None:
        self.suggested.emit([self._as_typed(one) for one in self._found])

    def _as_typed(self, one: Suggestion) -> Suggestion:
        quantity, supplier = self._typed.get(one.item_code, (one.quantity, one.supplier_name))
        return replace(one, quantity=quantity, supplier_name=supplier)

    def change(self, one: Suggestion, said: Mapping[str, str]) -> bool:
        """Another quantity or supplier than suggested; 0 leaves the product out. False: refused."""
        whole, supplier = said["quantity"].replace(",", "").strip(), said["supplier"].strip()
        if not (whole.isascii() and whole.isdecimal()):
            self.refused("change", InvalidField("quantity", "whole_number"))
        elif len(whole) > MOST_DIGITS:
            self.refused("change", InvalidField("quantity", "too_large"))
        elif int(whole) and not supplier:
            self.refused("change", InvalidField("supplier", "required"))
        else:
            self._typed[one.item_code] = (int(whole), supplier)
            self._tell()
            return True
        return False

    def save_supplier(self, said: Mapping[str, str]) -> None:
        """A new one, or how to reach a known one and how long it takes."""
        name, days = said["name"].strip(), said["lead_days"].strip()
        if not (days.isascii() and days.isdecimal() and len(days) <= MOST_DIGITS):
            self.refused("supplier", InvalidField("lead_days", "whole_number"))
            return

        def done(_: object) -> None:
            self.supplier_saved.emit(name)
            self.read_soon()

        def save(_: object) -> UUID:
            return self._ordering.save_supplier(name, said["contact"], lead_days=int(days))

        self.act("supplier", save, done)

    def retire(self, supplier: Supplier) -> None:
        """Out of use, or back."""
        active = not supplier.is_active
        self.act(
            "retire",
            lambda _: self._ordering.retire_supplier(supplier, active=active),
            lambda _: self.read_soon(),
        )

    def draft(self, suggestions: Sequence[Suggestion]) -> None:
        """One order for each supplier; a double press is one."""
        wanted = tuple(
            replace(one, supplier_name=one.supplier_name.strip()) for one in suggestions if one.quantity
        )
        if not wanted:
            return
        names = {one.supplier_name for one in wanted}
        requests = {name: self.request(f"draft {name}") for name in names}

        def done(orders: list[Order]) -> None:
            for name in names:
                self.settled(f"draft {name}")
            self._typed.clear()
            self.drafted.emit(orders)
            self.read_soon()

        self.act("draft", lambda _: self._ordering.draft_all(requests, wanted), done)

    def set_status(self, order: Order, status: str) -> None:
        """sent, closed or cancelled."""
        self.act("status", lambda _: self._ordering.set_status(order.id, status), self._changed)

    def _changed(self, order: Order) -> None:
        self.changed.emit(order)
        self.read_soon()

    def paper(self, order: Order) -> None:
        """The PDF for the supplier."""
        self.ask(partial(self._ordering.order_pdf, order), self.paper_made.emit, key="paper")

    def file(self, order: Order) -> None:
        """The CSV for the supplier's computer."""
        name = f"{order.number}.csv"
        self.ask(
            partial(self._ordering.order_csv, order), lambda data: self.file_made.emit(data, name), key="file"
        )
