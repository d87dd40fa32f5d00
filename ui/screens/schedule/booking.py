"""The booking panel, in place beside the calendar: patient, kind, time; Enter, Enter."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTime, Signal, Slot
from PySide6.QtWidgets import QFrame, QStackedLayout, QWidget

from clinicdesk.domain.appointments import AppointmentType, Booking, WaitingEntry
from clinicdesk.domain.errors import FreeSlot, SlotTaken
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.wall_clock import clock, wall
from clinicdesk.services.series import Occurrence
from ui.screens.schedule.booking_more import BookingMore
from ui.screens.schedule.booking_patient import BookingPatient, Chosen
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.booking_registering import BookingRegistering
from ui.screens.schedule.booking_slot import SlotFields
from ui.screens.schedule.finder import Finder
from ui.screens.schedule.offers import SlotOffers
from ui.screens.schedule.series_page import SeriesPage
from ui.screens.schedule.words import short_day, warning_words
from ui.widgets.banner import Banner
from ui.widgets.buttons import button, link_button
from ui.widgets.choose import choose
from ui.widgets.layouts import hbox, vbox
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
        self.patient = BookingPatient(today, may_register=may_register)
        self.picker = self.patient.picker
        self.day_label = label("", "h2")
        slot = self.slot = SlotFields()
        self.doctor, self.kind, self.start, self.length = slot.doctor, slot.kind, slot.start, slot.length
        self.reason, self.overbook, self.fields = slot.reason, slot.overbook, slot.fields
        self._make_answers()
        self.more = BookingMore()
        self.more.hide()
        self._doctors: Sequence[Doctor] = ()
        self._lay_out()
        self._connect()

    # parts

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
        self.next_free = link_button(self.tr("Next free"), "arrow-right")
        self.next_free.setToolTip(self.tr("Of a doctor, a specialty or anybody (Ctrl+F)"))
        self.wait = link_button(self.tr("Waiting list"), "hourglass")
        self.more_button = link_button(self.tr("More"), "chevron-down")
        self.more_button.setToolTip(self.tr("Room, how, who asked, repeat (Ctrl+M)"))
        self.more_button.setAutoDefault(True)
        self.wait.setAutoDefault(True)
        self.close_button = button(self.tr("Close"), "x")
        self.close_button.setAutoDefault(True)

    def _lay_out(self) -> None:
        times = hbox(self.fields["end"], self.fields["duration"], spacing=10)
        times.setStretch(0, 1)
        times.setStretch(1, 1)
        self._extras = QWidget()
        links = hbox(self.next_free, self.more_button, None, self.wait)
        self._extras.setLayout(vbox(links, self.fields["chief_complaint"], self.more, spacing=7))
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
        self._pages = QStackedLayout(self)
        self._pages.addWidget(page)

    # pages behind the form, each made when it is first turned to

    @cached_property
    def registering(self) -> BookingRegistering:
        """A new patient."""
        made = BookingRegistering(self._presenter.registering, self._today)
        made.left.connect(self._stop_registering)
        made.existing_chosen.connect(self.patient.take_hit)
        made.registered.connect(self.patient.take_summary)
        made.refused.connect(self._registration_refused)
        self._pages.addWidget(made)
        return made

    @cached_property
    def series(self) -> SeriesPage:
        """Each visit of a series, before it is booked."""
        made = SeriesPage(self._zone)
        made.left.connect(self._to_page)
        made.book_asked.connect(self._book_series)
        self._presenter.series_refused.connect(made.refuse)
        self._pages.addWidget(made)
        return made

    @cached_property
    def finder(self) -> Finder:
        """The next free slots."""
        made = Finder(self._zone, self._today)
        made.show_people(self._doctors)
        made.asked.connect(self._ask_finder)
        made.chosen.connect(self._take_found)
        made.left.connect(self._to_page)
        self._presenter.slots_found.connect(made.show_slots)
        self._pages.addWidget(made)
        return made

    def _connect(self) -> None:
        presenter = self._presenter
        self.picker.asked.connect(presenter.search)
        self.patient.taken.connect(self._patient_taken)
        self.patient.register_asked.connect(self.start_registering)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self.start.timeChanged.connect(self._slot_edited)
        self.doctor.currentIndexChanged.connect(self._slot_edited)
        self.length.valueChanged.connect(self._slot_edited)
        self.reason.returnPressed.connect(self.submit)
        self.overbook.returnPressed.connect(self.submit)
        self.next_free.clicked.connect(self.find_next)
        self.more_button.clicked.connect(self.toggle_more)
        presenter.rooms_found.connect(self.more.show_rooms)
        presenter.series_read.connect(self._show_series)
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

    # what the screen calls

    def show_choices(self, doctors: Sequence[Doctor], types: Sequence[AppointmentType]) -> None:
        """Fill the two lists, keeping what is chosen."""
        if self.slot.show_choices(doctors, types):
            self._doctors = doctors
            if "finder" in self.__dict__:  # made already
                self.finder.show_people(doctors)

    def open_at(self, day: date, doctor_id: UUID, minute: int) -> None:
        """An empty booking for a slot."""
        self._waiting = None
        self._pages.setCurrentIndex(0)
        self.reason.clear()
        self.more.reset()
        self.more.hide()
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
        if self._pages.currentIndex() > 0 and self.isVisible():
            if isinstance(self._pages.currentWidget(), BookingRegistering):
                self._stop_registering()
            else:
                self._to_page()
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
        self._pages.setCurrentWidget(self.registering)
        self.registering.form.start(searched)

    @Slot()
    def _stop_registering(self) -> None:
        self._pages.setCurrentIndex(0)
        self.picker.setFocus()

    @Slot(str)
    def _registration_refused(self, text: str) -> None:
        self._stop_registering()
        self._say(text)

    # the slot

    @Slot()
    def _kind_changed(self) -> None:
        self.slot.take_length()

    @Slot()
    def _slot_edited(self) -> None:
        self._seen = frozenset()
        self.book.setText("  " + self.tr("Book {0}").format(self.start.time().toString("HH:mm")))

    @Slot()
    def find_next(self) -> None:
        """The search for free slots, from the doctor and day on show."""
        self._pages.setCurrentWidget(self.finder)
        self.finder.start(self.doctor.currentData(), max(self._day, self._today))

    @Slot(object, str, object, str)
    def _ask_finder(self, doctor_id: UUID | None, specialty: str, day: date, part: str) -> None:
        self._presenter.find_slots(
            self.kind.currentData(), doctor_id, specialty=specialty, day=day, part=part,
            duration=self.length.value(),
        )  # fmt: skip

    @Slot(object)
    def _take_found(self, slot: FreeSlot) -> None:
        self._to_page()
        self._move_to_slot(slot)
        self.focus_next()

    @Slot()
    def _to_page(self) -> None:
        self._pages.setCurrentIndex(0)
        self.focus_next()

    @Slot()
    def toggle_more(self) -> None:
        """Room, how, who asked, repeat."""
        self.more.setVisible(self.more.isHidden())
        if self.more.isVisible():
            self._ask_rooms()
            self.more.how.setFocus()

    def _ask_rooms(self) -> None:
        start = self.start.time().hour() * 60 + self.start.time().minute()
        self._presenter.find_rooms(self._day, start, start + self.length.value())

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
        rule = self.more.rule() if self.more.isVisible() else None
        if rule is not None:
            self._presenter.preview_series(self._wish(self.patient.chosen), rule)
        else:
            self._presenter.book(self._wish(self.patient.chosen), self._seen)

    @Slot(object)
    def _show_series(self, found: Sequence[Occurrence]) -> None:
        self._pages.setCurrentWidget(self.series)
        self.series.show_series(found)

    @Slot(object)
    def _book_series(self, places: list[tuple[date, int]]) -> None:
        rule = self.more.rule()
        if self.patient.chosen is not None and rule is not None:
            self._presenter.book_series(self._wish(self.patient.chosen), rule, places)

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
            **(self.more.values() if self.more.isVisible() else {}),
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
        if self.more.problems({field: text}):
            self._extras.show()
            self.more.show()
            return
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
