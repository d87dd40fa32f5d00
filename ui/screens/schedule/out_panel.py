"""A doctor is out: the visits, where each may go, whom to phone; applied in one step (spec 1.9)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QWidget

from clinicdesk.domain.bookings import Visit
from clinicdesk.domain.errors import FreeSlot
from clinicdesk.domain.people import Doctor
from ui.screens.schedule.step_words import part_words
from ui.screens.schedule.words import short_day
from ui.widgets.banner import Banner
from ui.widgets.buttons import button, link_button
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

WIDTH = 420


class VisitRow(QWidget):
    """One visit and its decision; the proposal is the first choice."""

    def __init__(self, visit: Visit, names: dict[UUID, str], zone: ZoneInfo) -> None:
        super().__init__()
        self.visit = visit
        one = visit.appointment
        self.choice = QComboBox()
        self.choice.setAccessibleName(self.tr("What happens to {0}").format(one.patient_name))
        self._decisions: list[FreeSlot | str | None] = [*visit.proposals, "cancel", None]
        for slot in visit.proposals:
            start = slot.start.astimezone(zone)
            words = f"{start:%H:%M}  {short_day(start.date())} · Dr {names.get(slot.doctor_id, '')}"
            self.choice.addItem(words)
        self.choice.addItem(self.tr("Cancel (clinic)"))
        self.choice.addItem(self.tr("Leave for later"))
        if not visit.proposals:
            self.choice.setCurrentIndex(1)
        head = hbox(
            label(f"{one.start:%H:%M}  {one.patient_name}", "h2"), None,
            label(visit.phone or self.tr("no phone"), "mono"),
        )  # fmt: skip
        self.setLayout(vbox(head, self.choice, margins=(0, 4, 6, 6), spacing=4))

    def decision(self) -> FreeSlot | str | None:
        """A slot, 'cancel', or None."""
        return self._decisions[self.choice.currentIndex()]

    def line(self) -> str:
        """For the list of calls."""
        one = self.visit.appointment
        phone = self.visit.phone or self.tr("no phone")
        return f"{phone}\t{one.patient_name}\t{one.start:%H:%M} → {self.choice.currentText()}"


class OutPanel(QFrame):
    """Nothing happens before Apply."""

    asked = Signal(object, object, str)
    """Doctor id, date, part of the day."""
    apply_asked = Signal(object, object, str, object, object)
    """Doctor id, date, part, decisions by appointment id, visits."""
    closed = Signal()

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._zone, self._day = zone, date.min
        self._names: dict[UUID, str] = {}
        self.rows: list[VisitRow] = []
        self.doctor, self.part = QComboBox(), QComboBox()
        fill(self.part, [(words, code) for code, words in part_words().items()])
        self._say = Banner("info", "")
        self._say.hide()
        self._list = QWidget()
        self._room = QScrollArea()
        self._room.setWidgetResizable(True)
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setAccessibleName(self.tr("Visits of the doctor"))
        self._title = label("", "muted")
        self.copy = link_button(self.tr("Copy the list of calls"), "copy")
        self.apply = button(self.tr("Apply"), "check", primary=True)
        self.close_button = button(self.tr("Close"), "x")
        for made, slot in (
            (self.copy, self.copy_calls),
            (self.apply, self._apply),
            (self.close_button, self.closed),
        ):
            made.clicked.connect(slot)
            made.setAutoDefault(True)
        self._lay_out()
        self.doctor.activated.connect(self._ask)
        self.part.activated.connect(self._ask)

    def _lay_out(self) -> None:
        choices = hbox(Field(self.tr("Doctor"), self.doctor), Field(self.tr("Part of the day"), self.part))
        choices.setStretch(0, 3)
        choices.setStretch(1, 2)
        column = vbox(
            hbox(label(self.tr("Doctor is out"), "title"), None, self._title), choices, self._say, self._room,
            label(self.tr("No message is sent: please phone everybody on the list."), "small", wrap=True),
            hbox(self.copy, None), hbox(self.close_button, None, self.apply),
            margins=(14, 12, 14, 12), spacing=8,
        )  # fmt: skip
        column.setStretch(3, 1)
        self.setLayout(column)

    def open_for(self, day: date, doctors: Sequence[Doctor], doctor_id: UUID | None) -> None:
        """Choose whose day it is."""
        self._day = day
        self._names = {doctor.id: doctor.name for doctor in doctors}
        self._title.setText(short_day(day))
        fill(self.doctor, [(self.tr("Dr {0}").format(doctor.name), doctor.id) for doctor in doctors])
        if doctor_id is not None:
            choose(self.doctor, doctor_id)
        self.doctor.setFocus()
        self._ask()

    def show_visits(self, visits: Sequence[Visit]) -> None:
        """The list with its proposals."""
        self._say.hide()
        self.rows = [VisitRow(visit, self._names, self._zone) for visit in visits]
        empty = label(self.tr("Nobody is booked then. Apply only closes the time."), "small", wrap=True)
        self._list = QWidget()
        parts: list[QWidget] = [*self.rows] or [empty]
        self._list.setLayout(vbox(*parts, None, spacing=2))
        self._room.setWidget(self._list)
        self.copy.setEnabled(bool(visits))
        self.apply.setText("  " + self.tr("Apply to {0} visits").format(len(visits)))

    def refuse(self, text: str) -> None:
        """Why nothing happened; the choices stay."""
        self._say.show_text(text, kind="danger")
        self._say.show()
        self._say.announce()

    @Slot()
    def copy_calls(self) -> None:
        """The list of calls into the clipboard."""
        QGuiApplication.clipboard().setText("\n".join(row.line() for row in self.rows))
        self._say.show_text(self.tr("The list of calls is in the clipboard."), kind="ok")
        self._say.show()

    @Slot()
    def _ask(self) -> None:
        self.asked.emit(self.doctor.currentData(), self._day, str(self.part.currentData()))

    @Slot()
    def _apply(self) -> None:
        decisions = {row.visit.appointment.id: row.decision() for row in self.rows}
        visits = [row.visit for row in self.rows]
        self.apply_asked.emit(
            self.doctor.currentData(), self._day, str(self.part.currentData()), decisions, visits
        )
