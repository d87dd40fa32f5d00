"""What the pharmacy asks about the own prescriptions, over the pad until it is answered (spec 4.10)."""

from typing import Protocol

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit

from clinicdesk.domain.people import Actor
from clinicdesk.domain.rx_queries import RxQuery
from clinicdesk.services.prescribing import Prescribing
from clinicdesk.services.rx_queries import RxQuestions
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner
from ui.widgets.banner import Banner, announce
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox


class QuestionDesk(Protocol):
    """What it needs of the desk."""

    @property
    def actor(self) -> Actor: ...

    @property
    def prescribing(self) -> Prescribing: ...

    @property
    def questions(self) -> RxQuestions: ...


class QuestionsPresenter(RoomPresenter):
    """``read_all`` carries the open questions, oldest first."""

    read_all = Signal(object)
    answered = Signal()
    cancelled = Signal(object)
    topics = frozenset({"prescriptions"})

    def __init__(self, desk: QuestionDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._questions, self._prescribing = desk.questions, desk.prescribing
        self._may = desk.actor.may("prescriptions.write")

    def read(self) -> None:
        if self._may:
            self.ask(self._questions.for_me, self.read_all.emit, key="questions")

    def answer(self, query: RxQuery, text: str) -> None:
        """Raises nothing: a refusal is told at the line."""
        self.act("answer", lambda _: self._questions.answer(query, text), self._answered)

    def _answered(self, _: None) -> None:
        self.answered.emit()
        self.read_soon()

    def cancel(self, query: RxQuery, reason: str) -> None:
        """The prescription is stopped; a new one can be written."""
        self.act("cancel", lambda _: self._cancel(query, reason), self._cancelled)

    def _cancel(self, query: RxQuery, reason: str) -> object:
        return self._prescribing.cancel(self._prescribing.get(query.prescription_id), reason)

    def _cancelled(self, found: object) -> None:
        self.cancelled.emit(found)
        self._answered(None)


class QuestionsBar(QFrame):
    """The oldest open question with a line for the answer; hidden without any."""

    def __init__(self, presenter: QuestionsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        self._waiting: tuple[RxQuery, ...] = ()
        self.banner = Banner("warn", "")
        self.line = QLineEdit()
        self.line.setMaxLength(500)
        self.field = Field(self.tr("Answer to the pharmacy"), self.line)
        self.answer_button = button(self.tr("Answer"), "message-square", primary=True)
        self.cancel_button = button(self.tr("Cancel this prescription"), "ban", danger=True)
        row = hbox(self.field, vbox(None, hbox(self.answer_button, self.cancel_button)), spacing=10)
        row.setStretch(0, 1)
        self.setLayout(vbox(self.banner, row, margins=(16, 10, 16, 0), spacing=8))
        self.hide()
        presenter.read_all.connect(self._show)
        presenter.wrong.connect(self._wrong)
        presenter.told.connect(self._told)
        presenter.answered.connect(self.line.clear)
        self.line.returnPressed.connect(self.answer)
        self.answer_button.clicked.connect(self.answer)
        self.cancel_button.clicked.connect(self._cancel)

    @Slot(object)
    def _show(self, found: tuple[RxQuery, ...]) -> None:
        before = self.asked
        self._waiting = found
        asked = self.asked
        self.setVisible(asked is not None)
        if asked is None:
            return
        title = self.tr("The pharmacy asks about {0}, {1}").format(asked.number, asked.patient_name)
        if len(found) > 1:
            title = self.tr("{0} (1 of {1} questions)").format(title, len(found))
        about = ", ".join(asked.medicines)
        self.banner.show_text(title, self.tr("{0}: {1} ({2})").format(asked.asked_by, asked.question, about))
        if before is None or before.id != asked.id:
            self.line.clear()  # what was typed was meant for the other one
            self.field.clear_error()
            announce(self, self.banner.text())

    @property
    def asked(self) -> RxQuery | None:
        """The one that is on show."""
        return self._waiting[0] if self._waiting else None

    @Slot()
    def to_question(self) -> None:
        """Focus the answer, when something is asked."""
        if self.asked is not None:
            self.line.setFocus()

    @Slot()
    def answer(self) -> None:
        """What is typed, to the oldest question."""
        self.field.clear_error()
        if self.asked is not None:
            self.presenter.answer(self.asked, self.line.text())

    @Slot()
    def _cancel(self) -> None:
        if self.asked is None:
            return
        if self.line.text().strip():
            self.presenter.cancel(self.asked, self.line.text().strip())
        else:
            self.field.show_error(self.tr("Type the reason for cancelling here."))
            self.line.setFocus()

    @Slot(str, str)
    def _wrong(self, _field: str, text: str) -> None:
        self.field.show_error(text)

    @Slot(str, str)
    def _told(self, text: str, _kind: str) -> None:
        self.field.show_error(text)
        self.presenter.read_soon()
