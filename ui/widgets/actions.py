"""Actions: one registry for shortcuts, the palette (Ctrl+K) and the key list (F1)."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ui import icons


def make_action(
    owner: QWidget, text: str, slot: Callable[[], object], *, keys: str = "", icon: str = "command"
) -> QAction:
    """An action added to a screen: works while the focus is inside it; ``slot`` is a bound method."""
    made = QAction(icons.icon(icon, "muted", on="accent"), text, owner)
    if keys:
        made.setShortcut(QKeySequence(keys))
        made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    made.triggered.connect(slot)
    owner.addAction(made)
    return made
