"""What happens at the pharmacy; knows no widget."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.errors import DomainError, StoreUnavailable, TookTooLong, WitnessMissing
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.stock import Pick, SupplyLine
from clinicdesk.services.pharmacy import Handover, PickList
from ui.messages import message_for
from ui.news import News
from ui.screens.pharmacy.after import AfterSupply, PharmacyDesk
from ui.screens.pharmacy.finding import Finder
from ui.screens.pharmacy.model import Supplied, hand_over, look_up
from ui.screens.pharmacy.question import Questions
from ui.tasks import TaskRunner

COALESCE_MS = 50
QUEUE_TOPICS = {"", "prescriptions", "patients"}
STOCK_TOPICS = {"", "stock"}


class PharmacyPresenter(QObject):
    """One open prescription at a time; ``queue_read`` and ``day_read`` carry whole lists."""

    queue_read = Signal(object)
    day_read = Signal(object)
    opened = Signal(object)
    planned = Signal(object)
    plan_stale = Signal()
    supplied = Signal(object)
    labels_made = Signal(object)
    told = Signal(str, str)
    doubtful = Signal(bool)
    busy = Signal(bool)
    zpl_made = Signal(object)
    reviewed = Signal(object)
    presence = Signal(str)
    pickers_read = Signal(object)
    questions_read = Signal(object)
    witness_needed = Signal()

    def __init__(self, desk: PharmacyDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self._pharmacy, self._tasks = desk.pharmacy, tasks
        self._witnessing, self._questions = desk.witnessing, desk.questions
        self._lines: tuple[SupplyLine, ...] = ()
        self._accepted = self._collector = ""
        self.after = AfterSupply(desk.counter, tasks)
        self.after.setParent(self)
        self.finder = Finder(desk.verifying, tasks, ZoneInfo(desk.actor.clinic.timezone))
        self.finder.setParent(self)
        self.after.changed.connect(self._open_again)
        self.questions = Questions(desk.questions, tasks)
        self.questions.setParent(self)
        self.opened.connect(self.questions.follow)
        self._open: Prescription | None = None
        self._opening: UUID | None = None
        self._picks: tuple[Pick, ...] = ()
        self._request: UUID | None = None
        self._doubt = self._dispensing = False
        self._shown = False
        self._stale = {""}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._refresh)
        news.arrived.connect(self._arrived)

    @property
    def open_id(self) -> UUID | None:
        """The prescription on the right, or on its way there."""
        return self._opening or (self._open.id if self._open else None)

    @property
    def picks(self) -> tuple[Pick, ...]:
        """What was handed out and can be labelled."""
        return self._picks

    # -- freshness

    def show_is(self, *, shown: bool) -> None:
        """A hidden screen only remembers that it is stale."""
        self._shown = shown
        if not shown:
            self._timer.stop()
        elif self._stale:
            self._timer.start()

    @Slot(str, str)
    def _arrived(self, topic: str, _row: str) -> None:
        if topic in QUEUE_TOPICS | STOCK_TOPICS:
            self._read_soon(topic)

    def _read_soon(self, topic: str) -> None:
        self._stale.add(topic)
        if self._shown and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _refresh(self) -> None:
        topics, self._stale = self._stale, set()
        if self._doubt and "" in topics:
            self.ask_outcome()
        if topics & QUEUE_TOPICS:
            self._run(self._pharmacy.queue, self._queue_came, key="queue")
            self._run(self._pharmacy.today, self._day_came, key="day")
        if topics & STOCK_TOPICS and self._open:
            self.plan_stale.emit()  # the view answers with the quantities it shows

    def _queue_came(self, queue: tuple[Prescription, ...]) -> None:
        self.queue_read.emit(queue)
        waiting = [one.id for one in queue]
        self._run(partial(self._pharmacy.pickers, waiting), self.pickers_read.emit, key="pickers")
        self._run(self._questions.open_ones, self.questions_read.emit, key="questions")
        mine = self._open
        if mine is not None:
            self.questions.follow(mine)
        if mine is None or self._opening or self._dispensing or self._doubt or mine.status != "active":
            return
        now = next((one for one in queue if one.id == mine.id), None)
        left = any(item.supplied < item.quantity for item in mine.items)
        if (now is None and left) or (now is not None and _differs(now, mine)):
            self.told.emit(
                self.tr("This prescription was just changed on another seat. You see the newest."), "info"
            )
            self.open(mine.id, again=True)

    @Slot()
    def read_questions(self) -> None:
        """Something was asked or answered here."""
        self._read_soon("prescriptions")

    def _day_came(self, day: list[Handover]) -> None:
        self.day_read.emit(day)

    # -- one prescription

    def open(self, prescription_id: UUID, *, again: bool = False) -> bool:
        """Show it; the access log notes each reading. False: it is on show already."""
        if not again and prescription_id == self.open_id:
            return False
        if self._dispensing or self._doubt:
            return False
        self._opening = prescription_id
        self._run(partial(self._pharmacy.open, prescription_id), self._opened, key="open")
        return True

    def show_handover(self, handover: Handover) -> None:
        """An earlier supply, for its labels."""
        if self._dispensing or self._doubt:
            return
        self._opening = handover.prescription_id
        call = partial(look_up, self._pharmacy, handover.request_id, handover.prescription_id)
        self._run(call, self._looked_up, key="open")

    def _opened(self, found: Prescription) -> None:
        other = self._open is None or self._open.id != found.id
        if other:
            if self._open is not None:
                self._run(partial(self._pharmacy.step_back, self._open.id), _nothing, key="step-back")
            self._picks, self._request = (), None
        self._open, self._opening = found, None
        self.opened.emit(found)
        self.after.follow(found)
        if found.status == "active":
            self._run(partial(self._pharmacy.review, found), self.reviewed.emit, key="review")
            self._run(partial(self._pharmacy.stand_at, found.id), self.presence.emit, key="presence")

    @Slot()
    def _open_again(self) -> None:
        if self._open is not None:
            self.open(self._open.id, again=True)

    def _looked_up(self, found: Supplied) -> None:
        self._open, self._opening, self._picks, self._request = found.prescription, None, found.picks, None
        self.opened.emit(found.prescription)
        self.supplied.emit(found)

    def plan(self, lines: Sequence[SupplyLine]) -> None:
        """What these quantities would take."""
        if self._open:
            call = partial(self._pharmacy.picks, self._open.id, tuple(lines))
            self._run(call, self._planned, key="plan")

    def _planned(self, plan: PickList) -> None:
        self.planned.emit(plan)

    # -- handing out

    @Slot(object, str)
    def dispense(self, lines: Sequence[SupplyLine], accepted: str = "") -> None:
        """One press; after a broken connection the same request is used until its outcome is known."""
        if self._open is None or self._dispensing:
            return
        self._lines, self._accepted = tuple(lines), accepted
        self._send()

    def _send(self) -> None:
        assert self._open is not None
        self._request = self._request or uuid4()
        self._set_dispensing(now=True)
        call = partial(
            hand_over,
            self._pharmacy,
            self._request,
            prescription=self._open,
            lines=self._lines,
            accepted=self._accepted,
            collector=self._collector,
        )
        self._tasks.run(call, owner=self, done=self._supplied, failed=self._not_supplied)

    @Slot(object)
    def witness(self, said: dict[str, str]) -> None:
        """The second person's yes to the press that waits, then the press itself."""
        if self._open is None or self._request is None or self._dispensing:
            return
        self._collector = said["collector"].strip()
        self._set_dispensing(now=True)
        call = partial(
            self._witnessing.witness, self._request, email=said["email"], password=said["password"]
        )
        self._tasks.run(call, owner=self, done=self._witnessed, failed=self._not_witnessed, key="witness")

    def _witnessed(self, _: None) -> None:
        self._dispensing = False
        self._send()

    def _not_witnessed(self, error: DomainError) -> None:
        self._set_dispensing(now=False)
        self.told.emit(message_for(error), "error")

    def _supplied(self, found: Supplied) -> None:
        self._set_dispensing(now=False)
        self._set_doubt(now=False)
        self._open, self._picks, self._request = found.prescription, found.picks, None
        self._collector = ""
        self.opened.emit(found.prescription)
        self.after.follow(found.prescription)
        self.supplied.emit(found)
        self._read_soon("prescriptions")

    def _not_supplied(self, error: DomainError) -> None:
        self._set_dispensing(now=False)
        if isinstance(error, StoreUnavailable) and not isinstance(error, TookTooLong):
            self._set_doubt(now=True)
            return
        if isinstance(error, WitnessMissing):
            self.witness_needed.emit()
            return
        self._request = None
        self.told.emit(message_for(error), "error")
        if self._open:
            self.open(self._open.id, again=True)
        self._read_soon("prescriptions")

    @Slot()
    def ask_outcome(self) -> None:
        """Did the supply with the broken connection happen? Asked again with every sign of life."""
        if self._open and self._request:
            call = partial(look_up, self._pharmacy, self._request, self._open.id)
            self._tasks.run(call, owner=self, done=self._known, failed=self._still_doubtful, key="outcome")

    def _known(self, found: Supplied) -> None:
        if found.picks:
            self._supplied(found)
            return
        self._set_doubt(now=False)
        self._open, self._request = found.prescription, None
        self.opened.emit(found.prescription)
        self.told.emit(
            self.tr("It did not happen: nothing was given out and no stock was taken. Dispense again."),
            "info",
        )

    def _still_doubtful(self, error: DomainError) -> None:
        self.told.emit(message_for(error), "error")

    # -- labels

    def make_labels(self) -> None:
        """For what was handed out last here."""
        if self._open and self._picks:
            call = partial(self._pharmacy.labels, self._open, self._picks)
            self._run(call, self._labelled, key="labels")

    @Slot()
    def make_zpl(self) -> None:
        """The same labels for a printer that speaks ZPL."""
        if self._open and self._picks:
            call = partial(self._pharmacy.labels_zpl, self._open, self._picks)
            self._run(call, self.zpl_made.emit, key="zpl")

    def _labelled(self, pdf: bytes) -> None:
        self.labels_made.emit(pdf)

    # -- plumbing

    def _run(self, call: object, done: object, *, key: str) -> None:
        assert callable(call)
        assert callable(done)
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)

    def _explain(self, error: DomainError) -> None:
        self._opening = None
        self.told.emit(message_for(error), "error")

    def _set_dispensing(self, *, now: bool) -> None:
        self._dispensing = now
        self.busy.emit(now)

    def _set_doubt(self, *, now: bool) -> None:
        if now != self._doubt:
            self._doubt = now
            self.doubtful.emit(now)


def _nothing(_: object) -> None:
    """Presence is told, not answered."""


def _differs(one: Prescription, other: Prescription) -> bool:
    return one.version != other.version or one.genuine != other.genuine
