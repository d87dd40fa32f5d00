"""Status tags and filter chips: icon and word, the colour only supports them."""

from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from ui import icons, theme

translate = QCoreApplication.translate
HEIGHT = 22


def phase_word(phase: str) -> str:
    """The word for an appointment's phase; an unknown one is shown as it is."""
    words = {
        "pending": translate("phase", "Booked"),
        "confirmed": translate("phase", "Confirmed"),
        "arrived": translate("phase", "Arrived"),
        "in_progress": translate("phase", "In progress"),
        "completed": translate("phase", "Completed"),
        "no_show": translate("phase", "No show"),
        "cancelled": translate("phase", "Cancelled"),
        "rescheduled": translate("phase", "Rescheduled"),
    }
    return words.get(phase, phase.replace("_", " ").capitalize())


def tag_font() -> QFont:
    """The font tags are measured and drawn with."""
    return theme.font(11, QFont.Weight.DemiBold)


def tag_width(text: str, *, with_icon: bool = True) -> int:
    """Pixels a tag needs."""
    return QFontMetrics(tag_font()).horizontalAdvance(text) + (34 if with_icon else 16)


def paint_tag(painter: QPainter, rect: QRect, text: str, look: theme.StatusStyle) -> None:
    """Draw a tag at the left of ``rect``, centred in its height (delegates use this)."""
    width = min(tag_width(text, with_icon=bool(look.icon)), rect.width())
    box = QRect(rect.left(), rect.center().y() - HEIGHT // 2 + 1, width, HEIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.bg))
    painter.drawRoundedRect(box, 5, 5)
    left = 8
    if look.icon:
        icons.paint_icon(painter, QRect(box.left() + 7, box.center().y() - 6, 13, 13), look.icon, look.fg)
        left = 25
    painter.setFont(tag_font())
    painter.setPen(QColor(look.fg))
    painter.drawText(box.adjusted(left, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, text)
    painter.restore()


def kind_look(kind: str, icon: str = "") -> theme.StatusStyle:
    """The look for ok, warn, danger, info or plain."""
    tokens = theme.current()
    if kind == "plain":
        return theme.StatusStyle(tokens.muted, tokens.surface2, icon)
    fg, bg = tokens.colour(f"on_{kind}_soft"), tokens.colour(f"{kind}_soft")
    return theme.StatusStyle(fg.name(), bg.name(), icon)


class Tag(QWidget):
    """A small coloured word with an icon. Kinds: ok, warn, danger, info, plain, or a phase."""

    def __init__(self, text: str, kind: str = "plain", icon: str = "") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.notices.theme_changed.connect(self.update)
        self.show_tag(text, kind, icon)

    @classmethod
    def of_phase(cls, phase: str) -> "Tag":
        """The tag of an appointment's phase."""
        return cls(phase_word(phase), phase)

    def show_tag(self, text: str, kind: str, icon: str = "") -> None:
        self._text, self._kind, self._icon = text, kind, icon
        self.setAccessibleName(text)
        self.setFixedSize(self.sizeHint())
        self.update()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        return QSize(tag_width(self._text, with_icon=bool(self._look().icon)), HEIGHT)

    def _look(self) -> theme.StatusStyle:
        phases = theme.current().status
        return phases[self._kind] if self._kind in phases else kind_look(self._kind, self._icon)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            paint_tag(painter, self.rect(), self._text, self._look())


class Chip(QToolButton):
    """A filter: icon, word and count; pressed means shown."""

    def __init__(self, phase: str, text: str = "", count: int = 0) -> None:
        super().__init__()
        self._phase, self._count, self._compact = phase, str(count), False
        self.setText(text or phase_word(phase))
        self.setCheckable(True)
        self.setChecked(True)
        self.setFont(theme.font(12, QFont.Weight.Medium))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(26)
        self.show_count(count)
        theme.notices.theme_changed.connect(self.update)

    def show_count(self, count: int) -> None:
        self._count = str(count)
        self.setAccessibleName(f"{self.text()}: {count}")
        self.updateGeometry()
        self.update()

    def set_compact(self, on: bool) -> None:
        """Icon and count only, where there is no room for the word; then the tooltip has it."""
        if on != self._compact:
            self._compact = on
            self.setToolTip(self.text() if on else "")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        words = self._count if self._compact else f"{self.text()}{self._count}"
        return QSize(self.fontMetrics().horizontalAdvance(words) + (40 if self._compact else 48), 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        look = tokens.phase(self._phase)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            edge = (
                tokens.accent
                if self.hasFocus()
                else tokens.border_strong
                if self.underMouse()
                else tokens.border
            )
            painter.setPen(QPen(QColor(edge), 2 if self.hasFocus() else 1))
            painter.setBrush(QColor(tokens.surface if self.isChecked() else tokens.surface2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 12, 12)
            name, role = (look.icon, look.fg) if self.isChecked() else ("eye-off", "faint")
            icons.paint_icon(painter, QRect(10, self.height() // 2 - 7, 14, 14), name, role)
            painter.setFont(self.font())
            painter.setPen(QColor(tokens.text if self.isChecked() else tokens.faint))
            width = -6 if self._compact else self.fontMetrics().horizontalAdvance(self.text())
            vertical = Qt.AlignmentFlag.AlignVCenter
            if not self._compact:
                painter.drawText(QRect(29, 0, width + 4, self.height()), vertical, self.text())
            painter.setPen(QColor(tokens.muted if self.isChecked() else tokens.faint))
            painter.drawText(QRect(35 + width, 0, 60, self.height()), vertical, self._count)
