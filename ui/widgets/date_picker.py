"""Choosing a day: typed as people say it, or with arrows in a small month."""

from datetime import date

from PySide6.QtCore import QDate, QEvent, QLocale, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QWidget

from clinicdesk.domain.calendar import add_months
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.typed_dates import typed_day
from ui.widgets.banner import announce
from ui.widgets.buttons import icon_button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.month_grid import MonthGrid
from ui.widgets.text import label

WIDTH, HEIGHT = 292, 336


def words_of(day: date, pattern: str) -> str:
    """A day in the person's language."""
    return QLocale().toString(QDate(day.year, day.month, day.day), pattern)


class DatePicker(QFrame):
    """A popup. Enter takes what is typed; Down goes into the month, where Enter takes the day."""

    chosen = Signal(object)
    """date."""

    def __init__(self, parent: QWidget, today: date) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("Card")
        self.setAccessibleName(self.tr("Go to a date"))
        self._today = self._shown = today
        self.edit = QLineEdit()
        self.edit.setAccessibleName(self.tr("Date"))
        self.edit.setPlaceholderText(self.tr("12 dec · fri · +2w"))
        self.meaning = label("", "small")
        self.month = label("", "h2")
        self.before = icon_button("chevron-left", self.tr("Month before"), bare=True)
        self.after = icon_button("chevron-right", self.tr("Next month"), bare=True)
        self.grid = MonthGrid(today)
        head = hbox(self.month, None, self.before, self.after, spacing=4)
        self.setLayout(vbox(self.edit, self.meaning, head, self.grid, margins=(12, 12, 12, 12), spacing=6))
        self.setFixedSize(WIDTH, HEIGHT)
        self.edit.textEdited.connect(self._explain)
        self.edit.returnPressed.connect(self._take)
        self.edit.installEventFilter(self)
        self.before.clicked.connect(self._back)
        self.after.clicked.connect(self._forward)
        self.grid.day_chosen.connect(self._choose)
        self.grid.day_moved.connect(self._moved)

    def popup_at(self, below: QWidget, day: date, today: date) -> None:
        """Under a button, with a day on show."""
        self._today, self._shown = today, day
        self.edit.clear()
        self._moved(day)
        self.grid.show_day(day, today)
        self.move(below.mapToGlobal(QPoint(0, below.height() + 4)))
        self.show()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.grid.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
                self._turn(-1 if event.key() == Qt.Key.Key_PageUp else 1)
                return True
        return False

    @Slot(str)
    def _explain(self, text: str) -> None:
        """Say which day is meant while it is typed; only Enter calls it wrong."""
        try:
            day = typed_day(text, today=self._today, shown=self._shown)
        except InvalidField:
            self._say("")
            return
        self.grid.show_day(day, self._today)
        self._moved(day)

    @Slot(object)
    def _moved(self, day: date) -> None:
        self.month.setText(words_of(day, "MMMM yyyy"))
        self._say(words_of(day, "dddd, d MMMM yyyy"))

    @Slot()
    def _take(self) -> None:
        text = self.edit.text()
        if not text.strip():
            self._choose(self.grid.current_day())
            return
        try:
            self._choose(typed_day(text, today=self._today, shown=self._shown))
        except InvalidField:
            self._say(self.tr("Not a date. Try 12 dec, fri or +2w."), wrong=True)
            self.edit.selectAll()

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.meaning.setProperty("role", "error" if wrong else "small")
        self.meaning.style().unpolish(self.meaning)
        self.meaning.style().polish(self.meaning)
        self.meaning.setText(text)
        self.edit.setAccessibleDescription(text)
        if wrong:
            announce(self.edit, text, urgent=True)

    @Slot(object)
    def _choose(self, day: date) -> None:
        self.close()
        self.chosen.emit(day)

    def _turn(self, months: int) -> None:
        self.grid.go(add_months(self.grid.current_day(), months))

    @Slot()
    def _back(self) -> None:
        self._turn(-1)

    @Slot()
    def _forward(self) -> None:
        self._turn(1)
