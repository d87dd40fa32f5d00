"""Somebody else has the slot: who, and the nearest free ones as buttons."""

from datetime import tzinfo

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QPushButton

from clinicdesk.domain.errors import FreeSlot, SlotTaken
from ui.messages import message_for
from ui.screens.schedule.words import short_day
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox

MOST = 3


class SlotOffers(QFrame):
    """Keys 1, 2, 3 take an offered slot."""

    chosen = Signal(object)
    """FreeSlot."""
    closed = Signal()

    def __init__(self, zone: tzinfo, *, upright: bool) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.setAccessibleName(self.tr("Nearest free slots"))
        self._zone = zone
        self._slots: tuple[FreeSlot, ...] = ()
        self.banner = Banner("danger", "")
        self.buttons: list[QPushButton] = []
        for number in range(MOST):
            made = button("", "calendar-plus")
            made.setAutoDefault(True)
            made.clicked.connect((self._first, self._second, self._third)[number])
            shortcut = QShortcut(QKeySequence(str(number + 1)), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(made.click)
            self.buttons.append(made)
        row = vbox(*self.buttons, spacing=6) if upright else hbox(*self.buttons, None, spacing=8)
        self.setLayout(vbox(self.banner, row, margins=(8, 8, 8, 8), spacing=8))
        self.hide()

    def offer(self, error: SlotTaken) -> None:
        """Show who has it, and the free slots; the first one has the focus."""
        self._slots = error.nearest[:MOST]
        title = message_for(SlotTaken(error.holder), self._zone)
        self.banner.show_text(title, self.tr("Nearest free:") if self._slots else "", kind="danger")
        for number, made in enumerate(self.buttons):
            made.setVisible(number < len(self._slots))
            if number < len(self._slots):
                start = self._slots[number].start.astimezone(self._zone)
                words = f"{number + 1}   {start:%H:%M}  {short_day(start.date())}"
                made.setText(f"  {words}")
                made.setAccessibleName(self.tr("Take {0}").format(f"{start:%H:%M} {short_day(start.date())}"))
        self.show()
        self.banner.announce()
        if self._slots:
            self.buttons[0].setFocus()

    @Slot()
    def close_offers(self) -> None:
        """Nothing is taken."""
        self.hide()
        self.closed.emit()

    @Slot()
    def _first(self) -> None:
        self._take(0)

    @Slot()
    def _second(self) -> None:
        self._take(1)

    @Slot()
    def _third(self) -> None:
        self._take(2)

    def _take(self, number: int) -> None:
        if number < len(self._slots):
            self.hide()
            self.chosen.emit(self._slots[number])
