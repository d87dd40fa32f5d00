"""Closed and special time: its words, and how it looks."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QRect, Qt
from PySide6.QtGui import QBrush, QPainter, QPixmap

from clinicdesk.domain.calendar import Shade
from clinicdesk.domain.wall_clock import DAY, hhmm
from ui.widgets.calendar_ink import Ink
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource

translate = QCoreApplication.translate
LABELLED = frozenset({"holiday", "leave", "break", "session"})
LABEL_WIDTH, LABEL_HEIGHT = 34, 16
TILE = 8


def shade_words(shade: Shade) -> str:
    """'Break', 'Holiday: Eid' and so on."""
    words = {
        "holiday": translate("CalendarShades", "Holiday"),
        "leave": translate("CalendarShades", "On leave"),
        "break": translate("CalendarShades", "Break"),
        "closed": translate("CalendarShades", "Clinic closed"),
        "off": translate("CalendarShades", "Not working"),
        "session": translate("CalendarShades", "Extra session"),
    }
    return f"{words[shade.kind]}: {shade.name}" if shade.name else words[shade.kind]


def shade_label(shade: Shade) -> str:
    """What fits over a narrow column: a holiday's own name says what it is."""
    return shade.name or shade_words(shade)


def shade_at(source: CalendarSource, layout: CalendarLayout, column: int, minute: int) -> Shade | None:
    """What is special about a minute of a column; None for ordinary working time."""
    found = source.shades.get(layout.columns[column], ()) if column < len(layout.columns) else ()
    return next((shade for shade in found if shade.start <= minute < shade.end), None)


def shade_tip(shade: Shade) -> str:
    """The words with the times, for a tooltip."""
    return f"{shade_words(shade)}, {hhmm(shade.start)}–{hhmm(shade.end)}"


class ShadePainter:
    """Working time is plain, the rest hatched; leave and holidays are tinted; each reason has its word."""

    def __init__(self, layout: CalendarLayout, ink: Ink) -> None:
        self._layout, self._ink = layout, ink
        self._tiles: dict[str, QBrush] = {}

    def restyle(self) -> None:
        """Forget what was drawn in another theme."""
        self._tiles.clear()

    def column(self, p: QPainter, number: int, area: QRect, *, source: CalendarSource) -> None:
        """The background of one column."""
        layout, edge = self._layout, self._layout.first
        column = layout.columns[number]
        shades: Sequence[Shade] = source.shades.get(column, ())
        tint = "leave" if any(s.kind in ("leave", "holiday") for s in shades) else "closed"
        for start, end in (*sorted(source.windows.get(column, ())), (layout.last, DAY)):
            if start > edge:
                rect = layout.column_rect(number, start=edge, end=start).intersected(area)
                p.fillRect(rect, self._tile("closed"))
            edge = max(edge, end)
        for shade in shades:
            if shade.kind not in LABELLED or shade.end <= layout.first or shade.start >= layout.last:
                continue
            start, end = max(shade.start, layout.first), min(shade.end, layout.last)
            rect = layout.column_rect(number, start=start, end=end)
            if not rect.intersects(area):
                continue
            if shade.kind == "session":
                p.fillRect(rect.intersected(area), self._ink.colours["accent_soft"])
            elif shade.kind != "break" and tint == "leave":
                p.fillRect(rect.intersected(area), self._tile("leave"))
            self._label(p, rect, shade)

    def _label(self, p: QPainter, rect: QRect, shade: Shade) -> None:
        if rect.width() < LABEL_WIDTH or rect.height() < LABEL_HEIGHT:
            return
        p.setFont(self._ink.sub)
        p.setPen(self._ink.colours["on_warn_soft" if shade.kind in ("leave", "holiday") else "muted"])
        line = QRect(rect.x() + 6, rect.y() + 2, rect.width() - 10, LABEL_HEIGHT)
        self._ink.text(p, self._ink.side(rect, line), shade_label(shade), small=True)

    def _tile(self, kind: str) -> QBrush:
        """A hatched tile, drawn once: a pattern brush is worked out pixel by pixel each time."""
        found = self._tiles.get(kind)
        if found is None:
            tile = QPixmap(TILE, TILE)
            tile.fill(self._ink.colours["warn_soft" if kind == "leave" else "off_hours"])
            with QPainter(tile) as p:
                pattern = Qt.BrushStyle.BDiagPattern
                p.fillRect(tile.rect(), QBrush(self._ink.colours["grid_hour"], pattern))
            found = self._tiles[kind] = QBrush(tile)
        return found
