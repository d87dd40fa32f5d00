"""Next free slots of a doctor, of a specialty or of anybody; Enter takes one (spec 1.5)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDateEdit, QListWidget, QListWidgetItem, QWidget

from clinicdesk.domain.errors import FreeSlot
from clinicdesk.domain.people import Doctor
from ui.screens.schedule.step_words import part_words
from ui.screens.schedule.words import short_day
from ui.widgets.buttons import button
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

ROW = 34  # pixels


class Finder(QWidget):
    """``asked`` at each change; the list answers with the earliest slots."""

    asked = Signal(object, str, object, str)
    """Doctor id or None, specialty or '', date, part of the day."""
    chosen = Signal(object)
    """FreeSlot."""
    left = Signal()

    def __init__(self, zone: ZoneInfo, today: date) -> None:
        super().__init__()
        self._zone = zone
        self._names: dict[UUID, str] = {}
        self._slots: tuple[FreeSlot, ...] = ()
        self.who, self.part = QComboBox(), QComboBox()
        fill(self.part, [(words, code) for code, words in part_words().items()])
        self.since = QDateEdit(QDate(today.year, today.month, today.day))
        self.since.setDisplayFormat("dd.MM.yyyy")
        self.since.setMinimumDate(QDate(today.year, today.month, today.day))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Free slots"))
        self.list.itemActivated.connect(self._take)
        self.none = label(self.tr("No free slot within 90 days."), "small", wrap=True)
        self.back = button(self.tr("Back"), "arrow-left")
        self.back.setAutoDefault(True)
        self.back.clicked.connect(self.left)
        day = hbox(Field(self.tr("From"), self.since), Field(self.tr("Part of the day"), self.part))
        column = vbox(
            label(self.tr("Next free"), "title"), Field(self.tr("With"), self.who), day, self.list, self.none,
            hbox(self.back, None), margins=(14, 12, 14, 12), spacing=8,
        )  # fmt: skip
        column.setStretch(3, 1)
        self.setLayout(column)
        self.who.activated.connect(self.ask)
        self.part.activated.connect(self.ask)
        self.since.dateChanged.connect(self.ask)

    def show_people(self, doctors: Sequence[Doctor]) -> None:
        """Anybody, a specialty, or one doctor."""
        self._names = {doctor.id: doctor.name for doctor in doctors}
        specialties = sorted({part for d in doctors for part in d.specialty.split(", ") if part})
        rows: list[tuple[str, object]] = [(self.tr("Any doctor"), ("", None))]
        rows += [(self.tr("Any of {0}").format(name), (name, None)) for name in specialties]
        rows += [(self.tr("Dr {0}").format(doctor.name), ("", doctor.id)) for doctor in doctors]
        fill(self.who, rows)

    def start(self, doctor_id: UUID | None, day: date) -> None:
        """From a doctor and a day on."""
        choose(self.who, ("", doctor_id))
        with QSignalBlocker(self.since):
            self.since.setDate(QDate(day.year, day.month, day.day))
        self.list.clear()
        self.none.hide()
        self.list.setFocus()
        self.ask()

    def show_slots(self, slots: Sequence[FreeSlot]) -> None:
        """The earliest ones; the first is current."""
        self._slots = tuple(slots)
        self.list.clear()
        for slot in slots:
            start = slot.start.astimezone(self._zone)
            words = f"{start:%H:%M}   {short_day(start.date())}   Dr {self._names.get(slot.doctor_id, '')}"
            item = QListWidgetItem(words)
            item.setSizeHint(QSize(0, ROW))
            self.list.addItem(item)
        self.list.setVisible(bool(slots))
        self.none.setVisible(not slots)
        if slots:
            self.list.setCurrentRow(0)
            if not self.isAncestorOf(self.focusWidget() or self):
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def ask(self) -> None:
        """With the present choices."""
        specialty, doctor = self.who.currentData()
        chosen = self.since.date()
        self.asked.emit(
            doctor, specialty, date(chosen.year(), chosen.month(), chosen.day()), self.part.currentData()
        )

    @Slot(QListWidgetItem)
    def _take(self, item: QListWidgetItem) -> None:
        row = self.list.row(item)
        if 0 <= row < len(self._slots):
            self.chosen.emit(self._slots[row])
