"""Appointments of some days as an item model: one row each, for the calendar and the agenda."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

from PySide6.QtCore import (
    QAbstractTableModel,
    QDate,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from clinicdesk.domain.appointments import Appointment, DaySheet
from clinicdesk.domain.calendar import Room, Shade
from clinicdesk.domain.matching import folded
from clinicdesk.domain.people import Doctor
from ui.screens.schedule.columns import Columns, Spans, by_doctor, by_room, usual_doctor
from ui.screens.schedule.filters import EVERYTHING, OFF_SHEET, Filters
from ui.widgets.calendar_layout import Column, Head
from ui.widgets.tag import phase_word
from ui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
AppointmentRole = Qt.ItemDataRole.UserRole + 1
AccessibleTextRole = Qt.ItemDataRole.AccessibleTextRole
SortRole = Qt.ItemDataRole.UserRole + 2
SPOKEN = (AccessibleTextRole, Qt.ItemDataRole.ToolTipRole)
_NO_INDEX = QModelIndex()
_SortKey = tuple[date, time, str, str]


def _sort_key(appointment: Appointment) -> _SortKey:
    return appointment.day, appointment.start, appointment.doctor_name, str(appointment.id)


class DayModel(QAbstractTableModel):
    """Sorted by day, start and doctor. A reload changes only what differs, so selection stays where it is."""

    columns_changed = Signal()
    """Heads, days or working windows are others now."""

    TIME, PATIENT, REASON, DOCTOR, STATUS, DAY, TYPE, ROOM = range(8)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: dict[UUID, Appointment] = {}
        self._rows: list[Appointment] = []
        self._keys: list[_SortKey] = []
        self._doctors: tuple[Doctor, ...] = ()
        self._days: tuple[date, ...] = ()
        self._columns = Columns()
        self._sheets: dict[date, DaySheet] = {}
        self._pending: frozenset[UUID] = frozenset()
        self._filters = EVERYTHING

    @property
    def appointments(self) -> Sequence[Appointment]:
        """What is shown, by row."""
        return self._rows

    @property
    def doctors(self) -> tuple[Doctor, ...]:
        return self._doctors

    @property
    def days(self) -> tuple[date, ...]:
        return self._days

    @property
    def heads(self) -> tuple[Head, ...]:
        """What the columns of a day stand for."""
        return self._columns.heads

    @property
    def windows(self) -> Mapping[Column, Spans]:
        return self._columns.windows

    @property
    def shades(self) -> Mapping[Column, tuple[Shade, ...]]:
        return self._columns.shades

    def column_of(self, appointment: Appointment) -> UUID:
        """The head an appointment belongs under."""
        return self._columns.key(appointment)

    @property
    def by_room(self) -> bool:
        """Whether columns are rooms."""
        return self._columns.rooms

    def doctor_for(self, day: date, head: UUID, minute: int) -> UUID | None:
        """The doctor of a column, or who would be in that room then; None without doctors."""
        if not self._columns.rooms:
            return head
        sheet = self._sheets.get(day)
        doctors = [doctor.id for doctor in self._doctors]
        return usual_doctor(sheet, head, minute, doctors=doctors) if sheet else next(iter(doctors), None)

    def note_of(self, appointment: Appointment) -> str:
        """What else its card says: why, in a room who, and that it was booked over another one."""
        why = appointment.chief_complaint or appointment.type_name
        parts = (
            self.tr("Overbooked") if appointment.overbooked else "",
            appointment.doctor_name if self._columns.rooms else "",
            why,
        )
        return " · ".join(part for part in parts if part)

    @property
    def pending(self) -> frozenset[UUID]:
        return self._pending

    def set_sheet(
        self,
        sheets: Iterable[DaySheet],
        doctors: Sequence[Doctor],
        *,
        rooms: Sequence[Room] | None = None,
        shades: Mapping[date, tuple[Shade, ...]] | None = None,
    ) -> None:
        """Show these days, by doctor or by room; rows that are the same give no signal."""
        sheets = tuple(sheets)
        self._all = {a.id: a for sheet in sheets for a in sheet.appointments}
        self._sheets = {sheet.day: sheet for sheet in sheets}
        before = (self._days, self._columns)
        self._doctors, self._days = tuple(doctors), tuple(sheet.day for sheet in sheets)
        if rooms is None:
            self._columns = by_doctor(sheets, self._staff(), shades or {})
        else:
            self._columns = by_room(sheets, rooms, shades or {})
        self._pending &= self._all.keys()
        self._sync()
        if before != (self._days, self._columns):
            self.columns_changed.emit()

    def _staff(self) -> list[Head]:
        """The doctors, and those who left but have appointments here, unless doctors were chosen."""
        heads = {d.id: Head(d.id, d.name, d.specialty) for d in self._doctors}
        if self._filters.doctors is None and self._doctors:
            for a in self._all.values():
                if a.phase not in OFF_SHEET:
                    heads.setdefault(a.doctor_id, Head(a.doctor_id, a.doctor_name))
        return list(heads.values())

    def replace(self, appointment: Appointment) -> None:
        """Take a newer snapshot of one appointment, known or not."""
        self._all[appointment.id] = appointment
        self._sync()

    def set_pending(self, appointment_id: UUID, on: bool) -> None:
        """Mark a move that the server has not answered yet; the card is hatched."""
        self._pending = self._pending | {appointment_id} if on else self._pending - {appointment_id}
        row = self.row_of(appointment_id)
        if row is not None:
            self._touch(row)

    def set_filters(self, filters: Filters) -> None:
        """Leave out what the filters hide, besides cancelled and rescheduled ones; columns stay."""
        self._filters = filters
        self._sync()

    def phase_counts(self) -> Counter[str]:
        """How many of each phase the days have, hidden ones too."""
        return Counter(a.phase for a in self._all.values())

    def hidden_count(self) -> int:
        """How many appointments the filters hide; cancelled and rescheduled ones do not count."""
        return sum(a.phase not in OFF_SHEET for a in self._all.values()) - len(self._rows)

    def snapshot(self, appointment_id: UUID) -> Appointment | None:
        """An appointment of the days, shown or not."""
        return self._all.get(appointment_id)

    def row_of(self, appointment_id: UUID) -> int | None:
        """The row of an appointment, None when it is not shown."""
        return next((row for row, a in enumerate(self._rows) if a.id == appointment_id), None)

    def appointment(self, index: Index) -> Appointment | None:
        """The snapshot at an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    def _sync(self) -> None:
        wanted = {key: a for key, a in self._all.items() if self._filters.shows(a)}
        if not any(a.id in wanted for a in self._rows):
            self._reset(wanted.values())
            return
        for row in reversed(range(len(self._rows))):
            if self._rows[row].id not in wanted:
                self.beginRemoveRows(_NO_INDEX, row, row)
                del self._rows[row], self._keys[row]
                self.endRemoveRows()
        for old in list(self._rows):
            new = wanted.pop(old.id)
            if new != old:
                self._change(old, new)
        for added in wanted.values():
            row = bisect_left(self._keys, _sort_key(added))
            self.beginInsertRows(_NO_INDEX, row, row)
            self._put(row, added)
            self.endInsertRows()

    def _reset(self, appointments: Iterable[Appointment]) -> None:
        rows = sorted(appointments, key=_sort_key)
        if not rows and not self._rows:
            return
        self.beginResetModel()
        self._rows, self._keys = rows, [_sort_key(a) for a in rows]
        self.endResetModel()

    def _change(self, old: Appointment, new: Appointment) -> None:
        row = bisect_left(self._keys, _sort_key(old))
        target = bisect_left(self._keys, _sort_key(new))
        if target in (row, row + 1):
            self._rows[row], self._keys[row] = new, _sort_key(new)
        else:
            self.beginMoveRows(_NO_INDEX, row, row, _NO_INDEX, target)
            del self._rows[row], self._keys[row]
            row = target - (target > row)
            self._put(row, new)
            self.endMoveRows()
        self._touch(row)

    def _put(self, row: int, appointment: Appointment) -> None:
        self._rows.insert(row, appointment)
        self._keys.insert(row, _sort_key(appointment))

    def _touch(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, self.ROOM))

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else 8

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or not 0 <= section < 8:
            return None
        if orientation is Qt.Orientation.Vertical:
            return str(section + 1)
        titles = (
            self.tr("Time"),
            self.tr("Patient"),
            self.tr("Reason"),
            self.tr("Doctor"),
            self.tr("Status"),
            self.tr("Day"),
            self.tr("Type"),
            self.tr("Room"),
        )
        return titles[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        appointment = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cell(appointment, index.column())
        if role == AppointmentRole:
            return appointment
        if role == SortRole:
            return self._sort_text(appointment, index.column())
        if role not in SPOKEN:
            return None
        spoken = self._spoken(appointment)
        return plain_tip(spoken) if role == Qt.ItemDataRole.ToolTipRole else spoken

    def _cell(self, a: Appointment, column: int) -> str:
        cells = (
            f"{a.start:%H:%M}–{a.end:%H:%M}",
            a.patient_name,
            a.chief_complaint or a.type_name,
            a.doctor_name,
            phase_word(a.phase),
            QLocale().toString(QDate(a.day.year, a.day.month, a.day.day), "ddd d MMM"),
            a.type_name,
            a.room_name,
        )
        return cells[column]

    def _sort_text(self, a: Appointment, column: int) -> str:
        """Equal cells go by time; a day and a time sort as they follow each other."""
        when = f"{a.day} {a.start}"
        if column == self.TIME:
            return f"{a.start} {a.day}"
        if column == self.DAY:
            return when
        return f"{folded(self._cell(a, column))}\t{when}"

    def _spoken(self, a: Appointment) -> str:
        day = QLocale().toString(QDate(a.day.year, a.day.month, a.day.day), "ddd d MMM")
        when = self.tr("{day} {start} to {end}").format(
            day=day, start=f"{a.start:%H:%M}", end=f"{a.end:%H:%M}"
        )
        parts = [
            a.patient_name,
            a.type_name or a.chief_complaint,
            when,
            a.doctor_name,
            a.room_name,
            phase_word(a.phase).lower(),
        ]
        if a.overbooked:
            parts.append(self.tr("overbooked"))
        if a.id in self._pending:
            parts.append(self.tr("being saved"))
        return ", ".join(part for part in parts if part)
