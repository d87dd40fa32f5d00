"""Value, classes and turnover, and the settings behind them; knows no widget."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import Signal

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.purchasing import ProductSettings
from clinicdesk.domain.stock_room import Worth
from clinicdesk.services.ordering import Ordering
from clinicdesk.services.stock_care import StockCare
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner

MOST_DIGITS = 9


class WorthDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def stock_care(self) -> StockCare: ...

    @property
    def ordering(self) -> Ordering: ...


class WorthPresenter(RoomPresenter):
    """``worth_read`` carries every product, dearest use first."""

    worth_read = Signal(object)
    suppliers_read = Signal(object)
    settings_read = Signal(object, object)
    saved = Signal(str)
    topics = frozenset({"stock", "orders"})

    def __init__(self, desk: WorthDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._care, self._ordering = desk.stock_care, desk.ordering

    def read(self) -> None:
        self.ask(self._care.worth, self.worth_read.emit, key="worth")
        self.ask(self._ordering.suppliers, self.suppliers_read.emit, key="suppliers")

    def today(self) -> date:
        """The clinic's date."""
        return self._care.today()

    def ask_settings(self, one: Worth) -> None:
        """What is set for a product."""
        call = partial(self._ordering.product_settings, one.item_code)
        self.ask(call, partial(self.settings_read.emit, one), key="settings")

    def save(self, one: Worth, said: Mapping[str, Any]) -> None:
        """What the form holds. Empty: the supplier's lead time, no mark-up rule."""
        try:
            wanted = ProductSettings(
                ved=said["ved"] or "",
                supplier_id=said["supplier"],
                lead_days=_whole(said["lead_days"], "lead_days"),
                pack_size=_whole(said["pack_size"], "pack_size") or 0,
                markup_percent=_percent(said["markup_percent"]),
            )
        except InvalidField as refusal:
            self.refused("settings", refusal)
            return

        def done(_: object) -> None:
            self.saved.emit(one.item_name)
            self.read_soon()

        self.act("settings", lambda _: self._ordering.save_product_settings(one.item_code, wanted), done)


def _whole(text: str, field: str) -> int | None:
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= MOST_DIGITS):
        raise InvalidField(field, "whole_number")
    return int(plain)


def _percent(text: str) -> Decimal | None:
    plain = text.replace("%", "").strip()
    if not plain:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise InvalidField("markup_percent", "number") from None
    if not found.is_finite():
        raise InvalidField("markup_percent", "number")
    return found
