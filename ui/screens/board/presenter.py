"""What a pharmacist looks at in the morning; knows no widget."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField, WitnessMissing
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import WatchedBatch
from clinicdesk.services.inventory import Inventory, StockCounts
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.stock_care import StockCare
from clinicdesk.services.witnessing import Witnessing
from ui.messages import message_for
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


class BoardDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def pharmacy(self) -> Pharmacy: ...

    @property
    def inventory(self) -> Inventory: ...

    @property
    def stock_care(self) -> StockCare: ...

    @property
    def witnessing(self) -> Witnessing: ...


@dataclass(frozen=True, slots=True)
class Morning:
    """Figures of the cards and the batches under them."""

    waiting: int
    counts: StockCounts
    batches: tuple[WatchedBatch, ...]


def read_morning(pharmacy: Pharmacy, inventory: Inventory, care: StockCare) -> Morning:
    """Everything the board shows."""
    return Morning(len(pharmacy.queue()), inventory.counts(), tuple(care.watched()))


class BoardPresenter(RoomPresenter):
    """``witness_needed`` asks for a second person; the act goes on with the same request."""

    morning_read = Signal(object)
    recipients_read = Signal(object)
    clinics_read = Signal(object)
    witness_needed = Signal()
    done = Signal(str)
    topics = frozenset({"stock", "prescriptions"})

    def __init__(self, desk: BoardDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._desk, self._care = desk, desk.stock_care
        self._waiting: tuple[str, Callable[[UUID], Any]] | None = None

    def read(self) -> None:
        call = partial(read_morning, self._desk.pharmacy, self._desk.inventory, self._care)
        self.ask(call, self.morning_read.emit, key="morning")

    def waiting_acts(self) -> frozenset[str]:
        return frozenset({self._waiting[0]}) if self._waiting else frozenset()

    def _book(self, name: str, call: Callable[[UUID], Any]) -> None:
        self._waiting = (name, call)
        self.act(name, call, self._booked)

    def _booked(self, _: object) -> None:
        name = self._waiting[0] if self._waiting else ""
        self._waiting = None
        self.done.emit(name)
        self.read_soon()

    def refused(self, name: str, error: DomainError) -> None:
        if isinstance(error, WitnessMissing) and self._waiting:
            self.witness_needed.emit()
            return
        if self._waiting and name != "witness":
            self.settled(self._waiting[0])
            self._waiting = None
        super().refused(name, error)

    @Slot(object)
    def witness(self, said: dict[str, str]) -> None:
        """A second person's yes to the act that waits, then the act."""
        if self._waiting is None:
            return
        name, call = self._waiting
        ask = partial(
            self._desk.witnessing.witness, self.request(name), email=said["email"], password=said["password"]
        )
        self._tasks.run(
            ask, owner=self, done=lambda _: self.act(name, call, self._booked), failed=self._not_witnessed
        )

    def _not_witnessed(self, error: DomainError) -> None:
        self.wrong.emit("password", message_for(error))

    # -- acts on a batch

    def set_state(self, batch: WatchedBatch, state: str, reason: str) -> None:
        """quarantine, recalled, saleable."""
        self._book("state", lambda _: self._care.set_state(batch.id, state, reason))

    def destroy(self, batch: WatchedBatch, quantity: str, note: str) -> None:
        """Expired or blocked stock leaves as loss."""
        if (whole := self._whole(quantity)) is not None:
            self._book("destroy", lambda r: self._care.destroy(r, batch.id, quantity=whole, note=note))

    def adjust(self, batch: WatchedBatch, quantity: str, reason: str, note: str) -> None:
        """Breakage, loss, donation, sample, back to the supplier."""
        if (whole := self._whole(quantity)) is not None:
            call = partial(self._care.adjust, quantity=whole, reason=reason, note=note)
            self._book("adjust", lambda r: call(r, batch.id))

    def ask_recipients(self, batch: WatchedBatch) -> None:
        """Who got it."""
        self.ask(partial(self._care.recipients, batch.id), self.recipients_read.emit, key="recipients")

    def ask_clinics(self) -> None:
        """Where stock can be sent."""
        self.ask(self._care.other_clinics, self.clinics_read.emit, key="clinics")

    def transfer(self, batch: WatchedBatch, clinic: UUID, quantity: str) -> None:
        """To another clinic of the person."""
        if (whole := self._whole(quantity)) is not None:
            self._book("transfer", lambda r: self._care.transfer(r, batch.id, clinic, quantity=whole))

    def _whole(self, text: str) -> int | None:
        plain = text.replace(",", "").strip()
        if plain.removeprefix("-").isdecimal() and len(plain) <= 10:
            return int(plain)
        super().refused("quantity", InvalidField("quantity", "whole_number"))
        return None
