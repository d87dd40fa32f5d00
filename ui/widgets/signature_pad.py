"""A pad to sign on with pen, finger or mouse, or without any of them by typing the name.

The strokes are the record; the picture is drawn from them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QEventPoint,
    QFont,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QTabletEvent,
    QTouchEvent,
    QTransform,
)
from PySide6.QtWidgets import QWidget

# ink on paper in both themes: what is on the pad is what is printed
_PAPER, _INK, _RULE, _HINT = "#ffffff", "#14213d", "#c9d1db", "#5b6676"

_JITTER_PX = 1.2
_PNG_SCALE = 3
_LINE_AT = 0.74  # share of the height where the line to sign on is
_SLANT = -0.24
_INK_PIXELS, _INK_WIDTH, _INK_HEIGHT, _INK_DARKER_THAN = 200, 60, 20, 128  # spec 4.9.3


@dataclass(frozen=True, slots=True)
class InkPoint:
    """Where the pen was: widget pixels, pressure 0 to 1, milliseconds."""

    x: float
    y: float
    pressure: float
    at: int

    @property
    def spot(self) -> QPointF:
        return QPointF(self.x, self.y)

    @property
    def width(self) -> float:
        return 0.8 + 3.0 * self.pressure


Stroke = list[InkPoint]


class SignaturePad(QWidget):
    """Holds one signature; ``changed`` follows every stroke, undo and clear."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strokes: list[Stroke] = []
        self._current: Stroke | None = None
        self._finger: int | None = None
        self._typed = ""
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 120)
        self.setAccessibleName(self.tr("Signature pad"))
        self.changed.connect(self._describe)
        self._describe()

    def sizeHint(self) -> QSize:
        return QSize(560, 150)

    # -- the signature

    @property
    def strokes(self) -> tuple[tuple[InkPoint, ...], ...]:
        """What was drawn by hand."""
        return tuple(tuple(stroke) for stroke in self._strokes)

    def is_empty(self) -> bool:
        """Whether nothing is on the paper."""
        return not self._strokes and not self._typed

    def is_plausible(self) -> bool:
        """Enough ink to be a signature (spec 4.9.3), counted in pixels as seen."""
        if self.is_empty():
            return False
        image = self._picture(1)
        if image.width() < _INK_WIDTH or image.height() < _INK_HEIGHT:
            return False
        paper = QImage(image.size(), QImage.Format.Format_RGB32)
        paper.fill(QColor(_PAPER))
        with QPainter(paper) as painter:
            painter.drawImage(0, 0, image)
        return _holds_ink(paper.convertToFormat(QImage.Format.Format_Grayscale8))

    def png_bytes(self) -> bytes:
        """The ink alone on transparent paper, three times the size on screen; empty when there is none."""
        if self.is_empty():
            return b""
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._picture(_PNG_SCALE).save(buffer, "PNG")  # type: ignore[call-overload]
        buffer.close()
        return bytes(data.data())

    def to_json(self) -> str:
        """The record: source 'drawn' with x, y, pressure, ms of each point, or 'typed' with the name."""
        record: dict[str, object] = {"v": 1, "w": self.width(), "h": self.height()}
        if self._typed:
            record |= {"source": "typed", "name": self._typed}
        else:
            start = self._strokes[0][0].at if self._strokes else 0
            record |= {
                "source": "drawn",
                "strokes": [
                    [[round(p.x, 1), round(p.y, 1), round(p.pressure, 2), p.at - start] for p in stroke]
                    for stroke in self._strokes
                ],
            }
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"))

    def draw_name(self, text: str) -> None:
        """Write a typed name as ink, for people who use no pointer; it replaces what was drawn."""
        self._strokes.clear()
        self._current = None
        self._typed = " ".join(text.split())
        self._tell()

    @Slot()
    def undo(self) -> None:
        """Take the last stroke, or the typed name, back."""
        if self.is_empty():
            return
        if self._typed:
            self._typed = ""
        else:
            self._strokes.pop()
        self._current = None
        self._tell()

    @Slot()
    def clear(self) -> None:
        """Empty the pad."""
        if self.is_empty():
            return
        self._strokes.clear()
        self._typed = ""
        self._current = None
        self._tell()

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    @Slot()
    def _describe(self) -> None:
        if self._typed:
            text = self.tr("Signed by typing the name")
        elif self._strokes:
            text = self.tr("%n stroke(s) drawn. Ctrl+Z takes the last one back", "", len(self._strokes))
        else:
            text = self.tr("Empty. Draw with a pen, a finger or the mouse, or type your name instead")
        self.setAccessibleDescription(text)

    # -- three ways in, one record

    def _begin(self, place: QPointF, pressure: float, at: int) -> None:
        self._typed = ""
        self._current = [InkPoint(place.x(), place.y(), pressure, at)]
        self._strokes.append(self._current)
        self.update()

    def _follow(self, place: QPointF, pressure: float | None, at: int) -> None:
        if self._current is None:
            return
        last = self._current[-1]
        moved = ((place.x() - last.x) ** 2 + (place.y() - last.y) ** 2) ** 0.5
        if moved < _JITTER_PX:
            return
        if pressure is None:  # mouse and finger feel no pressure: the faster, the thinner
            speed = moved / max(1, at - last.at)
            pressure = 0.7 * last.pressure + 0.3 * max(0.15, min(0.9, 0.85 - 0.22 * speed))
        self._current.append(InkPoint(place.x(), place.y(), pressure, at))
        self.update(_around(self._current[-4:]))

    def _finish(self) -> None:
        if self._current is not None:
            self._current = None
            self._tell()

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # an accepted pen event comes as no mouse event
        if event.type() == QEvent.Type.TabletPress:
            self._begin(event.position(), event.pressure(), event.timestamp())
        elif event.type() == QEvent.Type.TabletMove:
            self._follow(event.position(), event.pressure(), event.timestamp())
        elif event.type() == QEvent.Type.TabletRelease:
            self._finish()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and _from_a_mouse(event):
            self._begin(event.position(), 0.5, event.timestamp())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and _from_a_mouse(event):
            self._follow(event.position(), None, event.timestamp())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and _from_a_mouse(event):
            self._finish()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            self._touch(event)
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        """One finger signs; a second finger or a palm is ignored."""
        event.accept()
        kind = event.type()
        if kind == QEvent.Type.TouchCancel:
            self._finish()
            return
        for point in event.points():
            if kind == QEvent.Type.TouchBegin and self._current is None:
                self._finger = point.id()
                self._begin(point.position(), 0.5, event.timestamp())
            elif point.id() == self._finger and point.state() == QEventPoint.State.Released:
                self._finish()
            elif point.id() == self._finger and kind == QEvent.Type.TouchUpdate:
                self._follow(point.position(), None, event.timestamp())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setClipRect(event.rect())
            painter.fillRect(self.rect(), QColor(_PAPER))
            line = int(self.height() * _LINE_AT)
            painter.setPen(QPen(QColor(_RULE), 1, Qt.PenStyle.DashLine))
            painter.drawLine(24, line, self.width() - 24, line)
            if self.is_empty():
                painter.setPen(QColor(_HINT))
                room = QRect(24, line + 4, self.width() - 48, self.height() - line - 6)
                painter.drawText(room, Qt.AlignmentFlag.AlignLeading, self.tr("Sign above the line"))
            self._paint_ink(painter)
            self._paint_edge(painter)

    def _paint_edge(self, painter: QPainter) -> None:
        focused = self.hasFocus()
        colour = self.palette().color(QPalette.ColorRole.Highlight) if focused else QColor(_RULE)
        width = 2 if focused else 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # noqa: FBT003 - Qt's own signature
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        inset = width / 2
        painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))

    def _paint_ink(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._typed:
            painter.fillPath(self._name_path(), QColor(_INK))
        pen = QPen(QColor(_INK), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for stroke in self._strokes:
            for path, width in _segments(stroke):
                pen.setWidthF(width)
                painter.setPen(pen)
                painter.drawPath(path)

    def _name_path(self) -> QPainterPath:
        """The typed name, slanted, as large as fits above the line."""
        font = QFont(self.font())
        font.setPixelSize(100)
        font.setWeight(QFont.Weight.Normal)
        plain = QPainterPath()
        plain.addText(0, 0, font, self._typed)
        slanted = QTransform(1, 0, _SLANT, 1, 0, 0).map(plain)
        box = slanted.boundingRect()
        line = self.height() * _LINE_AT
        room = QRectF(32, 12, self.width() - 64, line - 12)
        factor = min(room.width() / max(1.0, box.width()), room.height() / max(1.0, box.height()), 0.6)
        placed = QTransform.fromTranslate(room.left(), line - 2).scale(factor, factor)
        written = placed.map(slanted.translated(-box.left(), 0))
        written.setFillRule(Qt.FillRule.WindingFill)  # the outlines of a letter may overlap
        return written

    def _bounds(self) -> QRectF:
        if self._typed:
            return self._name_path().boundingRect().adjusted(-2, -2, 2, 2)
        points = [point for stroke in self._strokes for point in stroke]
        left, right = min(p.x for p in points), max(p.x for p in points)
        top, bottom = min(p.y for p in points), max(p.y for p in points)
        return QRectF(left - 4, top - 4, right - left + 8, bottom - top + 8)

    def _picture(self, scale: int) -> QImage:
        bounds = self._bounds()
        size = QSize(max(1, round(bounds.width() * scale)), max(1, round(bounds.height() * scale)))
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        with QPainter(image) as painter:
            painter.scale(scale, scale)
            painter.translate(-bounds.topLeft())
            self._paint_ink(painter)
        return image


def _from_a_mouse(event: QMouseEvent) -> bool:
    """Not a copy that Qt made of a finger or a pen."""
    return event.source() == Qt.MouseEventSource.MouseEventNotSynthesized


def _around(points: Stroke) -> QRect:
    left, top = min(p.x for p in points), min(p.y for p in points)
    right, bottom = max(p.x for p in points), max(p.y for p in points)
    return QRectF(left - 6, top - 6, right - left + 12, bottom - top + 12).toAlignedRect()


def _segments(stroke: Stroke) -> Iterator[tuple[QPainterPath, float]]:
    """Curves through the midpoints of a stroke, each with its own width; a tap is a dot."""
    if len(stroke) == 1:
        dot = QPainterPath(stroke[0].spot)
        dot.lineTo(stroke[0].spot + QPointF(0.01, 0))
        yield dot, stroke[0].width * 1.2
        return
    begin = stroke[0].spot
    for number, (here, there) in enumerate(pairwise(stroke), 2):
        end = there.spot if number == len(stroke) else (here.spot + there.spot) / 2
        path = QPainterPath(begin)
        path.quadTo(here.spot, end)
        yield path, (here.width + there.width) / 2
        begin = end


def _holds_ink(grey: QImage) -> bool:
    pixels, stride = bytes(grey.constBits()), grey.bytesPerLine()
    rows = [pixels[y * stride : y * stride + grey.width()] for y in range(grey.height())]
    dark = [[x for x, value in enumerate(row) if value < _INK_DARKER_THAN] for row in rows]
    inked = [y for y, row in enumerate(dark) if row]
    if not inked:
        return False
    width = max(max(row) for row in dark if row) - min(min(row) for row in dark if row) + 1
    height = inked[-1] - inked[0] + 1
    return width >= _INK_WIDTH and height >= _INK_HEIGHT and sum(map(len, dark)) >= _INK_PIXELS
