"""Files on their way into and out of the visit on show."""

from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.visits import Visit
from clinicdesk.services.attachment_checks import LARGEST
from clinicdesk.services.charts import Charts
from ui.screens.chart.drafting import Drafting
from ui.screens.chart.model import words
from ui.tasks import TaskRunner

BUSY = True


class Attaching(QObject):
    """``kept()`` when a file is with the visit; ``wrong(field, sentence)`` when it is not.

    ``read(patient_id, filename, bytes)`` carries a file that was asked for.
    """

    kept = Signal(str)
    wrong = Signal(str, str)
    read = Signal(object, str, object)
    refused = Signal(str)
    busy = Signal(bool)

    def __init__(self, charts: Charts, tasks: TaskRunner, drafting: Drafting) -> None:
        super().__init__()
        self._charts, self._tasks, self._drafting = charts, tasks, drafting

    @Slot(str, str, str)
    def attach(self, path: str, kind: str, description: str) -> None:
        """Keep the file with the draft on show; its words are saved first, as they share a version."""
        draft = self._drafting.draft
        if draft is None or draft.amending or not self._drafting.all_right():
            self.wrong.emit("file", words(InvalidField("file", "no_draft")))
            return
        send = partial(self._send, draft.visit.id, path, kind, description)
        self._drafting.flush(send, even_if_refused=True)

    def _send(self, visit_id: UUID, path: str, kind: str, description: str) -> None:
        draft = self._drafting.draft
        if draft is None or draft.visit.id != visit_id or draft.saving or draft.stale or draft.dirty:
            self.wrong.emit("file", words(InvalidField("file", "no_draft")))
            return
        draft.saving = True
        name = Path(path).name
        self._tasks.run(
            partial(_keep, self._charts, draft.visit, Path(path), kind=kind, description=description),
            owner=self,
            done=partial(self._was_kept, visit_id, name),
            failed=partial(self._was_not_kept, visit_id),
        )

    def _was_kept(self, visit_id: UUID, name: str, visit: Visit) -> None:
        self._drafting.stored_beside(visit_id, visit)
        self.kept.emit(name)

    def _was_not_kept(self, visit_id: UUID, error: DomainError) -> None:
        self._drafting.stored_beside(visit_id, None)
        self.wrong.emit(error.field if isinstance(error, InvalidField) else "file", words(error))

    def open(self, visit: Visit, filename: str) -> None:
        """Read a file; the reading is in the access log before its bytes are here."""
        self.busy.emit(BUSY)
        self._tasks.run(
            partial(self._charts.attachment, visit, filename),
            owner=self,
            done=partial(self._was_read, visit.patient_id, filename),
            failed=self._was_not_read,
            key="file",
        )

    def _was_read(self, patient_id: UUID, filename: str, content: bytes) -> None:
        self.busy.emit(not BUSY)
        self.read.emit(patient_id, filename, content)

    def _was_not_read(self, error: DomainError) -> None:
        self.busy.emit(not BUSY)
        self.refused.emit(words(error))


def _keep(charts: Charts, visit: Visit, path: Path, *, kind: str, description: str) -> Visit:
    """Runs on a worker. The size is looked at before the file is read."""
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidField("file", "file_size", {"max": str(LARGEST // (1024 * 1024))})
        content = path.read_bytes()
    except OSError:
        raise InvalidField("file", "file") from None
    return charts.attach(visit, content, path.name, kind=kind, description=description)
