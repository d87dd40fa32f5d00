"""The queue and the day's list as item models, and what a press of 'Dispense' calls."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.stock import Pick, SupplyLine
from clinicdesk.services.pharmacy import Handover, Pharmacy
from ui.widgets.text import plain_tip

translate = QCoreApplication.translate
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
SecondRole = Role.UserRole + 1
TagRole = Role.UserRole + 2
RowRole = Role.UserRole + 3
FreshRole = Role.UserRole + 4
Row = Prescription | Handover
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Supplied:
    """A prescription after a supply and what left the shelf under ``request_id``."""

    prescription: Prescription
    picks: tuple[Pick, ...]
    request_id: UUID


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: a line, a quieter one under it, a tag (text, kind, icon)."""

    text: str
    second: str = ""
    tag: tuple[str, str, str] | None = None


def hand_over(
    pharmacy: Pharmacy,
    request_id: UUID,
    *,
    prescription: Prescription,
    lines: Sequence[SupplyLine],
    accepted: str = "",
    collector: str = "",
) -> Supplied:
    """Dispense, then read back what left which batch."""
    after = pharmacy.dispense(request_id, prescription, lines, accepted=accepted, collector=collector)
    return Supplied(after, pharmacy.outcome(request_id), request_id)


def look_up(pharmacy: Pharmacy, request_id: UUID, prescription_id: UUID) -> Supplied:
    """What became of a request; no picks: it never happened."""
    return Supplied(pharmacy.open(prescription_id), pharmacy.outcome(request_id), request_id)


