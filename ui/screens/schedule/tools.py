"""Ties undo, swap, refill, absences, edits and calendar files to the scheduler's screen."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.bookings import Extras
from clinicdesk.domain.people import Role
from clinicdesk.domain.series import Scope
from clinicdesk.domain.wall_clock import minutes
from ui.screens.schedule.board import Board
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.edit_panel import EditPanel
from ui.screens.schedule.keys import step_keys
from ui.screens.schedule.moving import Moving
from ui.screens.schedule.out_panel import WIDTH as OUT_WIDTH
from ui.screens.schedule.out_panel import OutPanel
from ui.screens.schedule.presenter import SchedulePresenter
from ui.screens.schedule.refill import RefillPanel
from ui.screens.schedule.side import SidePanels
from ui.screens.schedule.tools_presenter import ToolsPresenter
from ui.screens.schedule.unanswered import UnansweredBar
from ui.screens.schedule.undo_bar import UndoBar
from ui.widgets.actions import make_action


@dataclass(frozen=True, slots=True)
class Parts:
    """What the tools work with on the scheduler's screen."""

    schedule: SchedulePresenter
    booking: BookingPresenter
    tools: ToolsPresenter
    board: Board
    side: SidePanels
    moving: Moving


class BookingTools(QObject):
    """``go`` asks the screen for a day and a card to select."""

    go = Signal(object)
    """Appointment."""
    said = Signal(str, str)
    closed = Signal()
    new_wanted = Signal()

    def __init__(self, owner: QWidget, parts: Parts) -> None:
        super().__init__(owner)
        self._owner, self._schedule, self._side = owner, parts.schedule, parts.side
        self._board, self._moving, self._booking = parts.board, parts.moving, parts.booking
        self.presenter = presenter = parts.tools
        presenter.setParent(self)
        self.details = parts.side.details
        self.undo_bar, self.unanswered = UndoBar(), UnansweredBar()
        self._refill: RefillPanel | None = None
        self._out: OutPanel | None = None
        self._edit: EditPanel | None = None
        self._path_for: Appointment | None = None
        self._out_doctor: UUID | None = None
        self._connect()
        self._connect_screen()
        self._make_actions()

    def _connect(self) -> None:
        presenter = self.presenter
        self.undo_bar.asked.connect(presenter.undo)
        self.unanswered.next_asked.connect(presenter.refill)
        presenter.unanswered.connect(self.unanswered.show_offers)
        presenter.said.connect(self.said)
        presenter.stepped.connect(self.undo_bar.offer)
        presenter.undone.connect(self._undone)
        presenter.fits.connect(self._show_fits)
        presenter.extras_read.connect(self._show_extras)
        presenter.changed.connect(self._changed)
        presenter.edited.connect(self._edited)
        presenter.newer.connect(self._newer)

    # panels, made when they are first wanted

    @property
    def refill(self) -> RefillPanel:
        """Who could have the freed slot."""
        if self._refill is None:
            self._refill = RefillPanel()
            self._refill.chosen.connect(self.presenter.give)
            self._refill.offered.connect(self.presenter.offer)
            self._refill.closed.connect(self.closed)
        return self._refill

    @property
    def out(self) -> OutPanel:
        """A doctor's absence and what becomes of the visits."""
        if self._out is None:
            self._out = OutPanel(self.presenter.zone)
            self._out.asked.connect(self.presenter.read_visits)
            self._out.apply_asked.connect(self._apply_out)
            self._out.closed.connect(self.closed)
            self.presenter.visits_read.connect(self._out.show_visits)
            self.presenter.out_failed.connect(self._out.refuse)
        return self._out

    @property
    def edit(self) -> EditPanel:
        """The selected appointment's fields."""
        if self._edit is None:
            self._edit = EditPanel()
            self._edit.save_asked.connect(self.presenter.edit)
            self._edit.closed.connect(self.closed)
            self.presenter.rooms_read.connect(self._edit.more.show_rooms)
            self.presenter.edit_failed.connect(self._edit.show_refusal)
        return self._edit

    def _connect_screen(self) -> None:
        self._schedule.stepped.connect(self.presenter.note)
        if self.presenter.desk.actor.may("appointments.book"):
            self._schedule.day_read.connect(self._look_unanswered)
        self._booking.booked.connect(self.booked)
        self._booking.series_booked.connect(self.presenter.take_done)
        self._board.appointment_selected.connect(self._selected)
        self._moving.swap_wanted.connect(self.presenter.swap)
        self.details.cancel_asked.connect(self._cancel)
        self.details.reopen_asked.connect(self._schedule.reopen)

    @Slot()
    def _look_unanswered(self) -> None:
        """After the day, and only when there may be something new."""
        if self._schedule.offers_stale:
            self._schedule.offers_stale = False
            self.presenter.look_unanswered()

    def _make_actions(self) -> None:
        actor = self.presenter.desk.actor
        book, away = actor.may("appointments.book"), actor.may("appointments.away")
        rows = [
            (book, self.tr("Undo the last step"), self.undo_bar.ask, "Ctrl+Z", "undo-2"),
            (book, self.tr("Edit the appointment"), self.edit_selected, "F2", "pen-line"),
            (book, self.tr("Swap with the selected one"), self.swap, "Ctrl+Shift+X", "refresh-cw"),
            (book, self.tr("Next free slot"), self.find_next, "Ctrl+F", "search"),
            (book, self.tr("More about the booking"), self.more, "Ctrl+M", "chevron-down"),
            (
                book,
                self.tr("Offer the unanswered slot to the next"),
                self.unanswered.ask,
                "Ctrl+Shift+A",
                "phone",
            ),
            (away, self.tr("Doctor is out"), self.open_out, "Ctrl+Shift+D", "user-x"),
            (True, self.tr("Save the appointment as calendar file"), self.save_appointment, "", "download"),
            (True, self.tr("Save four weeks as calendar file"), self.save_schedule, "", "download"),
        ]
        for may, text, slot, keys, icon in rows:
            if may:
                make_action(self._owner, text, slot, keys=keys, icon=icon)
        for name, text, keys, icon in step_keys(actor):
            make_action(self._owner, text, self._step_asked, keys=keys, icon=icon).setData(name)
        self.names = QAction(self.tr("Patients' names in calendar files"), self._owner)
        self.names.setCheckable(True)
        self._owner.addAction(self.names)

    @Slot()
    def _step_asked(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._side.show_details()
            self.details.ask(str(action.data()))

    @Slot(object)
    def booked(self, appointment: Appointment) -> None:
        """A booking was made: it can be taken back."""
        self.presenter.note("book", None, appointment)

    @Slot(object)
    def _selected(self, appointment: Appointment | None) -> None:
        if appointment is not None:
            self.presenter.read_extras(appointment.id)

    @Slot()
    def swap(self) -> None:
        """What is on the pinboard and the selected card change places."""
        self._moving.swap_with(self._board.current_appointment())

    @Slot()
    def find_next(self) -> None:
        """The search for free slots, in the booking panel."""
        if not self._side.books():
            self.new_wanted.emit()
        self._side.booking.find_next()

    @Slot()
    def more(self) -> None:
        """Room, how, who asked, repeat, in the booking panel."""
        if self._side.books():
            self._side.booking.toggle_more()

    @Slot(object, str, str)
    def _cancel(self, appointment: Appointment, reason: str, asked_how: str) -> None:
        scope = self.details.scope_for(appointment)
        if scope is Scope.THIS:
            self._schedule.cancel(appointment, reason, asked_how)
        else:
            self.presenter.cancel_series(appointment, scope, reason)

    def move(self, appointment: Appointment, *, doctor_id: UUID, day: date, start: int) -> bool:
        """True when the scope is more than this one; a new length is this one's only."""
        scope = self.details.scope_for(appointment)
        same = (appointment.doctor_id, appointment.day, minutes(appointment.start))
        if scope is Scope.THIS or same == (doctor_id, day, start):
            return False
        self.presenter.move_series(appointment, scope, doctor_id=doctor_id, day=day, start=start)
        return True

    # editing

    @Slot()
    def edit_selected(self) -> None:
        """The selected card, in the side panel."""
        appointment = self._board.current_appointment()
        if appointment is None:
            return
        self.edit.show_types(self._schedule.people()[1])
        self._side.show_panel(self.edit)
        self.edit.start(appointment)
        self.presenter.read_extras(appointment.id)
        start, end = minutes(appointment.start), minutes(appointment.end)
        self.presenter.read_rooms(appointment, start, end)

    @Slot(object)
    def _edited(self, appointment: Appointment) -> None:
        self.said.emit(self.tr("Saved: {0}").format(appointment.patient_name), "ok")
        self.closed.emit()
        self.go.emit(appointment)

    @Slot(object, str)
    def _newer(self, newest: Appointment, words: str) -> None:
        if self._edit is not None and self._side.currentWidget() is self._edit:
            self._edit.show_newer(newest, words)
        else:
            self.said.emit(words, "info")

    @Slot(object, object)
    def _show_extras(self, appointment_id: UUID, extras: Extras) -> None:
        self.details.show_extras(appointment_id, extras)
        edit = self._edit
        if edit is not None and edit.appointment is not None and edit.appointment.id == appointment_id:
            edit.show_extras(extras)

    # undo, refill

    @Slot(object)
    def _undone(self, appointment: Appointment | None) -> None:
        self.said.emit(self.tr("Taken back"), "ok")
        if self._refill is not None and self._side.currentWidget() is self._refill:
            self.closed.emit()
        if appointment is not None:
            self.go.emit(appointment)

    @Slot(object, object)
    def _show_fits(self, freed: Appointment, entries: object) -> None:
        self._side.show_panel(self.refill)
        self.refill.offer(freed, entries)  # type: ignore[arg-type]  # Qt carries the tuple as an object

    @Slot(object)
    def _changed(self, appointment: Appointment | None) -> None:
        self._moving.stop()
        self.closed.emit()
        if appointment is not None:
            self.go.emit(appointment)

    # a doctor is out

    @Slot()
    def open_out(self) -> None:
        """For the day on show and the doctor of the selected card or of the slot cursor."""
        actor, doctors = self.presenter.desk.actor, self._schedule.people()[0]
        if actor.role is Role.DOCTOR:
            doctors = tuple(doctor for doctor in doctors if doctor.id == actor.doctor_id)
        selected = self._board.current_appointment()
        slot = self._board.current_slot()
        self._side.show_panel(self.out, width=OUT_WIDTH)
        doctor = selected.doctor_id if selected else slot[1] if slot else None
        self.out.open_for(self._schedule.day, doctors, doctor)

    @Slot(object, object, str, object, object)
    def _apply_out(self, doctor: UUID, day: date, part: str, decisions: object, visits: object) -> None:
        self.presenter.doctor_out(
            doctor, day, part=part,
            decisions=decisions, visits=visits,  # type: ignore[arg-type]  # carried through a signal
        )  # fmt: skip

    # calendar files

    @Slot()
    def save_appointment(self) -> None:
        """Ask for a place."""
        self._path_for = self._board.current_appointment()
        if self._path_for is not None:
            self._ask_path("appointment.ics", self.appointment_to)

    @Slot()
    def save_schedule(self) -> None:
        """Of the selected card's doctor, else of the first one on show."""
        selected, doctors = self._board.current_appointment(), self._schedule.people()[0]
        self._out_doctor = selected.doctor_id if selected else doctors[0].id if doctors else None
        if self._out_doctor is not None:
            self._ask_path("schedule.ics", self.schedule_to)

    def _ask_path(self, name: str, slot: object) -> None:
        dialog = QFileDialog(self._owner, self.tr("Save as calendar file"), name, "iCalendar (*.ics)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("ics")
        dialog.fileSelected.connect(slot)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def appointment_to(self, path: str) -> None:
        """Write the chosen appointment."""
        if self._path_for is not None:
            self.presenter.save_appointment(path, self._path_for.id, names=self.names.isChecked())

    @Slot(str)
    def schedule_to(self, path: str) -> None:
        """Write four weeks from the day on show."""
        if self._out_doctor is not None:
            day, names = self._schedule.day, self.names.isChecked()
            self.presenter.save_schedule(path, self._out_doctor, day, names=names)
