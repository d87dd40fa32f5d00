"""Where the prescription at the counter is scanned, or its number typed."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit

LONGEST = 2100


class CodeBox(QLineEdit):
    """``asked`` carries what was typed when Enter is pressed."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        name = self.tr("Scan the prescription, or type its number")
        self.setAccessibleName(name)
        self.setPlaceholderText(name)
        self.setMinimumWidth(300)
        self.setMaxLength(LONGEST)
        self.returnPressed.connect(self._tell)

    @Slot()
    def _tell(self) -> None:
        self.asked.emit(self.text())

    @Slot()
    def begin(self) -> None:
        """Ready for the next one."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()
