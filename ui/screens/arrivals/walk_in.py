"""A walk-in in one window: who, to whom, what for, then the numbered slip."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit

from clinicdesk.domain.appointments import AppointmentType
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Doctor
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.choose import fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.patient_picker import PatientPicker
from ui.widgets.text import label


class WalkInPanel(QFrame):
    """Name, Enter, Enter: the first enter takes the patient, the second checks in."""

    walk_in_asked = Signal(object, object, object, str)
    """Patient id, doctor id or None, type id or None, reason to overbook or ''."""
    list_asked = Signal(object, object, object)
    search_asked = Signal(str)
    closed = Signal()

    def __init__(self, today: date) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._patient: UUID | None = None
        self.picker = PatientPicker(today)
        self.picker.asked.connect(self.search_asked)
        self.picker.chosen.connect(self.take_patient)
        self.who = label("", "h2", wrap=True)
        self.doctor, self.kind, self.reason = QComboBox(), QComboBox(), QLineEdit()
        self.doctor_field = Field(self.tr("Doctor"), self.doctor)
        self.kind_field = Field(self.tr("What for"), self.kind)
        self.reason_field = Field(self.tr("Reason to overbook"), self.reason)
        self.reason.returnPressed.connect(self.submit)
        self.wrong = Banner("warn", "")
        self.on_list = button(self.tr("Waiting list"), "hourglass")
        self.go = button(self.tr("Check in"), "door-open", primary=True)
        self.back = button(self.tr("Back"), "arrow-left")
        for made, slot in ((self.on_list, self._to_list), (self.go, self.submit), (self.back, self._close)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        for part in (self.wrong, self.reason_field, self.on_list):
            hide_unless(part, shown=False)
        self.setLayout(
            vbox(
                label(self.tr("Walk-in"), "title"), self.picker, self.who, self.doctor_field, self.kind_field,
                self.wrong, self.reason_field, None, hbox(self.back, None, self.on_list, self.go),
                margins=(16, 14, 16, 14), spacing=10,
            )
        )  # fmt: skip

    def show_choices(self, doctors: Sequence[Doctor], kinds: Sequence[AppointmentType]) -> None:
        """What was chosen stays."""
        fill(self.doctor, [(self.tr("Whoever is free first"), None), *((d.name, d.id) for d in doctors)])
        fill(self.kind, [(kind.name, kind.id) for kind in kinds])

    def start(self) -> None:
        """For the next person at the desk."""
        self._patient = None
        self.who.setText("")
        self.reason.clear()
        self.doctor.setCurrentIndex(0)
        for part in (self.wrong, self.reason_field, self.on_list, self.who):
            part.hide()
        self.go.setEnabled(True)
        self.picker.clear()
        self.picker.setVisible(True)
        self.picker.box.setFocus()

    @Slot(object)
    def take_patient(self, hit: PatientHit) -> None:
        """The person is known: Enter checks in."""
        self._patient = hit.id
        self.who.setText(f"{hit.name} · {hit.mrn}")
        self.who.show()
        self.picker.hide()
        self.go.setFocus()

    @Slot()
    def submit(self) -> None:
        """Check in, or overbook when a reason is typed."""
        if self._patient is None or not self.go.isEnabled():
            self.picker.box.setFocus()
            return
        self.go.setEnabled(False)
        self.walk_in_asked.emit(
            self._patient, self.doctor.currentData(), self.kind.currentData(), self.reason.text()
        )

    def show_wrong(self, text: str) -> None:
        """Nothing is free: overbook with a reason, or the waiting list of today (spec 1.3.1)."""
        self.go.setEnabled(True)
        self.wrong.show_text(self.tr("Not checked in"), text, kind="warn")
        for part in (self.wrong, self.reason_field, self.on_list):
            part.show()
        self.wrong.announce()
        self.on_list.setFocus()

    @Slot()
    def _to_list(self) -> None:
        if self._patient is not None:
            self.list_asked.emit(self._patient, self.doctor.currentData(), self.kind.currentData())

    @Slot()
    def _close(self) -> None:
        self.closed.emit()
