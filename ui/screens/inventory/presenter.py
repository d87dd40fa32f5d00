"""What happens on the inventory screen; knows no widget."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField, StoreUnavailable
from clinicdesk.domain.stock import Batch, Movement
from clinicdesk.services.exporting import as_csv, as_xlsx
from clinicdesk.services.inventory import Delivery, Inventory, ProductPage, status_of
from ui.messages import message_for
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.screens.inventory.model import PAGE, Listed, Opened, Query, status_tag
from ui.tasks import TaskRunner

LEDGER = 50
EXPORT_ROWS = 100_000
TAGS = 1000


class InventoryPresenter(RoomPresenter):
    """The list under a query, one product in detail, deliveries and levels."""

    listed = Signal(object)
    page_read = Signal(object)
    opened = Signal(object)
    older_read = Signal(object)
    received = Signal(object)
    levels_saved = Signal()
    field_wrong = Signal(str, str)
    busy = Signal(bool)
    exported = Signal(str, object)
    topics = frozenset({"stock"})

    def __init__(self, inventory: Inventory, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._inventory = inventory
        self.query = Query()
        self._code = ""
        self._ledger_length = LEDGER
        self._pages: tuple[int, ...] = (0,)
        self._request: UUID | None = None

    def today(self) -> date:
        """The clinic's date."""
        return self._inventory.today()

    @property
    def item_code(self) -> str:
        """The product in detail, '' for none."""
        return self._code

    def read(self) -> None:
        self.reload()

    @Slot()
    def reload(self) -> None:
        """The pages in view, the cards, and the product in detail."""
        self._stale = False
        call = partial(read_list, self._inventory, self.query, pages=self._pages, keep=self._code)
        self.ask(call, self._list_came, key="list")
        if self._code:
            self._read_product()

    def look_at(self, first_row: int, last_row: int) -> None:
        """Which rows are in view: these pages are read anew at a reload."""
        self._pages = tuple(range(max(0, first_row) // PAGE, max(0, last_row) // PAGE + 1)) or (0,)

    def _list_came(self, found: Listed) -> None:
        if found.query == self.query:
            self.listed.emit(found)

    # -- the list

    def look_for(self, **changes: Any) -> None:
        """Another text, filter or order."""
        wanted = replace(self.query, **changes)
        if wanted != self.query:
            self.query, self._pages = wanted, (0,)
            self.reload()

    @Slot(int)
    def read_page(self, number: int) -> None:
        """A page whose rows came into view."""
        query = self.query
        call = partial(_page, self._inventory, query, number=number)
        self.ask(call, partial(self._page_came, query), key=f"page {number}")

    def _page_came(self, query: Query, page: ProductPage) -> None:
        if query == self.query:
            self.page_read.emit(page)

    # -- one product

    def open(self, item_code: str) -> None:
        """Show batches and ledger; '' closes."""
        if item_code == self._code:
            return
        self._code, self._ledger_length, self._request = item_code, LEDGER, None
        if item_code:
            self._read_product()

    def _read_product(self) -> None:
        call = partial(read_product, self._inventory, self._code, length=self._ledger_length)
        self.ask(call, self._product_came, key="product")

    def _product_came(self, found: Opened) -> None:
        if found.product.item_code == self._code:
            self.opened.emit(found)

    def read_older(self, last: Movement) -> None:
        """Earlier lines of the ledger."""
        call = partial(self._inventory.movements, self._code, LEDGER, before=last.id)
        self.ask(call, self._older_came, key="older")

    def _older_came(self, lines: Sequence[Movement]) -> None:
        self._ledger_length += len(lines)
        self.older_read.emit(lines)

    def export(self, kind: str) -> None:
        """The whole list as it is filtered and sorted, as csv or xlsx."""
        call = partial(exported, self._inventory, self.query, kind=kind)
        self.ask(call, partial(self._exported, f"stock.{kind}"), key="export")

    def shelf_tags(self, kind: str, *, whole_list: bool) -> None:
        """Tags of the product in detail, or of the list as it is filtered, as pdf or zpl."""
        call = partial(tagged, self._inventory, "" if whole_list else self._code, query=self.query, kind=kind)
        if whole_list or self._code:
            self.ask(call, partial(self._exported, f"shelf-tags.{kind}"), key="tags")

    def _exported(self, name: str, data: bytes) -> None:
        self.exported.emit(name, data)

    # -- writing

    def receive(self, delivery: Delivery) -> None:
        """Every wrong field is named; a second press of the same form is the same delivery."""
        wrong = self._inventory.problems(delivery)
        for problem in wrong:
            self.field_wrong.emit(problem.field, message_for(problem))
        if wrong:
            return
        self._request = self._request or uuid4()
        self._set_busy(now=True)
        call = partial(self._inventory.receive, self._request, delivery)
        self._tasks.run(call, owner=self, done=self._received, failed=self._refused)

    def _received(self, batch: Batch) -> None:
        self._request = None
        self._set_busy(now=False)
        self.received.emit(batch)
        self.read_soon()

    def set_levels(self, minimum: int, *, maximum: int | None, location: str) -> None:
        """For the product in detail."""
        self._set_busy(now=True)
        call = partial(self._inventory.set_levels, self._code, minimum, maximum=maximum, location=location)
        self._tasks.run(call, owner=self, done=self._levels_set, failed=self._refused)

    def _levels_set(self, _: None) -> None:
        self._set_busy(now=False)
        self.levels_saved.emit()
        self.read_soon()

    def _refused(self, error: DomainError) -> None:
        self._set_busy(now=False)
        # after a broken connection the same request is sent again, so nothing is booked twice
        if not isinstance(error, StoreUnavailable):
            self._request = None
        if isinstance(error, InvalidField):
            self.field_wrong.emit(error.field, message_for(error))
        else:
            self.told.emit(message_for(error), "error")

    def _set_busy(self, *, now: bool) -> None:
        self.busy.emit(now)


def _page(inventory: Inventory, query: Query, *, number: int, keep: str = "") -> ProductPage:
    return inventory.page(
        query.text,
        query.shown,
        order=query.order,
        descending=query.descending,
        first=number * PAGE,
        limit=PAGE,
        keep=keep,
    )


def exported(inventory: Inventory, query: Query, *, kind: str) -> bytes:
    """Every product of the list, with its words as on the screen."""
    found = inventory.page(
        query.text, query.shown, order=query.order, descending=query.descending, limit=EXPORT_ROWS
    )
    today = inventory.today()
    heads = ["Item", "Code", "Place", "Stock", "Expires", "Status", "Value"]
    rows = [
        [
            one.item_name,
            one.item_code,
            one.location,
            f"{one.stock}",
            one.earliest_expiry.isoformat() if one.earliest_expiry else "",
            status_tag(status_of(one, today))[0],
            f"{one.value:.2f}",
        ]
        for one in found.rows
    ]
    return as_csv(heads, rows) if kind == "csv" else as_xlsx(heads, rows, title="Stock")


def tagged(inventory: Inventory, item_code: str, *, query: Query, kind: str) -> bytes:
    """Shelf tags of one product, or of the first thousand of the list."""
    if item_code:
        return inventory.shelf_tags([inventory.product(item_code)], kind=kind)
    found = inventory.page(
        query.text, query.shown, order=query.order, descending=query.descending, limit=TAGS
    )
    return inventory.shelf_tags(found.rows, kind=kind)


def read_list(inventory: Inventory, query: Query, *, pages: Sequence[int], keep: str) -> Listed:
    """The pages in view, that of the kept product, and the cards."""
    found = {
        number: _page(inventory, query, number=number, keep=keep if at == 0 else "")
        for at, number in enumerate(pages)
    }
    if not any(page.total for page in found.values()) and 0 not in found:
        found = {0: _page(inventory, query, number=0, keep=keep)}
    kept = next((page.kept_row for page in found.values() if page.kept_row is not None), None)
    if kept is not None and kept // PAGE not in found:
        found[kept // PAGE] = _page(inventory, query, number=kept // PAGE)
    ordered = sorted(found.values(), key=lambda page: (page.total == 0, page.first))
    return Listed(query, tuple(ordered), inventory.counts())


def read_product(inventory: Inventory, item_code: str, *, length: int) -> Opened:
    """Everything the detail panel shows."""
    return Opened(
        inventory.product(item_code),
        tuple(inventory.batches(item_code)),
        tuple(inventory.movements(item_code, length)),
        tuple(inventory.curve(item_code)),
    )
