"""Buttons of the house."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QPushButton, QToolButton

from ui import icons
from ui.widgets.layouts import hbox


def button(text: str, icon: str = "", *, primary: bool = False, danger: bool = False) -> QPushButton:
    """A push button; at most one primary on a screen."""
    # two spaces: a style sheet's padding glues the icon to the text otherwise
    made = QPushButton(f"  {text}" if icon else text)
    made.setAccessibleName(text.replace("&", ""))
    made.setProperty("primary", primary)
    made.setProperty("danger", danger)
    made.setAutoDefault(False)
    if icon:
        role = "on_accent" if primary else "danger" if danger else "text"
        made.setIcon(icons.icon(icon, role))
        made.setIconSize(QSize(16, 16))
    return made


def link_button(text: str, icon: str = "") -> QPushButton:
    """A quiet action inside text."""
    made = button(text)
    made.setProperty("link", "true")
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if icon:
        made.setText(f"  {text}")
        made.setIcon(icons.icon(icon, "accent"))
    return made


def icon_button(icon: str, tip: str, *, keys: str = "", bare: bool = False) -> QToolButton:
    """A square button; ``tip`` is its name too, ``keys`` its shortcut."""
    made = QToolButton()
    made.setProperty("bare" if bare else "flat", "true")
    made.setIcon(icons.icon(icon, "muted" if bare else "text"))
    made.setIconSize(QSize(16, 16))
    made.setMinimumSize(QSize(26, 26) if bare else QSize(32, 32))
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setAccessibleName(tip)
    made.setToolTip(f"{tip}  ({keys})" if keys else tip)
    if keys:
        made.setShortcut(QKeySequence(keys))
    return made


class Segments(QFrame):
    """One choice of a few, side by side (Day | Week | Agenda)."""

    chosen = Signal(int)

    def __init__(self, words: list[str], name: str) -> None:
        super().__init__()
        self.setObjectName("Seg")
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        parts: list[QToolButton] = []
        for number, word in enumerate(words):
            part = QToolButton()
            part.setText(word)
            part.setCheckable(True)
            part.setProperty("seg", "true")
            part.setAccessibleName(word)
            part.setMinimumHeight(26)
            part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._group.addButton(part, number)
            parts.append(part)
        parts[0].setChecked(True)
        self.setLayout(hbox(*parts, margins=(3, 3, 3, 3), spacing=2))
        self._group.idClicked.connect(self._tell)

    def choose(self, number: int) -> None:
        """Show a choice without the signal."""
        found: QAbstractButton | None = self._group.button(number)
        if found is not None:
            found.setChecked(True)

    def current(self) -> int:
        return self._group.checkedId()

    @Slot(int)
    def _tell(self, number: int) -> None:
        self.chosen.emit(number)
