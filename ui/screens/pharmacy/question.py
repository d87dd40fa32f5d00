"""A question to the prescriber: asked here, answered in the prescriber's room (spec 4.10)."""

from datetime import tzinfo
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField, StoreUnavailable
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.rx_queries import RxQuery
from clinicdesk.services.rx_queries import RxQuestions
from ui.messages import message_for
from ui.screens.pharmacy.items import Flag
from ui.screens.pharmacy.model import clock
from ui.tasks import TaskRunner
from ui.widgets.entry_form import EntryForm


class Questions(QObject):
    """``read`` carries the newest question of the prescription on show, None without one."""

    read = Signal(object)
    done = Signal()
    wrong = Signal(str, str)

    def __init__(self, service: RxQuestions, tasks: TaskRunner) -> None:
        super().__init__()
        self._service, self._tasks = service, tasks
        self._about: UUID | None = None
        self._request: UUID | None = None
        self.newest: RxQuery | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for."""
        return self.newest is not None and self.newest.is_open

    @Slot(object)
    def follow(self, found: Prescription) -> None:
        """The prescription on show."""
        if found.id != self._about:
            self._about, self._request, self.newest = found.id, None, None
        self._tasks.run(
            partial(self._service.of, found.id), owner=self, done=self._came, failed=self._refused, key="of"
        )

    def _came(self, found: tuple[RxQuery, ...]) -> None:
        if found and found[0].prescription_id != self._about:
            return
        self.newest = found[0] if found else None
        self.read.emit(self.newest)

    @Slot(object)
    def send(self, said: dict[str, Any]) -> None:
        """The question, or the answer to the open one as it was told."""
        if self._about is None:
            return
        if self.newest is not None and self.newest.is_open:
            call = partial(self._service.answer, self.newest, said["answer"])
        else:
            self._request = self._request or uuid4()
            call = partial(self._service.ask, self._request, self._about, said["question"])
        self._tasks.run(call, owner=self, done=self._sent, failed=self._refused)

    def _sent(self, _: None) -> None:
        self._request = None
        self.done.emit()

    def _refused(self, error: DomainError) -> None:
        if not isinstance(error, StoreUnavailable):
            self._request = None
        self.wrong.emit(error.field if isinstance(error, InvalidField) else "", message_for(error))


class QuestionForm(EntryForm):
    """Ask, or write down what the prescriber said."""

    def __init__(self) -> None:
        super().__init__(self.tr("Ask the prescriber"), self.tr("Send"), "message-square")
        self.add_line("question", self.tr("Question"))
        self.add_line("answer", self.tr("What the prescriber said"))
        self.lay_out("question", "answer")

    def begin(self, found: Prescription, asked: RxQuery | None) -> None:
        """A new question, or the answer to the one that is open."""
        waiting = asked is not None and asked.is_open
        self.fields["question"].setVisible(not waiting)
        self.fields["answer"].setVisible(waiting)
        if waiting and asked is not None:
            self.about.setText(self.tr("Asked: {0}").format(asked.question))
        else:
            self.about.setText(
                self.tr("{0} sees it at once. Until the answer nothing of {1} is handed out.").format(
                    found.doctor_name, found.number
                )
            )
        self.put(question="", answer="")
        self.start("answer" if waiting else "question")


class QuestionFlag(Flag):
    """The question and its answer on the sheet; hidden without one."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__("warn", "message-square")
        self._zone = zone
        self.hide()

    @Slot(object)
    def show_question(self, asked: RxQuery | None) -> None:
        self.setVisible(asked is not None)
        if asked is None:
            return
        if asked.is_open:
            text = self.tr("Asked {0} at {1}: {2} Nothing is handed out before the answer.")
            text = text.format(asked.prescriber, clock(asked.asked_at, self._zone), _sentence(asked.question))
            self.show_flag(text, "warn", "message-square")
        else:
            who = asked.closed_by if asked.by_prescriber else self.tr("{0}, as told by the prescriber")
            text = self.tr("Asked: {0} {1} answered: {2}")
            who = who.format(asked.closed_by)
            self.show_flag(
                text.format(_sentence(asked.question), who, asked.answer), "info", "message-square"
            )


def _sentence(text: str) -> str:
    return text if text[-1:] in ".?!" else f"{text}."
