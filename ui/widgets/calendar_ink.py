"""Fonts, colours and laid-out lines that everything in the calendar is drawn with."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QStaticText, QTextOption, QTransform
from PySide6.QtWidgets import QStyle

from ui import theme
from ui.widgets.calendar_layout import CalendarLayout

RTL = Qt.LayoutDirection.RightToLeft
KEPT_LINES = 8000
BOLD = QFont.Weight.DemiBold
COLOURS: tuple[str, ...] = ("surface", "text", "muted", "accent", "accent_soft", "border", "border_strong")
COLOURS += ("grid", "grid_hour", "off_hours", "now", "danger", "warn_soft", "on_warn_soft")


class Ink:
    """All of it is kept until ``restyle``."""

    def __init__(self, layout: CalendarLayout) -> None:
        self._layout = layout
        self.restyle()

    def restyle(self) -> None:
        """Take the current theme."""
        t = theme.current()
        self.dark = t.dark
        self.name, self.sub = theme.font(12, BOLD), theme.font(11)
        self.hour = theme.font(11, digits=True)
        self.now = theme.font(11, BOLD, digits=True)
        self.metrics = {False: QFontMetrics(self.name), True: QFontMetrics(self.sub)}
        self.phases = {p: (QColor(look.fg), QColor(look.bg), look.icon) for p, look in t.status.items()}
        self.colours = {name: t.colour(name) for name in COLOURS}
        self._lines: dict[tuple[bool, str, int], tuple[QStaticText, int]] = {}

    def side(self, outer: QRect, inner: QRect) -> QRect:
        """``inner``, from the other side of ``outer`` in right-to-left."""
        return QStyle.visualRect(RTL, outer, inner) if self._layout.rtl else inner

    def text(self, p: QPainter, rect: QRect, text: str, *, small: bool) -> None:
        """One elided line, laid out once and kept: shaping marks costs four times the drawing."""
        key = (small, text, rect.width())
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._line(self.elide(text, rect.width(), small=small), small=small)
            if len(self._lines) > KEPT_LINES:
                del self._lines[next(iter(self._lines))]
        line, advance = found
        x = rect.right() + 1 - advance if self._layout.rtl else rect.x()
        p.drawStaticText(x, rect.y() + (rect.height() - self.metrics[small].height()) // 2, line)

    def _line(self, text: str, *, small: bool) -> tuple[QStaticText, int]:
        line = QStaticText(text)
        line.setTextFormat(Qt.TextFormat.PlainText)
        line.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # a name reads in its own direction
        line.setTextOption(option)
        line.prepare(QTransform(), self.sub if small else self.name)
        return line, self.metrics[small].horizontalAdvance(text)

    def elide(self, text: str, width: int, *, small: bool, middle: bool = False) -> str:
        """What fits of a line."""
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        return self.metrics[small].elidedText(text, mode, width)

    def width(self, text: str, *, small: bool) -> int:
        """Pixels of a line."""
        return self.metrics[small].horizontalAdvance(text)
