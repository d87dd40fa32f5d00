"""The queue board and the call list."""

from datetime import date
from uuid import UUID

from clinicdesk.domain.queue import CallLine, QueueLine
from clinicdesk.repositories.work import Work


class ArrivalBoard:
    """Today's queue."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def lines(self, clinic_id: UUID, day: date) -> list[QueueLine]:
        """In the order of the queue."""
        rows = self._work.all("SELECT * FROM cd.queue(:clinic, :day)", clinic=clinic_id, day=day)
        return [QueueLine(**row) for row in rows]

    def step(self, appointment_id: UUID, step: str) -> None:
        """nurse, back, call, requeue, urgent, not_urgent. Raises StaleRecord, NotAllowed."""
        self._work.value("SELECT cd.queue_step(:id, :step)", id=appointment_id, step=step)


class CallList:
    """People whose visit is not certain."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def lines(self, clinic_id: UUID, first: date, last: date) -> list[CallLine]:
        """By time of the visit."""
        rows = self._work.all(
            "SELECT * FROM cd.call_list(:clinic, :first, :last)", clinic=clinic_id, first=first, last=last
        )
        return [CallLine(**row) for row in rows]

    def log(self, appointment_id: UUID, outcome: str) -> None:
        """reached, not_reached or confirmed."""
        self._work.value("SELECT cd.log_call(:id, :outcome)", id=appointment_id, outcome=outcome)