class RowsModel(QAbstractTableModel):
    """Rows that are replaced one by one, so that selection and scroll stay where they are."""

    def __init__(self, heads: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heads = list(heads)
        self._rows: list[Row] = []
        self._fresh: frozenset[UUID] = frozenset()

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown, by row."""
        return self._rows

    def key(self, row: Row) -> UUID:
        """What makes a row the same row after a reload."""
        return row.id if isinstance(row, Prescription) else row.request_id

    def cell(self, row: Row, column: int) -> Cell:
        """What a cell shows. Subclasses know the columns."""
        raise NotImplementedError

    def show_rows(self, wanted: Iterable[Row], *, fresh: Iterable[UUID] = ()) -> None:
        """Become these rows, changing only what differs."""
        rows = list(wanted)
        self._fresh = frozenset(fresh)
        keys = {self.key(row) for row in rows}
        for number in range(len(self._rows) - 1, -1, -1):
            if self.key(self._rows[number]) not in keys:
                self._take(number)
        for number, row in enumerate(rows):
            self._place(number, row)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._heads) - 1))

    def _place(self, number: int, row: Row) -> None:
        key = self.key(row)
        if number < len(self._rows) and self.key(self._rows[number]) == key:
            self._rows[number] = row
            return
        later = next((at for at, one in enumerate(self._rows) if self.key(one) == key), None)
        if later is not None:
            self._take(later)
        self.beginInsertRows(_NO_INDEX, number, number)
        self._rows.insert(number, row)
        self.endInsertRows()

    def _take(self, number: int) -> None:
        self.beginRemoveRows(_NO_INDEX, number, number)
        del self._rows[number]
        self.endRemoveRows()

    def row_of(self, key: UUID | None) -> int:
        """The row with this key, -1 when it is not shown."""
        return next((at for at, row in enumerate(self._rows) if self.key(row) == key), -1)

    def repaint_times(self) -> None:
        """The minutes went on."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))

    def repaint_all(self) -> None:
        """Something beside the rows changed."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._heads) - 1))

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role == FreshRole:
            return self.key(row) in self._fresh
        if role not in (Role.DisplayRole, SecondRole, TagRole, Role.AccessibleTextRole, Role.ToolTipRole):
            return None
        cell = self.cell(row, index.column())
        if role == TagRole:
            return cell.tag
        if role == SecondRole:
            return cell.second
        if role == Role.DisplayRole:
            return cell.text
        spoken = ", ".join(part for part in (cell.text, cell.second) if part)
        return plain_tip(spoken) if role == Role.ToolTipRole else spoken


class QueueModel(RowsModel):
    """Prescriptions that wait, oldest first."""

    TIME, PATIENT, ITEMS, STATUS = range(4)

    def __init__(self, parent: QObject | None = None, *, zone: tzinfo, now: Callable[[], datetime]) -> None:
        heads = [
            translate("pharmacy", "Waiting"),
            translate("pharmacy", "Patient, prescriber"),
            translate("pharmacy", "Items"),
            translate("pharmacy", "Status"),
        ]
        super().__init__(heads, parent)
        self._zone, self._now = zone, now
        self._pickers: dict[UUID, str] = {}
        self._asked: frozenset[UUID] = frozenset()

    def show_pickers(self, pickers: dict[UUID, str]) -> None:
        """Who stands where at other seats."""
        if pickers != self._pickers:
            self._pickers = pickers
            self.repaint_all()

    def show_asked(self, asked: frozenset[UUID]) -> None:
        """Those whose prescriber was asked and has not answered."""
        if asked != self._asked:
            self._asked = asked
            self.repaint_all()

    def cell(self, row: Row, column: int) -> Cell:
        assert isinstance(row, Prescription)
        match column:
            case self.TIME:
                waited = waiting_words(self._now() - row.issued_at)
                return Cell(clock(row.issued_at, self._zone), waited)
            case self.PATIENT:
                picker = self._pickers.get(row.id)
                second = translate("pharmacy", "{0} is picking").format(picker) if picker else row.doctor_name
                return Cell(row.patient_name, second)
            case self.ITEMS:
                return Cell(str(sum(item.supplied < item.quantity for item in row.items)))
        word, kind, icon = status_words(row, self._now().astimezone(self._zone))
        if row.genuine and row.id in self._asked:
            word, kind, icon = translate("pharmacy", "Asked"), "warn", "message-square"
        return Cell(word, "", (word, kind, icon))


class DayModel(RowsModel):
    """What was handed out today, newest first."""

    TIME, PATIENT, MEDICINES, BY = range(4)

    def __init__(self, parent: QObject | None = None, *, zone: tzinfo) -> None:
        heads = [
            translate("pharmacy", "Time"),
            translate("pharmacy", "Patient"),
            translate("pharmacy", "Medicines"),
            translate("pharmacy", "By"),
        ]
        super().__init__(heads, parent)
        self._zone = zone

    def cell(self, row: Row, column: int) -> Cell:
        assert isinstance(row, Handover)
        match column:
            case self.TIME:
                return Cell(clock(row.at, self._zone))
            case self.PATIENT:
                return Cell(row.patient_name, row.number)
            case self.MEDICINES:
                return Cell(", ".join(row.medicines))
        return Cell(row.by)


def clock(at: datetime, zone: tzinfo) -> str:
    """'09:05' on the clinic's wall, with the day when it is another one."""
    here = at.astimezone(zone)
    return (
        f"{here:%H:%M}"
        if here.date() == datetime.now(UTC).astimezone(zone).date()
        else f"{here:%d.%m. %H:%M}"
    )


def waiting_words(waited: timedelta) -> str:
    """'4 min', '2 h 05', '3 days'."""
    minutes = max(0, int(waited.total_seconds() // 60))
    if minutes < 60:
        return translate("pharmacy", "{n} min").format(n=minutes)
    if minutes < 48 * 60:
        return translate("pharmacy", "{h} h {m:02d}").format(h=minutes // 60, m=minutes % 60)
    return translate("pharmacy", "{n} days").format(n=minutes // 1440)


def status_words(row: Prescription, now: datetime) -> tuple[str, str, str]:
    """Word, kind and icon of a waiting prescription."""
    if not row.genuine:
        return translate("pharmacy", "Not genuine"), "danger", "shield-alert"
    if row.expiry_date == now.date():
        return translate("pharmacy", "Last day"), "warn", "clock-alert"
    if any(item.supplied for item in row.items):
        return translate("pharmacy", "Owing"), "warn", "hourglass"
    return translate("pharmacy", "To supply"), "info", "pill"
