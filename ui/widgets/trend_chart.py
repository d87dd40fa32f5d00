"""Measurements over time, drawn by ourselves: target band, values as labels, read-out by mouse and keys."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication, QLineF, QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinicdesk.domain.visits import VitalPoint
from ui import theme
from ui.widgets.banner import announce

translate = QCoreApplication.translate
THIN_ABOVE = 300  # one antialiased wide line through thousands of points takes half a second
DOTS_UP_TO = 60
_LEFT, _TOP, _RIGHT, _BOTTOM = 38, 42, 12, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line; ``points`` oldest first, ``colour`` an index into the theme's series."""

    name: str
    points: tuple[VitalPoint, ...]
    colour: int = 0


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where time and value lie in the plot."""

    plot: QRectF
    first: float
    last: float
    low: float
    high: float

    def x(self, moment: datetime) -> float:
        span = self.last - self.first
        if span <= 0:
            return self.plot.center().x()
        return self.plot.left() + (moment.timestamp() - self.first) / span * self.plot.width()

    def y(self, value: float) -> float:
        return self.plot.bottom() - (value - self.low) / (self.high - self.low) * self.plot.height()

    def point(self, one: VitalPoint) -> QPointF:
        return QPointF(self.x(one.measured_at), self.y(one.value))


def ticks(low: float, high: float, wanted: int = 3) -> list[float]:
    """Round numbers that cover low..high."""
    span = (high - low) or 1.0
    size = 10.0 ** (len(str(int(span / wanted))) - 1) if span >= wanted else 0.1
    step = next((size * m for m in (1, 2, 2.5, 5, 10, 20, 50) if span / (size * m) <= wanted), size * 100)
    first = int(low // step)
    found = [round(first * step, 6)]
    while found[-1] < high:
        found.append(round((first + len(found)) * step, 6))
    return found


def thin(points: Sequence[QPointF]) -> list[QLineF]:
    """The same picture with two lines a pixel column: from the lowest to the highest, and to the next."""
    columns: dict[int, tuple[float, float, float]] = {}
    for point in points:
        x, y = int(point.x()), point.y()
        low, high, _ = columns.get(x, (y, y, y))
        columns[x] = (min(low, y), max(high, y), y)
    lines: list[QLineF] = []
    before: tuple[int, float] | None = None
    for x, (low, high, last) in sorted(columns.items()):
        if before is not None:
            lines.append(QLineF(before[0], before[1], x, low))
        lines.append(QLineF(x, low, x, high + 0.01))
        before = (x, last)
    return lines


class TrendChart(QWidget):
    """One or more lines over the same days. Left and Right step through the readings, Home and End jump."""

    def __init__(
        self,
        title: str,
        unit: str,
        *,
        band: tuple[float, float] | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self._title, self._unit, self._zone = title, unit, zone
        self._band = band
        self._series: tuple[Series, ...] = ()
        self._moments: list[datetime] = []
        self._at: int | None = None
        self.setAccessibleName(translate("trend", "{title} trend").format(title=title))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(112)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme.notices.theme_changed.connect(self.update)
        self.show_series(())

    def sizeHint(self) -> QSize:
        return QSize(280, 128)

    def set_band(self, band: tuple[float, float] | None) -> None:
        """The range to be in, or None."""
        self._band = band
        self.update()

    def show_series(self, series: Sequence[Series]) -> None:
        self._series = tuple(one for one in series if one.points)
        self._moments = sorted({point.measured_at for one in self._series for point in one.points})
        self._at = None
        self.setAccessibleDescription(self._summary())
        self.update()

    def readings(self) -> int:
        return len(self._moments)

    def read_out(self) -> str:
        """The reading under the mouse or chosen by the keys; '' for none."""
        if self._at is None:
            return ""
        moment = self._moments[self._at]
        values = [
            f"{one.name} {_number(point.value)}" if one.name else _number(point.value)
            for one in self._series
            if (point := _at(one, moment)) is not None
        ]
        return f"{self._day(moment)}: {', '.join(values)} {self._unit}"

    def paint_to(self, painter: QPainter, area: QRectF) -> None:
        """Draw on any device: this widget, a picture, a page."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_head(painter, area)
        if not self._moments:
            painter.setPen(theme.current().colour("muted"))
            painter.setFont(theme.font(12))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, translate("trend", "No readings yet"))
            return
        scale = self._scale(area)
        self._paint_grid(painter, area, scale)
        for one in self._series:
            self._paint_line(painter, one, scale)
        if self._at is not None:
            self._paint_mark(painter, self._moments[self._at], scale)

    # -- painting ----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_to(painter, QRectF(self.rect()))
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.current().colour("accent"), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_head(self, painter: QPainter, area: QRectF) -> None:
        tokens = theme.current()
        painter.setPen(tokens.colour("text"))
        painter.setFont(theme.font(12, QFont.Weight.DemiBold))
        painter.drawText(QPointF(area.x() + 10, area.y() + 17), self._title)
        painter.setPen(tokens.colour("muted"))
        painter.setFont(theme.font(11))
        below = self._unit_words() if self._at is None else self._day(self._moments[self._at])
        painter.drawText(QPointF(area.x() + 10, area.y() + 31), below)
        right = area.right() - 10
        for one in reversed(self._series):
            point = one.points[-1] if self._at is None else _at(one, self._moments[self._at])
            value = "–" if point is None else _number(point.value)
            right = _right_text(
                painter, right, area.y() + 17, text=value, colour=_line_colour(one), bold=True
            )
            if one.name:
                right = _right_text(painter, right, area.y() + 17, text=one.name, colour=tokens.muted) - 6

    def _paint_grid(self, painter: QPainter, area: QRectF, scale: _Scale) -> None:
        tokens, plot = theme.current(), scale.plot
        if self._band is not None:
            colour = tokens.colour("ok")
            colour.setAlpha(34 if tokens.dark else 24)
            top, bottom = scale.y(self._band[1]), scale.y(self._band[0])
            painter.fillRect(QRectF(plot.x(), top, plot.width(), bottom - top), colour)
        painter.setFont(theme.font(10, digits=True))
        for value in ticks(scale.low, scale.high):
            if not scale.low <= value <= scale.high:
                continue
            y = scale.y(value)
            painter.setPen(QPen(tokens.colour("grid_hour"), 1))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(tokens.colour("muted"))
            box = QRectF(area.x(), y - 8, _LEFT - 6, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _number(value))
        first, last = self._day(self._moments[0]), self._day(self._moments[-1])
        box = QRectF(plot.left(), plot.bottom() + 3, plot.width(), 15)
        if first == last:
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, first)
        else:
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft, first)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight, last)

    def _paint_line(self, painter: QPainter, one: Series, scale: _Scale) -> None:
        points = [scale.point(point) for point in one.points]
        colour = QColor(_line_colour(one))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if len(points) > THIN_ABOVE:
            painter.setPen(QPen(colour, 1.4))
            painter.drawLines(thin(points))
            return
        if len(self._series) == 1 and len(points) > 1:
            _paint_area(painter, points, colour=colour, bottom=scale.plot.bottom())
        join = Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, join))
        painter.drawPolyline(QPolygonF(points))
        if len(points) <= DOTS_UP_TO:
            painter.setBrush(theme.current().colour("surface"))
            painter.setPen(QPen(colour, 1.6))
            for point in points:
                painter.drawEllipse(point, 2.6, 2.6)

    def _paint_mark(self, painter: QPainter, moment: datetime, scale: _Scale) -> None:
        tokens = theme.current()
        x = scale.x(moment)
        painter.setPen(QPen(tokens.colour("border_strong"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(x, scale.plot.top(), x, scale.plot.bottom()))
        for one in self._series:
            if (point := _at(one, moment)) is not None:
                painter.setBrush(QColor(_line_colour(one)))
                painter.setPen(QPen(tokens.colour("surface"), 2))
                painter.drawEllipse(scale.point(point), 5, 5)

    def _scale(self, area: QRectF) -> _Scale:
        values = [point.value for one in self._series for point in one.points] + list(self._band or ())
        low, high = min(values), max(values)
        margin = (high - low) * 0.06 or 1
        marks = ticks(low - margin, high + margin)
        plot = area.adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        return _Scale(
            plot,
            self._moments[0].timestamp(),
            self._moments[-1].timestamp(),
            min(marks[0], low - margin),
            max(marks[-1], high + margin),
        )

    # -- reading -----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._nearest(event.position()))

    def leaveEvent(self, event: object) -> None:
        self._choose(None)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._choose(self._nearest(event.position()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._choose(None)
        super().focusOutEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self._moments) - 1
        here = last + 1 if self._at is None else self._at
        steps: dict[int, Callable[[], int]] = {
            Qt.Key.Key_Left: lambda: here - 1,
            Qt.Key.Key_Right: lambda: here + 1,
            Qt.Key.Key_Home: lambda: 0,
            Qt.Key.Key_End: lambda: last,
        }
        if event.key() not in steps or last < 0:
            super().keyPressEvent(event)
            return
        self._choose(min(max(steps[event.key()](), 0), last))
        announce(self, self.read_out())

    def _nearest(self, place: QPointF) -> int | None:
        if not self._moments:
            return None
        scale = self._scale(QRectF(self.rect()))
        if not scale.plot.contains(place):
            return None
        places = [scale.x(moment) for moment in self._moments]
        after = min(bisect_left(places, place.x()), len(places) - 1)
        before = max(after - 1, 0)
        return before if place.x() - places[before] < places[after] - place.x() else after

    def _choose(self, at: int | None) -> None:
        if at != self._at:
            self._at = at
            self.setAccessibleDescription(self.read_out() or self._summary())
            self.update()

    def _summary(self) -> str:
        if not self._moments:
            return translate("trend", "No readings yet")
        latest = ", ".join(f"{one.name} {_number(one.points[-1].value)}".strip() for one in self._series)
        sentence = translate("trend", "{count} readings, latest {latest} {unit} on {day}")
        return sentence.format(
            count=len(self._moments), latest=latest, unit=self._unit, day=self._day(self._moments[-1])
        )

    def _unit_words(self) -> str:
        if self._band is None:
            return self._unit
        words = translate("trend", "{unit} · target {low} to {high}")
        return words.format(unit=self._unit, low=_number(self._band[0]), high=_number(self._band[1]))

    def _day(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone) if self._zone else moment
        return f"{local.day} {QLocale().monthName(local.month, QLocale.FormatType.ShortFormat)} {local.year}"


def _at(one: Series, moment: datetime) -> VitalPoint | None:
    return next((point for point in one.points if point.measured_at == moment), None)


def _line_colour(one: Series) -> str:
    colours = theme.current().series
    return colours[one.colour % len(colours)]


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _right_text(
    painter: QPainter, right: float, y: float, *, text: str, colour: str, bold: bool = False
) -> float:
    """Draw right-aligned; returns where the next text may end."""
    weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
    painter.setFont(theme.font(13 if bold else 11, weight, digits=bold))
    left = right - QFontMetricsF(painter.font()).horizontalAdvance(text)
    painter.setPen(QColor(colour))
    painter.drawText(QPointF(left, y), text)
    return left - 4


def _paint_area(painter: QPainter, points: list[QPointF], *, colour: QColor, bottom: float) -> None:
    path = QPainterPath(points[0])
    for point in points[1:]:
        path.lineTo(point)
    path.lineTo(points[-1].x(), bottom)
    path.lineTo(points[0].x(), bottom)
    fade = QLinearGradient(0, min(point.y() for point in points), 0, bottom)
    strong, none = QColor(colour), QColor(colour)
    strong.setAlpha(56)
    none.setAlpha(0)
    fade.setColorAt(0, strong)
    fade.setColorAt(1, none)
    painter.fillPath(path, fade)
