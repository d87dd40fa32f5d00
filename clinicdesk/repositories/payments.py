"""The payments ledger and the shifts of the till (spec 1.8)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.ledger import LedgerLine, Part, Shift
from clinicdesk.repositories.work import Row, Work

_RECEIPT = """WITH RECURSIVE chain(id) AS (SELECT y.appointment_id FROM payments y WHERE y.id = :id UNION
    SELECT a.rescheduled_from_id FROM chain c JOIN appointments a ON a.id = c.id
      WHERE a.rescheduled_from_id IS NOT NULL)
  SELECT y.receipt_number AS number, y.kind, coalesce(y.reason, '') AS reason, y.currency, y.method,
    y.received_at, p.mrn,
    btrim(u.first_name || ' ' || u.last_name) AS patient_name, coalesce(t.name, '') AS type_name, a.fee,
      a.appointment_date AS day,
    coalesce(btrim(r.first_name || ' ' || r.last_name), '') AS received_by,
    (SELECT jsonb_agg(jsonb_build_array(g.method, g.amount::text) ORDER BY g.receipt_number) FROM payments g
      WHERE g.id = y.id OR y.kind = 'payment' AND g.kind = 'payment' AND g.group_id = y.group_id) AS parts,
    coalesce((SELECT sum(e.amount) FROM payments e JOIN chain ON chain.id = e.appointment_id
      WHERE (e.received_at, e.receipt_number) < (y.received_at, y.receipt_number)
        AND (e.group_id IS NULL OR e.group_id IS DISTINCT FROM y.group_id)), 0) AS earlier
  FROM payments y JOIN appointments a ON a.id = y.appointment_id JOIN user_profiles u
    ON u.user_id = y.patient_id
    JOIN patients p ON p.user_id = y.patient_id LEFT JOIN appointment_types t
      ON t.id = a.appointment_type_id
    LEFT JOIN user_profiles r ON r.user_id = y.received_by
  WHERE y.id = :id"""
_LINES = """SELECT y.id, y.receipt_number AS number, y.kind, y.amount, y.method, y.currency,
    btrim(u.first_name || ' ' || u.last_name) AS patient_name, p.mrn,
    coalesce(t.name, '') AS what, y.received_at, y.reason IS NOT NULL AS explained,
    coalesce(y.reason, '') AS reason, coalesce(btrim(r.first_name || ' ' || r.last_name), '') AS received_by,
    CASE y.kind WHEN 'payment' THEN y.amount + coalesce((SELECT sum(x.amount) FROM payments x
      WHERE x.refund_of = y.id), 0) ELSE 0 END AS left,
    CASE y.kind WHEN 'payment' THEN cd.refund_due(cd.tip(y.appointment_id)) ELSE 0 END AS due,
    coalesce((SELECT s.closed_at IS NULL FROM cash_shifts s WHERE s.id = y.shift_id), false) AS shift_open,
    coalesce(y.received_by = cd.me(), false) AS mine
  FROM payments y JOIN user_profiles u ON u.user_id = y.patient_id JOIN patients p ON p.user_id = y.patient_id
    LEFT JOIN appointments a ON a.id = y.appointment_id LEFT JOIN appointment_types t
      ON t.id = a.appointment_type_id LEFT JOIN user_profiles r ON r.user_id = y.received_by
  WHERE y.clinic_id = :clinic AND y.received_at >= :start AND y.received_at < :end
  ORDER BY y.received_at DESC, y.receipt_number DESC LIMIT 1000"""
_SHIFT = """SELECT s.*, btrim(u.first_name || ' ' || u.last_name) AS cashier,
    coalesce(btrim(h.first_name || ' ' || h.last_name), '') AS handed_name,
    CASE WHEN s.closed_at IS NULL THEN (SELECT jsonb_object_agg(x.method, x.amount::text)
      FROM cd.shift_expected(s.id) x) ELSE s.expected END AS awaited
  FROM cash_shifts s JOIN user_profiles u ON u.user_id = s.user_id LEFT JOIN user_profiles h
    ON h.user_id = s.handed_to """


class Ledger:
    """Payments of appointments."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, request_id: UUID, appointment_id: UUID, *, parts: Sequence[Part]) -> UUID:
        """The first part's payment; the same request twice is one payment. Raises InvalidField, NotFound."""
        made: UUID = self._work.value(
            "SELECT cd.take_payments(:request, :appointment, CAST(:parts AS jsonb))",
            request=request_id,
            appointment=appointment_id,
            parts=json.dumps([{"amount": f"{part.amount:f}", "method": part.method} for part in parts]),
        )
        return made

    def refund(self, request_id: UUID, payment_id: UUID, *, amount: Decimal, reason: str) -> UUID:
        """The refund's id. Raises InvalidField, NeedsLead."""
        made: UUID = self._work.value(
            "SELECT cd.refund_payment(:request, :payment, :amount, :reason)",
            request=request_id,
            payment=payment_id,
            amount=amount,
            reason=reason,
        )
        return made

    def void(self, request_id: UUID, payment_id: UUID, *, reason: str) -> UUID:
        """The counter-line's id. Raises InvalidField, NeedsLead, ShiftCounted."""
        made: UUID = self._work.value(
            "SELECT cd.void_payment(:request, :payment, :reason)",
            request=request_id,
            payment=payment_id,
            reason=reason,
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

    def printed(self, payment_id: UUID) -> int:
        """Note one more print; how many there were before."""
        return int(self._work.value("SELECT cd.print_receipt(:id)", id=payment_id))

    def lines(self, clinic_id: UUID, start: datetime, end: datetime) -> list[LedgerLine]:
        """Rows of a span, newest first."""
        rows = self._work.all(_LINES, clinic=clinic_id, start=start, end=end)
        return [
            LedgerLine(**{key: value for key, value in row.items() if key != "explained"}) for row in rows
        ]


class Tills:
    """Shifts of cashiers."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def open(self, clinic_id: UUID, opening_float: Decimal) -> UUID:
        """Raises ShiftOpen, InvalidField."""
        made: UUID = self._work.value(
            "SELECT cd.open_shift(:clinic, :float)", clinic=clinic_id, float=opening_float
        )
        return made

    def close(
        self,
        shift_id: UUID,
        counted: Mapping[str, Decimal],
        *,
        reason: str,
        left: Decimal,
        to: UUID | None,
    ) -> Decimal:
        """The variance. Raises InvalidField, NeedsLead, StaleRecord."""
        made: Decimal = self._work.value(
            "SELECT cd.close_shift(:shift, CAST(:counted AS jsonb), :reason, :left, :to)",
            shift=shift_id,
            counted=json.dumps({method: f"{amount:f}" for method, amount in counted.items()}),
            reason=reason,
            left=left,
            to=to,
        )
        return made

    def accept(self, shift_id: UUID) -> None:
        """Take over what was handed. Raises NeedsLead."""
        self._work.value("SELECT cd.accept_shift(:shift)", shift=shift_id)

    def get(self, shift_id: UUID) -> Shift:
        """Raises NotFound."""
        row = self._work.first(_SHIFT + "WHERE s.id = :id", id=shift_id)
        if row is None:
            raise NotFound
        return _shift(row)

    def recent(self, clinic_id: UUID, since: datetime) -> list[Shift]:
        """Open ones, those waiting to be accepted, and those closed since."""
        rows = self._work.all(
            _SHIFT
            + """WHERE s.clinic_id = :clinic AND (s.closed_at IS NULL OR s.closed_at >= :since
                OR s.handed_to IS NOT NULL AND s.accepted_at IS NULL) ORDER BY s.opened_at DESC LIMIT 50""",
            clinic=clinic_id,
            since=since,
        )
        return [_shift(row) for row in rows]

    def cashiers(self, clinic_id: UUID, but: UUID) -> list[tuple[UUID, str]]:
        """Who may take over."""
        rows = self._work.all(
            """SELECT s.user_id, btrim(u.first_name || ' ' || u.last_name) AS name FROM clinic_staff s
               JOIN user_profiles u ON u.user_id = s.user_id WHERE s.clinic_id = :clinic AND s.is_active
                 AND s.role IN ('receptionist', 'admin') AND s.user_id <> :but ORDER BY 2""",
            clinic=clinic_id,
            but=but,
        )
        return [(row["user_id"], row["name"]) for row in rows]


def _shift(row: Row) -> Shift:
    counted = row["counted"]
    return Shift(
        id=row["id"],
        user_id=row["user_id"],
        cashier=row["cashier"],
        opened_at=row["opened_at"],
        opening_float=row["opening_float"],
        expected={method: Decimal(amount) for method, amount in (row["awaited"] or {}).items()},
        closed_at=row["closed_at"],
        counted=None if counted is None else {key: Decimal(value) for key, value in counted.items()},
        variance=row["variance"] or Decimal(0),
        variance_reason=row["variance_reason"],
        left_in_drawer=row["left_in_drawer"] or Decimal(0),
        handed_to=row["handed_to"],
        handed_name=row["handed_name"],
        accepted_at=row["accepted_at"],
    )
