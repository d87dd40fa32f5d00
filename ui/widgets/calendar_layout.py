"""Where things are in the calendar: columns of (day, doctor) over minutes, overlaps side by side in lanes."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol, cast
from uuid import UUID

from PySide6.QtCore import QAbstractItemModel, QPoint, QRect, SignalInstance

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.calendar import Shade
from clinicdesk.domain.wall_clock import DAY, minutes

Column = tuple[date, UUID]
Span = tuple[int, int]
DEFAULT_RANGE = (8 * 60, 18 * 60)
LINE_STEPS = (5, 10, 15, 20, 30, 60)  # minutes
THIN = 7  # pixels of a card that touches the line above it
LINE_APART = 7  # pixels between two lines at least


class Head(NamedTuple):
    """What a column stands for: a doctor with a specialty, or a room."""

    id: UUID
    name: str
    note: str = ""
    room: bool = False


class CalendarSource(Protocol):
    """What the view reads from its model besides the item-model calls."""

    @property
    def appointments(self) -> Sequence[Appointment]:
        """By row."""

    @property
    def heads(self) -> tuple[Head, ...]:
        """Columns of one day, in order."""

    @property
    def days(self) -> tuple[date, ...]:
        """Groups of columns, in order."""

    @property
    def windows(self) -> Mapping[Column, tuple[Span, ...]]:
        """Working minutes of a column; a missing one does not work."""

    @property
    def shades(self) -> Mapping[Column, tuple[Shade, ...]]:
        """Why other minutes of a column are closed, or special."""

    def column_of(self, appointment: Appointment) -> UUID:
        """The head it belongs under."""

    def note_of(self, appointment: Appointment) -> str:
        """The second line of its card."""

    @property
    def pending(self) -> frozenset[UUID]:
        """Appointments whose move is on its way to the server."""

    @property
    def columns_changed(self) -> SignalInstance:
        """Heads, days or working windows are others now."""


class Place(NamedTuple):
    """Column, lane in it and how many lanes share the width; minutes from midnight."""

    column: int
    lane: int
    lanes: int
    start: int
    end: int


class Slot(NamedTuple):
    """A place for a start: column number and minute from midnight."""

    column: int
    minute: int


def source_of(model: QAbstractItemModel) -> CalendarSource:
    """The model as the calendar reads it."""
    return cast("CalendarSource", model)


def wall_span(appointment: Appointment) -> Span:
    """Minutes from midnight; an end of 00:00 is the end of the day."""
    start, end = minutes(appointment.start), minutes(appointment.end)
    return start, end if end > start else DAY


def lanes(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Each half-open span's lane and the number of lanes of its cluster; overlaps never share a lane."""
    placed: list[tuple[int, int]] = [(0, 1)] * len(spans)
    cluster: list[int] = []
    ends: list[int] = []
    for i in sorted(range(len(spans)), key=lambda i: (spans[i][0], -spans[i][1])):
        start, end = spans[i]
        if ends and start >= max(ends):
            _close(cluster, len(ends), placed)
            cluster, ends = [], []
        lane = next((k for k, busy_until in enumerate(ends) if busy_until <= start), len(ends))
        ends[lane : lane + 1] = [end]
        placed[i] = (lane, 1)
        cluster.append(i)
    _close(cluster, len(ends), placed)
    return placed


def _close(cluster: list[int], count: int, placed: list[tuple[int, int]]) -> None:
    for i in cluster:
        placed[i] = (placed[i][0], count)


