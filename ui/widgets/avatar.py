"""Initials in a coloured disc."""

from zlib import crc32

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui import theme


def initials(name: str) -> str:
    """First and last initial; titles such as 'Dr.' do not count."""
    words = [word for word in name.split() if not word.endswith(".")]
    picked = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in picked).upper()


def paint_avatar(painter: QPainter, x: int, y: int, *, size: int, name: str) -> None:
    """Draw the disc inside an open painter; the colour follows from the name."""
    tokens = theme.current()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.avatars[crc32(name.encode()) % len(tokens.avatars)]))
    painter.drawEllipse(x, y, size, size)
    painter.setPen(QColor(tokens.on_avatar[0]))
    painter.setFont(theme.font(max(9, round(size * 0.36)), QFont.Weight.DemiBold))
    painter.drawText(x, y, size, size, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


class Avatar(QWidget):
    """A person's disc beside their name."""

    def __init__(self, name: str, size: int = 40) -> None:
        super().__init__()
        self.setFixedSize(size, size)
        theme.notices.theme_changed.connect(self.update)
        self.show_name(name)

    def show_name(self, name: str) -> None:
        self._name = name
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_avatar(painter, 0, 0, size=self.width(), name=self._name)
