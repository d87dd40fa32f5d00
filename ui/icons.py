"""Lucide icons, drawn in a colour of the current theme at any size and pixel ratio."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from clinicdesk.resources import resource
from ui import theme


@lru_cache(maxsize=512)
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=1024)
def _rendered(name: str, colour: str, width: int, height: int, ratio: float) -> QPixmap:
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    svg = _source(name).replace("currentColor", colour)
    with QPainter(image) as painter:
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(image.rect()))
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)


class _Engine(QIconEngine):
    """Looks the colour up when drawn, so a theme switch needs no new icons."""

    def __init__(self, name: str, role: str, role_on: str) -> None:
        super().__init__()
        self._name, self._role, self._role_on = name, role, role_on

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role, self._role_on)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        if mode is QIcon.Mode.Disabled:
            return theme.current().faint
        return theme.current().colour(self._role_on if state is QIcon.State.On else self._role).name()

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # Qt 6.11 and 6.12 ask in device-independent pixels: render times scale, else icons blur at 2x
        return _rendered(self._name, self._colour(mode, state), size.width(), size.height(), scale)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return _rendered(self._name, self._colour(mode, state), size.width(), size.height(), 1.0)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatioF()
        drawn = _rendered(self._name, self._colour(mode, state), rect.width(), rect.height(), ratio)
        painter.drawPixmap(rect.topLeft(), drawn)


def icon(name: str, role: str = "text", *, on: str | None = None) -> QIcon:
    """An icon in a token's colour (or '#rrggbb'); ``on`` is the colour of a checked button.

    Raises FileNotFoundError for a name that is not in resources/icons.
    """
    _source(name)
    return QIcon(_Engine(name, role, on or role))


def pixmap(name: str, role: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A square picture for labels; ``size`` in device-independent pixels."""
    return _rendered(name, theme.current().colour(role).name(), size, size, ratio)


def paint_icon(painter: QPainter, rect: QRect, name: str, role: str) -> None:
    """Draw an icon inside an open painter (delegates, cards)."""
    ratio = painter.device().devicePixelRatioF()
    drawn = _rendered(name, theme.current().colour(role).name(), rect.width(), rect.height(), ratio)
    painter.drawPixmap(rect.topLeft(), drawn)
