"""The scheduler: the clinic's days, and what is done in them."""

from datetime import date
from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.appointments import Appointment, WaitingEntry
from clinicdesk.domain.errors import SlotTaken
from clinicdesk.domain.people import Role
from ui.screens.schedule.board import Board
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.card_menu import CardMenu
from ui.screens.schedule.header import DayHeader
from ui.screens.schedule.keys import calendar_hints, view_keys
from ui.screens.schedule.model import DayModel
from ui.screens.schedule.moving import Moving
from ui.screens.schedule.offers import SlotOffers
from ui.screens.schedule.presenter import SchedulePresenter
from ui.screens.schedule.reading import Day
from ui.screens.schedule.remembered import Choice, Remembered
from ui.screens.schedule.showing import Showing
from ui.screens.schedule.side import SidePanels
from ui.screens.schedule.tools import BookingTools, Parts
from ui.screens.schedule.tools_presenter import ToolsPresenter
from ui.widgets.actions import make_action
from ui.widgets.banner import Banner, Notice
from ui.widgets.card import Card, ProgressStrip
from ui.widgets.layouts import hbox, vbox

WHILE_DRAGGING_MS = 250


class ScheduleView(QWidget):
    """Calendar left; right the selected appointment with the waiting list, or what is being done."""

    chart_asked = Signal(object, object)
    """Patient id, Appointment."""
    window_asked = Signal()

    def __init__(
        self,
        presenter: SchedulePresenter,
        booking: BookingPresenter,
        tools: ToolsPresenter,
        *,
        remembered: Remembered | None = None,
        choice: Choice | None = None,
    ) -> None:
        super().__init__()
        self._presenter, self._booking = presenter, booking
        for part in (presenter, booking):
            part.setParent(self)
        self.actor = presenter.actor
        self._moving = Moving(presenter.zone, self)
        self._wanted: UUID | None = None  # select this card when the day is read
        self._book_for: UUID | None = None
        self._make_parts()
        self.showing = Showing(self, presenter, self.header, self.board, remembered=remembered, choice=choice)
        self.tools = BookingTools(self, Parts(presenter, booking, tools, self.board, self.side, self._moving))
        self._lay_out()
        self._connect()
        self._make_actions()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(WHILE_DRAGGING_MS)
        self._later.timeout.connect(self._reload)

    # parts

    def _make_parts(self) -> None:
        today, may_book = self._presenter.clock()[0], self.actor.may("appointments.book")
        self.model = DayModel(self)
        self.board = Board(self.model, self._presenter.clock)
        self.calendar = self.board.calendar
        self.calendar.set_read_only(not may_book)
        self.header = DayHeader(may_book=may_book)
        self.notice = Notice()
        self.strip = ProgressStrip(self.tr("Reading the day"))
        self.moving = Banner("info", "", action=self.tr("Stop"))
        self.moving.hide()
        self.offers = SlotOffers(self._presenter.zone, upright=False)
        self.side = SidePanels(self.actor, self._booking, zone=self._presenter.zone, today=today)
        self.details, self.waiting = self.side.details, self.side.waiting

    def _lay_out(self) -> None:
        sheet = Card(vbox(self.strip, self.board, margins=(1, 1, 1, 1), spacing=0))
        undo = self.tools.undo_bar
        late = self.tools.unanswered
        main = vbox(self.header, self.notice, undo, late, self.moving, self.offers, sheet, spacing=10)
        main.setStretch(6, 1)
        row = hbox(main, self.side, margins=(18, 14, 18, 14), spacing=14)
        row.setStretch(0, 1)
        self.setLayout(row)

    def _connect(self) -> None:
        presenter, booking = self._presenter, self._booking
        self.header.new_asked.connect(self.new_appointment)
        self.board.appointment_selected.connect(self._selected)
        self.board.card_activated.connect(self._card_activated)
        self.board.slot_activated.connect(self._slot_activated)
        self.board.move_requested.connect(self._move)
        self.board.waiting_dropped.connect(self._dropped)
        self._menu = CardMenu(self, self.details)
        self.board.menu_requested.connect(self._menu.popup)
        self.moving.acted.connect(self._moving.stop)
        self._moving.started.connect(self._say_moving)
        self._moving.stopped.connect(self.moving.hide)
        self._moving.move_wanted.connect(self._move)
        self._moving.place_wanted.connect(self._place)
        self.offers.chosen.connect(self._moving.take_offer)
        self.details.asked.connect(self._do)
        self.tools.go.connect(self._look_at)
        self.tools.closed.connect(self.close_side)
        self.tools.new_wanted.connect(self.new_appointment)
        self.waiting.place_asked.connect(self._moving.take_up)
        self.waiting.withdraw_asked.connect(self._withdraw)
        self.side.closed.connect(self.close_side)
        self.side.take_asked.connect(self._take)
        presenter.day_read.connect(self._show_day)
        presenter.loading.connect(self.strip.show_busy)
        presenter.reload_due.connect(self._reload)
        for source in (presenter, self.tools, self.side):
            source.said.connect(self.notice.show_notice)
        presenter.changed.connect(self._changed)
        presenter.refused.connect(self._not_changed)
        presenter.move_clashed.connect(self._show_clash)
        presenter.summary_read.connect(self.details.show_summary)
        presenter.paid.connect(self.side.show_receipt)
        presenter.payment_wrong.connect(self.side.show_payment_wrong)
        booking.booked.connect(self._booked)
        booking.waits.connect(self._on_list)

    def _make_actions(self) -> None:
        may_book = self.actor.may("appointments.book")
        rows = [
            (may_book, self.tr("New appointment"), self.new_appointment, "Ctrl+N", "calendar-plus"),
            *view_keys(self.showing, self.header, self.window_asked.emit),
            (True, self.tr("Waiting list"), self._focus_waiting, "Ctrl+L", "hourglass"),
            (may_book, self.tr("Put down at the slot"), self._put_down, "Ctrl+V", "calendar-check"),
            (True, self.tr("Close or stop"), self._escape, "Esc", "x"),
        ]
        for may, text, slot, keys, icon in rows:
            if may:
                made = make_action(self, text, slot, keys=keys, icon=icon)
                if keys == "Ctrl+N":
                    made.setShortcuts([QKeySequence("Ctrl+N"), QKeySequence("N")])

    def key_hints(self) -> list[tuple[str, str]]:
        """The calendar's keys, for the list of F1."""
        return calendar_hints()

    def shown_day(self) -> date:
        """The day that the view is about."""
        return self._presenter.day

    # reading

    def first_focus(self) -> QWidget:
        """Where the keys go: the view on show."""
        return self.board.focus_target()

    def activate(self) -> None:
        """The day as it is now."""
        if self._presenter.stale:
            self._presenter.load()

    @Slot()
    def _reload(self) -> None:
        if not self.isVisible():
            return
        if self.calendar.editing:
            self._later.start()
        else:
            self._presenter.load()

    @Slot(object)
    def _show_day(self, day: Day) -> None:
        if not day.wish.reads_like(self._presenter.wish):
            return
        self.waiting.show_entries(day.found.waiting)
        self.side.show_choices(day.doctors, day.types)
        self.showing.show_day(day)
        if self._wanted is not None:
            self.board.select(self._wanted)
            self._wanted = None
        self.details.show_appointment(self.board.current_appointment())
        if self._book_for is not None:
            patient, self._book_for = self._book_for, None
            self.book_for(patient)

    # the selected appointment

    @Slot(object)
    def _selected(self, appointment: Appointment | None) -> None:
        self.details.show_appointment(appointment)
        if appointment is not None:
            self._presenter.read_summary(appointment.patient_id)

    @Slot(object)
    def _card_activated(self, appointment: Appointment) -> None:
        self.side.show_details()
        self.details.show_appointment(appointment)
        self.details.focus_first()

    @Slot(str, object)
    def _do(self, action: str, appointment: Appointment) -> None:
        match action:
            case "chart":
                self.chart_asked.emit(appointment.patient_id, appointment)
            case "pay":
                self.side.show_panel(self.side.payment)
                self.side.payment.start(appointment)
            case "cut":
                self._moving.take_up(appointment)
            case "edit":
                self.tools.edit_selected()
            case "undo_no_show":
                self._presenter.act("confirm", appointment)
            case _:
                self._presenter.act(action, appointment)

    @Slot(str, object)
    def _changed(self, action: str, appointment: Appointment) -> None:
        self.model.set_pending(appointment.id, on=False)
        self._wanted = appointment.id
        if action == "move":
            self._moving.stop()
            room = self.board.take_next_room()
            if room is not None and room != appointment.room_id:
                self._presenter.put_in_room(appointment, room)
            if appointment.day != self._presenter.day:
                self._presenter.day = appointment.day
        if action == "start_visit" and self.actor.role is Role.DOCTOR:
            self.chart_asked.emit(appointment.patient_id, appointment)

    @Slot(object)
    def _not_changed(self, appointment: Appointment) -> None:
        self.board.take_next_room()
        self.model.set_pending(appointment.id, on=False)

    # booking

    @Slot()
    def new_appointment(self) -> None:
        """At the slot cursor."""
        slot = self.calendar.current_slot()
        if slot is not None:
            self._open_booking(*slot)

    def book_for(self, patient_id: UUID) -> None:
        """A booking for a patient chosen elsewhere; waits for the day when it is not read yet."""
        if not self.model.doctors:
            self._book_for = patient_id
            return
        self.new_appointment()
        self.side.book_for(patient_id)

    def _open_booking(self, day: date, doctor_id: UUID, minute: int) -> None:
        self.side.show_panel(self.side.booking)
        self.side.booking.open_at(day, doctor_id, minute)

    @Slot(object, object, int)
    def _slot_activated(self, day: date, doctor_id: UUID, minute: int) -> None:
        if self._moving.active:
            self._moving.put(day, doctor_id, minute)
        elif not self.actor.may("appointments.book"):
            return
        elif self.side.books():
            self.side.booking.move_to(day, doctor_id, minute)
            self.side.booking.focus_next()
        else:
            self._open_booking(day, doctor_id, minute)

    def take_booked(self, appointment: Appointment) -> None:
        """Booked elsewhere, by a typed line."""
        self.tools.booked(appointment)
        self._booked(appointment)

    @Slot(object)
    def _booked(self, appointment: Appointment) -> None:
        self._moving.stop()
        self._wanted = appointment.id
        words = self.tr("Booked: {0}, {1}, Dr {2}")
        start = f"{appointment.start:%H:%M}"
        self.notice.show_notice(words.format(appointment.patient_name, start, appointment.doctor_name), "ok")
        self.showing.give_room(appointment)
        self.close_side()
        self._presenter.go(appointment.day)

    # the waiting list

    @Slot()
    def _focus_waiting(self) -> None:
        self.side.show_details()
        self.waiting.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.waiting.list.currentIndex().isValid():
            self.waiting.list.setCurrentIndex(self.waiting.model.index(0, 0))

    @Slot(str, object, object, int)
    def _dropped(self, entry_id: str, day: date, doctor_id: UUID, minute: int) -> None:
        entry = self.waiting.model.find(entry_id)
        if entry is not None:
            self._place(entry, day, doctor_id, minute)

    @Slot(object, object, object, int)
    def _place(self, entry: WaitingEntry, day: date, doctor_id: UUID, minute: int) -> None:
        """Books at once; the panel stays open only when there is something to say."""
        self._open_booking(day, doctor_id, minute)
        self.side.booking.take_waiting(entry)
        self.side.booking.submit()

    @Slot(object)
    def _withdraw(self, entry: WaitingEntry) -> None:
        self._presenter.withdraw(entry.id)

    @Slot()
    def _on_list(self) -> None:
        self.notice.show_notice(self.tr("On the waiting list"), "ok")
        self.close_side()
        self._presenter.load()

    @Slot(object)
    def _look_at(self, appointment: Appointment) -> None:
        self._wanted = appointment.id
        self._presenter.go(appointment.day)

    # moving

    @Slot(object, object, object, int, int)
    def _move(self, appointment: Appointment, doctor_id: UUID, day: date, start: int, end: int) -> None:
        self.offers.hide()
        if self.tools.move(appointment, doctor_id=doctor_id, day=day, start=start):
            return
        self.model.set_pending(appointment.id, on=True)
        self._presenter.move(appointment, doctor_id, day=day, start=start, end=end)

    @Slot(str)
    def _say_moving(self, name: str) -> None:
        title = self.tr("On the pinboard: {0}").format(name)
        keys = self.tr("Go to any day; Enter or Ctrl+V puts it down, Ctrl+Shift+X swaps with a card.")
        self.moving.show_text(title, keys)
        self.moving.show()
        self.moving.announce()
        self.side.show_details()
        self.board.focus_target().setFocus()
        self.calendar.start_slot_cursor()

    @Slot()
    def _put_down(self) -> None:
        slot = self.calendar.current_slot()
        if slot is not None:
            self._moving.put(*slot)

    @Slot(object, object)
    def _show_clash(self, appointment: Appointment, error: SlotTaken) -> None:
        self._moving.clashed(appointment)
        self.offers.offer(error)

    @Slot(object, object, str, str)
    def _take(self, request: UUID, appointment: Appointment, amount: str, method: str) -> None:
        self._presenter.take(request, appointment, amount=amount, method=method)

    # the side

    @Slot()
    def close_side(self) -> None:
        """Back to the selected appointment; the keys are the calendar's again."""
        self.side.show_details()
        self.board.focus_target().setFocus()

    @Slot()
    def _escape(self) -> None:
        if self.calendar.editing:
            self.calendar.cancel_placing()
        elif self.offers.isVisible():
            self.offers.hide()
            self.board.focus_target().setFocus()
        elif self.side.step_back():
            return
        elif not self.side.shows_details():
            self.close_side()
        else:
            self.details.stop_cancelling()
            self._moving.stop()
            self.board.focus_target().setFocus()
