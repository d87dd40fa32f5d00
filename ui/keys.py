"""The list of keys (F1), made from the actions of the window and of the screen on show."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from ui.palette import Overlay
from ui.widgets.buttons import icon_button
from ui.widgets.layouts import hbox
from ui.widgets.text import KeyHint, label

KeyLine = tuple[str, str]
Group = tuple[str, Sequence[KeyLine]]


def key_lines(actions: Sequence[QAction]) -> list[KeyLine]:
    """(keys, what it does) of every action that has a shortcut."""
    native = QKeySequence.SequenceFormat.NativeText
    return [
        (action.shortcut().toString(native), action.text().replace("&", ""))
        for action in actions
        if not action.shortcut().isEmpty()
    ]


class KeyList(Overlay):
    """Groups side by side; any of Esc, F1 or a click closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, "")
        self.setAccessibleName(self.tr("Keyboard"))
        self._close = icon_button("x", self.tr("Close key list"), bare=True)
        self._close.clicked.connect(self.dismiss)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName(self.tr("Keys"))
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 16, 20)
        head = label(self.tr("Keyboard"), "title")
        layout.addLayout(hbox(head, None, self._close))
        layout.addWidget(self._scroll)
        self.setFixedWidth(660)

    def wanted(self, room: QRect) -> QRect:
        size = self.minimumSize()
        return QRect(
            (room.width() - size.width()) // 2, (room.height() - size.height()) // 3, *size.toTuple()
        )

    def popup_with(self, groups: Sequence[Group]) -> None:
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(7)
        grid.setColumnStretch(1, 1)
        row = 0
        for title, lines in groups:
            if not lines:
                continue
            grid.addWidget(label(title.upper(), "caps"), row, 0, 1, 2)
            row += 1
            for keys, text in lines:
                grid.addWidget(KeyHint(keys), row, 0, Qt.AlignmentFlag.AlignLeft)
                grid.addWidget(label(text), row, 1)
                row += 1
            grid.setRowMinimumHeight(row, 8)
            row += 1
        self._scroll.setWidget(sheet)
        self.setFixedHeight(min(sheet.sizeHint().height() + 90, max(240, self.room().height() - 80)))
        self.popup()
        self._scroll.setFocus()
