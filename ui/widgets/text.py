"""Labels by role, icons as labels, and the picture of a key."""

from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui import icons, theme
from ui.widgets.layouts import hbox


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """A plain-text label. Roles: muted, small, caps, h2, title, hero, figure, error, key (style.qss)."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if role == "key":
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def plain_tip(text: str) -> str:
    """A tooltip that shows signs as they were typed: Qt takes what looks like markup for markup."""
    return f"<qt>{escape(text)}</qt>".replace("\n", "<br>") if "<" in text else text


class IconLabel(QLabel):
    """An icon that is not a button; ``name`` is what a screen reader says."""

    def __init__(self, icon: str, *, name: str, role: str = "muted", size: int = 16) -> None:
        super().__init__()
        self._icon, self._role, self._size = icon, role, size
        self.setFixedSize(QSize(size, size))
        self.setAccessibleName(name)
        self._draw()
        theme.notices.theme_changed.connect(self._draw)

    def show_icon(self, icon: str, role: str) -> None:
        self._icon, self._role = icon, role
        self._draw()

    @Slot()
    def _draw(self) -> None:
        self.setPixmap(icons.pixmap(self._icon, self._role, self._size, self.devicePixelRatioF()))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.DevicePixelRatioChange:
            self._draw()
        return super().event(event)


class KeyHint(QWidget):
    """'Ctrl+K' drawn as keys."""

    def __init__(self, keys: str) -> None:
        super().__init__()
        caps = [label(key, "key") for key in keys.split("+") if key]
        self.setLayout(hbox(*caps, spacing=3))
        self.setAccessibleName(keys)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
