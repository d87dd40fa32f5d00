"""A count while it goes on; knows no widget."""

from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import Signal

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import Stocktake, ToCount
from clinicdesk.services.stocktaking import Stocktaking
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


class StocktakeDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def stocktaking(self) -> Stocktaking: ...


class StocktakePresenter(RoomPresenter):
    """``listed`` carries what is to count, without figures; ``reviewed`` the differences."""

    takes_read = Signal(object)
    listed = Signal(object)
    reviewed = Signal(object)
    counted = Signal(object, int)
    closed = Signal(int)
    topics = frozenset({"orders"})

    def __init__(self, desk: StocktakeDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._taking = desk.stocktaking
        self.take: UUID | None = None
        self.text = ""
        self.reviewing = False

    def read(self) -> None:
        self.ask(self._taking.takes, self._takes_came, key="takes")

    def _takes_came(self, takes: list[Stocktake]) -> None:
        open_ = next((one for one in takes if one.status == "open"), None)
        self.take = open_.id if open_ else None
        self.takes_read.emit(takes)
        self.show_lists()

    def show_lists(self) -> None:
        """What is to count, or the differences."""
        if self.take is None:
            self.listed.emit([])
            self.reviewed.emit([])
        elif self.reviewing:
            self.ask(partial(self._taking.lines, self.take), self.reviewed.emit, key="lines")
        else:
            self.ask(partial(self._taking.to_count, self.take, self.text), self.listed.emit, key="list")

    def search(self, text: str) -> None:
        """Narrow the list to a shelf or a product."""
        self.text = text
        self.show_lists()

    def review(self, *, on: bool) -> None:
        """Show the differences instead of the list."""
        self.reviewing = on
        self.show_lists()

    def start(self, title: str) -> None:
        """A new count."""
        self.act("start", lambda request: self._taking.start(request, title), lambda _: self.read())

    def count(self, batch: ToCount, text: str) -> None:
        """One figure; the ledger of this second is kept beside it, unseen."""
        take, plain = self.take, text.replace(",", "").strip()
        if take is None:
            return
        if not plain.removeprefix("-").isdecimal() or len(plain) > 10:
            self.refused("count", InvalidField("counted", "whole_number"))
            return

        def done(round_: int) -> None:
            self.counted.emit(batch, round_)
            self.show_lists()

        act = f"count {batch.id}"
        self.act(act, lambda request: self._taking.count(request, take, batch.id, counted=int(plain)), done)

    def close(self, *, approve: bool, reasons: dict[UUID, str]) -> None:
        """Book the differences, or nothing."""
        take = self.take
        if take is None:
            return

        def call(_: UUID) -> int:
            if approve:
                return self._taking.approve(take, reasons)
            self._taking.cancel(take)
            return -1

        self.act("close", call, self._closed)

    def _closed(self, count: int) -> None:
        self.reviewing = False
        self.closed.emit(count)
        self.read()
