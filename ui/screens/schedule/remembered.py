"""How a person likes the schedule: view, columns, zoom, lines and filters. No patient is in it."""

import json
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from PySide6.QtCore import QSettings

from clinicdesk.domain.calendar import Frame
from ui.screens.schedule.filters import EVERYTHING, PHASES, Filters, specialties_of
from ui.screens.schedule.reading import DAY, VIEWS, WEEK
from ui.widgets.calendar_canvas import LEAST_ZOOM, MOST_ZOOM, NORMAL_ZOOM
from ui.widgets.calendar_layout import LINE_STEPS

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """``zoom`` in pixels per minute, ``lines`` in minutes; ``span`` is what the agenda lists."""

    view: str = DAY
    span: str = WEEK
    by_room: bool = False
    zoom: float = NORMAL_ZOOM
    lines: int = 15
    filters: Filters = EVERYTHING


class Remembered:
    """Kept on this PC for each person; damaged or outdated values fall back to the defaults."""

    def __init__(self, person: UUID, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings("ClinicDesk", "ClinicDesk")
        self._key = f"schedule/{person}"

    def read(self, default: Choice) -> Choice:
        """What was kept, else the default."""
        try:
            stored = json.loads(str(self._settings.value(self._key, "")))
            return _choice(stored)
        except (ValueError, TypeError, KeyError, AttributeError):
            return default

    def write(self, choice: Choice) -> None:
        """Keep it."""
        filters = choice.filters
        self._settings.setValue(
            self._key,
            json.dumps(
                {
                    "view": choice.view,
                    "span": choice.span,
                    "by_room": choice.by_room,
                    "zoom": choice.zoom,
                    "lines": choice.lines,
                    "doctors": _texts(filters.doctors),
                    "specialties": _texts(filters.specialties),
                    "types": _texts(filters.types),
                    "hidden": sorted(filters.hidden_phases),
                }
            ),
        )


def known(filters: Filters, frame: Frame) -> Filters:
    """Without doctors, specialties and types that are gone; a choice of nothing but gone ones is none."""
    specialties: frozenset[str] = frozenset().union(*map(specialties_of, frame.doctors))
    return Filters(
        doctors=_kept(filters.doctors, frozenset(d.id for d in frame.doctors)),
        specialties=_kept(filters.specialties, specialties),
        types=_kept(filters.types, frozenset(t.id for t in frame.types)),
        hidden_phases=filters.hidden_phases,
    )


def _kept(chosen: frozenset[K] | None, there: frozenset[K]) -> frozenset[K] | None:
    if chosen is None or not chosen:
        return chosen
    return (chosen & there) or None


def _texts(chosen: frozenset[Any] | None) -> list[str] | None:
    return None if chosen is None else sorted(map(str, chosen))


def _choice(stored: dict[str, Any]) -> Choice:
    view, span, lines = stored["view"], stored["span"], int(stored["lines"])
    if view not in VIEWS or lines not in LINE_STEPS:
        raise ValueError(view)
    return Choice(
        view=view,
        span=span if span in VIEWS[:2] else WEEK,
        by_room=bool(stored["by_room"]),
        zoom=min(max(float(stored["zoom"]), LEAST_ZOOM), MOST_ZOOM),
        lines=lines,
        filters=Filters(
            doctors=_ids(stored["doctors"]),
            specialties=None if stored["specialties"] is None else frozenset(map(str, stored["specialties"])),
            types=_ids(stored["types"]),
            hidden_phases=frozenset(stored["hidden"]) & frozenset(PHASES),
        ),
    )


def _ids(stored: list[str] | None) -> frozenset[UUID] | None:
    return None if stored is None else frozenset(map(UUID, stored))
