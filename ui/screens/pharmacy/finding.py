"""A prescription that is brought to the counter: its code or its number, proven and opened at once."""

from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.errors import DomainError, NotFound
from clinicdesk.domain.verification import Verdict
from clinicdesk.services.verifying import Identified, Verifying
from ui.messages import message_for
from ui.tasks import TaskRunner
from ui.verdict_words import explanation, headline


class Finder(QObject):
    """``found(prescription, text, kind)``; without a prescription of this clinic ``refused(text)``."""

    found = Signal(object, str, str)
    refused = Signal(str)

    def __init__(self, verifying: Verifying, tasks: TaskRunner, zone: ZoneInfo) -> None:
        super().__init__()
        self._verifying, self._tasks, self._zone = verifying, tasks, zone

    @Slot(str)
    def look(self, text: str) -> None:
        """A scanned ``CD2:`` code or a typed number."""
        if text.strip():
            call = partial(self._verifying.identify, text)
            self._tasks.run(call, owner=self, done=self._answered, failed=self._failed, key="identify")

    def _answered(self, answer: Identified) -> None:
        proof, prescription = answer.proof, answer.prescription_id
        if proof is None:
            self.found.emit(prescription, "", "")
            return
        kind, title = headline(proof)
        text = f"{title}. {explanation(proof, self._zone)}".strip()
        if prescription is None:
            if proof.verdict is Verdict.GENUINE:
                text = self.tr("{0} It was written elsewhere: the Verify room shows it.").format(text)
            self.refused.emit(text)
        else:
            self.found.emit(prescription, text, {"ok": "ok", "danger": "error"}.get(kind, "info"))

    def _failed(self, error: DomainError) -> None:
        if isinstance(error, NotFound):
            self.refused.emit(self.tr("No prescription of this clinic has this number."))
        else:
            self.refused.emit(message_for(error))
