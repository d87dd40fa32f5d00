"""What happens on the Verify screen; knows no widget."""

from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.people import Actor
from clinicdesk.domain.verification import KeyRing, Verification
from clinicdesk.services.verifying import MAX_BYTES, Verifying
from ui.messages import message_for
from ui.tasks import TaskRunner

translate = QCoreApplication.translate
BUSY, IDLE = True, False


class VerifyDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...
    @property
    def verifying(self) -> Verifying: ...


class VerifyPresenter(QObject):
    """``found`` carries a Verification; ``contact`` the last KeyRing, or None."""

    found = Signal(object)
    contact = Signal(object)
    told = Signal(str, str)
    busy = Signal(bool)

    def __init__(self, desk: VerifyDesk, tasks: TaskRunner) -> None:
        super().__init__()
        self.zone = ZoneInfo(desk.actor.clinic.timezone)
        self._verifying, self._tasks = desk.verifying, tasks

    def refresh(self) -> None:
        """Fetch keys and states for days without a network."""
        self._tasks.run(
            self._verifying.contact, owner=self, done=self._fetched, failed=self._offline, key="contact"
        )

    def check(self, text: str) -> None:
        self._ask(partial(self._verifying.check, text))

    def check_path(self, path: str) -> None:
        self._ask(partial(self._read, self._verifying, path))

    def export(self, path: str) -> None:
        self._tasks.run(
            partial(self._exported, self._verifying, path),
            owner=self,
            done=self._written,
            failed=self._explain,
            key="export",
        )

    @staticmethod
    def _read(verifying: Verifying, path: str) -> Verification | str:
        try:
            with Path(path).open("rb") as file:
                return verifying.check_file(file.read(MAX_BYTES))
        except OSError as problem:
            return problem.strerror or type(problem).__name__

    @staticmethod
    def _exported(verifying: Verifying, path: str) -> KeyRing | str:
        try:
            return verifying.export(Path(path))
        except OSError as problem:
            return problem.strerror or type(problem).__name__

    def _ask(self, call: "partial[Verification | str] | partial[Verification]") -> None:
        self.busy.emit(BUSY)
        self._tasks.run(call, owner=self, done=self._answered, failed=self._explain, key="check")

    def _answered(self, answer: Verification | str) -> None:
        self.busy.emit(IDLE)
        if isinstance(answer, str):
            self.told.emit(translate("verify", "The file cannot be read: {0}.").format(answer), "error")
        else:
            self.found.emit(answer)

    def _written(self, answer: KeyRing | str) -> None:
        if isinstance(answer, str):
            self.told.emit(translate("verify", "The keys were not written: {0}.").format(answer), "error")
            return
        self._fetched(answer)
        text = translate("verify", "Public keys written: {0} of doctors, {1} certificates of clinics.")
        self.told.emit(text.format(len(answer.keys), len(answer.authorities)), "ok")

    def _fetched(self, ring: KeyRing) -> None:
        self.contact.emit(ring)

    def _offline(self, _: DomainError) -> None:
        self.contact.emit(self._verifying.last_contact())

    def _explain(self, error: DomainError) -> None:
        self.busy.emit(IDLE)
        self.told.emit(message_for(error), "error")
