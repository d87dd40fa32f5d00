"""The payments ledger (spec 1.8)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.repositories.work import Work

_RECEIPT = """WITH RECURSIVE chain(id) AS (SELECT y.appointment_id FROM payments y WHERE y.id = :id UNION
    SELECT a.rescheduled_from_id FROM chain c JOIN appointments a ON a.id = c.id
      WHERE a.rescheduled_from_id IS NOT NULL)
  SELECT y.receipt_number AS number, y.amount, y.currency, y.method, y.received_at, p.mrn,
    btrim(u.first_name || ' ' || u.last_name) AS patient_name, coalesce(t.name, '') AS type_name, a.fee,
      a.appointment_date AS day,
    coalesce(btrim(r.first_name || ' ' || r.last_name), '') AS received_by,
    coalesce((SELECT sum(e.amount) FROM payments e JOIN chain ON chain.id = e.appointment_id
      WHERE (e.received_at, e.receipt_number) < (y.received_at, y.receipt_number)), 0) AS earlier
  FROM payments y JOIN appointments a ON a.id = y.appointment_id JOIN user_profiles u
    ON u.user_id = y.patient_id
    JOIN patients p ON p.user_id = y.patient_id LEFT JOIN appointment_types t
      ON t.id = a.appointment_type_id
    LEFT JOIN user_profiles r ON r.user_id = y.received_by
  WHERE y.id = :id"""


class Ledger:
    """Payments of appointments."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, request_id: UUID, appointment_id: UUID, *, amount: Decimal, method: str) -> UUID:
        """The payment's id; the same request twice is one payment. Raises InvalidField, NotFound."""
        made: UUID = self._work.value(
            "SELECT cd.take_payment(:request, :appointment, :amount, :method)",
            request=request_id,
            appointment=appointment_id,
            amount=amount,
            method=method,
        )
        return made

    def known(self, request_id: UUID) -> bool:
        """Whether this press was booked already."""
        return self._work.value("SELECT 1 FROM payments WHERE request_id = :id", id=request_id) is not None

    def receipt(self, payment_id: UUID) -> Mapping[str, Any]:
        """What a receipt prints; ``earlier`` is what was paid before. Raises NotFound."""
        row = self._work.first(_RECEIPT, id=payment_id)
        if row is None:
            raise NotFound
        return dict(row)
