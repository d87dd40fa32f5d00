"""One doctor at a time: profile, weekly hours, extra sessions, leave."""

from uuid import UUID

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QStackedWidget, QWidget

from clinicdesk.domain.administration import Record
from ui.screens.clinic.model import doctor_parts
from ui.screens.clinic.page import RecordPage
from ui.screens.clinic.presenter import ClinicPresenter
from ui.widgets.buttons import Segments
from ui.widgets.choose import choose
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class DoctorsPage(QWidget):
    """The choice of the doctor stays while the parts change."""

    def __init__(self, presenter: ClinicPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._doctors: list[Record] = []
        self._specialties: list[Record] = []
        self.who = QComboBox()
        self.who.setAccessibleName(self.tr("Doctor"))
        self.who.setMinimumWidth(240)
        self.parts = Segments(list(doctor_parts().values()), self.tr("What of the doctor"))
        self.pages = [RecordPage(presenter, record) for record in doctor_parts()]
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(page)
        self.missing = label(
            self.tr("No profile yet: fill in the licence number and save; then hours and leave can be set."),
            "muted",
            wrap=True,
        )
        self.missing.hide()
        column = vbox(hbox(self.who, self.parts, None, spacing=12), self.missing, self.stack, spacing=10)
        column.setStretch(2, 1)
        self.setLayout(column)
        self.pages[0].rows_read.connect(self._doctors_read)
        self.who.activated.connect(self._chosen)
        self.parts.chosen.connect(self.show_part)
        presenter.listed.connect(self._listed)

    @property
    def page(self) -> RecordPage:
        """The part on show."""
        return self.pages[self.stack.currentIndex()]

    @Slot()
    def reload(self) -> None:
        """Doctors and the specialties they may have; then the part on show."""
        self._presenter.read("specialty")
        self._presenter.read("doctor")

    @Slot(int)
    def show_part(self, number: int) -> None:
        self.parts.choose(number)
        self.stack.setCurrentIndex(number)
        self._show_chosen()

    @Slot(str, object)
    def _listed(self, record: str, rows: list[Record]) -> None:
        if record == "specialty":
            self._specialties = rows
            self._offer()

    def _offer(self) -> None:
        """One that is not in use any more is shown while somebody has it."""
        given = {one for doctor in self._doctors for one in _ids(doctor)}
        rows = [(row.name, row.id) for row in self._specialties if row.active or row.id in given]
        self.pages[0].form.offer("specialties", rows)

    @Slot(object)
    def _doctors_read(self, rows: list[Record]) -> None:
        self._doctors = rows
        self._offer()
        chosen = self.who.currentData()
        self.who.clear()
        for row in rows:
            left = "" if row.active else f" ({self.tr('left')})"
            self.who.addItem(f"{row.name}{left}", row.user_id)
        choose(self.who, chosen)
        doctor = self._current()
        if doctor is not None:
            self.pages[0].user_id, self.pages[0].doctor_id = doctor.user_id, doctor.id
            self.missing.setVisible(doctor.id is None)
            if self.page is not self.pages[0]:
                self.page.show_doctor(doctor)

    @Slot(int)
    def _chosen(self, _number: int) -> None:
        if self.unsaved():
            choose(self.who, self.page.user_id)
            self._presenter.say_unsaved()
            return
        self._show_chosen()

    def _show_chosen(self) -> None:
        doctor = self._current()
        if doctor is not None:
            self.missing.setVisible(doctor.id is None)
            self.page.show_doctor(doctor)

    def _current(self) -> Record | None:
        wanted = self.who.currentData()
        return next((one for one in self._doctors if one.user_id == wanted), None)

    def unsaved(self) -> bool:
        return any(page.form.dirty() for page in self.pages)


def _ids(doctor: Record) -> tuple[UUID, ...]:
    found = doctor.values.get("specialties")
    return found if isinstance(found, tuple) else ()