class CalendarLayout:
    """Geometry in content pixels (not scrolled); ``rtl`` mirrors everything sideways."""

    def __init__(self) -> None:
        self.columns: tuple[Column, ...] = ()
        self.first, self.last = DEFAULT_RANGE
        self.scale = 1.6  # pixels per minute
        self.lines = 15  # minutes between two lines, when they are not too close
        self.column_width = 96.0
        self.width = 96  # of the content: columns, or the viewport when that is wider
        self.rtl = False
        self.places: list[Place | None] = []
        self.rows: dict[int, list[int]] = {}
        self._number: dict[Column, int] = {}
        self._cards: dict[int, QRect] = {}

    def read(self, source: CalendarSource) -> None:
        """Place everything anew."""
        self.columns = tuple((day, head.id) for day in source.days for head in source.heads)
        self._number = {column: i for i, column in enumerate(self.columns)}
        self.places = [None] * len(source.appointments)
        self._cards.clear()
        self.rows = {}
        spans = [wall_span(a) for a in source.appointments]
        for row, a in enumerate(source.appointments):
            number = self._number.get((a.day, source.column_of(a)))
            if number is not None:
                self.rows.setdefault(number, []).append(row)
        for number, rows in self.rows.items():
            rows.sort(key=spans.__getitem__)
            for row, (lane, count) in zip(rows, lanes([spans[r] for r in rows]), strict=True):
                self.places[row] = Place(number, lane, count, *spans[row])
        self._fit_range(source, [place for place in self.places if place])

    def _fit_range(self, source: CalendarSource, places: Sequence[Place]) -> None:
        shown = [span for column in self.columns for span in source.windows.get(column, ())]
        shown += [(place.start, place.end) for place in places]
        low = min((start for start, _ in shown), default=DEFAULT_RANGE[0])
        high = max((end for _, end in shown), default=DEFAULT_RANGE[1])
        self.first, self.last = low // 60 * 60, min(DAY, -(-high // 60) * 60)

    def fit(self, viewport_width: int, *, least: int) -> None:
        """Share the viewport among the columns, none narrower than ``least``."""
        self._cards.clear()
        count = max(1, len(self.columns))
        self.column_width = max(float(least), viewport_width / count)
        self.width = max(viewport_width, round(self.column_width * count))

    @property
    def height(self) -> int:
        return round((self.last - self.first) * self.scale)

    @property
    def line_step(self) -> int:
        """Minutes between two lines: those wished for, or more where they would be too close."""
        fitting = (step for step in LINE_STEPS if step >= self.lines and step * self.scale >= LINE_APART)
        return next(fitting, LINE_STEPS[-1])

    def number(self, day: date, head_id: UUID) -> int | None:
        """The column's number, None when it is not shown."""
        return self._number.get((day, head_id))

    def y(self, minute: float) -> int:
        return round((minute - self.first) * self.scale)

    def minute(self, y: float) -> float:
        return self.first + y / self.scale

    def mirrored(self, rect: QRect) -> QRect:
        """The rectangle as seen: itself, or from the other side in right-to-left."""
        if not self.rtl:
            return rect
        return QRect(self.width - rect.x() - rect.width(), rect.y(), rect.width(), rect.height())

    def column_rect(self, number: int, *, start: float | None = None, end: float | None = None) -> QRect:
        """A column, or the part of it between two minutes."""
        x = round(number * self.column_width)
        top = 0 if start is None else self.y(start)
        bottom = self.height if end is None else self.y(end)
        return self.mirrored(QRect(x, top, round((number + 1) * self.column_width) - x, bottom - top))

    def card_rect(self, row: int) -> QRect:
        """Where a card is; empty when its column is not shown. Kept until ``read`` or ``fit``."""
        found = self._cards.get(row)
        if found is None:
            found = self._cards[row] = self._card_rect(row)
        return found

    def _card_rect(self, row: int) -> QRect:
        place = self.places[row] if row < len(self.places) else None
        if place is None:
            return QRect()
        left, width = place.column * self.column_width + 3, (self.column_width - 5) / place.lanes
        x, after = round(left + place.lane * width), round(left + (place.lane + 1) * width)
        top, below = self.y(place.start), self.y(place.end)
        gap = 1 if below - top > THIN else 0
        return self.mirrored(QRect(x, top + gap, max(1, after - x - 1), max(1, below - top - 1 - gap)))

    def ghost_rect(self, slot: Slot, end: int) -> QRect:
        """A whole column's width for a card that is being placed."""
        rect = self.column_rect(slot.column, start=slot.minute, end=end).adjusted(2, 1, -3, -1)
        rect.setHeight(max(14, rect.height()))
        return rect

    def row_at(self, point: QPoint) -> int | None:
        """The row of the card under a content point."""
        return next(
            (
                row
                for row in self.rows.get(self.column_at(point.x()), ())
                if self.card_rect(row).contains(point)
            ),
            None,
        )

    def column_at(self, x: int) -> int:
        """The column under a content x, the nearest one outside."""
        logical = self.width - 1 - x if self.rtl else x
        return min(max(int(logical // self.column_width), 0), max(0, len(self.columns) - 1))

    def slot_at(self, point: QPoint, *, snap: int) -> Slot:
        """The slot of ``snap`` minutes that a content point lies in, the nearest one outside."""
        minute = int(self.minute(point.y()) // snap) * snap
        return Slot(self.column_at(point.x()), min(max(minute, self.first), self.last - snap))

    def row_before(self, row: int, step: int) -> int:
        """The row before or after in the same column; itself at the end."""
        place = self.places[row]
        rows = self.rows[place.column] if place else [row]
        return rows[min(max(rows.index(row) + step, 0), len(rows) - 1)]

    def row_beside(self, row: int, step: int) -> int:
        """The row nearest in time in the next column that has one; itself when there is none."""
        place = self.places[row]
        number = place.column + step if place else -1
        while place and 0 <= number < len(self.columns):
            if self.rows.get(number):
                return self.nearest_row(Slot(number, place.start)) or 0
            number += step
        return row

    def nearest_row(self, slot: Slot) -> int | None:
        """The row of the column that starts nearest to the minute."""
        rows = self.rows.get(slot.column)
        if not rows:
            return None
        starts = [place.start for row in rows if (place := self.places[row])]
        k = bisect_left(starts, slot.minute)
        near = [i for i in (k - 1, k) if 0 <= i < len(starts)]
        return rows[min(near, key=lambda i: abs(starts[i] - slot.minute))]

    def edge_row(self, row: int, *, last: bool) -> int:
        """The first or last row of the same column."""
        place = self.places[row]
        return self.rows[place.column][-1 if last else 0] if place else row
