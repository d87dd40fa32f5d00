"""Registering a patient, for every screen that offers it: fields, people who are alike, then the record."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain import matching
from clinicdesk.domain.errors import DomainError, InvalidField, PossibleDuplicate
from clinicdesk.domain.patients import NewPatient, PatientHit, PatientSummary
from clinicdesk.services.patients import Patients
from ui.messages import message_for
from ui.tasks import TaskRunner
from ui.widgets.registration import RegistrationForm


@dataclass(frozen=True, slots=True)
class Answer:
    """Either the new patient or the people who are alike."""

    made: PatientSummary | None
    alike: tuple[PatientHit, ...] = ()


class Registering(QObject):
    """One registration at a time."""

    problems_found = Signal(object)
    """A sequence of InvalidField."""
    alike_found = Signal(object, bool)
    """PatientHits, and whether one is probably the same person."""
    registered = Signal(object)
    """The PatientSummary of the new patient."""
    live_found = Signal(object)
    """PatientHits who may be meant, while the form is being filled in."""
    refused = Signal(str)
    busy = Signal(bool)

    def __init__(self, patients: Patients, tasks: TaskRunner) -> None:
        super().__init__()
        self._patients, self._tasks = patients, tasks

    def watch(self, form: RegistrationForm) -> None:
        """Show who may be meant while the form is being filled in (spec 2.2)."""
        form.typing.connect(self.look)
        self.live_found.connect(form.show_live)

    @Slot(object)
    def look(self, so_far: NewPatient) -> None:
        """The newest answer counts; an outage is said when the form is sent."""
        call = partial(self._patients.alike, so_far)
        self._tasks.run(call, owner=self, done=self.live_found.emit, failed=self._not_looked, key="alike")

    def register(self, new: NewPatient, *, seen: bool) -> None:
        """``seen``: the list of people who are alike was on the screen."""
        problems = self._patients.problems(new)
        if problems:
            self.problems_found.emit(problems)
            return
        self._say_busy(on=True)
        call = partial(_register, self._patients, new, seen)
        self._tasks.run(call, owner=self, done=self._done, failed=self._failed)

    def _done(self, answer: Answer) -> None:
        self._say_busy(on=False)
        if answer.made is not None:
            self.registered.emit(answer.made)
        else:
            self.alike_found.emit(answer.alike, any(hit.score >= matching.PROBABLE for hit in answer.alike))

    def _failed(self, error: DomainError) -> None:
        self._say_busy(on=False)
        if isinstance(error, InvalidField):
            self.problems_found.emit((error,))
        else:
            self.refused.emit(message_for(error))

    def _not_looked(self, _: DomainError) -> None:
        self.live_found.emit([])

    def _say_busy(self, *, on: bool) -> None:
        self.busy.emit(on)


def _register(patients: Patients, new: NewPatient, seen: bool) -> Answer:
    if not seen:
        alike = patients.similar(new)
        if alike:
            return Answer(None, tuple(alike))
    try:
        return Answer(patients.summary(patients.register(new)))
    except PossibleDuplicate:
        return Answer(None, tuple(patients.similar(new)))
