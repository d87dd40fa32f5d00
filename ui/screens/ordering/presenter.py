"""Suggestions and orders; knows no widget."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import Signal

from clinicdesk.domain.people import Actor
from clinicdesk.domain.purchasing import Order, Suggestion
from clinicdesk.services.ordering import Ordering
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


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
    topics = frozenset({"orders", "stock"})

    def __init__(self, desk: OrderingDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._ordering = desk.ordering
        self._names: dict[str, UUID] = {}

    def read(self) -> None:
        self.ask(self._ordering.suggestions, self.suggested.emit, key="suggestions")
        self.ask(self._ordering.orders, self.orders_read.emit, key="orders")

    def draft(self, suggestions: Sequence[Suggestion]) -> None:
        """One order for each supplier; a double press is one."""
        wanted = tuple(replace(one, supplier_name=one.supplier_name.strip()) for one in suggestions)
        names = {one.supplier_name for one in wanted}
        requests = {name: self.request(f"draft {name}") for name in names}

        def done(orders: list[Order]) -> None:
            for name in names:
                self.settled(f"draft {name}")
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
