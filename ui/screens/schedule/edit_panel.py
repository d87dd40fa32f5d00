"""Editing what a card says; its time stays (spec 1.2.3). Two seats: the second sees what changed."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit

from clinicdesk.domain.appointments import Appointment, AppointmentType
from clinicdesk.domain.bookings import Extras
from clinicdesk.domain.errors import DomainError, InvalidField, RoomTaken
from ui.screens.schedule.booking_more import BookingMore
from ui.screens.schedule.words import short_day
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class EditPanel(QFrame):
    """What was typed stays when somebody else was faster; Save then means 'all the same'."""

    save_asked = Signal(object, object)
    """The Appointment as it was read last, values."""
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.appointment: Appointment | None = None
        self.name, self.when = label("", "title", wrap=True), label("", "muted")
        self.kind, self.reason = QComboBox(), QLineEdit()
        self.reason.setMaxLength(500)
        self.more = BookingMore(repeats=False)
        self.banner = Banner("warn", "")
        self.banner.hide()
        self.kind_field = Field(self.tr("Kind"), self.kind)
        self.reason_field = Field(self.tr("Reason for the visit"), self.reason)
        self.save = button(self.tr("Save"), "check", primary=True)
        self.close_button = button(self.tr("Close"), "x")
        for made, slot in ((self.save, self.submit), (self.close_button, self.closed)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        self.reason.returnPressed.connect(self.submit)
        self.setLayout(
            vbox(
                self.name, self.when, self.kind_field, self.reason_field, self.more, self.banner, None,
                hbox(self.close_button, None, self.save), margins=(14, 12, 14, 12), spacing=8,
            )
        )  # fmt: skip

    def show_types(self, types: Sequence[AppointmentType]) -> None:
        """The kinds of visit."""
        fill(self.kind, [(kind.name, kind.id) for kind in types])

    def start(self, appointment: Appointment) -> None:
        """With what the card says; room and link come with ``show_extras``."""
        self.banner.hide()
        self._take(appointment)
        self.more.reset()
        choose(self.kind, appointment.type_id)
        choose(self.more.how, appointment.consultation_type)
        self.reason.setText(appointment.chief_complaint)
        self.reason.setFocus()
        self.reason.selectAll()

    def show_extras(self, extras: Extras) -> None:
        """Room and link as stored."""
        if self.appointment is not None:
            how = self.appointment.consultation_type
            self.more.show_values(how=how, room_id=extras.room_id, room=extras.room, link=extras.meeting_link)

    def show_newer(self, newest: Appointment, words: str) -> None:
        """Another seat was faster: say what changed, keep what was typed, save over the newest."""
        if self.appointment is not None and newest.id == self.appointment.id:
            self._take(newest)
            self._say(words, self.tr("Save again to keep what you typed."), "warn")
            self.save.setFocus()

    def show_refusal(self, error: DomainError, text: str) -> None:
        """At its field where there is one."""
        field = error.field if isinstance(error, InvalidField) else ""
        if isinstance(error, RoomTaken):
            field = "room"
        if field == "chief_complaint":
            self.reason_field.show_error(text)
        elif not self.more.problems({field: text}):
            self._say(text, "", "danger")

    @Slot()
    def submit(self) -> None:
        """Save what is typed."""
        if self.appointment is None:
            return
        self.banner.hide()
        values: dict[str, Any] = self.more.values()
        for name in ("source", "emergency"):  # said at the booking
            values.pop(name)
        values |= {"type_id": self.kind.currentData(), "chief_complaint": self.reason.text()}
        self.save_asked.emit(self.appointment, values)

    def _take(self, appointment: Appointment) -> None:
        self.appointment = appointment
        self.name.setText(appointment.patient_name)
        self.when.setText(
            f"{short_day(appointment.day)}, {appointment.start:%H:%M} – {appointment.end:%H:%M}"
        )

    def _say(self, title: str, text: str, kind: str) -> None:
        self.banner.show_text(title, text, kind=kind)
        self.banner.show()
        self.banner.announce()
