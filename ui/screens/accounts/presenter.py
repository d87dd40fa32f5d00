"""What happens on the accounts screen; knows no widget."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.access import Account
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Actor, Role
from clinicdesk.services.accounts import Accounts, Handover
from clinicdesk.services.patients import Patients
from ui.messages import message_for
from ui.news import News
from ui.screens.accounts.model import translate
from ui.tasks import TaskRunner

MOST_HITS = 8


class AccountsDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def patients(self) -> Patients: ...


class AccountsPresenter(QObject):
    """``listed(list[Account])``; ``handed_over(Handover)``: a password to show once."""

    listed = Signal(object)
    handed_over = Signal(object)
    field_wrong = Signal(str, str)
    told = Signal(str, str)
    busy = Signal(bool)
    family = Signal(object)
    """list[Relative] of the account that was asked for."""
    family_told = Signal(str, str)
    hits = Signal(str, object)

    def __init__(self, desk: AccountsDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.actor = desk.actor
        self.zone = ZoneInfo(desk.actor.clinic.timezone)
        self._accounts, self._patients, self._tasks = desk.accounts, desk.patients, tasks
        self.shown = False
        news.arrived.connect(self._arrived)

    @Slot()
    def reload(self) -> None:
        self._tasks.run(
            self._accounts.staff, owner=self, done=self.listed.emit, failed=self._explain, key="list"
        )

    @Slot(str, str)
    def _arrived(self, topic: str, _row: str) -> None:
        if self.shown and topic == "":
            self.reload()

    def create(self, email: str, first: str, last: str, role: Role) -> None:
        self._do(partial(self._accounts.create, email, first, last, role=role), self._handed)

    def reset_password(self, account: Account) -> None:
        self._do(partial(self._accounts.reset_password, account), self._handed)

    def set_active(self, account: Account, *, active: bool) -> None:
        text = (
            translate("account", "{name} can sign in again.")
            if active
            else translate("account", "{name} is disabled and was signed out everywhere.")
        )
        self._do(partial(self._accounts.set_active, account, active=active), self._said(text, account))

    def set_role(self, account: Account, role: Role) -> None:
        text = translate("account", "The new role of {name} holds at once.")
        self._do(partial(self._accounts.set_role, account, role), self._said(text, account))

    def change_email(self, account: Account, email: str) -> None:
        text = translate("account", "{name} signs in with the new address; the password stays.")
        self._do(partial(self._accounts.change_email, account, email), self._said(text, account))

    def unlock(self, account: Account) -> None:
        text = translate("account", "{name} can try again now.")
        self._do(partial(self._accounts.unlock, account), self._said(text, account))

    def end_sessions(self, account: Account) -> None:
        text = translate("account", "{name} was signed out on every PC.")
        self._do(partial(self._accounts.end_sessions, account), self._said(text, account))

    def set_duty(self, account: Account, duty: str, *, held: bool) -> None:
        text = translate("account", "The duties of {name} are changed.")
        self._do(partial(self._accounts.set_duty, account, duty, held=held), self._said(text, account))

    def search(self, text: str) -> None:
        """Patients for the family."""
        call = partial(self._patients.search, text, MOST_HITS)
        self._tasks.run(
            call, owner=self, done=partial(self._found, text), failed=self._family_failed, key="search"
        )

    def _found(self, text: str, found: list[PatientHit]) -> None:
        self.hits.emit(text, found)

    def read_family(self, account: Account) -> None:
        """Answered by ``family``."""
        self._tasks.run(
            partial(self._accounts.relatives, account),
            owner=self,
            done=self.family.emit,
            failed=self._family_failed,
            key="family",
        )

    def set_relative(self, account: Account, patient_id: UUID, relation: str | None) -> None:
        """Recorded or, with None, taken away."""
        self._tasks.run(
            partial(self._accounts.set_relative, account, patient_id, relation),
            owner=self,
            done=partial(self._family_changed, account),
            failed=self._family_failed,
        )

    def _family_changed(self, account: Account, _answer: None) -> None:
        self.family_told.emit(translate("account", "Recorded; it holds from now on."), "ok")
        self.read_family(account)

    def _family_failed(self, error: DomainError) -> None:
        self.family_told.emit(message_for(error), "error")

    def today(self) -> date:
        """The clinic's."""
        return self._accounts.today()

    # -- plumbing

    def _do(self, call: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self._show_busy(busy=True)
        self._tasks.run(call, owner=self, done=partial(self._done, done), failed=self._failed)

    def _show_busy(self, *, busy: bool) -> None:
        self.busy.emit(busy)

    def _done(self, done: Callable[[Any], object], answer: Any) -> None:
        self._show_busy(busy=False)
        done(answer)
        self.reload()

    def _failed(self, error: DomainError) -> None:
        self._show_busy(busy=False)
        if isinstance(error, InvalidField):
            self.field_wrong.emit(error.field, message_for(error))
        else:
            self._explain(error)
        self.reload()

    def _said(self, text: str, account: Account) -> Callable[[Any], object]:
        return partial(self._tell, text.format(name=account.name))

    def _tell(self, text: str, _answer: Any) -> None:
        self.told.emit(text, "ok")

    def _handed(self, given: Handover) -> None:
        self.handed_over.emit(given)

    def _explain(self, error: DomainError) -> None:
        self.told.emit(message_for(error), "error")

    def own(self, account_id: UUID) -> bool:
        """Nobody changes the own account."""
        return account_id == self.actor.user_id
