"""Questions about signed prescriptions, and their answers."""

from uuid import UUID

from clinicdesk.domain.rx_queries import RxQuery
from clinicdesk.repositories.work import Work

_QUERIES = """
SELECT q.id, q.prescription_id, p.prescription_number AS number, coalesce(p.patient_name, '') AS patient_name,
    ARRAY(SELECT i.medication_name || ' ' || i.strength FROM prescription_items i
      WHERE i.prescription_id = p.id ORDER BY i.line) AS medicines,
    coalesce(btrim(a.first_name || ' ' || a.last_name), '') AS asked_by, q.asked_at, q.question, q.answer,
    coalesce(btrim(c.first_name || ' ' || c.last_name), '') AS closed_by, q.closed_at, q.by_prescriber,
    coalesce(p.doctor_name, '') AS prescriber
  FROM rx_queries q JOIN prescriptions p ON p.id = q.prescription_id
  LEFT JOIN user_profiles a ON a.user_id = q.asked_by LEFT JOIN user_profiles c ON c.user_id = q.closed_by
"""
_MINE = """
 WHERE q.closed_at IS NULL AND p.clinic_id = :clinic AND p.doctor_id = cd.my_doctor() AND p.status = 'active'
 ORDER BY q.asked_at
"""


class RxQueries:
    """One transaction's view."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, prescription_id: UUID) -> tuple[RxQuery, ...]:
        """Newest first."""
        sql = f"{_QUERIES} WHERE q.prescription_id = :id ORDER BY q.asked_at DESC"
        return tuple(RxQuery(**row) for row in self._work.all(sql, id=prescription_id))

    def for_me(self, clinic_id: UUID) -> tuple[RxQuery, ...]:
        """Open ones about the own prescriptions that can still be handed out, oldest first."""
        return tuple(RxQuery(**row) for row in self._work.all(_QUERIES + _MINE, clinic=clinic_id))

    def open_ones(self, clinic_id: UUID) -> frozenset[UUID]:
        """Prescriptions with an open question."""
        rows = self._work.all(
            "SELECT prescription_id FROM rx_queries WHERE clinic_id = :clinic AND closed_at IS NULL",
            clinic=clinic_id,
        )
        return frozenset(row["prescription_id"] for row in rows)

    def ask(self, request_id: UUID, prescription_id: UUID, question: str) -> None:
        """Raises QuestionOpen, PrescriptionClosed, InvalidField (question), NotFound."""
        self._work.run(
            "SELECT cd.rx_ask(:request, :rx, :question)",
            request=request_id,
            rx=prescription_id,
            question=question,
        )

    def answer(self, query_id: UUID, answer: str) -> None:
        """Raises QuestionAnswered, InvalidField (answer), NotAllowed, NotFound."""
        self._work.run("SELECT cd.rx_answer(:id, :answer)", id=query_id, answer=answer)
