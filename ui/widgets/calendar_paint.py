"""How the calendar looks: closed time, grid, cards, header and time gutter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.wall_clock import hhmm
from ui import icons
from ui.widgets.avatar import initials
from ui.widgets.calendar_ink import Ink
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource, Slot
from ui.widgets.calendar_shades import ShadePainter

QUIET = frozenset({"completed", "no_show"})
BLOCK_BELOW, TEXT_FROM, NAME_FROM, ICON_FROM, TIME_FROM = 18, 32, 56, 92, 150  # card widths
TWO_LINES_FROM, WORDS_FROM = 34, 13  # card heights


def rectangles(region: QRegion) -> Iterable[QRect]:
    """A dirty region piece by piece: two thin strips are not their bounding box."""
    return cast("Iterable[QRect]", region)


class Strip(QWidget):
    """Header or gutter beside the viewport; paints in step with the view."""

    def __init__(self, parent: QWidget, paint: Callable[[QPainter, QRect], None], name: str) -> None:
        super().__init__(parent)
        self._paint = paint
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            for rect in rectangles(event.region()):
                painter.setClipRect(rect)
                self._paint(painter, rect)


@dataclass(frozen=True, slots=True)
class Ghost:
    """What is being placed: a slot, its end minute, a word for it, and the row it comes from (or None)."""

    slot: Slot
    end: int
    title: str
    row: int | None = None


@dataclass(slots=True)
class Scene:
    """What one repaint shows besides the layout; ``offset`` is the scroll position."""

    offset: QPoint
    now: tuple[date, int]
    current: int | None = None
    slot: Slot | None = None
    slot_minutes: int = 15
    ghost: Ghost | None = None
    focused: bool = False


class CalendarPainter:
    """Everything below the header and beside the gutter."""

    def __init__(self, layout: CalendarLayout, ink: Ink) -> None:
        self._layout, self._ink = layout, ink
        self._shades = ShadePainter(layout, ink)

    def restyle(self) -> None:
        """Take the current theme."""
        self._shades.restyle()

    def content(self, p: QPainter, clip: QRect, *, source: CalendarSource, scene: Scene) -> None:
        """Everything under one dirty rectangle of the viewport."""
        p.save()
        p.translate(-scene.offset)
        area = clip.translated(scene.offset)
        p.fillRect(area, self._ink.colours["surface"])
        numbers = sorted({self._layout.column_at(area.left()), self._layout.column_at(area.right())})
        columns = range(numbers[0], numbers[-1] + 1) if self._layout.columns else range(0)
        for number in columns:
            self._shades.column(p, number, area, source=source)
        self._grid(p, area, columns, len(source.heads))
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._now_line(p, columns, scene)
        self._cards(p, area, columns, source=source, scene=scene)
        p.setOpacity(0.4)  # over the cards too, but names stay legible
        self._now_line(p, columns, scene)
        p.setOpacity(1.0)
        self._slot(p, scene)
        if scene.ghost:
            self._ghost(p, scene.ghost)
        p.restore()

    def _grid(self, p: QPainter, area: QRect, columns: range, per_day: int) -> None:
        layout = self._layout
        step = layout.line_step
        minute = layout.first + max(0, int(layout.minute(area.top()) - layout.first) // step * step)
        while minute <= min(layout.minute(area.bottom()) + 1, layout.last):
            colour = self._ink.colours["grid_hour" if minute % 60 == 0 else "grid"]
            p.fillRect(area.left(), layout.y(minute), area.width(), 1, colour)
            minute += step
        for number in columns:
            rect = layout.column_rect(number)
            x = rect.right() if layout.rtl else rect.left()
            strong = number and per_day > 1 and number % per_day == 0
            p.fillRect(
                x, area.top(), 1, area.height(), self._ink.colours["border_strong" if strong else "grid_hour"]
            )

    def _cards(
        self, p: QPainter, area: QRect, columns: range, *, source: CalendarSource, scene: Scene
    ) -> None:
        layout, dragged = self._layout, scene.ghost.row if scene.ghost else None
        low, high = layout.minute(area.top()), layout.minute(area.bottom() + 1)
        for number in columns:
            for row in layout.rows.get(number, ()):
                place = layout.places[row]
                if place is None or place.end < low - 5 or place.start > high:
                    continue
                rect, appointment = layout.card_rect(row), source.appointments[row]
                if row == dragged:
                    p.setOpacity(0.35)
                self.card(p, rect, appointment, source=source)
                if row == dragged:
                    p.setOpacity(1.0)
        if scene.current is not None and scene.current != dragged:
            self._ring(p, layout.card_rect(scene.current), scene.focused)

    def card(self, p: QPainter, rect: QRect, appointment: Appointment, *, source: CalendarSource) -> None:
        """One appointment, with as much detail as fits."""
        phase = appointment.phase
        fg, bg, icon = self._ink.phases[phase]
        if rect.width() < BLOCK_BELOW:
            p.fillRect(rect, bg)
            p.fillRect(self._ink.side(rect, QRect(rect.x(), rect.y(), 3, rect.height())), fg)
            return
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(bg)
        p.drawRoundedRect(rect, 4, 4)
        if source.pending and appointment.id in source.pending:
            p.setBrush(QBrush(fg, Qt.BrushStyle.BDiagPattern))
            p.setOpacity(0.45)
            p.drawRoundedRect(rect, 4, 4)
            p.setOpacity(1.0)
        bar = QRect(rect.x(), rect.y() + 2, 3, rect.height() - 4)
        p.fillRect(self._ink.side(rect, bar), fg)
        if rect.width() >= TEXT_FROM and rect.height() >= WORDS_FROM:
            self._words(p, rect, appointment, icon=icon, phase=phase, source=source)

    def _words(
        self, p: QPainter, rect: QRect, a: Appointment, *, icon: str, phase: str, source: CalendarSource
    ) -> None:
        width, height, x, y = rect.width(), rect.height(), rect.x() + 8, rect.y()
        two = height >= TWO_LINES_FROM and width >= NAME_FROM
        line = QRect(x, y + 3, width - 12, 18) if two else QRect(x, y, width - 12, height)
        if width >= ICON_FROM:
            spot = QRect(rect.right() - 16, line.center().y() - 6, 13, 13)
            icons.paint_icon(p, self._ink.side(rect, spot), icon, self._ink.phases[phase][0].name())
            line.setWidth(width - 29)
        p.setPen(self._ink.colours["muted" if phase in QUIET else "text"])
        p.setFont(self._ink.name)
        name = a.patient_name if width >= NAME_FROM else initials(a.patient_name)
        self._ink.text(p, self._ink.side(rect, line), name, small=False)
        if two:
            p.setPen(self._ink.colours["muted"])
            p.setFont(self._ink.sub)
            note = source.note_of(a)
            if not note or width >= TIME_FROM:
                note = f"{a.start.hour:02d}:{a.start.minute:02d}{' · ' if note else ''}{note}"
            self._ink.text(p, self._ink.side(rect, QRect(x, y + 19, width - 12, 15)), note, small=True)

    def _ring(self, p: QPainter, rect: QRect, focused: bool) -> None:
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(self._ink.colours["accent"], 2 if focused else 1.5))
        p.drawRoundedRect(QRectF(rect).adjusted(-0.5, -0.5, 0.5, 0.5), 5, 5)

    def _now_line(self, p: QPainter, columns: range, scene: Scene) -> None:
        day, minute = scene.now
        layout = self._layout
        if not layout.first <= minute <= layout.last:
            return
        for number in columns:
            if layout.columns[number][0] == day:
                rect = layout.column_rect(number)
                p.fillRect(rect.x(), layout.y(minute) - 1, rect.width(), 2, self._ink.colours["now"])

    def _slot(self, p: QPainter, scene: Scene) -> None:
        if scene.slot is None or scene.ghost is not None:
            return
        rect = self._layout.ghost_rect(scene.slot, scene.slot.minute + scene.slot_minutes)
        p.setBrush(self._ink.colours["accent_soft"])
        p.setPen(QPen(self._ink.colours["accent"], 2 if scene.focused else 1))
        p.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
        self._label(p, rect, hhmm(scene.slot.minute), "accent")

    def _ghost(self, p: QPainter, ghost: Ghost) -> None:
        rect = self._layout.ghost_rect(ghost.slot, ghost.end)
        p.setPen(QPen(self._ink.colours["accent"], 2, Qt.PenStyle.DashLine))
        p.setBrush(self._ink.colours["accent_soft"])
        p.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)
        times = f"{hhmm(ghost.slot.minute)}–{hhmm(ghost.end)}"
        self._label(p, rect, f"{times}  {ghost.title}", "text")

    def _label(self, p: QPainter, rect: QRect, text: str, colour: str) -> None:
        p.setPen(self._ink.colours[colour])
        p.setFont(self._ink.name)
        line = QRect(rect.x() + 8, rect.y(), rect.width() - 12, min(rect.height(), 24))
        self._ink.text(p, self._ink.side(rect, line), text, small=False)
