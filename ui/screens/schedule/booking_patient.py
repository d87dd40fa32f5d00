"""Who is booked: the search, or the patient that was found."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.appointments import WaitingEntry
from clinicdesk.domain.patients import PatientHit, PatientSummary
from ui.widgets.avatar import Avatar
from ui.widgets.buttons import link_button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.patient_picker import PatientPicker
from ui.widgets.person import age_words, day_words, gender_word, hit_words
from ui.widgets.text import label


@dataclass(frozen=True, slots=True)
class Chosen:
    """The patient of the booking."""

    id: UUID
    name: str
    line: str


class BookingPatient(QWidget):
    """``chosen`` is None while somebody is searched for."""

    taken = Signal()
    register_asked = Signal(str)
    """What was typed in the search."""

    def __init__(self, today: date, *, may_register: bool) -> None:
        super().__init__()
        self._today, self._may_register = today, may_register
        self.chosen: Chosen | None = None
        self.picker = PatientPicker(today)
        self.register = link_button(self.tr("Register new patient"), "user-plus")
        self.register.setShortcut("Ctrl+R")
        self._avatar = Avatar("", 32)
        self.name = label("", "h2", wrap=True)
        self.line = label("", "small", wrap=True)
        self.other = link_button(self.tr("Change"))
        row = hbox(self._avatar, vbox(self.name, self.line, spacing=0), self.other, spacing=10)
        row.setStretch(1, 1)
        self._who = QWidget()
        self._who.setLayout(row)
        self.setLayout(vbox(self.picker, self._who, hbox(self.register, None), spacing=6))
        self.picker.chosen.connect(self.take_hit)
        self.other.clicked.connect(self.ask)
        self.register.clicked.connect(self._register)
        self.setFocusProxy(self.picker)
        self.ask()

    @Slot()
    def ask(self) -> None:
        """Search for somebody else."""
        self.chosen = None
        self._who.hide()
        self.picker.clear()
        self.picker.show()
        self.register.setVisible(self._may_register)
        self.picker.setFocus()

    @Slot(object)
    def take_hit(self, hit: PatientHit) -> None:
        """A found patient."""
        self._take(Chosen(hit.id, hit.name, hit_words(hit, self._today)))

    @Slot(object)
    def take_summary(self, summary: PatientSummary) -> None:
        """A patient known from elsewhere, or just registered."""
        born = summary.date_of_birth
        parts = (
            gender_word(summary.gender),
            f"{day_words(born)} ({age_words(born, self._today)})" if born else "",
            summary.mrn,
            summary.phone,
        )
        self._take(Chosen(summary.id, summary.name, " · ".join(part for part in parts if part)))

    def take_waiting(self, entry: WaitingEntry) -> None:
        """The patient of a waiting card."""
        self._take(Chosen(entry.patient_id, entry.patient_name, entry.phone))

    def _take(self, patient: Chosen) -> None:
        self.chosen = patient
        self._avatar.show_name(patient.name)
        self.name.setText(patient.name)
        self.line.setText(patient.line)
        self.picker.hide()
        self.register.hide()
        self._who.show()
        self.taken.emit()

    @Slot()
    def _register(self) -> None:
        self.register_asked.emit(self.picker.box.text().strip())
