"""A sound for a new prescription: off until somebody wants it, kept on this PC for each person."""

from uuid import UUID

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from ui.widgets.actions import make_action


class Sound(QObject):
    """An action of the page that switches it; ``said`` tells what it is now."""

    said = Signal(str, str)

    def __init__(self, page: QWidget, person: UUID) -> None:
        super().__init__(page)
        self._key = f"pharmacy-sound/{person}"
        self.action = make_action(page, self.tr("Sound for a new prescription"), self._switched, icon="bell")
        self.action.setCheckable(True)
        self.action.setChecked(QSettings("ClinicDesk", "ClinicDesk").value(self._key) == "on")

    def ring(self) -> None:
        """One beep, if it is wanted."""
        if self.action.isChecked():
            QApplication.beep()

    @Slot()
    def _switched(self) -> None:
        on = self.action.isChecked()
        QSettings("ClinicDesk", "ClinicDesk").setValue(self._key, "on" if on else "off")
        self.said.emit(
            self.tr("A new prescription is heard now.") if on else self.tr("The sound is off."), "info"
        )
