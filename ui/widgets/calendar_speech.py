"""What the calendar says to a screen reader, and the name that letters typed into it stand for."""

from PySide6.QtCore import QCoreApplication, QDate, QElapsedTimer, QLocale
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.matching import tokens
from clinicdesk.domain.wall_clock import hhmm
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource, Slot
from ui.widgets.calendar_paint import Ghost
from ui.widgets.calendar_shades import shade_at, shade_words

translate = QCoreApplication.translate


def head_name(source: CalendarSource, slot: Slot) -> str:
    """Whose column the slot is in."""
    return source.heads[slot.column % len(source.heads)].name


def slot_words(source: CalendarSource, layout: CalendarLayout, slot: Slot, *, step: int) -> str:
    """Time, doctor, day, and who has the slot or that it is free."""
    day = layout.columns[slot.column][0]
    text = QLocale().toString(QDate(day.year, day.month, day.day), "ddd d MMM")
    state = _slot_state(source, layout, slot, step=step)
    return f"{hhmm(slot.minute)}, {head_name(source, slot)}, {text}, {state}"


def _slot_state(source: CalendarSource, layout: CalendarLayout, slot: Slot, *, step: int) -> str:
    for row in layout.rows.get(slot.column, ()):
        place = layout.places[row]
        if place is not None and place.start < slot.minute + step and slot.minute < place.end:
            return source.appointments[row].patient_name
    shade = shade_at(source, layout, slot.column, slot.minute)
    windows = source.windows.get(layout.columns[slot.column], ())
    if any(low <= slot.minute < high for low, high in windows):
        free = translate("CalendarView", "free")
        return f"{free}, {_lowered(shade_words(shade))}" if shade else free
    return _lowered(shade_words(shade)) if shade else translate("CalendarView", "not working")


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def move_words(source: CalendarSource, ghost: Ghost) -> str:
    """Where a card was asked to go."""
    words = translate("CalendarView", "{patient} to {start} until {end}, {doctor}")
    return words.format(
        patient=ghost.title,
        start=hhmm(ghost.slot.minute),
        end=hhmm(ghost.end),
        doctor=head_name(source, ghost.slot),
    )


class TypedName:
    """Letters typed in quick succession."""

    def __init__(self) -> None:
        self._letters = ""
        self._since = QElapsedTimer()

    def add(self, letters: str) -> str:
        """All letters so far, without marks; a pause begins anew."""
        if not self._since.isValid() or self._since.hasExpired(QApplication.keyboardInputInterval()):
            self._letters = ""
        self._since.start()
        self._letters += "".join(tokens(letters))
        return self._letters


def row_of_name(source: CalendarSource, letters: str, *, after: int) -> int | None:
    """The next row from ``after`` on, going round, where a word of the patient's name begins so."""
    count = len(source.appointments)
    for k in range(count):
        row = (after + k) % count
        names = tokens(source.appointments[row].patient_name)
        if letters and any(word.startswith(letters) for word in names):
            return row
    return None
