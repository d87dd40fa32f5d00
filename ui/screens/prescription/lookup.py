"""Looks medicines up while somebody types, and counts directions."""

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine, Sig
from clinicdesk.domain.safety import ChildAdvice
from clinicdesk.services.prescribing import Candidate
from ui.screens.prescription.model import advice_words, problem_words
from ui.screens.prescription.saver import PadDesk
from ui.tasks import TaskRunner


class MedicineLookup(QObject):
    """``found`` answers with the text it belongs to."""

    found = Signal(str, object)
    candidate_ready = Signal(object)
    advised = Signal(object, str)
    said = Signal(str, str)

    def __init__(self, desk: PadDesk, tasks: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._tasks = desk, tasks

    @Slot(str)
    def search(self, text: str) -> None:
        """Look a typed line up."""
        if not text.strip():
            self.found.emit("", ())
            return
        self._tasks.run(
            partial(self._desk.prescribing.parse_line, text),
            owner=self,
            done=partial(self._found, text),
            failed=self._explain,
            key="search",
        )

    def _found(self, text: str, candidates: tuple[Candidate, ...]) -> None:
        self.found.emit(text, candidates)

    def fetch(self, line: PrescriptionLine) -> None:
        """A line back as a candidate, with today's stock."""
        self._tasks.run(
            partial(self._desk.prescribing.as_candidate, line),
            owner=self,
            done=self._fetched,
            failed=self._explain,
            key="fetch",
        )

    def _fetched(self, candidate: Candidate) -> None:
        self.candidate_ready.emit(candidate)

    def advise(self, patient_id: UUID, candidate: Candidate) -> None:
        """What a dose may be at a child's weight; ``advised`` names the medicine it is about."""
        medicine = candidate.medicine
        route = candidate.sig.route if candidate.sig else candidate.entry.route
        self._tasks.run(
            partial(self._desk.prescribing.child_advice, patient_id, medicine, route or "oral"),
            owner=self,
            done=partial(self._advised, medicine),
            failed=self._explain,
            key="advice",
        )

    def _advised(self, medicine: Medicine, advice: tuple[ChildAdvice, ...]) -> None:
        self.advised.emit(medicine, advice_words(advice))

    def _explain(self, error: DomainError) -> None:
        self.said.emit(problem_words(error), "error")

    def count(self, candidate: Candidate, sig: Sig) -> Candidate:
        """Directions in words and quantity; asks no server."""
        return self._desk.prescribing.with_sig(candidate, sig)

    def dose_unit(self, candidate: Candidate) -> str:
        """What one dose of the product is counted in."""
        return self._desk.prescribing.dose_unit(candidate)

    def day_in(self, days: int) -> date:
        """The clinic's date then."""
        return self._desk.prescribing.today + timedelta(days=days)

    def clinic_time(self, at: datetime) -> datetime:
        """On the clinic's clock."""
        return at.astimezone(ZoneInfo(self._desk.actor.clinic.timezone))
