"""Booking by one line in the command bar: choices while it is unclear, a preview, Enter books."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinicdesk.desk import Desk
from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.errors import DomainError, SlotTaken
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.wall_clock import hhmm
from clinicdesk.services.patients import Patients
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.typed_booking import Answer, Draft
from ui.messages import message_for
from ui.palette import Hit
from ui.screens.schedule.step_words import kind_words
from ui.screens.schedule.words import short_day, warning_words
from ui.tasks import TaskRunner

SHOWN = 12
translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Choice:
    """What a line of the command bar stands for: an answer to a question, or the booking itself."""

    text: str
    draft: Draft
    ready: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """Patients that fit, and what the text says as a booking."""

    patients: Sequence[PatientHit]
    answer: Answer | None
    warnings: tuple[str, ...] = ()


class TypedBookings(QObject):
    """``found`` goes to the palette; ``booked`` to the schedule."""

    found = Signal(str, object, object)
    """Text, lines for the booking (Hit), patients (PatientHit)."""
    booked = Signal(object)
    said = Signal(str, str)

    def __init__(self, desk: Desk, tasks: TaskRunner) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._may = desk.actor.may("appointments.book")
        self._busy = False
        self._refusal = self._on_show = ""

    def look(self, text: str, on_show: str = "") -> None:
        """Search patients, and read the line as a booking; without a name for the patient ``on_show``."""
        self._refusal, self._on_show = "", on_show
        self._ask(text, None)

    def choose(self, choice: Choice) -> None:
        """Take an option, or book the preview; a second press waits for the first."""
        if not choice.ready:
            self._refusal = ""
            self._ask(choice.text, choice.draft)
        elif not self._busy:
            self._busy = True
            call = partial(self._desk.scheduling.book, choice.draft.wish())
            failed = partial(self._not_booked, choice)
            self._tasks.run(call, owner=self, done=self._done, failed=failed)

    def _ask(self, text: str, fixed: Draft | None) -> None:
        read = partial(self._desk.bookings.typed.answer, text, fixed, on_show=self._on_show)
        call = partial(
            _look, self._desk.patients, self._desk.scheduling, read if self._may else None, text=text
        )
        self._tasks.run(call, owner=self, done=partial(self._looked, text), failed=self._failed, key="search")

    def _looked(self, text: str, looked: Looked) -> None:
        lines = lines_of(text, looked, refusal=self._refusal) if looked.answer else []
        self.found.emit(text, lines, looked.patients)

    def _done(self, made: Appointment) -> None:
        self._busy = False
        self.booked.emit(made)

    def _not_booked(self, choice: Choice, error: DomainError) -> None:
        self._busy = False
        self._refusal = message_for(SlotTaken(error.holder) if isinstance(error, SlotTaken) else error)
        # what was typed stays; the line is read anew, now without the slot that is gone
        draft = replace(choice.draft, doctor=None, day=None, start=None)
        self._ask(choice.text, draft)

    def _failed(self, error: DomainError) -> None:
        self.said.emit(message_for(error), "error")


def _look(
    patients: Patients, scheduling: Scheduling, read: Callable[[], Answer | None] | None, *, text: str
) -> Looked:
    answer = read() if read else None
    if answer is None:
        return Looked(patients.search(text, SHOWN), None)
    ready = answer.asks == "ready"
    return Looked((), answer, scheduling.warnings(answer.options[0].wish()) if ready else ())


def lines_of(text: str, looked: Looked, *, refusal: str = "") -> list[Hit]:
    """The question and its options, or the preview."""
    answer = looked.answer
    if answer is None:
        return []
    if not answer.options:
        said = {
            "nobody": translate("typed", "No patient fits “{0}”"),
            "doctor": translate("typed", "No doctor fits “{0}”"),
        }.get(answer.asks, translate("typed", "Nothing is free then"))
        return [Hit(said.format(answer.said), refusal, None, icon="info", stays=True)]
    ready = answer.asks == "ready"
    asked = refusal or _question(answer.asks)
    lines = []
    for draft in answer.options:
        title = draft_words(draft)
        if ready:
            title = translate("typed", "Book: {0}").format(title)
            asked = " ".join(
                part
                for part in (refusal, warning_words(looked.warnings), translate("typed", "Enter books"))
                if part
            )
        icon = "calendar-check" if ready else "calendar-plus"
        who = draft.patient
        known = f" · {who.mrn} · {who.phone or '–'}" if who is not None and answer.asks == "patient" else ""
        lines.append(Hit(title, asked + known, Choice(text, draft, ready), icon=icon, stays=True))
    return lines


def _question(asks: str) -> str:
    return {
        "patient": translate("typed", "Which patient?"),
        "kind": translate("typed", "Which kind of visit?"),
        "slot": translate("typed", "Which slot?"),
        "near": translate("typed", "That time is not free; these are near"),
        "ready": "",
    }[asks]


def draft_words(draft: Draft) -> str:
    """'Ada Obi CD… (1984) · Fri 27 Nov 10:30 · Follow-up · Dr Bello'."""
    patient = draft.patient
    born = f" ({patient.date_of_birth:%d.%m.%Y})" if patient and patient.date_of_birth else ""
    parts = [
        f"{patient.name}{born}" if patient else "",
        short_day(draft.day) if draft.day else "",
        hhmm(draft.start) if draft.start is not None else "",
        draft.kind.name if draft.kind else "",
        f"Dr {draft.doctor.name}" if draft.doctor else "",
        kind_words()[draft.consultation_type] if draft.consultation_type != "in_person" else "",
    ]
    return " · ".join(part for part in parts if part)
