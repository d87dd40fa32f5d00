"""What must be seen: banners stay, notices can be dismissed."""

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from ui.widgets.buttons import button, icon_button
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.text import IconLabel, label

translate = QCoreApplication.translate
ICONS = {"danger": "octagon-alert", "warn": "triangle-alert", "info": "info", "ok": "circle-check"}
OK_SHOWN_MS = 8000


def kind_word(kind: str) -> str:
    """What a screen reader says for the icon of a kind."""
    words = {
        "danger": translate("kind", "Danger"),
        "warn": translate("kind", "Warning"),
        "info": translate("kind", "Note"),
        "ok": translate("kind", "Done"),
    }
    return words[kind]


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Let a screen reader say it without moving the focus."""
    event = QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)


def _dress(frame: QFrame, kind: str) -> None:
    frame.setProperty("kind", kind)
    for widget in (frame, *frame.findChildren(QLabel)):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Banner(QFrame):
    """Icon and two lines; kinds danger, warn, info, ok. An action button is optional."""

    acted = Signal()

    def __init__(self, kind: str, title: str, text: str = "", *, action: str = "") -> None:
        super().__init__()
        self.kind = kind
        self._icon = IconLabel(ICONS[kind], name=kind_word(kind), role=f"on_{kind}_soft", size=18)
        self._title = label(title, "h2", wrap=True)
        self._text = label(text, wrap=True)
        self.button: QPushButton = button(action or translate("banner", "Retry"), "refresh-cw")
        hide_unless(self.button, bool(action))
        self.button.clicked.connect(self._act)
        row = hbox(self._icon, vbox(self._title, self._text, spacing=1), self.button, margins=(12, 9, 12, 9))
        row.setSpacing(10)
        row.setStretch(1, 1)
        self.setLayout(row)
        self.show_text(title, text, kind=kind)

    def show_text(self, title: str, text: str = "", *, kind: str = "") -> None:
        self.kind = kind or self.kind
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._icon.show_icon(ICONS[self.kind], f"on_{self.kind}_soft")
        self._icon.setAccessibleName(kind_word(self.kind))
        self.setAccessibleName(f"{kind_word(self.kind)}: {title} {text}".strip())
        _dress(self, self.kind)

    def announce(self) -> None:
        """Have it read out now, at once when it is a danger."""
        announce(self, self.accessibleName(), urgent=self.kind == "danger")

    def text(self) -> str:
        return f"{self._title.text()}\n{self._text.text()}".strip()

    @Slot()
    def _act(self) -> None:
        self.acted.emit()


class Notice(QFrame):
    """One line in place: what was done or refused. Hidden until told; ``ok`` goes by itself."""

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("info", name=kind_word("info"), role="on_info_soft")
        self._text = label("", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = icon_button("x", self.tr("Dismiss notice"), bare=True)
        self._close.clicked.connect(self.clear)
        row = hbox(self._icon, self._text, self._close, margins=(12, 5, 8, 5))
        row.setSpacing(10)
        row.setStretch(1, 1)
        self.setLayout(row)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)
        self.hide()

    def show_notice(self, text: str, kind: str = "info") -> None:
        """Kinds: ok, info, error. An empty text hides the line."""
        if not text:
            self.clear()
            return
        look = {"error": "danger"}.get(kind, kind)
        self._text.setText(text)
        self._icon.show_icon(ICONS[look], f"on_{look}_soft")
        self._icon.setAccessibleName(kind_word(look))
        self.setAccessibleName(text)
        _dress(self, look)
        self.show()
        announce(self, text, urgent=kind == "error")
        if kind == "ok":
            self._timer.start(OK_SHOWN_MS)
        else:
            self._timer.stop()

    def text(self) -> str:
        return self._text.text()

    @Slot()
    def clear(self) -> None:
        self._timer.stop()
        if not self.isHidden():
            self.hide()
            self.dismissed.emit()
        self._text.clear()
