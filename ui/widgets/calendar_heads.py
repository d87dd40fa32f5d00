"""What stands over and beside the calendar: people, rooms and days above, hours at the side."""

from datetime import date

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QRect, Qt
from PySide6.QtGui import QColor, QPainter

from clinicdesk.domain.wall_clock import hhmm
from ui import icons
from ui.widgets.avatar import initials, paint_avatar
from ui.widgets.calendar_ink import Ink
from ui.widgets.calendar_layout import CalendarLayout, CalendarSource, Head
from ui.widgets.calendar_shades import shade_label

GUTTER = 58
ICON_FROM = 160  # pixels of a room's column that has a door over it
NAMED_FROM = 74  # pixels of a column that has a family name over it
translate = QCoreApplication.translate


def short_name(name: str) -> str:
    """The name without its title."""
    words = name.split()
    return " ".join(words[1:]) if len(words) > 1 and words[0].rstrip(".").lower() in {"dr", "prof"} else name


def day_words(day: date, pattern: str = "ddd d MMM") -> str:
    """'Mon 23 Nov', in the person's language."""
    return QLocale().toString(QDate(day.year, day.month, day.day), pattern)


class HeadPainter:
    """The strip above and the gutter at the side."""

    def __init__(self, layout: CalendarLayout, ink: Ink) -> None:
        self._layout, self._ink = layout, ink

    def header(
        self, p: QPainter, clip: QRect, *, source: CalendarSource, x: int, height: int, today: date
    ) -> None:
        """Avatar, name, specialty and count; over several days also the day, with initials below."""
        p.fillRect(clip, self._ink.colours["surface"])
        p.fillRect(clip.left(), height - 1, clip.width(), 1, self._ink.colours["border"])
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        layout, per_day = self._layout, max(1, len(source.heads))
        for number in range(len(layout.columns)):
            rect = layout.column_rect(number).translated(-x, 0)
            rect.setHeight(height)
            if rect.right() < clip.left() or rect.left() > clip.right():
                continue
            if len(source.days) == 1:
                self._head(p, rect, source.heads[number % per_day], note=self._note(source, number))
            elif per_day > 1:
                self._narrow(p, rect, source.heads[number % per_day])
            else:
                self._below_day(p, rect, self._note(source, number))
        if len(source.days) > 1:
            self._days(p, source.days, per_day=per_day, x=x, today=today)

    def _note(self, source: CalendarSource, number: int) -> str:
        """How many, or why there are none."""
        count, column = len(self._layout.rows.get(number, ())), self._layout.columns[number]
        if source.windows.get(column) or count:
            return str(count)
        kinds = {shade.kind: shade for shade in source.shades.get(column, ())}
        reason = next((kinds[kind] for kind in ("holiday", "leave", "closed") if kind in kinds), None)
        whole = reason and (reason.kind != "closed" or reason.end - reason.start >= 24 * 60)
        return shade_label(reason) if reason and whole else translate("CalendarPainter", "away")

    def _head(self, p: QPainter, rect: QRect, head: Head, *, note: str) -> None:
        left = 42 if not head.room else 36 if rect.width() >= ICON_FROM else 8
        if left > 8:
            circle = self._ink.side(rect, QRect(rect.x() + 8, 9, 28, 28))
            if head.room:
                grey = self._ink.colours["muted"].name()
                icons.paint_icon(p, circle.adjusted(2, 5, -8, -5), "door-open", grey)
            else:
                paint_avatar(p, circle.x(), circle.y(), size=28, name=short_name(head.name))
        room = rect.width() - left - 4
        p.setPen(self._ink.colours["text"])
        p.setFont(self._ink.name)
        line = self._ink.side(rect, QRect(rect.x() + left, 7, room, 17))
        if head.room:  # 'Consulting room 3': the end tells them apart
            name = self._ink.elide(head.name, room, small=False, middle=True)
        else:
            name = self._fitting(short_name(head.name), room)
        self._ink.text(p, line, name, small=False)
        p.setPen(self._ink.colours["muted"])
        p.setFont(self._ink.sub)
        below = self._ink.side(rect, QRect(rect.x() + left, 23, room, 15))
        tail = f" · {note}"
        rest = room - self._ink.width(tail, small=True)
        if head.note and rest > 24:
            note = self._ink.elide(head.note, rest, small=True) + tail
        self._ink.text(p, below, note, small=True)

    def _fitting(self, name: str, room: int) -> str:
        """The whole name, else 'A. Bello', else what fits of it."""
        words = name.split()
        if len(words) > 1 and self._ink.width(name, small=False) >= room - 1:
            return f"{words[0][0]}. {words[-1]}"
        return name

    def _narrow(self, p: QPainter, rect: QRect, head: Head) -> None:
        p.setPen(self._ink.colours["muted"])
        p.setFont(self._ink.sub)
        name = head.name if head.room else short_name(head.name)
        if rect.width() >= NAMED_FROM:
            text = name if head.room else name.split()[-1]
        else:
            text = name.split()[-1] if head.room else initials(name)
        p.drawText(QRect(rect.x() + 2, 24, rect.width() - 4, 20), Qt.AlignmentFlag.AlignCenter, text)

    def _below_day(self, p: QPainter, rect: QRect, note: str) -> None:
        p.setPen(self._ink.colours["muted"])
        p.setFont(self._ink.sub)
        line = QRect(rect.x() + 8, 24, rect.width() - 12, 16)
        self._ink.text(p, self._ink.side(rect, line), note, small=True)

    def _days(self, p: QPainter, days: tuple[date, ...], *, per_day: int, x: int, today: date) -> None:
        p.setFont(self._ink.name)
        for k, day in enumerate(days):
            first, last = (
                self._layout.column_rect(k * per_day),
                self._layout.column_rect((k + 1) * per_day - 1),
            )
            whole = first.united(last)
            words = day_words(day)
            line = QRect(whole.x() - x + 8, 4, whole.width() - 16, 18)
            if day == today:
                pill = QRect(
                    line.x() - 6, 3, min(self._ink.width(words, small=False) + 14, line.width() + 8), 20
                )
                p.setPen(Qt.PenStyle.NoPen)
                p.setBrush(self._ink.colours["accent_soft"])
                p.drawRoundedRect(self._ink.side(whole.translated(-x, 0), pill), 6, 6)
            p.setPen(self._ink.colours["accent" if day == today else "text"])
            self._ink.text(p, self._ink.side(whole.translated(-x, 0), line), words, small=False)

    def gutter(self, p: QPainter, clip: QRect, *, y: int, now: int | None) -> None:
        """Hours down the side; ``now`` is today's minute when today is shown."""
        layout = self._layout
        p.fillRect(clip, self._ink.colours["surface"])
        p.setPen(self._ink.colours["muted"])
        p.setFont(self._ink.hour)
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
            p.setBrush(self._ink.colours["danger"])
            p.drawRoundedRect(pill, 9, 9)
            p.setPen(QColor("#ffffff") if not self._ink.dark else QColor("#200000"))
            p.setFont(self._ink.now)
            p.drawText(pill, Qt.AlignmentFlag.AlignCenter, hhmm(now))
