"""Find a patient while typing: a search box with its hits underneath."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QListView, QSizePolicy, QWidget

from clinicdesk.domain.patients import PatientHit
from ui.widgets.banner import announce
from ui.widgets.field import SearchBox
from ui.widgets.layouts import vbox
from ui.widgets.person import LINE_HEIGHT, HitModel, TwoLines
from ui.widgets.text import label

TRAVEL = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class PatientPicker(QWidget):
    """Arrows choose a hit without leaving the box, Enter takes it."""

    asked = Signal(str)
    chosen = Signal(object)
    """The PatientHit."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.box = SearchBox(self.tr("Find patient"), self.tr("Name, phone or MRN"))
        self.model = HitModel(today)
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Patients found"))
        self.list.setModel(self.model)
        self.list.setItemDelegate(TwoLines(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setUniformItemSizes(True)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.list.hide()
        self.state = label("", "small", wrap=True)
        self.state.hide()
        self.setLayout(vbox(self.box, self.list, self.state, spacing=6))
        self.setFocusProxy(self.box)
        self._answered, self._enter_waits = "", False
        self.box.installEventFilter(self)
        self.box.asked.connect(self._ask)
        self.box.returnPressed.connect(self._enter)
        self.list.activated.connect(self._take)
        self.list.clicked.connect(self._take)

    def clear(self) -> None:
        """Empty for the next patient."""
        self._enter_waits = False
        self.box.clear()
        self.box.ask_now()

    def show_hits(self, text: str, hits: Sequence[PatientHit]) -> None:
        """The answer to ``asked(text)``."""
        if text != self.box.text().strip():
            return
        self._answered = text
        self.model.show_hits(list(hits))
        rows = min(len(hits), 5)
        self.list.setVisible(bool(hits))
        self.list.setFixedHeight(rows * LINE_HEIGHT + 2)
        self.state.setVisible(bool(text) and not hits)
        if text and not hits:
            self.state.setText(self.tr("Nobody found. Try another spelling, the phone, or register."))
            announce(self.box, self.state.text())
        if hits:
            self.list.setCurrentIndex(self.model.index(0, 0))
        # an Enter that came before the answer takes it only when there is nobody else it could mean
        if self._enter_waits and len(hits) == 1:
            self._take(self.model.index(0, 0))
        self._enter_waits = False

    @Slot(str)
    def _ask(self, text: str) -> None:
        if text:
            self.asked.emit(text)
        else:
            self.show_hits("", [])

    @Slot()
    def _enter(self) -> None:
        if self.box.text().strip() == self._answered:
            self._take(self.list.currentIndex())
        else:
            self._enter_waits = True

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        hit = self.model.hit(index)
        if hit is not None:
            self.chosen.emit(hit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.box
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in TRAVEL
            and self.model.rowCount()
        ):
            self.list.keyPressEvent(event)
            hit = self.model.hit(self.list.currentIndex())
            if hit is not None:
                announce(self.box, hit.name)
            return True
        return False
