"""Finding the patient and getting the slot."""

from datetime import date, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.appointments import Appointment, Booking
from clinicdesk.domain.errors import (
    DoctorLeft,
    DomainError,
    InvalidField,
    OutsideHours,
    SlotTaken,
)
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.series import Rule
from clinicdesk.services.scheduling import Scheduling
from ui.messages import field_message, message_for
from ui.registering import Registering
from ui.screens.schedule.presenter import FrontDesk
from ui.tasks import TaskRunner

SLOTS = 12
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
    slots_found = Signal(object)
    """FreeSlot, the earliest first."""
    rooms_found = Signal(object)
    """Room and whether it is free then."""
    series_read = Signal(object)
    """Occurrence of each date."""
    series_refused = Signal(str)
    series_booked = Signal(object)
    """Done."""
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

    def find_slots(
        self,
        type_id: UUID | None,
        doctor_id: UUID | None,
        *,
        specialty: str,
        day: date,
        part: str,
        duration: int,
    ) -> None:
        """The earliest free slots."""
        call = partial(
            self._desk.bookings.next_free.find, type_id, doctor_id=doctor_id, specialty=specialty,
            from_day=day, part_of_day=part, duration=duration, most=SLOTS,
        )  # fmt: skip
        self._tasks.run(call, owner=self, done=self.slots_found.emit, failed=self._failed, key="next")

    def find_rooms(self, day: date, start: int, end: int) -> None:
        """Which rooms are free in a span."""
        call = partial(self._desk.bookings.next_free.rooms, day, start, end=end)
        self._tasks.run(call, owner=self, done=self.rooms_found.emit, failed=self._failed, key="rooms")

    def preview_series(self, booking: Booking, rule: Rule) -> None:
        """Each date, before anything is booked."""
        call = partial(self._desk.bookings.series.preview, booking, rule)
        self._tasks.run(call, owner=self, done=self.series_read.emit, failed=self._failed, key="series")

    def book_series(self, booking: Booking, rule: Rule, places: list[tuple[date, int]]) -> None:
        """All of them or none."""
        call = partial(self._desk.bookings.series.book, booking, rule, places)
        self._tasks.run(call, owner=self, done=self.series_booked.emit, failed=self._series_failed)

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

    def _series_failed(self, error: DomainError) -> None:
        self.series_refused.emit(message_for(error, self._scheduling.zone))

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
                helps = isinstance(error, OutsideHours) and not isinstance(error, DoctorLeft)
                self.refused.emit(text, helps)

    def _say_busy(self, *, on: bool) -> None:
        self._under_way = on
        self.busy.emit(on)


def _book(scheduling: Scheduling, booking: Booking, seen: frozenset[str]) -> Appointment | tuple[str, ...]:
    codes = scheduling.warnings(booking)
    if set(codes) - seen:
        return codes
    return scheduling.book(booking)
