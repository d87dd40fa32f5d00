"""The columns of the calendar: doctors or rooms, when they are open and why not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.appointments import Appointment, DaySheet
from clinicdesk.domain.calendar import Room, Shade
from clinicdesk.domain.slots import merge
from ui.screens.schedule.filters import OFF_SHEET
from ui.widgets.calendar_layout import Column, Head

NO_ROOM = UUID(int=0)
Spans = tuple[tuple[int, int], ...]
Shades = Mapping[date, tuple[Shade, ...]]


def doctor_key(appointment: Appointment) -> UUID:
    """The head when columns are doctors."""
    return appointment.doctor_id


def room_key(appointment: Appointment) -> UUID:
    """The head when columns are rooms."""
    return appointment.room_id or NO_ROOM


@dataclass(frozen=True, slots=True)
class Columns:
    """Equal ones need no new layout."""

    heads: tuple[Head, ...] = ()
    windows: Mapping[Column, Spans] = field(default_factory=dict)
    shades: Mapping[Column, tuple[Shade, ...]] = field(default_factory=dict)
    rooms: bool = False
    key: Callable[[Appointment], UUID] = doctor_key


def by_doctor(sheets: Sequence[DaySheet], heads: Sequence[Head], shades: Shades) -> Columns:
    """A column for each doctor."""
    windows: dict[Column, Spans] = {}
    for sheet in sheets:
        for w in sheet.windows:
            key = (sheet.day, w.doctor_id)
            windows[key] = (*windows.get(key, ()), (w.start, w.end))
    special: dict[Column, tuple[Shade, ...]] = {}
    for day, found in shades.items():
        for shade in found:
            if shade.doctor_id is not None:
                column = (day, shade.doctor_id)
                special[column] = (*special.get(column, ()), shade)
    return Columns(tuple(heads), windows, special)


def by_room(sheets: Sequence[DaySheet], rooms: Sequence[Room], shades: Shades) -> Columns:
    """A column for each room, open while anybody works; one more for what has no room."""
    heads = {room.id: Head(room.id, room.name, room=True) for room in rooms}
    for sheet in sheets:
        for a in sheet.appointments:
            if a.room_id is not None and a.phase not in OFF_SHEET:
                heads.setdefault(a.room_id, Head(a.room_id, a.room_name, room=True))
    heads[NO_ROOM] = Head(NO_ROOM, QCoreApplication.translate("Columns", "No room"), room=True)
    windows: dict[Column, Spans] = {}
    special: dict[Column, tuple[Shade, ...]] = {}
    for sheet in sheets:
        open_for = tuple(merge((w.start, w.end) for w in sheet.windows))
        own = tuple(shade for shade in shades.get(sheet.day, ()) if shade.doctor_id is None)
        for head in heads:
            windows[sheet.day, head], special[sheet.day, head] = open_for, own
    return Columns(tuple(heads.values()), windows, special, rooms=True, key=room_key)


def usual_doctor(sheet: DaySheet, room_id: UUID, minute: int, *, doctors: Sequence[UUID]) -> UUID | None:
    """Who would see a patient in a room then: its most frequent doctor of the day, else who works then."""
    here = [a.doctor_id for a in sheet.appointments if a.room_id == room_id and a.doctor_id in doctors]
    if here:
        return max(dict.fromkeys(here), key=here.count)
    at_work = [w.doctor_id for w in sheet.windows if w.start <= minute < w.end and w.doctor_id in doctors]
    return next(iter(at_work or doctors), None)
