"""An offer from the waiting list that nobody answered: the slot is free again for the next (spec 1.10)."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.appointments import Appointment
from ui.screens.schedule.words import short_day
from ui.widgets.banner import Banner


class UnansweredBar(Banner):
    """Shown until the slot is given away, or this offer was passed on here."""

    next_asked = Signal(object)
    """The freed Appointment."""

    def __init__(self) -> None:
        super().__init__("warn", "", action=self.tr("Ask the next"))
        self._offers: tuple[Appointment, ...] = ()
        self._asked: set[UUID] = set()
        self.acted.connect(self.ask)
        self.hide()

    @Slot(object)
    def show_offers(self, offers: Sequence[Appointment]) -> None:
        """The newest one; the others follow when it is dealt with."""
        self._offers = tuple(one for one in offers if one.id not in self._asked)
        if not self._offers:
            self.hide()
            return
        freed = self._offers[0]
        slot = f"{short_day(freed.day)}, {freed.start:%H:%M}, Dr {freed.doctor_name}"
        words = self.tr("{0} is free again. Ctrl+Shift+A asks the next on the list.")
        self.show_text(self.tr("No answer from {0}").format(freed.patient_name), words.format(slot))
        if self.isHidden():
            self.show()
            self.announce()

    @Slot()
    def ask(self) -> None:
        """Whom else the slot fits."""
        if self._offers:
            freed = self._offers[0]
            self._asked.add(freed.id)
            self.show_offers(self._offers[1:])
            self.next_asked.emit(freed)
