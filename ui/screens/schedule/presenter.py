"""The day on the screen and what is done to its appointments."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import InvalidOperation
from functools import partial
from typing import Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.appointments import Appointment, AppointmentType, Receipt
from clinicdesk.domain.errors import DomainError, InvalidField, SlotTaken
from clinicdesk.domain.ledger import Part, parts_of
from clinicdesk.domain.people import Actor, Doctor
from clinicdesk.domain.transitions import possible
from clinicdesk.printing.receipt import receipt_pdf
from clinicdesk.services.booking_desk import BookingDesk
from clinicdesk.services.calendar import Calendar
from clinicdesk.services.patients import Patients
from clinicdesk.services.payments import Payments
from clinicdesk.services.scheduling import Scheduling
from ui.messages import field_message, message_for
from ui.news import News
from ui.screens.schedule.filters import Filters
from ui.screens.schedule.reading import DAY, MONTH, Day, Selection, Wish, read
from ui.screens.schedule.words import done_words
from ui.tasks import TaskRunner

TOPICS = frozenset({"", "appointments", "waiting", "payments", "patients", "setup", "offers"})
COALESCE_MS = 50


class FrontDesk(Protocol):
    """What this screen needs of the core."""

    @property
    def actor(self) -> Actor: ...
    @property
    def scheduling(self) -> Scheduling: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def bookings(self) -> BookingDesk: ...


class SchedulePresenter(QObject):
    """Every answer comes back as a signal; after each change the day is read again."""

    day_read = Signal(object)
    """Day."""
    wished = Signal(object)
    """Wish: what is about to be read."""
    loading = Signal(bool)
    reload_due = Signal()
    said = Signal(str, str)
    """Sentence; ok, info or error."""
    changed = Signal(str, object)
    """What was done, the newest Appointment."""
    stepped = Signal(str, object, object)
    """What was done, the Appointment before and after."""
    refused = Signal(object)
    """The Appointment that stayed as it was."""
    move_clashed = Signal(object, object)
    """The Appointment that could not move, SlotTaken."""
    summary_read = Signal(object)
    paid = Signal(object, object)
    """Receipt, PDF bytes."""
    payment_wrong = Signal(str, str)
    """Field, sentence."""

    def __init__(self, desk: FrontDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.desk, self.actor = desk, desk.actor
        self._tasks = tasks
        self._scheduling = desk.scheduling
        self.zone = self._scheduling.zone
        self.clock = self._scheduling.clock
        self.wish = Wish(day=self.clock()[0])
        self.selected = Selection()
        self.stale = self.offers_stale = True
        self._known: Day | None = None
        self._settled = True  # no news that hours, doctors or kinds of visit changed
        self._steps: dict[str, Callable[[Appointment], Appointment]] = {
            "confirm": self._scheduling.confirm,
            "check_in": self._scheduling.check_in,
            "undo_check_in": self._scheduling.undo_check_in,
            "no_show": self._scheduling.no_show,
            "start_visit": self._scheduling.start_visit,
            "complete": self._scheduling.complete,
        }
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COALESCE_MS)
        self._soon.timeout.connect(self.reload_due)
        self._news = news
        news.arrived.connect(self._arrived)

    # reading

    def people(self) -> tuple[tuple[Doctor, ...], tuple[AppointmentType, ...]]:
        """Doctors and kinds of the clinic, as last read."""
        return (self._known.doctors, self._known.types) if self._known else ((), ())

    @property
    def day(self) -> date:
        """The day that the view is about."""
        return self.wish.day

    @day.setter
    def day(self, day: date) -> None:
        self.wish = self.wish.at(day)

    def go(self, day: date) -> None:
        """Show a day in the present view."""
        self.day = day
        self.load()

    def step(self, count: int) -> None:
        """Back or forward by the view's unit."""
        self.want(self.wish.stepped(count))

    def open_day(self, day: date) -> None:
        """The day view of a day."""
        self.want(replace(self.wish, day=day, view=DAY))

    def want(self, wish: Wish) -> None:
        """Show something else."""
        self.wish = wish
        self.load()

    def filter(self, filters: Filters) -> None:
        """Only sums depend on them; cards are filtered where they are shown."""
        self.wish = replace(self.wish, filters=filters)
        if self.wish.view == MONTH:
            self.load()

    def load(self) -> None:
        """Read it again; the newest answer counts."""
        self.stale = False
        self.wished.emit(self.wish)
        self._load(on=True)
        call = partial(
            read, self.desk.calendar, self.wish, self._known.frame if self._known and self._settled else None
        )
        self._settled = True
        self._tasks.run(call, owner=self, done=self._loaded, failed=self._not_loaded, key="day")

    def read_summary(self, patient_id: UUID) -> None:
        """Identity of a selected card's patient."""
        call = partial(self.desk.patients.summary, patient_id)
        self._tasks.run(call, owner=self, done=self.summary_read.emit, failed=self._explain, key="summary")

    def may_step(self, appointment: Appointment, rule: str) -> bool:
        """Whether the table of spec 1.1 has this step for this role from this status."""
        return any(step.rule == rule for step in possible(appointment.status, str(self.actor.role)))

    # doing

    def act(self, action: str, appointment: Appointment) -> None:
        """One of confirm, check_in, undo_check_in, no_show, start_visit, complete."""
        self._change(action, appointment, partial(self._steps[action], appointment))

    def cancel(self, appointment: Appointment, reason: str, asked_how: str = "desk") -> None:
        """With a reason code, and how the wish reached the desk."""
        self._change("cancel", appointment, partial(self._scheduling.cancel, appointment, reason, asked_how))

    def reopen(self, appointment: Appointment, reason: str) -> None:
        """C2; an administrator gives a reason."""
        self._change("reopen", appointment, partial(self._scheduling.reopen, appointment, reason))

    def move(self, appointment: Appointment, doctor_id: UUID, *, day: date, start: int, end: int) -> None:
        """To another doctor, day or time; minutes from midnight."""
        call = partial(
            self._scheduling.move, appointment, doctor_id=doctor_id, day=day, start=start, end=min(end, 1439)
        )
        self._change("move", appointment, call)

    def put_in_room(self, appointment: Appointment, room_id: UUID | None) -> None:
        """The same time in another room, or in none."""
        self._change("room", appointment, partial(self.desk.calendar.put_in_room, appointment, room_id))

    def withdraw(self, entry_id: UUID) -> None:
        """Take a card off the waiting list."""
        call = partial(self._scheduling.withdraw_waiting, entry_id)
        self._tasks.run(call, owner=self, done=self._reload, failed=self._failed)

    def take(self, request_id: UUID, appointment: Appointment, *, amount: str, method: str) -> None:
        """A payment as typed."""
        try:
            parts = parts_of(amount, method)
        except InvalidOperation:
            self.payment_wrong.emit("amount", field_message("number"))
            return
        call = partial(_take, self.desk.payments, request_id, appointment, parts)
        self._tasks.run(call, owner=self, done=self._paid, failed=self._not_paid)

    # answers

    def _change(self, action: str, appointment: Appointment, call: Callable[[], Appointment]) -> None:
        self._tasks.run(
            call,
            owner=self,
            done=partial(self._changed, action, appointment),
            failed=partial(self._not_changed, appointment),
        )

    def _changed(self, action: str, before: Appointment, appointment: Appointment) -> None:
        words = f"{done_words(action)}: {appointment.patient_name}, {appointment.start:%H:%M}"
        self.said.emit(words, "ok")
        self.changed.emit(action, appointment)
        self.stepped.emit(action, before, appointment)
        self.load()

    def _not_changed(self, appointment: Appointment, error: DomainError) -> None:
        self.refused.emit(appointment)
        if isinstance(error, SlotTaken) and error.nearest:
            self.move_clashed.emit(appointment, error)
        else:
            self._explain(error)
        self.load()

    def _loaded(self, day: Day) -> None:
        self._load(on=False)
        self._known = day
        self.day_read.emit(day)

    def _not_loaded(self, error: DomainError) -> None:
        self._load(on=False)
        self.stale, self._settled = True, False
        self._explain(error)

    def _failed(self, error: DomainError) -> None:
        self._explain(error)
        self.load()

    def _explain(self, error: DomainError) -> None:
        self.said.emit(message_for(error, self.zone), "error")

    def _reload(self, _: object) -> None:
        self.load()

    def _paid(self, done: tuple[Receipt, bytes]) -> None:
        self.paid.emit(*done)
        self.load()

    def _not_paid(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.payment_wrong.emit(error.field, field_message(error.rule, error.detail))
        else:
            self.payment_wrong.emit("amount", message_for(error, self.zone))

    def _load(self, *, on: bool) -> None:
        self.loading.emit(on)

    @Slot(str, str)
    def _arrived(self, topic: str, _row_id: str) -> None:
        self.offers_stale = self.offers_stale or topic in ("", "offers")
        if topic in TOPICS and not self._news.is_echo(self, self._tasks):
            self.stale = True
            self._settled = self._settled and topic not in ("", "setup")
            self._soon.start()


def _take(
    payments: Payments, request_id: UUID, appointment: Appointment, parts: tuple[Part, ...]
) -> tuple[Receipt, bytes]:
    receipt = payments.split(request_id, appointment, parts=parts)
    return receipt, receipt_pdf(receipt)
