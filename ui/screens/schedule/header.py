"""The line over the calendar: the day, the doctors shown, and the statuses as filters with counts."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from clinicdesk.domain.people import Doctor
from ui.screens.schedule.words import day_title
from ui.widgets.buttons import button, icon_button
from ui.widgets.choose import choose
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.tag import Chip
from ui.widgets.text import label

PHASES = ("pending", "confirmed", "arrived", "in_progress", "completed", "no_show")
COUNT_FROM = 780  # pixels


class DayHeader(QWidget):
    """``own`` is the signed-in doctor, who sees the own column first."""

    stepped = Signal(int)
    today_asked = Signal()
    doctor_chosen = Signal()
    phases_chosen = Signal()
    new_asked = Signal()

    def __init__(self, own: UUID | None, *, may_book: bool) -> None:
        super().__init__()
        self._own = own
        self._doctors: tuple[Doctor, ...] = ()
        self.title = label("", "title")
        self.before = icon_button("chevron-left", self.tr("Previous day"))
        self.today = button(self.tr("Today"))
        self.after = icon_button("chevron-right", self.tr("Next day"))
        self.doctors = QComboBox()
        self.doctors.setAccessibleName(self.tr("Doctors shown"))
        self.doctors.setMinimumWidth(120)
        self.doctors.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.doctors.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.doctors.setMaximumWidth(190)
        self.doctors.addItem(self.tr("All doctors"), None)
        self.new = button(self.tr("New appointment"), "calendar-plus", primary=True)
        hide_unless(self.new, may_book)
        self.chips = {phase: Chip(phase) for phase in PHASES}
        self.count = label("", "muted")
        first = hbox(self.title, self.before, self.today, self.after, None, self.doctors, self.new, spacing=8)
        second = hbox(*self.chips.values(), None, self.count, spacing=6)
        self.setLayout(vbox(first, second, spacing=10))
        self.before.clicked.connect(self.back)
        self.after.clicked.connect(self.forward)
        self.today.clicked.connect(self.today_asked)
        self.new.clicked.connect(self.new_asked)
        self.doctors.activated.connect(self.doctor_chosen)
        for chip in self.chips.values():
            chip.toggled.connect(self.phases_chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # the first to give way when a receipt needs the room
        self.count.setVisible(event.size().width() >= COUNT_FROM)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(680, super().minimumSizeHint().height())

    def show_day(self, day: date, *, is_today: bool) -> None:
        """The date in words."""
        self.title.setText(day_title(day))
        self.today.setEnabled(not is_today)

    def show_doctors(self, doctors: Sequence[Doctor]) -> None:
        """The choice of columns; a doctor's own column is chosen at first."""
        if tuple(doctors) == self._doctors:
            return
        chosen = self.doctors.currentData() if self._doctors else self._own
        self._doctors = tuple(doctors)
        self.doctors.clear()
        self.doctors.addItem(self.tr("All doctors"), None)
        for doctor in doctors:
            self.doctors.addItem(self.tr("Dr {0}").format(doctor.name), doctor.id)
        if not choose(self.doctors, chosen):
            self.doctors.setCurrentIndex(0)

    def shown_doctors(self) -> tuple[Doctor, ...]:
        """Those whose columns are on show."""
        chosen = self.doctors.currentData()
        return tuple(doctor for doctor in self._doctors if chosen is None or doctor.id == chosen)

    def toggle_doctors(self) -> None:
        """All doctors, or the own (else the first) one."""
        wanted = self._own or (self._doctors[0].id if self._doctors else None)
        choose(self.doctors, wanted if self.doctors.currentIndex() == 0 else None)
        self.doctor_chosen.emit()

    def hidden_phases(self) -> list[str]:
        """Those whose chip is off."""
        return [phase for phase, chip in self.chips.items() if not chip.isChecked()]

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """How many of each."""
        for phase, chip in self.chips.items():
            chip.show_count(counts.get(phase, 0))
        total = sum(counts.get(phase, 0) for phase in PHASES)
        self.count.setText(self.tr("{0} appointments").format(total))

    @Slot()
    def back(self) -> None:
        """The day before."""
        self.stepped.emit(-1)

    @Slot()
    def forward(self) -> None:
        """The next day."""
        self.stepped.emit(1)
