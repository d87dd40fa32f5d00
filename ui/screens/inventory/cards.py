"""The figures over the list; each one is a filter."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy

from ui import icons
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import IconLabel, label


class FilterCard(QPushButton):
    """Pressed: the list shows these products only. A tick says which one holds."""

    def __init__(self, title: str, icon: str, role: str) -> None:
        super().__init__()
        self.title = title
        self._figure = label("–", "figure")
        words = vbox(self._figure, label(title, "muted"), spacing=0)
        picture = IconLabel(icon, name=title, role=role, size=20)
        self.setLayout(hbox(picture, words, None, margins=(14, 9, 14, 9), spacing=12))
        self.setProperty("choice", "true")
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.show_figure(0)

    def show_figure(self, count: int) -> None:
        self._figure.setText(f"{count:,}")
        self.setAccessibleName(f"{self.title}: {count:,}")

    def figure(self) -> str:
        return self._figure.text()

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            with QPainter(self) as painter:
                icons.paint_icon(
                    painter, QRect(self.width() - 30, self.height() // 2 - 9, 18, 18), "check", "accent"
                )
