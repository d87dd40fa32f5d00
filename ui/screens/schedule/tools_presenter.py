"""Undo, swap, refill, absences, series and calendar files: what is done beside the single appointment."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.appointments import Appointment, WaitingEntry
from clinicdesk.domain.bookings import Change, Done, Extras, Visit, undoable
from clinicdesk.domain.errors import DomainError, StaleRecord
from clinicdesk.domain.series import Scope
from clinicdesk.services.doctor_out import Decision
from clinicdesk.services.refilling import wish_for
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.series import Series
from ui.messages import message_for
from ui.screens.schedule.presenter import FrontDesk
from ui.screens.schedule.step_words import difference_words
from ui.screens.schedule.words import warning_words
from ui.tasks import TaskRunner

FILE_DAYS = 28


class ToolsPresenter(QObject):
    """Every answer comes back as a signal."""

    said = Signal(str, str)
    stepped = Signal(object)
    """Done: it can be taken back for a while."""
    undone = Signal(object)
    """The Appointment to look at."""
    fits = Signal(object, object)
    """The freed Appointment, and whom it fits (WaitingEntry)."""
    unanswered = Signal(object)
    """Appointments that were held and nobody answered for, newest first."""
    extras_read = Signal(object, object)
    """Appointment id, Extras."""
    rooms_read = Signal(object)
    visits_read = Signal(object)
    out_failed = Signal(str)
    changed = Signal(object)
    """The newest Appointment of a step of several."""
    edited = Signal(object)
    edit_failed = Signal(object, str)
    """DomainError, sentence."""
    newer = Signal(object, str)
    """The newest Appointment, and what differs from the one on the screen."""

    def __init__(self, desk: FrontDesk, tasks: TaskRunner) -> None:
        super().__init__()
        self.desk, self._tasks, self._bookings = desk, tasks, desk.bookings
        self.zone = desk.scheduling.zone

    def now(self) -> Any:
        """The clock that undo is measured with."""
        return self._bookings.now()

    def note(self, kind: str, before: Appointment | None, after: Appointment) -> None:
        """A single step was done elsewhere on this screen."""
        change = Change(before, after)
        if undoable(change):
            self._offer(Done(kind=kind, changes=(change,), at=self.now()))
        if kind == "cancel":
            self.refill(after)
        elif kind == "move":
            self._run(partial(self.desk.scheduling.warnings_of, after), self._warn)

    def take_done(self, done: Done) -> None:
        """A step of several was done elsewhere on this screen."""
        self._several(done)

    def undo(self, done: Done) -> None:
        """Take a step back."""
        self._run(partial(self._bookings.undoing.undo, done), self._undone)

    def swap(self, one: Appointment, other: Appointment) -> None:
        """They change places."""
        self._run(partial(self._bookings.swapping.swap, one, other), self._several)

    def refill(self, freed: Appointment) -> None:
        """Ask whom a freed slot fits."""
        call = partial(self._bookings.refilling.candidates, freed)
        self._run(call, partial(self._fits, freed))

    def give(self, freed: Appointment, entry: WaitingEntry) -> None:
        """The freed slot to somebody on the waiting list."""
        wish = wish_for(freed, entry)
        self._run(partial(self.desk.scheduling.book, wish), self._booked)

    def offer(self, freed: Appointment, entry: WaitingEntry) -> None:
        """Hold the freed slot for somebody's answer (spec 1.10)."""
        self._run(partial(self._bookings.offering.offer, freed, entry), self._held)

    def look_unanswered(self) -> None:
        """Whether an offer lapsed and its slot is still free."""
        self._run(self._bookings.offering.unanswered, self.unanswered.emit, key="unanswered")

    def read_extras(self, appointment_id: UUID) -> None:
        """Room, link, source, series, history."""
        call = partial(self._bookings.refilling.extras, appointment_id)
        self._run(call, partial(self._extras, appointment_id), key="extras")

    def edit(self, appointment: Appointment, values: Mapping[str, Any]) -> None:
        """What is said on a card."""
        call = partial(self._bookings.refilling.edit, appointment, **values)
        failed = partial(self._not_edited, appointment)
        self._tasks.run(call, owner=self, done=self.edited.emit, failed=failed)

    def compare(self, seen: Appointment) -> None:
        """What another seat changed."""
        call = partial(_newest, self.desk.scheduling, self._bookings.refilling.extras, seen)
        self._run(call, partial(self._compared, seen))

    def read_rooms(self, appointment: Appointment, start: int, end: int) -> None:
        """Which rooms are free beside this appointment."""
        call = partial(self._bookings.next_free.rooms, appointment.day, start, end=end, but=appointment.id)
        self._run(call, self.rooms_read.emit, key="rooms")

    # series

    def cancel_series(self, appointment: Appointment, scope: Scope, reason: str) -> None:
        """Several at once."""
        self._run(partial(self._bookings.series.cancel, appointment, scope, reason), self._several)

    def move_series(
        self, appointment: Appointment, scope: Scope, *, doctor_id: UUID, day: date, start: int
    ) -> None:
        """Several by the same way, unless one of them clashes: then all are listed and nothing happens."""
        call = partial(
            _move_series, self._bookings.series, appointment, scope,
            doctor_id=doctor_id, day=day, start=start,
        )  # fmt: skip
        self._run(call, self._series_moved)

    # a doctor is out

    def read_visits(self, doctor_id: UUID, day: date, part: str) -> None:
        """Whom it concerns."""
        call = partial(self._bookings.doctor_out.visits, doctor_id, day, part)
        self._tasks.run(call, owner=self, done=self.visits_read.emit, failed=self._out_failed, key="visits")

    def doctor_out(
        self,
        doctor_id: UUID,
        day: date,
        *,
        part: str,
        decisions: Mapping[UUID, Decision],
        visits: Sequence[Visit],
    ) -> None:
        """Apply what was decided."""
        call = partial(
            self._bookings.doctor_out.apply, doctor_id, day, part=part, decisions=decisions, visits=visits
        )
        self._tasks.run(call, owner=self, done=self._several, failed=self._out_failed)

    # calendar files

    def save_appointment(self, path: str, appointment_id: UUID, *, names: bool) -> None:
        """As iCalendar."""
        make = partial(self._bookings.files.appointment, appointment_id, names=names)
        self._run(partial(_save, make, path), partial(self._saved, path))

    def save_schedule(self, path: str, doctor_id: UUID, first: date, *, names: bool) -> None:
        """Four weeks of a doctor as iCalendar."""
        last = first + timedelta(days=FILE_DAYS - 1)
        make = partial(self._bookings.files.schedule, doctor_id, first, last, names=names)
        self._run(partial(_save, make, path), partial(self._saved, path))

    # answers

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str | None = None) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._failed, key=key)

    def _failed(self, error: DomainError) -> None:
        self.said.emit(message_for(error, self.zone), "error")

    def _offer(self, done: Done) -> None:
        if self._bookings.undoing.may(done):
            self.stepped.emit(done)

    def _undone(self, back: Sequence[Appointment]) -> None:
        self.undone.emit(back[0] if back else None)

    def _several(self, done: Done) -> None:
        self._offer(done)
        self.changed.emit(done.changes[0].after if done.changes else None)
        if done.kind == "cancel" and done.changes:
            self.refill(done.changes[0].after)

    def _series_moved(self, answer: Done | str) -> None:
        if isinstance(answer, Done):
            self._several(answer)
        else:
            self.said.emit(self.tr("Nothing was moved. In the way: {0}").format(answer), "error")

    def _booked(self, made: Appointment) -> None:
        self.note("book", None, made)
        self.changed.emit(made)

    def _held(self, answer: tuple[Appointment, datetime]) -> None:
        held, until = answer
        self.changed.emit(held)
        words = self.tr("Held for {0} until {1}")
        self.said.emit(words.format(held.patient_name, f"{until.astimezone(self.zone):%H:%M}"), "ok")

    def _warn(self, codes: tuple[str, ...]) -> None:
        if codes:  # spec 1.4.3: said to staff, no constraint
            self.said.emit(warning_words(codes), "info")

    def _fits(self, freed: Appointment, found: Sequence[WaitingEntry]) -> None:
        if found and self.desk.actor.may("appointments.book"):
            self.fits.emit(freed, found)

    def _extras(self, appointment_id: UUID, extras: Extras) -> None:
        self.extras_read.emit(appointment_id, extras)

    def _not_edited(self, seen: Appointment, error: DomainError) -> None:
        if isinstance(error, StaleRecord):
            self.compare(seen)
        else:
            self.edit_failed.emit(error, message_for(error, self.zone))

    def _compared(self, seen: Appointment, found: tuple[Appointment, str]) -> None:
        newest, who = found
        self.newer.emit(newest, difference_words(seen, newest, who))

    def _out_failed(self, error: DomainError) -> None:
        self.out_failed.emit(message_for(error, self.zone))

    def _saved(self, path: str, refusal: str) -> None:
        if refusal:
            self.said.emit(self.tr("Not saved: {0}").format(refusal), "error")
        else:
            self.said.emit(self.tr("Saved: {0}").format(Path(path).name), "ok")


def _newest(
    scheduling: Scheduling, extras: Callable[[UUID], Extras], seen: Appointment
) -> tuple[Appointment, str]:
    return scheduling.appointment(seen.id), extras(seen.id).changed_by


def _move_series(
    series: Series, appointment: Appointment, scope: Scope, *, doctor_id: UUID, day: date, start: int
) -> Done | str:
    found = series.preview_move(appointment, scope, doctor_id=doctor_id, day=day, start=start)
    clashes = [f"{one.day:%d.%m.} {one.holder}".strip() for one in found if one.state != "free"]
    if clashes:
        return "; ".join(clashes)
    return series.move(appointment, scope, doctor_id=doctor_id, day=day, start=start)


def _save(make: Callable[[], bytes], path: str) -> str:
    data = make()
    try:
        Path(path).write_bytes(data)
    except OSError as problem:
        return problem.strerror or str(problem)
    return ""
