"""Checks the answers of the first start and passes them on."""

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import InvalidField
from ui.messages import message_for
from ui.screens.first_run.model import NewClinic, Servers, new_clinic, servers


class FirstRunPresenter(QObject):
    """Emits typed values, or one ``field_wrong(field, sentence)`` for each bad answer."""

    clinic_requested = Signal(object)
    servers_requested = Signal(object)
    field_wrong = Signal(str, str)

    @Slot(object)
    def submit_clinic(self, answers: dict[str, str]) -> None:
        checked = new_clinic(answers)
        if isinstance(checked, NewClinic):
            self.clinic_requested.emit(checked)
        else:
            self._explain(checked)

    @Slot(object)
    def submit_servers(self, answers: dict[str, str]) -> None:
        checked = servers(answers)
        if isinstance(checked, Servers):
            self.servers_requested.emit(checked)
        else:
            self._explain(checked)

    def _explain(self, wrong: list[InvalidField]) -> None:
        for problem in wrong:
            self.field_wrong.emit(problem.field, message_for(problem))
