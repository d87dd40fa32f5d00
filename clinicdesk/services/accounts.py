"""Accounts of the staff: made, changed, locked and unlocked by an administrator of the same clinics."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.access import DUTIES, Account, Relative
from clinicdesk.domain.errors import InvalidField, NotAllowed
from clinicdesk.domain.people import Actor, Role
from clinicdesk.repositories.access import ChartDoor
from clinicdesk.repositories.accounts import enforce_lockout
from clinicdesk.repositories.staff import Staff, one_time_password, scram_verifier
from clinicdesk.repositories.work import WorkFactory

LONGEST_NAME = 100
# a role name depends on the address, and other letters fold differently on different servers
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")


@dataclass(frozen=True, slots=True)
class Handover:
    """A one-time password, shown once and kept nowhere."""

    user_id: UUID
    email: str
    password: str = field(repr=False)


class Accounts:
    """Raises NotAllowed for accounts that work in other clinics too."""

    def __init__(
        self,
        open_work: WorkFactory,
        actor: Actor,
        now: Callable[[], datetime],
        *,
        sign_out: Callable[[UUID], int] | None = None,
    ) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._sign_out = sign_out

    def today(self) -> date:
        """The clinic's date now."""
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def staff(self) -> list[Account]:
        """Everybody of the own clinics; what failed just now is looked up first."""
        self._actor.require("accounts.manage")
        with self._open_work() as work:
            enforce_lockout(work)
            return Staff(work).accounts()

    def clinics(self) -> list[tuple[UUID, str]]:
        """The own clinics: id and name."""
        self._actor.require("accounts.manage")
        with self._open_work() as work:
            return Staff(work).clinics()

    def create(
        self, email: str, first_name: str, last_name: str, *, role: Role, clinics: Sequence[UUID] = ()
    ) -> Handover:
        """A new account with a one-time password. Raises InvalidField."""
        self._actor.require("accounts.manage")
        address = valid_email(email)
        name = (valid_name("first_name", first_name), valid_name("last_name", last_name))
        password = one_time_password()
        with self._open_work() as work:
            made = Staff(work).create(
                address,
                name,
                role=role,
                clinics=clinics or (self._actor.clinic.id,),
                verifier=scram_verifier(password),
            )
        return Handover(made, address, password)

    def reset_password(self, account: Account) -> Handover:
        """A one-time password; ends the sessions. The doctor's signing key stays shut with the old one."""
        self._change(account)
        password = one_time_password()
        with self._open_work() as work:
            Staff(work).reset_password(account.id, scram_verifier(password))
        return Handover(account.id, account.email, password)

    def set_active(self, account: Account, *, active: bool) -> None:
        """Disable or enable; disabling ends the sessions."""
        self._change(account)
        with self._open_work() as work:
            Staff(work).set_active(account.id, active=active)

    def set_role(self, account: Account, role: Role) -> None:
        """Holds at once, in open sessions too."""
        self._change(account)
        with self._open_work() as work:
            Staff(work).set_role(account.id, role)

    def change_email(self, account: Account, email: str) -> None:
        """The name to sign in with; the password stays. Raises InvalidField."""
        self._change(account)
        address = valid_email(email)
        with self._open_work() as work:
            Staff(work).change_email(account.id, address)

    def unlock(self, account: Account) -> None:
        """End the rest after repeated failures."""
        self._actor.require("accounts.manage")
        with self._open_work() as work:
            Staff(work).unlock(account.id)

    def end_sessions(self, account: Account) -> int:
        """Sign the person out on every PC; how many connections it ended."""
        self._change(account)
        if self._sign_out is not None:
            return self._sign_out(account.id)
        with self._open_work() as work:
            return Staff(work).end_sessions(account.id)

    def set_duty(self, account: Account, duty: str, *, held: bool) -> None:
        """Give or take a duty in every own clinic that the person works in. Raises InvalidField."""
        self._actor.require("accounts.manage")
        if duty not in DUTIES:
            raise InvalidField("duty", "choose")
        with self._open_work() as work:
            staff = Staff(work)
            for clinic in account.clinics:
                staff.set_duty(clinic, account.id, duty, held=held)

    def relatives(self, account: Account) -> list[Relative]:
        """Patients who are this person or one of the family: their charts ask for a reason (spec 2.8)."""
        self._actor.require("accounts.manage")
        with self._open_work() as work:
            return ChartDoor(work).relatives_of(account.id)

    def set_relative(self, account: Account, patient_id: UUID, relation: str | None) -> None:
        """'self', 'family', or None to take it away; nobody takes away the own. Raises NotAllowed."""
        self._actor.require("relatives.declare")
        if relation is None or account.id != self._actor.user_id:
            self._change(account)
        if relation not in ("self", "family", None):
            raise InvalidField("relation", "choose")
        with self._open_work() as work:
            ChartDoor(work).set_relative(account.id, patient_id, relation)

    def _change(self, account: Account) -> None:
        self._actor.require("accounts.manage")
        if account.id == self._actor.user_id:
            raise NotAllowed("accounts.own")


def valid_email(text: str) -> str:
    """In small letters. Raises InvalidField."""
    address = text.strip().lower()
    if not address:
        raise InvalidField("email", "required")
    if not _EMAIL.fullmatch(address) or len(address) > 255:
        raise InvalidField("email", "email")
    return address


def valid_name(field_name: str, text: str) -> str:
    """One line. Raises InvalidField."""
    name = " ".join(text.split())
    if not name:
        raise InvalidField(field_name, "required")
    if len(name) > LONGEST_NAME:
        raise InvalidField(field_name, "too_long", {"max": str(LONGEST_NAME)})
    return name
