"""A chart that is shut for this person: asking for the reason, and opening it for an hour."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.access import Glass
from clinicdesk.domain.errors import DomainError, InvalidField
from ui.screens.chart.model import ChartDesk, words
from ui.tasks import TaskRunner


@dataclass(frozen=True, slots=True)
class Shut:
    """Whose chart, and why it is shut."""

    patient_id: UUID
    who: str
    cause: str


class GlassDoor(QObject):
    """``shut(Shut)``: ask for a reason; ``opened()``: read the chart now; ``wrong(text)``: at the note."""

    shut = Signal(object)
    opened = Signal()
    wrong = Signal(str)
    refused = Signal(str)

    def __init__(self, desk: ChartDesk, tasks: TaskRunner) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._asked: UUID | None = None

    def ask(self, patient_id: UUID) -> None:
        """Log the refusal and say why."""
        self._asked = patient_id
        call = partial(_look, self._desk, patient_id)
        self._tasks.run(call, owner=self, done=self._looked, failed=self._failed, key="glass")

    def break_glass(self, reason: str, note: str) -> None:
        """For the chart asked for."""
        if self._asked is not None:
            call = partial(self._desk.access.break_glass, self._asked, reason, note)
            self._tasks.run(call, owner=self, done=self._broken, failed=self._failed, key="break")

    def _looked(self, found: tuple[Shut, Glass]) -> None:
        shut, glass = found
        if not glass.shut:
            self.opened.emit()
        elif shut.patient_id == self._asked:
            self.shut.emit(shut)

    def _broken(self, _until: object) -> None:
        self.opened.emit()

    def _failed(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.wrong.emit(words(error))
        else:
            self.refused.emit(words(error))


def _look(desk: ChartDesk, patient_id: UUID) -> tuple[Shut, Glass]:
    glass = desk.access.ask(patient_id)
    patient = desk.charts.summary(patient_id)
    return Shut(patient_id, f"{patient.name} · {patient.mrn}", glass.cause), glass
