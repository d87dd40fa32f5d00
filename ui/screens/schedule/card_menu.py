"""The menu of a card: what may be done with it."""

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from clinicdesk.domain.appointments import Appointment
from ui.screens.schedule.details import AppointmentPanel


class CardMenu(QObject):
    """The buttons of the panel beside, at the card."""

    def __init__(self, owner: QWidget, details: AppointmentPanel) -> None:
        super().__init__(owner)
        self._owner, self._details = owner, details

    @Slot(object, QPoint)
    def popup(self, appointment: Appointment, at: QPoint) -> None:
        """For a card, at a place on the screen."""
        self._details.show_appointment(appointment)
        menu = QMenu(self._owner)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action, made in self._details.buttons.items():
            if self._details.may(action):
                menu.addAction(made.icon(), made.accessibleName()).setData(action)
        menu.triggered.connect(self._chosen)
        menu.popup(at)

    @Slot(QAction)
    def _chosen(self, action: QAction) -> None:
        self._details.ask(str(action.data()))
