"""A delivery while it is being put together; knows no widget."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.errors import DeliveryKnown, DomainError, InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.purchasing import Arrival, Order
from clinicdesk.services.inventory import expiry_from
from clinicdesk.services.receiving import Receiving, Scanned, count_up, differences, set_part_aside
from ui.messages import message_for
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


class ReceivingDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def receiving(self) -> Receiving: ...


class ReceivingPresenter(RoomPresenter):
    """``changed`` when the lines are others; ``incomplete`` wants batch, expiry or quantity of a line."""

    orders_read = Signal(object)
    changed = Signal()
    added = Signal()
    incomplete = Signal(object)
    unknown_code = Signal(str)
    known_delivery = Signal()
    received = Signal(int)
    topics = frozenset({"orders"})

    def __init__(self, desk: ReceivingDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._receiving = desk.receiving
        self.lines: list[Arrival] = []
        self.order: Order | None = None
        self._pending: Arrival | None = None

    def read(self) -> None:
        self.ask(self._receiving.open_orders, self.orders_read.emit, key="orders")

    def today(self) -> Any:
        """The clinic's date."""
        return self._receiving.today()

    def differences(self) -> dict[str, int]:
        """Against the chosen order."""
        return differences(self.lines, self.order)

    def choose_order(self, order: Order | None) -> None:
        """Lines find their places in it again."""
        self.order = order
        lines, self.lines = self.lines, []
        for one in lines:
            self.lines = count_up(self.lines, replace(one, order_line=None, ordered=None), order)
        self.changed.emit()

    @Slot(str)
    def scan(self, text: str) -> None:
        """A scanner's string, or a typed code."""
        self._tasks.run(
            partial(self._receiving.scan, text), owner=self, done=self._scanned, failed=self._not_scanned
        )

    def _scanned(self, found: Scanned) -> None:
        if self._receiving.problems(found.arrival):
            self._pending = found.arrival
            self.incomplete.emit(found.arrival)
        else:
            self._add(found.arrival)

    def _not_scanned(self, error: DomainError) -> None:
        if isinstance(error, InvalidField) and error.rule == "no_such_product":
            self.unknown_code.emit(error.detail.get("gtin", ""))
        else:
            self.wrong.emit("code", message_for(error))

    def _add(self, arrival: Arrival) -> None:
        self.lines = count_up(self.lines, arrival, self.order)
        self.changed.emit()
        self.added.emit()

    @Slot(object)
    def complete(self, said: dict[str, str]) -> None:
        """What was missing of the line, typed."""
        if self._pending is None:
            return
        try:
            whole = said["quantity"].replace(",", "").strip()
            if not whole.removeprefix("-").isdecimal() or len(whole) > 10:
                raise InvalidField("quantity", "whole_number")
            line = replace(
                self._pending,
                batch_number=said["batch_number"].strip(),
                expiry=expiry_from(said["expiry_date"]),
                quantity=int(whole),
                unit_cost=_money(said["unit_cost"]),
            )
            if wrong := self._receiving.problems(line):
                raise wrong[0]
        except InvalidField as refusal:
            self.refused("line", refusal)
            return
        self._pending = None
        self._add(line)

    def link(self, gtin: str, item_code: str) -> None:
        """The unknown code stands for this product from now on; then it is scanned again."""
        call = partial(self._receiving.link, gtin, item_code.strip())
        self.act("link", lambda _: call(), lambda _: self.scan(gtin))

    @Slot(str)
    def read_note(self, path: str) -> None:
        """A supplier's list as a file; its lines join those on the screen."""
        self.act("note", lambda _: self._read_note(path), self._noted)

    def _read_note(self, path: str) -> list[Arrival]:
        try:
            data = Path(path).read_bytes()
        except OSError:
            raise InvalidField("file", "file") from None
        return self._receiving.delivery_note(Path(path).name, data)

    def _noted(self, lines: list[Arrival]) -> None:
        for one in lines:
            self.lines = count_up(self.lines, one, self.order)
        self.changed.emit()

    def remove(self, number: int) -> None:
        """Take a line off again."""
        if 0 <= number < len(self.lines):
            del self.lines[number]
            self.changed.emit()

    def part_aside(self, number: int, text: str) -> bool:
        """So many of a line to quarantine, the rest to the shelf. False: refused."""
        whole = text.replace(",", "").strip()
        try:
            if not (whole.isascii() and whole.isdecimal() and len(whole) <= 9):
                raise InvalidField("quantity", "whole_number")
            self.lines = set_part_aside(self.lines, number, int(whole))
        except InvalidField as refusal:
            self.refused("part", refusal)
            return False
        self.changed.emit()
        return True

    def set_aside(self, number: int) -> None:
        """A line that is not as it should be goes to quarantine, or back to the shelf (spec 5.2)."""
        if 0 <= number < len(self.lines):
            line = self.lines[number]
            self.lines[number] = replace(line, quarantine=not line.quarantine)
            self.changed.emit()

    def receive(self, supplier: str, invoice: str, *, again: bool = False) -> None:
        """Book all lines."""
        lines: Sequence[Arrival] = tuple(self.lines)
        order_id = self.order.id if self.order else None

        def book(request: UUID) -> int:
            return self._receiving.receive(
                request, lines, supplier=supplier, invoice=invoice, order_id=order_id, again=again
            )

        self.act("receive", book, self._received)

    def _received(self, count: int) -> None:
        self.lines, self.order = [], None
        self.changed.emit()
        self.received.emit(count)
        self.read_soon()

    def refused(self, name: str, error: DomainError) -> None:
        if name == "receive" and isinstance(error, DeliveryKnown):
            self.known_delivery.emit()
        super().refused(name, error)


def _money(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace(" ", "").removeprefix("₦")
    try:
        return Decimal(plain) if plain else None
    except InvalidOperation:
        raise InvalidField("unit_cost", "number") from None
