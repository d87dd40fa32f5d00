"""How the calendar looks: closed time, grid, cards, header and time gutter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QStaticText,
    QTextOption,
    QTransform,
)
from PySide6.QtWidgets import QStyle, QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.wall_clock import DAY, hhmm
from ui import icons, theme
from ui.widgets.avatar import initials, paint_avatar
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource, Slot

GUTTER = 58
RTL = Qt.LayoutDirection.RightToLeft
QUIET = frozenset({"completed", "no_show"})
KEPT_LINES = 8000
BLOCK_BELOW, TEXT_FROM, ICON_FROM, TIME_FROM = 18, 44, 92, 150  # card widths
TWO_LINES_FROM, WORDS_FROM = 34, 15  # card heights
BOLD = QFont.Weight.DemiBold
COLOURS: tuple[str, ...] = ("surface", "text", "muted", "accent", "accent_soft", "border", "border_strong")
COLOURS += ("grid", "grid_hour", "off_hours", "now", "danger")


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


def short_name(name: str) -> str:
    """The name without its title."""
    words = name.split()
    return " ".join(words[1:]) if len(words) > 1 and words[0].rstrip(".").lower() in {"dr", "prof"} else name


class CalendarPainter:
    """Colours, fonts and elided texts are kept until ``restyle``."""

    def __init__(self, layout: CalendarLayout) -> None:
        self._layout = layout
        self.restyle()

    def restyle(self) -> None:
        """Take the current theme."""
        self._t = t = theme.current()
        self._name, self._sub = theme.font(12, BOLD), theme.font(11)
        self._hour = theme.font(11, digits=True)
        self._now_font = theme.font(11, BOLD, digits=True)
        self._metrics = {False: QFontMetrics(self._name), True: QFontMetrics(self._sub)}
        self._phases = {p: (QColor(look.fg), QColor(look.bg), look.icon) for p, look in t.status.items()}
        self._colours = {name: t.colour(name) for name in COLOURS}
        self._lines: dict[tuple[bool, str, int], tuple[QStaticText, int]] = {}

    def content(self, p: QPainter, clip: QRect, *, source: CalendarSource, scene: Scene) -> None:
        """Everything under one dirty rectangle of the viewport."""
        p.save()
        p.translate(-scene.offset)
        area = clip.translated(scene.offset)
        p.fillRect(area, self._colours["surface"])
        numbers = sorted({self._layout.column_at(area.left()), self._layout.column_at(area.right())})
        columns = range(numbers[0], numbers[-1] + 1) if self._layout.columns else range(0)
        for number in columns:
            self._closed(p, number, area, source)
        self._grid(p, area, columns, len(source.doctors))
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

    def _closed(self, p: QPainter, number: int, area: QRect, source: CalendarSource) -> None:
        layout, edge = self._layout, self._layout.first
        hatch = QBrush(self._colours["grid_hour"], Qt.BrushStyle.BDiagPattern)
        spans = (*sorted(source.windows.get(layout.columns[number], ())), (layout.last, DAY))
        for start, end in spans:
            if start > edge:
                rect = layout.column_rect(number, start=edge, end=start).intersected(area)
                p.fillRect(rect, self._colours["off_hours"])
                p.fillRect(rect, hatch)
            edge = max(edge, end)

    def _grid(self, p: QPainter, area: QRect, columns: range, per_day: int) -> None:
        layout = self._layout
        step = 30 if layout.scale < 3 else 15
        minute = layout.first + max(0, int(layout.minute(area.top()) - layout.first) // step * step)
        while minute <= min(layout.minute(area.bottom()) + 1, layout.last):
            colour = self._colours["grid_hour" if minute % 60 == 0 else "grid"]
            p.fillRect(area.left(), layout.y(minute), area.width(), 1, colour)
            minute += step
        for number in columns:
            rect = layout.column_rect(number)
            x = rect.right() if layout.rtl else rect.left()
            strong = number and per_day and number % per_day == 0
            p.fillRect(
                x, area.top(), 1, area.height(), self._colours["border_strong" if strong else "grid_hour"]
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
                self.card(p, rect, appointment, pending=appointment.id in source.pending)
                if row == dragged:
                    p.setOpacity(1.0)
        if scene.current is not None and scene.current != dragged:
            self._ring(p, layout.card_rect(scene.current), scene.focused)

    def card(self, p: QPainter, rect: QRect, appointment: Appointment, *, pending: bool) -> None:
        """One appointment, with as much detail as fits."""
        phase = appointment.phase
        fg, bg, icon = self._phases[phase]
        if rect.width() < BLOCK_BELOW:
            p.fillRect(rect, fg)
            return
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(bg)
        p.drawRoundedRect(rect, 4, 4)
        if pending:
            p.setBrush(QBrush(fg, Qt.BrushStyle.BDiagPattern))
            p.setOpacity(0.45)
            p.drawRoundedRect(rect, 4, 4)
            p.setOpacity(1.0)
        bar = QRect(rect.x(), rect.y() + 2, 3, rect.height() - 4)
        p.fillRect(self._side(rect, bar), fg)
        if rect.width() >= TEXT_FROM and rect.height() >= WORDS_FROM:
            self._words(p, rect, appointment, icon=icon, phase=phase)

    def _words(self, p: QPainter, rect: QRect, a: Appointment, *, icon: str, phase: str) -> None:
        width, height, x, y = rect.width(), rect.height(), rect.x() + 8, rect.y()
        two = height >= TWO_LINES_FROM
        line = QRect(x, y + 3, width - 12, 18) if two else QRect(x, y, width - 12, height)
        if width >= ICON_FROM:
            spot = QRect(rect.right() - 16, line.center().y() - 6, 13, 13)
            icons.paint_icon(p, self._side(rect, spot), icon, self._phases[phase][0].name())
            line.setWidth(width - 29)
        p.setPen(self._colours["muted" if phase in QUIET else "text"])
        p.setFont(self._name)
        self._text(p, self._side(rect, line), a.patient_name, small=False)
        if two:
            p.setPen(self._colours["muted"])
            p.setFont(self._sub)
            why = a.chief_complaint or a.type_name
            if not why or width >= TIME_FROM:
                why = f"{a.start.hour:02d}:{a.start.minute:02d}{' · ' if why else ''}{why}"
            self._text(p, self._side(rect, QRect(x, y + 19, width - 12, 15)), why, small=True)

    def _side(self, outer: QRect, inner: QRect) -> QRect:
        """``inner``, from the other side of ``outer`` in right-to-left."""
        return QStyle.visualRect(RTL, outer, inner) if self._layout.rtl else inner

    def _text(self, p: QPainter, rect: QRect, text: str, *, small: bool) -> None:
        """One elided line, laid out once and kept: shaping marks costs four times the drawing."""
        key = (small, text, rect.width())
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._line(self._elide(text, rect.width(), small=small), small=small)
            if len(self._lines) > KEPT_LINES:
                del self._lines[next(iter(self._lines))]
        line, advance = found
        x = rect.right() + 1 - advance if self._layout.rtl else rect.x()
        p.drawStaticText(x, rect.y() + (rect.height() - self._metrics[small].height()) // 2, line)

    def _line(self, text: str, *, small: bool) -> tuple[QStaticText, int]:
        line = QStaticText(text)
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # a name reads in its own direction
        line.setTextOption(option)
        line.prepare(QTransform(), self._sub if small else self._name)
        return line, self._metrics[small].horizontalAdvance(text)

    def _elide(self, text: str, width: int, *, small: bool) -> str:
        return self._metrics[small].elidedText(text, Qt.TextElideMode.ElideRight, width)

    def _ring(self, p: QPainter, rect: QRect, focused: bool) -> None:
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(self._colours["accent"], 2 if focused else 1.5))
        p.drawRoundedRect(QRectF(rect).adjusted(-0.5, -0.5, 0.5, 0.5), 5, 5)

    def _now_line(self, p: QPainter, columns: range, scene: Scene) -> None:
        day, minute = scene.now
        layout = self._layout
        if not layout.first <= minute <= layout.last:
            return
        for number in columns:
            if layout.columns[number][0] == day:
                rect = layout.column_rect(number)
                p.fillRect(rect.x(), layout.y(minute) - 1, rect.width(), 2, self._colours["now"])

    def _slot(self, p: QPainter, scene: Scene) -> None:
        if scene.slot is None or scene.ghost is not None:
            return
        rect = self._layout.ghost_rect(scene.slot, scene.slot.minute + scene.slot_minutes)
        p.setBrush(self._colours["accent_soft"])
        p.setPen(QPen(self._colours["accent"], 2 if scene.focused else 1))
        p.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
        self._label(p, rect, hhmm(scene.slot.minute), "accent")

    def _ghost(self, p: QPainter, ghost: Ghost) -> None:
        rect = self._layout.ghost_rect(ghost.slot, ghost.end)
        p.setPen(QPen(self._colours["accent"], 2, Qt.PenStyle.DashLine))
        p.setBrush(self._colours["accent_soft"])
        p.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)
        times = f"{hhmm(ghost.slot.minute)}–{hhmm(ghost.end)}"
        self._label(p, rect, f"{times}  {ghost.title}", "text")

    def _label(self, p: QPainter, rect: QRect, text: str, colour: str) -> None:
        p.setPen(self._colours[colour])
        p.setFont(self._name)
        line = QRect(rect.x() + 8, rect.y(), rect.width() - 12, min(rect.height(), 24))
        self._text(p, self._side(rect, line), text, small=False)

    def header(self, p: QPainter, clip: QRect, *, source: CalendarSource, x: int, height: int) -> None:
        """The strip above: avatar, name, specialty and count, or days and initials over narrow columns."""
        p.fillRect(clip, self._colours["surface"])
        p.fillRect(clip.left(), height - 1, clip.width(), 1, self._colours["border"])
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        layout = self._layout
        per_day = max(1, len(source.doctors))
        for number, column in enumerate(layout.columns):
            rect = layout.column_rect(number).translated(-x, 0)
            rect.setHeight(height)
            if rect.right() < clip.left() or rect.left() > clip.right():
                continue
            doctor = source.doctors[number % per_day]
            if len(source.days) == 1:
                works = bool(source.windows.get(column))
                self._doctor(p, rect, doctor, count=len(layout.rows.get(number, ())), works=works)
            else:
                self._narrow(p, rect, doctor.name)
        if len(source.days) > 1:
            self._days(p, source.days, per_day=per_day, x=x)

    def _doctor(self, p: QPainter, rect: QRect, doctor: Doctor, *, count: int, works: bool) -> None:
        circle = self._side(rect, QRect(rect.x() + 8, 9, 28, 28))
        paint_avatar(p, circle.x(), circle.y(), size=28, name=short_name(doctor.name))
        room = rect.width() - 46
        p.setPen(self._colours["text"])
        p.setFont(self._name)
        line = self._side(rect, QRect(rect.x() + 42, 7, room, 17))
        self._text(p, line, self._fitting(short_name(doctor.name), room), small=False)
        p.setPen(self._colours["muted"])
        p.setFont(self._sub)
        below = self._side(rect, QRect(rect.x() + 42, 23, room, 15))
        note = QCoreApplication.translate("CalendarPainter", "away") if not works else str(count)
        tail = f" · {note}"
        rest = room - self._metrics[True].horizontalAdvance(tail)
        if doctor.specialty and rest > 24:
            note = self._elide(doctor.specialty, rest, small=True) + tail
        self._text(p, below, note, small=True)

    def _fitting(self, name: str, room: int) -> str:
        """The whole name, else 'A. Bello', else what fits of it."""
        words = name.split()
        if len(words) > 1 and self._metrics[False].horizontalAdvance(name) >= room - 1:
            return f"{words[0][0]}. {words[-1]}"
        return name

    def _narrow(self, p: QPainter, rect: QRect, name: str) -> None:
        p.setPen(self._colours["muted"])
        p.setFont(self._sub)
        text = initials(short_name(name)) if rect.width() < 60 else short_name(name).split()[-1]
        p.drawText(QRect(rect.x() + 2, 24, rect.width() - 4, 20), Qt.AlignmentFlag.AlignCenter, text)

    def _days(self, p: QPainter, days: tuple[date, ...], *, per_day: int, x: int) -> None:
        p.setPen(self._colours["text"])
        p.setFont(self._name)
        for k, day in enumerate(days):
            whole = self._layout.column_rect(k * per_day).united(
                self._layout.column_rect((k + 1) * per_day - 1)
            )
            words = QLocale().toString(QDate(day.year, day.month, day.day), "ddd d MMM")
            self._text(p, QRect(whole.x() - x + 8, 4, whole.width() - 16, 18), words, small=False)

    def gutter(self, p: QPainter, clip: QRect, *, y: int, now: int | None) -> None:
        """Hours down the side; ``now`` is today's minute when today is shown."""
        layout = self._layout
        p.fillRect(clip, self._colours["surface"])
        p.setPen(self._colours["muted"])
        p.setFont(self._hour)
        step = 60 if layout.scale * 60 >= 26 else 120
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        for minute in range(layout.first, layout.last + 1, step):
            top = layout.y(minute) - y
            near_now = now is not None and abs(minute - now) * layout.scale < 15
            if top - clip.top() >= -10 and top <= clip.bottom() + 10 and not near_now:
                # the first label would be cut off above
                p.drawText(QRect(6, max(top - 8, -y), GUTTER - 16, 16), align, hhmm(minute))
        if now is not None and layout.first <= now <= layout.last:
            pill = QRect(GUTTER - 50, layout.y(now) - y - 9, 46, 18)
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(self._colours["danger"])
            p.drawRoundedRect(pill, 9, 9)
            p.setPen(QColor("#ffffff") if not self._t.dark else QColor("#200000"))
            p.setFont(self._now_font)
            p.drawText(pill, Qt.AlignmentFlag.AlignCenter, hhmm(now))
