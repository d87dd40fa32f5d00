"""Saves drafts one after another, so that an older state never wins over a newer one."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor
from clinicdesk.services.local_store import LocalDrafts
from clinicdesk.services.prescribing import Prescribing, PrescriptionDraft
from clinicdesk.services.prescribing_draft import LoadedDraft
from clinicdesk.services.prescribing_kept import KeptPads
from ui.tasks import TaskRunner

Write = Callable[[], datetime | None]


class PadDesk(Protocol):
    """What the screen needs of the desk."""

    @property
    def prescribing(self) -> Prescribing:
        """The pad's service."""

    @property
    def drafts(self) -> LocalDrafts:
        """What this PC keeps while the database is away."""

    @property
    def actor(self) -> Actor:
        """Who writes."""


class DraftSaver(QObject):
    """``saved`` carries the draft and the time as text, '' when it was thrown away."""

    saved = Signal(object, str)
    failed = Signal(object, object)

    def __init__(self, desk: PadDesk, tasks: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks, self._kept = tasks, KeptPads(desk.prescribing, desk.drafts)
        self._running = False
        self._waiting: list[tuple[PrescriptionDraft, Write]] = []
        self._refused: list[tuple[PrescriptionDraft, Write]] = []

    def unsaved(self) -> bool:
        """Whether something is not in the database: on its way, or refused."""
        return self._running or bool(self._waiting or self._refused)

    def retry(self) -> None:
        """Try again what was refused: an ended account may have come back."""
        again, self._refused = self._refused, []
        for draft, write in again:
            self._put(draft, write)

    def save(self, draft: PrescriptionDraft) -> None:
        """Keep this state; an earlier one that still waits is left out."""
        self._put(draft, partial(self._kept.save, draft, self._kept.turn(draft.id)))

    def drop(self, draft: PrescriptionDraft) -> None:
        """Throw the stored draft away."""
        self._put(draft, partial(self._kept.drop, draft.id, self._kept.turn(draft.id)))

    def forget(self, draft: PrescriptionDraft) -> None:
        """It is signed."""
        call = partial(self._kept.forget, draft.id, self._kept.turn(draft.id))
        self._tasks.run(call, owner=self, done=_ignore, failed=_ignore)

    def _put(self, draft: PrescriptionDraft, write: Write) -> None:
        for held in (self._waiting, self._refused):
            held[:] = [entry for entry in held if entry[0].id != draft.id]
        self._waiting.append((draft, write))
        self._next()

    def _next(self) -> None:
        if self._running or not self._waiting:
            return
        self._running = True
        draft, write = self._waiting.pop(0)
        failed = partial(self._failed, draft, write)
        self._tasks.run(write, owner=self, done=partial(self._done, draft), failed=failed)

    def _done(self, draft: PrescriptionDraft, at: datetime | None) -> None:
        self._running = False
        self.saved.emit(draft, f"{at:%H:%M}" if at else "")
        self._next()

    def _failed(self, draft: PrescriptionDraft, write: Write, error: DomainError) -> None:
        self._running = False
        if all(entry[0].id != draft.id for entry in self._waiting):
            self._refused.append((draft, write))
        self.failed.emit(draft, error)
        self._next()


def single_shot(parent: QObject, after_ms: int, slot: Callable[[], None]) -> QTimer:
    """A timer that waits for the last of several changes."""
    made = QTimer(parent)
    made.setSingleShot(True)
    made.setInterval(after_ms)
    made.timeout.connect(slot)
    return made


def read_pad(desk: PadDesk, patient_id: UUID) -> tuple[PatientSummary, LoadedDraft | None]:
    """What a pad opens with: the patient, and the doctor's unsigned work."""
    patient = desk.prescribing.patient(patient_id)
    return patient, KeptPads(desk.prescribing, desk.drafts).load(patient_id)


def _ignore(_: object) -> None:
    """Nobody waits for the answer."""
