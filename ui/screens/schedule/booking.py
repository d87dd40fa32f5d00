"""The booking panel, in place beside the calendar: patient, kind, time; Enter, Enter."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTime, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QSpinBox, QStackedLayout, QTimeEdit, QWidget

from clinicdesk.domain.appointments import AppointmentType, Booking, WaitingEntry
from clinicdesk.domain.errors import FreeSlot, SlotTaken
from clinicdesk.domain.patients import NewPatient, PatientHit
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.wall_clock import clock, wall
from ui.screens.schedule.booking_patient import BookingPatient, Chosen
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.offers import SlotOffers
from ui.screens.schedule.words import short_day, warning_words
from ui.widgets.banner import Banner
from ui.widgets.buttons import button, link_button
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.registration import RegistrationForm
from ui.widgets.text import label


class BookingPanel(QFrame):
    """Esc closes; what was typed stays until the next opening."""

    closed = Signal()

    def __init__(
        self, presenter: BookingPresenter, *, zone: ZoneInfo, today: date, may_register: bool
    ) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._presenter, self._zone, self._today = presenter, zone, today
        self._waiting: WaitingEntry | None = None
        self._seen: frozenset[str] = frozenset()
        self._day = today
        self._types: dict[UUID, AppointmentType] = {}
        self.patient = BookingPatient(today, may_register=may_register)
        self.picker = self.patient.picker
        self._make_slot()
        self._make_answers()
        self.form = RegistrationForm(today)
        self._lay_out()
        self._connect()

    # parts

    def _make_slot(self) -> None:
        self.day_label = label("", "h2")
        self.doctor = QComboBox()
        self.kind = QComboBox()
        self.start = QTimeEdit()
        self.start.setDisplayFormat("HH:mm")
        self.length = QSpinBox()
        self.length.setRange(5, 480)
        self.length.setSingleStep(5)
        self.length.setSuffix(self.tr(" min"))
        self.reason = QLineEdit()
        self.reason.setMaxLength(500)
        self.overbook = QLineEdit()
        self.overbook.setMaxLength(200)
        self.next_free = link_button(self.tr("Next free slot"), "arrow-right")
        self.fields = {
            "doctor": Field(self.tr("Doctor"), self.doctor),
            "type": Field(self.tr("Kind"), self.kind),
            "end": Field(self.tr("Start"), self.start),
            "duration": Field(self.tr("Length"), self.length),
            "chief_complaint": Field(self.tr("Reason for the visit"), self.reason),
            "overbook_reason": Field(self.tr("Reason for overbooking"), self.overbook),
        }
        self.fields["overbook_reason"].hide()

    def _make_answers(self) -> None:
        self.warning = Banner("warn", "")
        self.warning.hide()
        self.refusal = Banner("danger", "")
        self.refusal.hide()
        self.offers = SlotOffers(self._zone, upright=True)
        self.over = link_button(self.tr("Overbook with a reason"))
        self.over.hide()
        self.book = button(self.tr("Book"), "calendar-check", primary=True)
        self.book.setAutoDefault(True)
        self.wait = link_button(self.tr("To the waiting list"), "hourglass")
        self.wait.setAutoDefault(True)
        self.close_button = button(self.tr("Close"), "x")
        self.close_button.setAutoDefault(True)

    def _lay_out(self) -> None:
        times = hbox(self.fields["end"], self.fields["duration"], spacing=10)
        times.setStretch(0, 1)
        times.setStretch(1, 1)
        self._extras = QWidget()
        more = hbox(self.next_free, None, self.wait)
        self._extras.setLayout(vbox(more, self.fields["chief_complaint"], spacing=7))
        page = QWidget()
        page.setLayout(
            vbox(
                hbox(label(self.tr("New appointment"), "title"), None, self.day_label),
                self.patient,
                self.fields["doctor"], self.fields["type"], times, self._extras,
                self.fields["overbook_reason"],
                self.warning, self.refusal, self.offers, hbox(self.over, None), None,
                hbox(self.close_button, None, self.book, spacing=6),
                margins=(14, 12, 14, 12), spacing=7,
            )
        )  # fmt: skip
        registering = QWidget()
        column = vbox(
            label(self.tr("Register patient"), "title"), self.form, margins=(14, 12, 14, 12), spacing=8
        )
        column.setStretch(1, 1)
        registering.setLayout(column)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(page)
        self._pages.addWidget(registering)

    def _connect(self) -> None:
        presenter, registering = self._presenter, self._presenter.registering
        self.picker.asked.connect(presenter.search)
        self.patient.taken.connect(self._patient_taken)
        self.patient.register_asked.connect(self.start_registering)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self.start.timeChanged.connect(self._slot_edited)
        self.doctor.currentIndexChanged.connect(self._slot_edited)
        self.length.valueChanged.connect(self._slot_edited)
        self.reason.returnPressed.connect(self.submit)
        self.overbook.returnPressed.connect(self.submit)
        self.next_free.clicked.connect(self._find_next)
        self.over.clicked.connect(self._ask_overbook)
        self.book.clicked.connect(self.submit)
        self.wait.clicked.connect(self._wait)
        self.close_button.clicked.connect(self.closed)
        self.offers.chosen.connect(self._take_offer)
        self.offers.closed.connect(self._offers_closed)
        presenter.hits_found.connect(self.picker.show_hits)
        presenter.patient_read.connect(self.patient.take_summary)
        presenter.warned.connect(self._show_warning)
        presenter.clashed.connect(self._show_clash)
        presenter.field_wrong.connect(self._show_wrong)
        presenter.refused.connect(self._show_refusal)
        presenter.slot_found.connect(self._take_found)
        self.form.submitted.connect(self._register)
        self.form.cancelled.connect(self._stop_registering)
        self.form.existing_chosen.connect(self.patient.take_hit)
        registering.problems_found.connect(self.form.show_problems)
        registering.alike_found.connect(self._show_alike)
        registering.registered.connect(self.patient.take_summary)
        registering.refused.connect(self._registration_refused)
        registering.busy.connect(self._show_registering)
        registering.watch(self.form)

    # what the screen calls

    def show_choices(self, doctors: Sequence[Doctor], types: Sequence[AppointmentType]) -> None:
        """Fill the two lists, keeping what is chosen."""
        if [self.doctor.itemData(n) for n in range(self.doctor.count())] != [d.id for d in doctors]:
            fill(self.doctor, [(self.tr("Dr {0}").format(d.name), d.id) for d in doctors])
        if list(self._types.values()) != list(types):
            self._types = {kind.id: kind for kind in types}
            words = self.tr("{0} · {1} min")
            fill(self.kind, [(words.format(kind.name, kind.duration), kind.id) for kind in types])

    def open_at(self, day: date, doctor_id: UUID, minute: int) -> None:
        """An empty booking for a slot."""
        self._waiting = None
        self._pages.setCurrentIndex(0)
        self.reason.clear()
        self.kind.setCurrentIndex(0)
        self._kind_changed()
        self.move_to(day, doctor_id, minute)
        self.patient.ask()

    def move_to(self, day: date, doctor_id: UUID, minute: int) -> None:
        """Another slot for the same booking."""
        self._day = day
        self.day_label.setText(short_day(day))
        choose(self.doctor, doctor_id)
        at = clock(minute)
        self.start.setTime(QTime(at.hour, at.minute))
        self._clear_answers()

    def take_waiting(self, entry: WaitingEntry) -> None:
        """A card of the waiting list brings its patient and kind."""
        self._waiting = entry
        if entry.type_id is not None:
            choose(self.kind, entry.type_id)
        self.reason.setText(entry.note)
        self.patient.take_waiting(entry)

    def focus_next(self) -> None:
        """Where the next Enter is useful."""
        (self.picker if self.patient.chosen is None else self.book).setFocus()

    def step_back(self) -> bool:
        """Leave registration or the offered slots; False when the panel itself is to be closed."""
        if self._pages.currentIndex() == 1 and self.isVisible():
            self._stop_registering()
            return True
        if self.offers.isVisible():
            self.offers.close_offers()
            return True
        return False

    def take_patient(self, patient_id: UUID) -> None:
        """A patient from another screen."""
        self._presenter.read_patient(patient_id)

    # the patient

    @Slot()
    def _patient_taken(self) -> None:
        self._pages.setCurrentIndex(0)
        self._clear_answers()
        self.book.setFocus()

    @Slot(str)
    def start_registering(self, searched: str = "") -> None:
        """The form, with what was searched."""
        self._pages.setCurrentIndex(1)
        self.form.start(searched)

    @Slot()
    def _stop_registering(self) -> None:
        self._pages.setCurrentIndex(0)
        self.picker.setFocus()

    @Slot(object, bool)
    def _register(self, new: NewPatient, seen: bool) -> None:
        self._presenter.registering.register(new, seen=seen)

    @Slot(object, bool)
    def _show_alike(self, hits: Sequence[PatientHit], probable: bool) -> None:
        self.form.show_alike(hits, probable=probable)

    @Slot(bool)
    def _show_registering(self, busy: bool) -> None:
        self.form.show_busy(busy=busy)

    @Slot(str)
    def _registration_refused(self, text: str) -> None:
        self._stop_registering()
        self._say(text)

    # the slot

    @Slot()
    def _kind_changed(self) -> None:
        kind = self._types.get(self.kind.currentData())
        if kind is not None:
            self.length.setValue(kind.duration)

    @Slot()
    def _slot_edited(self) -> None:
        self._seen = frozenset()
        self.book.setText("  " + self.tr("Book {0}").format(self.start.time().toString("HH:mm")))

    @Slot()
    def _find_next(self) -> None:
        self._presenter.find_next(self.kind.currentData(), self.doctor.currentData(), self._day)

    @Slot(object)
    def _take_found(self, slot: FreeSlot | None) -> None:
        if slot is None:
            self._say(self.tr("No free slot within 90 days."))
        else:
            self._move_to_slot(slot)

    def _move_to_slot(self, slot: FreeSlot) -> None:
        day, minute = wall(slot.start, self._zone)
        self.move_to(day, slot.doctor_id, minute)
        self.book.setFocus()

    @Slot(object)
    def _take_offer(self, slot: FreeSlot) -> None:
        self._move_to_slot(slot)
        self.submit()

    # booking

    @Slot()
    def submit(self) -> None:
        """Book it; a warning has to be seen first."""
        if self.patient.chosen is None:
            self.picker.setFocus()
            return
        self.refusal.hide()
        self.offers.hide()
        self._presenter.book(self._wish(self.patient.chosen), self._seen)

    def _wish(self, patient: Chosen) -> Booking:
        at = self.start.time()
        return Booking(
            patient_id=patient.id,
            doctor_id=self.doctor.currentData(),
            type_id=self.kind.currentData(),
            day=self._day,
            start=clock(at.hour() * 60 + at.minute()),
            duration=self.length.value(),
            chief_complaint=self.reason.text(),
            waiting_id=self._waiting.id if self._waiting else None,
            overbook_reason=self.overbook.text() if self.fields["overbook_reason"].isVisibleTo(self) else "",
        )

    @Slot()
    def _wait(self) -> None:
        if self.patient.chosen is None:
            self.picker.setFocus()
            return
        self._presenter.wait(
            self.patient.chosen.id,
            doctor_id=self.doctor.currentData(),
            type_id=self.kind.currentData(),
            day=self._day,
            note=self.reason.text(),
        )

    # answers

    def _clear_answers(self) -> None:
        self._seen = frozenset()
        for part in (self.warning, self.refusal, self.offers, self.over, self.fields["overbook_reason"]):
            part.hide()
        self._extras.show()
        self.overbook.clear()
        for field in self.fields.values():
            field.clear_error()

    @Slot(object)
    def _show_warning(self, codes: tuple[str, ...]) -> None:
        self._seen |= frozenset(codes)
        self.warning.show_text(warning_words(codes), self.tr("Press Book again to book all the same."))
        self.warning.show()
        self.warning.announce()
        self.book.setFocus()

    @Slot(object)
    def _show_clash(self, error: SlotTaken) -> None:
        self.warning.hide()
        self.over.show()
        self._extras.hide()  # room for the offers
        self.offers.offer(error)

    @Slot()
    def _offers_closed(self) -> None:
        self._extras.show()
        self.book.setFocus()

    @Slot(str, bool)
    def _show_refusal(self, text: str, may_overbook: bool) -> None:
        self._say(text)
        self.over.setVisible(may_overbook)

    def _say(self, text: str) -> None:
        self.refusal.show_text(text)
        self.refusal.show()
        self.refusal.announce()

    @Slot(str, str)
    def _show_wrong(self, field: str, text: str) -> None:
        wrong = self.fields.get(field)
        if wrong is None:
            self._say(text)
            return
        wrong.show_error(text)
        wrong.editor.setFocus()

    @Slot()
    def _ask_overbook(self) -> None:
        self.over.hide()
        self.offers.hide()
        self.fields["overbook_reason"].show()
        self.overbook.setFocus()
