"""What happens on the arrivals screen; knows no widget."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.people import Actor, Role
from clinicdesk.domain.queue import CallLine, QueueLine, QueueSlip, next_up
from clinicdesk.printing.day_sheet import day_sheet_pdf, doctor_days
from clinicdesk.printing.slip import slip_pdf
from clinicdesk.services.arrivals import Arrivals
from clinicdesk.services.patients import Patients
from clinicdesk.services.scheduling import Scheduling
from ui.messages import field_message, message_for
from ui.news import News
from ui.tasks import TaskRunner

TOPICS = frozenset({"", "appointments", "arrivals", "calls", "patients"})
COALESCE_MS = 50
MINUTE_MS = 20_000
MOST_HITS = 20


class ArrivalsDesk(Protocol):
    """What this screen needs of the core."""

    @property
    def actor(self) -> Actor: ...
    @property
    def arrivals(self) -> Arrivals: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def scheduling(self) -> Scheduling: ...


class ArrivalsPresenter(QObject):
    """The board is read again after each change, here or elsewhere."""

    board_read = Signal(object)
    """QueueLines in the order of the queue."""
    calls_read = Signal(object)
    choices_read = Signal(object, object)
    """Doctors, kinds of appointment."""
    slip_ready = Signal(object, object)
    """QueueSlip, PDF bytes."""
    hits_found = Signal(str, object)
    field_wrong = Signal(str, str)
    """Field, sentence."""
    sheets_ready = Signal(object)
    """PDF bytes; empty when nobody has an appointment."""
    queued = Signal()
    """The walk-in stands on the waiting list."""
    said = Signal(str, str)
    minute = Signal()

    def __init__(self, desk: ArrivalsDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.actor = desk.actor
        self.zone, self.now = desk.arrivals.zone, desk.arrivals.now
        self.today = desk.scheduling.clock()[0]
        self.own_doctor = desk.actor.doctor_id if desk.actor.role is Role.DOCTOR else None
        self._arrivals, self._patients, self._scheduling = desk.arrivals, desk.patients, desk.scheduling
        self._tasks = tasks
        self.lines: list[QueueLine] = []
        self.calling = self.shown = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COALESCE_MS)
        self._soon.timeout.connect(self.load)
        self._clock = QTimer(self)
        self._clock.setInterval(MINUTE_MS)
        self._clock.timeout.connect(self.minute)
        self._news = news
        news.arrived.connect(self._arrived)

    def start(self) -> None:
        """The screen comes on show."""
        self.shown = True
        self._clock.start()
        self._run(self._choices, self._chosen, key="choices")
        self.load()

    @Slot()
    def load(self) -> None:
        """The newest answer counts."""
        self._run(self._arrivals.board, self._read, key="board")
        if self.calling:
            self._run(self._arrivals.calls, self.calls_read.emit, key="calls")

    def show_calls(self, *, on: bool) -> None:
        """Read the call list too, or not any more."""
        self.calling = on
        if on:
            self._run(self._arrivals.calls, self.calls_read.emit, key="calls")

    def next_up(self) -> QueueLine | None:
        """Whom this person would call."""
        return next_up(self.lines, self.own_doctor)

    # doing

    def step(self, line: QueueLine, step: str) -> None:
        """Call, requeue, urgent, nurse, back."""
        self._run(partial(self._arrivals.step, line, step), self._done)

    def check_in(self, line: QueueLine) -> None:
        """The patient stands at the desk."""
        self._run(partial(_slip, self._arrivals.check_in, line), self._slip_made)

    def scan(self, text: str) -> None:
        """A card was scanned, or an MRN typed."""
        self._tasks.run(
            partial(_slip, self._arrivals.scan, text), owner=self, done=self._slip_made, failed=self._wrong
        )

    def print_again(self, line: QueueLine) -> None:
        """The slip of somebody who is here."""
        self._run(partial(_slip, self._arrivals.slip, line.id), self._slip_made)

    def walk_in(self, patient_id: UUID, doctor: UUID | None, kind: UUID | None, *, overbook: str) -> None:
        """Book from the next minute and check in."""
        call = partial(
            self._arrivals.walk_in, patient_id, doctor_id=doctor, type_id=kind, overbook_reason=overbook
        )
        self._tasks.run(partial(_slip, call), owner=self, done=self._slip_made, failed=self._wrong)

    def queue_up(self, patient_id: UUID, doctor: UUID | None, kind: UUID | None) -> None:
        """On the waiting list of today."""
        call = partial(self._arrivals.queue_up, patient_id, doctor_id=doctor, type_id=kind)
        self._run(call, self._queued)

    def search(self, text: str) -> None:
        """Patients for a walk-in."""
        self._run(
            partial(self._patients.search, text, MOST_HITS), partial(self.hits_found.emit, text), key="search"
        )

    def called(self, line: CallLine, outcome: str) -> None:
        """One row of the call list."""
        self._run(partial(self._arrivals.called, line, outcome), self._done)

    def cancel_called(self, line: CallLine, reason: str) -> None:
        """The patient will not come."""
        self._run(partial(self._arrivals.cancel_called, line, reason), self._done)

    def day_sheets(self) -> None:
        """Of today: every doctor's, or a doctor's own."""
        call = partial(
            _sheets, self._scheduling, self.actor.clinic.name, self.own_doctor, self.local(self.now())
        )
        self._run(call, self.sheets_ready.emit)

    # answers

    def _read(self, lines: list[QueueLine]) -> None:
        self.lines = lines
        self.board_read.emit(lines)

    def _choices(self) -> tuple[Any, Any]:
        return self._scheduling.doctors(), self._scheduling.types()

    def _chosen(self, choices: tuple[Any, Any]) -> None:
        self.choices_read.emit(*choices)

    def _slip_made(self, made: tuple[QueueSlip, bytes]) -> None:
        self.slip_ready.emit(*made)
        self.load()

    def _queued(self, _: object) -> None:
        self.queued.emit()

    def _done(self, _: object) -> None:
        self.load()

    def _wrong(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.field_wrong.emit(error.field, field_message(error.rule, error.detail))
        else:
            self.field_wrong.emit("", message_for(error, self.zone))
        self.load()

    def _explain(self, error: DomainError) -> None:
        self.said.emit(message_for(error, self.zone), "error")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str | None = None) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)

    @Slot(str, str)
    def _arrived(self, topic: str, _row_id: str) -> None:
        if topic in ("", "setup") and self.shown:
            self._run(self._choices, self._chosen, key="choices")
        if topic in TOPICS and self.shown and not self._news.is_echo(self, self._tasks):
            self._soon.start()

    def local(self, moment: datetime) -> datetime:
        """On the clinic's clock."""
        return moment.astimezone(self.zone)


def _slip(call: Callable[..., QueueSlip], *values: Any) -> tuple[QueueSlip, bytes]:
    slip = call(*values)
    return slip, slip_pdf(slip)


def _sheets(scheduling: Scheduling, clinic: str, doctor: UUID | None, printed: datetime) -> bytes:
    day = scheduling.clock()[0]
    visits = scheduling.day_sheet(day).appointments
    sheets = doctor_days([one for one in visits if doctor is None or one.doctor_id == doctor])
    return day_sheet_pdf(clinic, day, sheets, printed=printed) if sheets else b""
