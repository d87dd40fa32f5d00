"""Searching and registering patients."""

from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Actor
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.patients import Patients
from clinicdesk.services.records import Merging, Records
from clinicdesk.services.scheduling import Scheduling
from ui.messages import message_for
from ui.news import News
from ui.registering import Registering
from ui.screens.patients.record_presenter import RecordPresenter
from ui.tasks import TaskRunner

MOST_HITS = 50


class PatientDesk(Protocol):
    """What this screen needs of the core."""

    @property
    def actor(self) -> Actor: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def scheduling(self) -> Scheduling: ...
    @property
    def records(self) -> Records: ...
    @property
    def merging(self) -> Merging: ...
    @property
    def access(self) -> ChartAccess: ...


class PatientsPresenter(QObject):
    """One search and one patient on show."""

    hits_found = Signal(str, object)
    """The text asked for, and PatientHits, best first."""
    summary_read = Signal(object)
    said = Signal(str, str)

    def __init__(self, desk: PatientDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self._desk, self.actor = desk, desk.actor
        self.today = desk.scheduling.clock()[0]
        self._patients, self._tasks = desk.patients, tasks
        self._shown: UUID | None = None
        self.stale = False
        self.registering = Registering(desk.patients, tasks)
        self.registering.setParent(self)
        self.records = RecordPresenter(desk.records, desk.merging, tasks, desk.actor.clinic.name)
        self.records.setParent(self)
        news.arrived.connect(self._arrived)

    def search(self, text: str) -> None:
        """Best first."""
        call = partial(self._patients.search, text, MOST_HITS)
        self._tasks.run(call, owner=self, done=partial(self._found, text), failed=self._explain, key="search")

    def read(self, patient_id: UUID | None) -> None:
        """The details of one patient; None shows nobody."""
        self._shown = patient_id
        self.stale = False
        if patient_id is not None:
            call = partial(self._patients.summary, patient_id)
            self._tasks.run(
                call, owner=self, done=self.summary_read.emit, failed=self._explain, key="summary"
            )

    def refresh(self) -> None:
        """Read the patient on show again if something happened meanwhile."""
        if self.stale:
            self.read(self._shown)

    def restrict(self, patient_id: UUID, *, restricted: bool) -> None:
        """The chart asks everybody for a reason from now on, or not any more (spec 2.8)."""
        call = partial(self._desk.access.set_restricted, patient_id, restricted=restricted)
        done = partial(self._restricted, patient_id, restricted)
        self._tasks.run(call, owner=self, done=done, failed=self._explain)

    def _restricted(self, patient_id: UUID, restricted: bool, _: None) -> None:
        text = (
            self.tr("The chart is restricted: it always asks for a reason.")
            if restricted
            else self.tr("The chart is not restricted any more.")
        )
        self.said.emit(text, "ok")
        if patient_id == self._shown:
            self.read(patient_id)

    def _found(self, text: str, hits: list[PatientHit]) -> None:
        self.hits_found.emit(text, hits)

    def _explain(self, error: DomainError) -> None:
        self.said.emit(message_for(error), "error")

    @Slot(str, str)
    def _arrived(self, topic: str, row_id: str) -> None:
        if topic == "" or (topic == "patients" and row_id in ("", str(self._shown))):
            self.read(self._shown)
