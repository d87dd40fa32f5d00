"""After a cancellation: whom the freed slot fits, with the phone at hand (spec 1.10)."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFrame, QPushButton

from clinicdesk.domain.appointments import Appointment, WaitingEntry
from ui.screens.schedule.words import short_day
from ui.widgets.banner import announce
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

MOST = 5


class Candidate(QPushButton):
    """One person to call: number key, name, phone."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.setProperty("choice", "true")
        self.setAutoDefault(True)
        self.name = label("", "h2")
        self.phone = label("", "title")
        self.line = label("", "small", wrap=True)
        words = vbox(self.name, self.phone, self.line, spacing=0)
        row = hbox(label(str(number), "key"), words, margins=(10, 6, 10, 6), spacing=12)
        row.setStretch(1, 1)
        self.setLayout(row)
        for part in (self.name, self.phone, self.line):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def show_entry(self, entry: WaitingEntry) -> None:
        """Whom to call."""
        urgent = self.tr("Urgent") if entry.priority == 1 else ""
        self.name.setText(entry.patient_name)
        self.phone.setText(entry.phone or self.tr("no phone"))
        self.line.setText(" · ".join(part for part in (urgent, entry.type_name, entry.note) if part))
        self.setAccessibleName(f"{entry.patient_name}, {entry.phone}, {self.line.text()}")


class RefillPanel(QFrame):
    """Keys 1 to 5 book a person, or hold the slot for their answer; Esc leaves the slot free."""

    chosen = Signal(object, object)
    """The freed Appointment, WaitingEntry."""
    offered = Signal(object, object)
    """The same, for somebody who will answer later."""
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._freed: Appointment | None = None
        self._entries: tuple[WaitingEntry, ...] = ()
        self.title = label("", "h2", wrap=True)
        self.buttons = [Candidate(number + 1) for number in range(MOST)]
        for number, made in enumerate(self.buttons):
            made.setObjectName(str(number))
            made.clicked.connect(self._clicked)
            shortcut = QShortcut(QKeySequence(str(number + 1)), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(made.click)
        self.hold = QCheckBox(self.tr("Hold it for their answer (H)"))
        self.hold.setToolTip(self.tr("30 minutes; 2 hours when the visit is more than two days away."))
        hold = QShortcut(QKeySequence("H"), self)
        hold.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        hold.activated.connect(self.hold.toggle)
        self.close_button = button(self.tr("Leave it free"), "x")
        self.close_button.setAutoDefault(True)
        self.close_button.clicked.connect(self.closed)
        self.setLayout(
            vbox(
                label(self.tr("Who waits for this slot"), "title"), self.title,
                label(self.tr("Call, then press the number to book."), "small", wrap=True),
                *self.buttons, self.hold, None, hbox(self.close_button, None),
                margins=(14, 12, 14, 12), spacing=8,
            )
        )  # fmt: skip

    def offer(self, freed: Appointment, entries: Sequence[WaitingEntry]) -> None:
        """The freed slot and whom it fits, best first."""
        self._freed, self._entries = freed, tuple(entries[:MOST])
        slot = f"{short_day(freed.day)}, {freed.start:%H:%M} – {freed.end:%H:%M}"
        self.title.setText(self.tr("{0}, Dr {1}").format(slot, freed.doctor_name))
        for number, made in enumerate(self.buttons):
            made.setVisible(number < len(self._entries))
            if number < len(self._entries):
                made.show_entry(self._entries[number])
        self.hold.setChecked(False)
        self.buttons[0].setFocus()
        announce(self, self.tr("{0} people wait for this slot").format(len(self._entries)))

    @Slot()
    def _clicked(self) -> None:
        number = int(self.sender().objectName())
        if self._freed is not None and number < len(self._entries):
            asked = self.offered if self.hold.isChecked() else self.chosen
            asked.emit(self._freed, self._entries[number])
