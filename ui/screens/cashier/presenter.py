"""What happens at the till; knows no widget."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.appointments import Receipt
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.ledger import LedgerLine, Shift, amount_of
from clinicdesk.domain.people import Actor
from clinicdesk.services.payments import Payments
from clinicdesk.services.till import Till
from ui.messages import field_message, message_for
from ui.news import News
from ui.tasks import TaskRunner

COALESCE_MS = 50


class CashierDesk(Protocol):
    """What this screen needs of the core."""

    @property
    def actor(self) -> Actor: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def till(self) -> Till: ...


class CashierPresenter(QObject):
    """One day's ledger, the shifts around it, and what is done with a line."""

    lines_read = Signal(object)
    shifts_read = Signal(object, object)
    """Shifts, and (id, name) of who may take over."""
    receipt_ready = Signal(object)
    closed = Signal(object)
    field_wrong = Signal(str, str)
    said = Signal(str, str)

    def __init__(self, desk: CashierDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.actor, self.zone = desk.actor, desk.payments.zone
        self.currency = desk.actor.clinic.currency
        self._payments, self._till, self._tasks = desk.payments, desk.till, tasks
        self.day: date = desk.payments.today()
        self.shown = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COALESCE_MS)
        self._soon.timeout.connect(self.load)
        self._news = news
        news.arrived.connect(self._arrived)

    def own_shift(self, shifts: list[Shift]) -> Shift | None:
        """The open one of this person."""
        mine = self.actor.user_id
        return next((s for s in shifts if s.user_id == mine and s.closed_at is None), None)

    @Slot()
    def load(self) -> None:
        """Ledger and shifts; the newest answer counts."""
        self.shown = True
        self._run(partial(self._payments.lines, self.day), self.lines_read.emit, key="lines")
        self._run(self._shifts, self._show_shifts, key="shifts")

    def step(self, days: int) -> None:
        """Another day's ledger."""
        self.day += timedelta(days=days)
        self.load()

    # doing

    def refund(self, request: UUID, line: LedgerLine, *, amount: str, reason: str) -> None:
        """As typed."""
        try:
            money = amount_of(amount)
        except InvalidOperation:
            self.field_wrong.emit("amount", field_message("number"))
            return
        self._change(partial(self._payments.refund, request, line.id, amount=money, reason=reason))

    def void(self, request: UUID, line: LedgerLine, *, reason: str) -> None:
        """A slip of this shift."""
        self._change(partial(self._payments.void, request, line.id, reason=reason))

    def reprint(self, line: LedgerLine) -> None:
        """A copy."""
        self._change(partial(self._payments.reprint, line.id))

    def open(self, opening_float: str) -> None:
        """The float as typed."""
        try:
            money = amount_of(opening_float)
        except InvalidOperation:
            self.field_wrong.emit("float", field_message("number"))
            return
        self._tasks.run(partial(self._till.open, money), owner=self, done=self._opened, failed=self._wrong)

    def close(
        self, shift: Shift, counted: Mapping[str, Decimal], *, reason: str, left: Decimal, to: UUID | None
    ) -> None:
        """Counted and explained."""
        call = partial(self._till.close, shift, counted, reason=reason, left=left, to=to)
        self._tasks.run(call, owner=self, done=self._closed, failed=self._wrong)

    def accept(self, shift: Shift) -> None:
        """Take over."""
        self._run(partial(self._till.accept, shift), self._reload)

    # answers

    def _shifts(self) -> tuple[Any, Any]:
        return self._till.shifts(), self._till.cashiers()

    def _show_shifts(self, found: tuple[Any, Any]) -> None:
        self.shifts_read.emit(*found)

    def _change(self, call: Callable[[], Receipt]) -> None:
        self._tasks.run(call, owner=self, done=self._made, failed=self._wrong)

    def _made(self, receipt: Receipt) -> None:
        self.receipt_ready.emit(receipt)
        self.load()

    def _opened(self, _: object) -> None:
        self.said.emit(self.tr("The shift is open."), "ok")
        self.load()

    def _closed(self, shift: Shift) -> None:
        self.closed.emit(shift)
        self.load()

    def _reload(self, _: object) -> None:
        self.load()

    def _wrong(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.field_wrong.emit(error.field, field_message(error.rule, error.detail))
        else:
            self.said.emit(message_for(error), "error")

    def _explain(self, error: DomainError) -> None:
        self.said.emit(message_for(error), "error")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str | None = None) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)

    @Slot(str, str)
    def _arrived(self, topic: str, _row: str) -> None:
        if topic in ("", "payments") and self.shown and not self._news.is_echo(self, self._tasks):
            self._soon.start()
