"""A second person says yes to one act, with the own password at this PC (spec 5.5, 5.6)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.supplies import Supplies
from clinicdesk.repositories.work import WorkFactory

Second = Callable[[str, str], AbstractContextManager[WorkFactory]]


class Witnessing:
    """``second(email, password)`` is that person's own connection; it is closed after the one statement."""

    def __init__(self, actor: Actor, second: Second) -> None:
        self._actor, self._second = actor, second

    def witness(self, request_id: UUID, *, email: str, password: str) -> None:
        """The act with this ``request_id`` may be booked within ten minutes.

        Raises WrongPassword, NoWitness (the duty is missing), NotAllowed, InvalidField (own account).
        """
        if login_name(email) == login_name(self._actor.email):
            raise InvalidField("email", "other_person")
        with self._second(email, password) as open_work, open_work() as work:
            Supplies(work).witness(self._actor.clinic.id, request_id)
