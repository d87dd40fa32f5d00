"""What a booking may say besides patient, kind and time: how, where, who asked, how often."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget

from clinicdesk.domain.bookings import REMOTE, Room
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.series import MOST, Freq, Rule
from ui.screens.schedule.step_words import kind_words, source_words
from ui.widgets.choose import choose, fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox


class BookingMore(QWidget):
    """Shown on wish, so that a phone booking stays three fields long."""

    rooms_asked = Signal()

    def __init__(self, *, repeats: bool = True) -> None:
        super().__init__()
        self.how, self.room, self.source, self.repeat = QComboBox(), QComboBox(), QComboBox(), QComboBox()
        fill(self.how, [(words, code) for code, words in kind_words().items()])
        fill(self.source, [(words, code) for code, words in source_words().items()])
        fill(self.repeat, self._repeats())
        fill(self.room, [(self.tr("No room"), None)])
        self.link = QLineEdit()
        self.link.setMaxLength(500)
        self.link.setPlaceholderText("https://")
        self.times = QSpinBox()
        self.times.setRange(2, MOST)
        self.times.setValue(6)
        self.times.setSuffix(self.tr(" visits"))
        self.emergency = QCheckBox(self.tr("Emergency"))
        self.emergency.setToolTip(self.tr("A child is booked then without a guardian's consent on record."))
        self.fields = {
            "consultation_type": Field(self.tr("How"), self.how),
            "source": Field(self.tr("Asked"), self.source),
            "room": Field(self.tr("Room"), self.room),
            "meeting_link": Field(self.tr("Meeting link"), self.link),
            "repeat": Field(self.tr("Repeat"), self.repeat),
            "times": Field(self.tr("How often"), self.times),
        }
        first = hbox(self.fields["consultation_type"], self.fields["source"], spacing=10)
        again = hbox(self.fields["repeat"], self.fields["times"], spacing=10)
        for row in (first, again):
            row.setStretch(0, 1)
            row.setStretch(1, 1)
        self._again = QWidget()
        self._again.setLayout(again)
        self._again.setVisible(False)
        self._repeatable = repeats
        self.setLayout(
            vbox(
                first,
                self.fields["room"],
                self.fields["meeting_link"],
                self._again,
                self.emergency,
                spacing=6,
            )
        )
        self.how.currentIndexChanged.connect(self._how_changed)
        self.repeat.currentIndexChanged.connect(self._repeat_changed)
        self.reset()

    def reset(self) -> None:
        """In person, at the desk, once."""
        for box in (self.how, self.source, self.repeat, self.room):
            box.setCurrentIndex(0)
        self.link.clear()
        self.emergency.setChecked(False)
        self.emergency.setVisible(self._repeatable)
        self._again.setVisible(self._repeatable)
        if not self._repeatable:
            self.fields["source"].hide()
        self._how_changed()
        self._repeat_changed()

    def show_rooms(self, rooms: Sequence[tuple[Room, bool]]) -> None:
        """Rooms with whether they are free then; a booked one stays visible and says so."""
        busy = self.tr("{0} (booked then)")
        rows: list[tuple[str, object]] = [(self.tr("No room"), None)]
        rows += [(room.name if free else busy.format(room.name), room.id) for room, free in rooms]
        fill(self.room, rows)
        self.fields["room"].setVisible(bool(rooms) and self.how.currentData() == "in_person")

    def show_values(self, *, how: str, room_id: UUID | None, room: str, link: str) -> None:
        """What a card says now."""
        choose(self.how, how)
        if room_id is not None and not choose(self.room, room_id):
            self.room.addItem(room, room_id)
            choose(self.room, room_id)
        self.link.setText(link)

    def values(self) -> dict[str, Any]:
        """For a Booking."""
        how = self.how.currentData()
        return {
            "consultation_type": how,
            "room_id": self.room.currentData() if how == "in_person" else None,
            "meeting_link": self.link.text() if how in REMOTE else "",
            "source": self.source.currentData(),
            "emergency": self.emergency.isChecked(),
        }

    def rule(self) -> Rule | None:
        """How it repeats; None once. Raises InvalidField."""
        chosen = self.repeat.currentData()
        if chosen is None:
            return None
        freq, every = chosen
        if not 2 <= self.times.value() <= MOST:
            raise InvalidField("times", "series_length", {"max": str(MOST)})
        return Rule(freq=freq, every=every, times=self.times.value())

    def problems(self, wrong: Mapping[str, str]) -> bool:
        """Say them at their fields; whether one is here."""
        here = [name for name in wrong if name in self.fields]
        for name in here:
            self.fields[name].show_error(wrong[name])
            self.fields[name].editor.setFocus()
        return bool(here)

    def _repeats(self) -> list[tuple[str, object]]:
        return [
            (self.tr("Once"), None),
            (self.tr("Daily"), (Freq.DAILY, 1)),
            (self.tr("Weekly"), (Freq.WEEKLY, 1)),
            (self.tr("Every 2 weeks"), (Freq.WEEKLY, 2)),
            (self.tr("Every 4 weeks"), (Freq.WEEKLY, 4)),
            (self.tr("Monthly"), (Freq.MONTHLY, 1)),
            (self.tr("Every 3 months"), (Freq.MONTHLY, 3)),
        ]

    @Slot()
    def _how_changed(self) -> None:
        how = self.how.currentData()
        self.fields["meeting_link"].setVisible(how in REMOTE)
        self.fields["room"].setVisible(how == "in_person" and self.room.count() > 1)

    @Slot()
    def _repeat_changed(self) -> None:
        self.fields["times"].setVisible(self.repeat.currentData() is not None)
