"""Finding the patient and getting the slot."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.appointments import Appointment, Booking
from clinicdesk.domain.errors import (
    DomainError,
    FreeSlot,
    InvalidField,
    OutsideHours,
    SlotTaken,
)
from clinicdesk.domain.patients import PatientHit
from clinicdesk.services.scheduling import Scheduling
from ui.messages import field_message, message_for
from ui.registering import Registering
from ui.screens.schedule.presenter import FrontDesk
from ui.tasks import TaskRunner

WAIT_DAYS = 14  # how long a new card stays on the waiting list


class BookingPresenter(QObject):
    """Behind the booking panel."""

    hits_found = Signal(str, object)
    patient_read = Signal(object)
    """PatientSummary."""
    booked = Signal(object)
    """Appointment."""
    warned = Signal(object)
    """Codes nobody has seen yet; nothing was booked."""
    clashed = Signal(object)
    """SlotTaken."""
    field_wrong = Signal(str, str)
    refused = Signal(str, bool)
    """Sentence, and whether overbooking could help."""
    slot_found = Signal(object)
    """FreeSlot, or None."""
    waits = Signal()
    busy = Signal(bool)

    def __init__(self, desk: FrontDesk, tasks: TaskRunner) -> None:
        super().__init__()
        self._desk, self._tasks = desk, tasks
        self._scheduling = desk.scheduling
        self.registering = Registering(desk.patients, tasks)
        self.registering.setParent(self)
        self._under_way = False

    def search(self, text: str) -> None:
        """Patients for a typed text."""
        call = partial(self._desk.patients.search, text, 20)
        self._tasks.run(call, owner=self, done=partial(self._found, text), failed=self._failed, key="search")

    def read_patient(self, patient_id: UUID) -> None:
        """Identity for a patient known by id only."""
        call = partial(self._desk.patients.summary, patient_id)
        self._tasks.run(call, owner=self, done=self.patient_read.emit, failed=self._failed, key="patient")

    def book(self, booking: Booking, seen: frozenset[str]) -> None:
        """Book, unless there is a warning that is not in ``seen``. A second press waits for the first."""
        if self._under_way:
            return
        self._say_busy(on=True)
        call = partial(_book, self._scheduling, booking, seen)
        self._tasks.run(call, owner=self, done=self._answered, failed=self._failed)

    def find_next(self, type_id: UUID | None, doctor_id: UUID, from_day: date) -> None:
        """The next free slot of the doctor."""
        call = partial(self._scheduling.next_free, type_id, doctor_id=doctor_id, from_day=from_day)
        self._tasks.run(call, owner=self, done=self._next_found, failed=self._failed, key="next")

    def wait(self, patient_id: UUID, *, doctor_id: UUID, type_id: UUID | None, day: date, note: str) -> None:
        """Put the patient on the waiting list from a day on."""
        first = max(day, self._scheduling.clock()[0])
        call = partial(
            self._scheduling.add_waiting,
            patient_id,
            earliest=first,
            latest=first + timedelta(days=WAIT_DAYS),
            doctor_id=doctor_id,
            type_id=type_id,
            note=note[:200],
        )
        self._tasks.run(call, owner=self, done=self._on_list, failed=self._failed)

    def _found(self, text: str, hits: list[PatientHit]) -> None:
        self.hits_found.emit(text, hits)

    def _next_found(self, slot: FreeSlot | None) -> None:
        self.slot_found.emit(slot)

    def _on_list(self, _: UUID) -> None:
        self.waits.emit()

    def _answered(self, answer: Appointment | tuple[str, ...]) -> None:
        self._say_busy(on=False)
        if isinstance(answer, Appointment):
            self.booked.emit(answer)
        else:
            self.warned.emit(answer)

    def _failed(self, error: DomainError) -> None:
        self._say_busy(on=False)
        match error:
            case SlotTaken():
                self.clashed.emit(error)
            case InvalidField():
                self.field_wrong.emit(error.field, field_message(error.rule, error.detail))
            case _:
                text = message_for(error, self._scheduling.zone)
                self.refused.emit(text, isinstance(error, OutsideHours))

    def _say_busy(self, *, on: bool) -> None:
        self._under_way = on
        self.busy.emit(on)


def _book(scheduling: Scheduling, booking: Booking, seen: frozenset[str]) -> Appointment | tuple[str, ...]:
    codes = scheduling.warnings(booking)
    if set(codes) - seen:
        return codes
    return scheduling.book(booking)
