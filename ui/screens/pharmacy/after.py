"""What follows a supply at the counter; knows no widget."""

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Protocol
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.appointments import Receipt
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.stock import Supply, SupplyAccount
from clinicdesk.services.counter import Counter
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.rx_queries import RxQuestions
from clinicdesk.services.verifying import Verifying
from clinicdesk.services.witnessing import Witnessing
from ui.messages import message_for
from ui.tasks import TaskRunner


class PharmacyDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def pharmacy(self) -> Pharmacy: ...

    @property
    def verifying(self) -> Verifying: ...

    @property
    def counter(self) -> Counter: ...

    @property
    def witnessing(self) -> Witnessing: ...

    @property
    def questions(self) -> RxQuestions: ...


class AfterSupply(QObject):
    """Payment, taking back and slips for the prescription that is on show."""

    account_read = Signal(object)
    supplies_read = Signal(object)
    paper_made = Signal(object)
    paid = Signal(object)
    taken_back = Signal()
    wrong = Signal(str, str)
    changed = Signal()

    def __init__(self, counter: Counter, tasks: TaskRunner) -> None:
        super().__init__()
        self._counter, self._tasks = counter, tasks
        self._found: Prescription | None = None
        self._request: UUID = uuid4()

    def follow(self, found: Prescription) -> None:
        """The prescription on show."""
        self._found = found

    @Slot()
    def ask_account(self) -> None:
        """What is to be paid."""
        if self._found:
            self._request = uuid4()
            self._run(partial(self._counter.account, self._found.id), self._account_came)

    def _account_came(self, account: SupplyAccount) -> None:
        self.account_read.emit(account)

    @Slot()
    def ask_supplies(self) -> None:
        """What can be taken back."""
        if self._found:
            self._request = uuid4()
            self._run(partial(self._counter.supplies, self._found.id), self.supplies_read.emit)

    @Slot()
    def owed_slip(self) -> None:
        """On paper what the patient still gets."""
        if self._found:
            self._run(partial(self._counter.owed_slip, self._found), self.paper_made.emit)

    @Slot(object)
    def pay(self, said: dict[str, Any]) -> None:
        """One press pays once."""
        if self._found is None:
            return
        try:
            amount = Decimal(str(said["amount"]).replace(",", "").replace(" ", "").removeprefix("₦"))
        except InvalidOperation:
            self._refused(InvalidField("amount", "number"))
            return
        call = partial(
            _pay, self._counter, self._request, prescription=self._found, amount=amount, method=said["method"]
        )
        self._run(call, self._paid)

    def _paid(self, found: tuple[Receipt, bytes]) -> None:
        self.paid.emit(found[0])
        self.paper_made.emit(found[1])

    @Slot(object)
    def take_back(self, said: dict[str, Any]) -> None:
        """One press takes back once."""
        supply = said["supply"]
        digits = str(said["quantity"]).replace(",", "").strip()
        if not isinstance(supply, Supply):
            return
        if not digits.isdecimal() or len(digits) > 9:
            self._refused(InvalidField("quantity", "whole_number"))
            return
        call = partial(
            self._counter.take_back,
            self._request,
            supply,
            kind=said["kind"],
            quantity=int(digits),
            note=said["note"],
        )
        self._run(call, self._took_back)

    def _took_back(self, _: None) -> None:
        self.taken_back.emit()
        self.changed.emit()

    def _run(self, call: Any, done: Any) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._refused)

    def _refused(self, error: DomainError) -> None:
        field = error.field if isinstance(error, InvalidField) else ""
        self.wrong.emit(field, message_for(error))


def _pay(
    counter: Counter, request: UUID, *, prescription: Prescription, amount: Decimal, method: str
) -> tuple[Receipt, bytes]:
    receipt = counter.pay(request, prescription, amount=amount, method=method)
    return receipt, counter.receipt_pdf(receipt)
