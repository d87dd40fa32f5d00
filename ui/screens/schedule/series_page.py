"""A series before it is booked: each date, what is in its way, and what to do about it (spec 1.11)."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QScrollArea, QWidget

from clinicdesk.domain.wall_clock import hhmm, wall
from clinicdesk.services.series import Occurrence
from ui.screens.schedule.words import short_day
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class OccurrenceRow(QWidget):
    """A free date is chosen; a clash needs an answer: another slot, or left out."""

    def __init__(self, found: Occurrence, zone: ZoneInfo) -> None:
        super().__init__()
        self.found = found
        self.choice = QComboBox()
        when = f"{short_day(found.day)}, {hhmm(found.start)}"
        self.choice.setAccessibleName(when)
        self._places: list[tuple[date, int] | None] = []
        if found.state == "free":
            self._add(self.tr("Book"), (found.day, found.start))
        else:
            self._add(self.tr("Leave out"), None)
            for slot in found.near:
                day, minute = wall(slot.start, zone)
                self._add(f"{short_day(day)}, {hhmm(minute)}", (day, minute))
        if found.state == "free":
            self._add(self.tr("Leave out"), None)
        why = {
            "free": "",
            "taken": found.holder or self.tr("taken"),
            "outside": self.tr("the doctor does not work then"),
        }[found.state]
        parts: list[QWidget] = [label(why, "error", wrap=True)] if why else []
        row = hbox(label(when, "h2"), None, self.choice, spacing=8)
        self.setLayout(vbox(row, *parts, margins=(0, 2, 6, 4), spacing=1))

    def _add(self, words: str, place: tuple[date, int] | None) -> None:
        self.choice.addItem(words)
        self._places.append(place)

    def chosen(self) -> tuple[date, int] | None:
        """Day and start, or None."""
        return self._places[self.choice.currentIndex()]


class SeriesPage(QWidget):
    """Nothing is booked until Book is pressed."""

    book_asked = Signal(object)
    """Days and start minutes."""
    left = Signal()

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone
        self.rows: list[OccurrenceRow] = []
        self._title = label("", "muted", wrap=True)
        self._refusal = Banner("danger", "")
        self._refusal.hide()
        self._room = QScrollArea()
        self._room.setWidgetResizable(True)
        self._room.setFrameShape(QScrollArea.Shape.NoFrame)
        self._room.setAccessibleName(self.tr("Dates of the series"))
        self.book = button("", "calendar-check", primary=True)
        self.back = button(self.tr("Back"), "arrow-left")
        for made, slot in ((self.book, self._book), (self.back, self.left)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        column = vbox(
            label(self.tr("Series"), "title"), self._title, self._refusal, self._room,
            hbox(self.back, None, self.book), margins=(14, 12, 14, 12), spacing=8,
        )  # fmt: skip
        column.setStretch(3, 1)
        self.setLayout(column)

    def show_series(self, found: Sequence[Occurrence]) -> None:
        """The dates; the first clash has the focus, else Book."""
        self._refusal.hide()
        self.rows = [OccurrenceRow(one, self._zone) for one in found]
        clashes = [row for row in self.rows if row.found.state != "free"]
        words = self.tr("{0} dates, {1} need an answer.")
        self._title.setText(words.format(len(found), len(clashes)))
        inside = QWidget()
        inside.setLayout(vbox(*self.rows, None, spacing=2))
        self._room.setWidget(inside)
        for row in self.rows:
            row.choice.currentIndexChanged.connect(self._count)
        self._count()
        (clashes[0].choice if clashes else self.book).setFocus()

    def refuse(self, text: str) -> None:
        """Why nothing was booked."""
        self._refusal.show_text(text)
        self._refusal.show()
        self._refusal.announce()

    def places(self) -> list[tuple[date, int]]:
        """What is to be booked."""
        return [place for row in self.rows if (place := row.chosen()) is not None]

    @Slot()
    def _count(self) -> None:
        self.book.setText("  " + self.tr("Book {0} visits").format(len(self.places())))
        self.book.setEnabled(bool(self.places()))

    @Slot()
    def _book(self) -> None:
        self.book_asked.emit(self.places())
