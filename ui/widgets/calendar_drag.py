"""Placing a card: where a mouse drag, a key or a waiting card would put it. Nothing is changed here."""

from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QPoint, QRect

from clinicdesk.domain.appointments import Appointment, Status
from ui.widgets.calendar_layout import CalendarLayout, Place, Slot
from ui.widgets.calendar_paint import Ghost

WAITING_MIME = "application/x-clinicdesk-waiting"
SNAP = 5  # minutes
THRESHOLD = 6  # pixels before a press becomes a drag
HANDLE = 6  # pixels at a card's end that resize it
EDGE, EDGE_STEP = 24, 12
MOVABLE = frozenset({Status.PENDING, Status.CONFIRMED})  # spec 1.1 T6


@dataclass(slots=True)
class Press:
    """A held mouse button on a card, in content pixels."""

    row: int
    appointment: Appointment
    at: QPoint
    resize: bool


def moved(layout: CalendarLayout, press: Press, to: QPoint) -> Ghost | None:
    """Where the held card would land; None when its column went away."""
    place = layout.places[press.row]
    if place is None:
        return None
    delta = round((to.y() - press.at.y()) / layout.scale / SNAP) * SNAP
    title = press.appointment.patient_name
    if press.resize:
        end = min(max(place.end + delta, place.start + SNAP), layout.last)
        return Ghost(Slot(place.column, place.start), end, title, press.row)
    length = place.end - place.start
    start = min(max(place.start + delta, layout.first), layout.last - length)
    return Ghost(Slot(layout.column_at(to.x()), start), start + length, title, press.row)


def nudged(
    layout: CalendarLayout, place: Place, *, columns: int, minutes: int, resize: bool
) -> tuple[Slot, int] | None:
    """The keyboard's drag: new slot and end, None when the edge of the day is reached."""
    if resize:
        end = min(max(place.end + minutes, place.start + SNAP), layout.last)
        return None if end == place.end else (Slot(place.column, place.start), end)
    column = place.column + columns
    start, end = place.start + minutes, place.end + minutes
    if not 0 <= column < len(layout.columns) or start < layout.first or end > layout.last:
        return None
    return Slot(column, start), end


def edge_pull(point: QPoint, viewport: QRect) -> QPoint:
    """How far to scroll, in pixels, when the pointer is near the viewport's edge."""
    return QPoint(_pull(point.x(), viewport.width()), _pull(point.y(), viewport.height()))


def _pull(at: int, size: int) -> int:
    return -EDGE_STEP if at < EDGE else EDGE_STEP if at > size - EDGE else 0


def waiting_id(data: QMimeData) -> str:
    """The waiting entry that is carried, '' for anything else."""
    return (
        bytes(data.data(WAITING_MIME).data()).decode("utf-8", "replace")
        if data.hasFormat(WAITING_MIME)
        else ""
    )
