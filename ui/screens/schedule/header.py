"""The lines over the calendar: the day and the view, the doctors, the filters, and what they hide."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QSizePolicy, QWidget

from clinicdesk.domain.people import Doctor
from ui.screens.schedule.filters import PHASES, Filters
from ui.screens.schedule.reading import DAY, MONTH, VIEWS, WEEK
from ui.widgets.buttons import Segments, button, icon_button, link_button
from ui.widgets.choose import choose
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.month_grid import number_words
from ui.widgets.tag import Chip
from ui.widgets.text import IconLabel, label

SEVERAL = "several"
WIDE, ROOMY = 980, 840  # pixels: chips with words; a button with two words


class DayHeader(QWidget):
    """Says what was asked for; ``may_book`` shows the button."""

    stepped = Signal(int)
    today_asked = Signal()
    date_asked = Signal()
    view_chosen = Signal(str)
    doctor_chosen = Signal(object)
    """Doctor id, or None for all."""
    filter_asked = Signal()
    phases_chosen = Signal()
    everything_asked = Signal()
    new_asked = Signal()

    def __init__(self, *, may_book: bool) -> None:
        super().__init__()
        self._doctors: tuple[Doctor, ...] = ()
        self._may_book = may_book
        self._titles = ("", "")
        self.title = button("", "chevron-down")
        self.title.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow after the words
        self.title.setProperty("heading", "true")
        self.title.setToolTip(self.tr("Go to a date  (Ctrl+G)"))
        self.before = icon_button("chevron-left", self.tr("Back"))
        self.today = button(self.tr("Today"))
        self.after = icon_button("chevron-right", self.tr("Forward"))
        self.views = Segments(
            [self.tr("Day"), self.tr("Week"), self.tr("Month"), self.tr("Agenda")], self.tr("View")
        )
        self.new = button(self.tr("New appointment"), "calendar-plus", primary=True)
        self.doctors = QComboBox()
        self.doctors.setAccessibleName(self.tr("Doctors shown"))
        self.doctors.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.doctors.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.doctors.setMinimumWidth(180)
        self.doctors.setMaximumWidth(220)
        self.filter = button(self.tr("Filter"), "list-filter")
        self.chips = {phase: Chip(phase) for phase in PHASES}
        self.count = label("", "muted")
        self.hidden = HiddenBar()
        hide_unless(self.new, may_book)
        first = hbox(self.title, self.before, self.today, self.after, None, self.views, self.new, spacing=6)
        second = hbox(self.doctors, self.filter, *self.chips.values(), None, self.count, spacing=6)
        self.setLayout(vbox(first, second, self.hidden, spacing=8))
        self._connect()

    def _connect(self) -> None:
        self.before.clicked.connect(self.back)
        self.after.clicked.connect(self.forward)
        self.today.clicked.connect(self.today_asked)
        self.title.clicked.connect(self.date_asked)
        self.views.chosen.connect(self._choose_view)
        self.new.clicked.connect(self.new_asked)
        self.doctors.activated.connect(self._choose_doctor)
        self.filter.clicked.connect(self.filter_asked)
        self.hidden.everything_asked.connect(self.everything_asked)
        for chip in self.chips.values():
            chip.toggled.connect(self.phases_chosen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        width = event.size().width()
        for chip in self.chips.values():
            chip.set_compact(width < WIDE)
        self.title.setText(self._titles[0 if width >= ROOMY else 1])
        if self._may_book:
            words = self.tr("New appointment") if width >= ROOMY else self.tr("New")
            self.new.setText(f"  {words}")
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:
        return QSize(680, super().minimumSizeHint().height())

    def show_time(self, title: str, view: str, *, short: str, holds_today: bool, unit: str) -> None:
        """The day or days in words, and which view is on."""
        self._titles = (title, short)
        self.title.setText(title if self.width() >= ROOMY else short)
        self.title.setAccessibleName(self.tr("{0}: go to a date").format(title))
        self.views.choose(VIEWS.index(view))
        self.today.setEnabled(not holds_today)
        names = {
            DAY: (self.tr("Previous day"), self.tr("Next day")),
            WEEK: (self.tr("Previous week"), self.tr("Next week")),
            MONTH: (self.tr("Previous month"), self.tr("Next month")),
        }
        back, forward = names.get(unit, (self.tr("Back"), self.tr("Forward")))
        for part, words in ((self.before, back), (self.after, forward)):
            part.setAccessibleName(words)
            part.setToolTip(words)

    def show_filters(self, doctors: Sequence[Doctor], filters: Filters, *, hidden: int, words: str) -> None:
        """The choice of columns, the chips, and the line that says what is hidden."""
        self._show_doctors(tuple(doctors), filters)
        for phase, chip in self.chips.items():
            with QSignalBlocker(chip):
                chip.setChecked(phase not in filters.hidden_phases)
        narrowed = sum(part is not None for part in (filters.doctors, filters.specialties, filters.types))
        self.filter.setText(f"  {self.tr('Filter')} ({narrowed})" if narrowed else f"  {self.tr('Filter')}")
        self.hidden.show_hidden(words, hidden)

    def _show_doctors(self, doctors: tuple[Doctor, ...], filters: Filters) -> None:
        if doctors != self._doctors or self.doctors.count() == 0:
            self._doctors = doctors
            self.doctors.clear()
            self.doctors.addItem(self.tr("All doctors"), None)
            for doctor in doctors:
                self.doctors.addItem(self.tr("Dr {0}").format(doctor.name), doctor.id)
        shown = filters.staff(doctors)
        last = self.doctors.count() - 1
        if self.doctors.itemData(last) == SEVERAL:
            self.doctors.removeItem(last)
        if filters.doctors is None and filters.specialties is None:
            self.doctors.setCurrentIndex(0)
        elif len(shown) != 1 or not choose(self.doctors, shown[0].id):
            self.doctors.addItem(self.tr("{0} doctors").format(len(shown)), SEVERAL)
            self.doctors.setCurrentIndex(self.doctors.count() - 1)

    def hidden_phases(self) -> frozenset[str]:
        """Those whose chip is off."""
        return frozenset(phase for phase, chip in self.chips.items() if not chip.isChecked())

    def show_counts(self, counts: Mapping[str, int], *, hidden: int) -> None:
        """How many of each, shown or not."""
        for phase, chip in self.chips.items():
            chip.show_count(counts.get(phase, 0))
        total = sum(counts.get(phase, 0) for phase in PHASES)
        some = self.tr("{0} of {1} appointments").format(total - hidden, total)
        self.count.setText(some if hidden else number_words(total))

    @Slot()
    def back(self) -> None:
        """What was before, by the view's unit."""
        self.stepped.emit(-1)

    @Slot()
    def forward(self) -> None:
        """What comes next, by the view's unit."""
        self.stepped.emit(1)

    @Slot(int)
    def _choose_view(self, number: int) -> None:
        self.view_chosen.emit(VIEWS[number])

    @Slot()
    def _choose_doctor(self) -> None:
        chosen = self.doctors.currentData()
        if chosen != SEVERAL:
            self.doctor_chosen.emit(chosen if isinstance(chosen, UUID) else None)


class HiddenBar(QFrame):
    """Only there while something is hidden: what, how many, and the way back."""

    everything_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("hint", "true")
        self.setAccessibleName(self.tr("Hidden by filters"))
        self.words = label("", "small")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.all = link_button(self.tr("Show all"))
        picture = IconLabel("eye-off", name=self.tr("Hidden"), role="warn", size=14)
        row = hbox(picture, self.words, None, self.all, margins=(10, 1, 4, 1), spacing=8)
        self.setLayout(row)
        self.hide()
        self.all.clicked.connect(self.everything_asked)

    def show_hidden(self, words: str, count: int) -> None:
        """Nothing is shown for no words."""
        text = (
            self.tr("{0} hidden: {1}").format(count, words) if count else self.tr("Hidden: {0}").format(words)
        )
        metrics = self.words.fontMetrics()
        self.words.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, 560))
        self.words.setToolTip(text)
        self.setAccessibleDescription(text)
        self.setVisible(bool(words) and self.parentWidget() is not None)
