"""Registers, their lines and the check by two people; knows no widget."""

from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import Signal

from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock_room import ControlledMedicine
from clinicdesk.services.controlled import Controlled
from clinicdesk.services.witnessing import Witnessing
from ui.messages import message_for
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


class ControlledDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def controlled(self) -> Controlled: ...

    @property
    def witnessing(self) -> Witnessing: ...


class ControlledPresenter(RoomPresenter):
    """A check is one act: the witness's yes, then the figure."""

    medicines_read = Signal(object)
    register_read = Signal(object)
    checked = Signal(int)
    acknowledged = Signal()
    topics = frozenset({"stock"})

    def __init__(self, desk: ControlledDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._controlled, self._witnessing = desk.controlled, desk.witnessing
        self.which: ControlledMedicine | None = None

    def read(self) -> None:
        self.ask(self._controlled.medicines, self._medicines_came, key="medicines")

    def _medicines_came(self, found: list[ControlledMedicine]) -> None:
        self.medicines_read.emit(found)

    def open(self, which: ControlledMedicine) -> None:
        """The lines of one register."""
        self.which = which
        self.ask(partial(self._controlled.register, which), self.register_read.emit, key="register")

    def check(self, said: dict[str, str]) -> None:
        """Counted figure, and the witness's own e-mail and password."""
        which, plain = self.which, said["counted"].replace(",", "").strip()
        if which is None:
            return
        if not plain.isdecimal() or len(plain) > 9:
            self.refused("check", InvalidField("counted", "whole_number"))
            return

        def both(request: UUID) -> int:
            self._witnessing.witness(request, email=said["email"], password=said["password"])
            return self._controlled.check(request, which, counted=int(plain), note=said["note"])

        self.act("check", both, self._checked)

    def _checked(self, gap: int) -> None:
        self.checked.emit(gap)
        self.read()

    def acknowledge(self, note: str) -> None:
        """The open difference is explained."""
        check = self.which.open_check if self.which else None
        if check is None:
            return

        def done(_: object) -> None:
            self.acknowledged.emit()
            self.read()

        self.act("acknowledge", lambda _: self._controlled.acknowledge(check, note), done)

    def refused(self, name: str, error: DomainError) -> None:
        if name == "check" and not isinstance(error, InvalidField):
            self.wrong.emit("password", message_for(error))
        else:
            super().refused(name, error)
