"""Frames: a card, an empty state, and the bar that shows work under way."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLayout, QPushButton, QSizePolicy, QWidget

from ui import theme
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.text import IconLabel, label


class Card(QFrame):
    """A white sheet with a hairline."""

    def __init__(self, layout: QLayout | None = None) -> None:
        super().__init__()
        self.setObjectName("Card")
        if layout is not None:
            self.setLayout(layout)


class EmptyState(QWidget):
    """Says why there is nothing and what to do; the action is optional."""

    acted = Signal()

    def __init__(
        self, icon: str, title: str, text: str = "", *, action: str = "", action_icon: str = ""
    ) -> None:
        super().__init__()
        picture = IconLabel(icon, name=title, role="faint", size=36)
        self._title = label(title, "h2", wrap=True)
        self._text = label(text, "muted", wrap=True)
        for part in (self._title, self._text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button: QPushButton = button(action or title, action_icon)
        hide_unless(self.button, bool(action))
        self.button.clicked.connect(self._act)
        self.setLayout(
            vbox(
                None,
                hbox(None, picture, None),
                self._title,
                self._text,
                hbox(None, self.button, None, margins=(0, 6, 0, 0)),
                None,
                margins=(24, 24, 24, 24),
                spacing=8,
            )
        )

    def show_text(self, title: str, text: str = "") -> None:
        self._title.setText(title)
        self._text.setText(text)

    @Slot()
    def _act(self) -> None:
        self.acted.emit()


class ProgressStrip(QWidget):
    """Two pixels under a header: moves while something is asked, takes no room."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setFixedHeight(2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name or self.tr("Loading"))
        self._at = 0
        # fast answers shall not flicker; a slow one shows after a moment
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(150)
        self._wait.timeout.connect(self._begin)
        self._timer = QTimer(self)
        self._timer.setInterval(40)
        self._timer.timeout.connect(self._step)
        theme.notices.theme_changed.connect(self.update)

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        if busy:
            if not self._timer.isActive():
                self._wait.start()
            return
        self._wait.stop()
        self._timer.stop()
        self.update()

    def busy(self) -> bool:
        return self._timer.isActive() or self._wait.isActive()

    @Slot()
    def _begin(self) -> None:
        self._at = 0
        self._timer.start()

    @Slot()
    def _step(self) -> None:
        self._at = (self._at + 3) % 130
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._timer.isActive():
            return
        width = self.width()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.current().accent_soft))
            left = width * (self._at - 30) // 100
            painter.fillRect(left, 0, width * 3 // 10, 2, QColor(theme.current().accent))
