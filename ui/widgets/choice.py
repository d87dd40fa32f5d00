"""A large button with a picture, a title and a sentence."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class ChoiceButton(QPushButton):
    """Wide: picture left of the words. Tall: picture above them, for cards side by side."""

    def __init__(
        self, picture: QWidget, title: str, text: str, *, tall: bool = False, keys: str = ""
    ) -> None:
        super().__init__()
        self._tall = tall
        self.setProperty("choice", "true")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        if not picture.accessibleName():
            picture.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        head, below = (
            label(title, "title" if tall else "h2"),
            label(text, "muted" if tall else "small", wrap=tall),
        )
        head.setWordWrap(tall)
        if tall:
            self.setLayout(vbox(hbox(picture, None), head, below, None, margins=(22, 22, 22, 20), spacing=10))
        else:
            words = vbox(head, below, spacing=0)
            row = hbox(picture, words, margins=(12, 8, 12, 8), spacing=12)
            row.setStretch(1, 1)
            if keys:
                row.addWidget(label(keys, "key"))
            self.setLayout(row)
        for part in self.findChildren(QLabel):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if keys:
            self.setShortcut(keys)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        if layout is None:
            return super().sizeHint()
        return layout.sizeHint().expandedTo(QSize(0, 190 if self._tall else 0))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint() if self._tall else super().minimumSizeHint().expandedTo(self.sizeHint())
