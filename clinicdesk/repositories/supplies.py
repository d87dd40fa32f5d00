"""What was handed out: earlier fills, lines taken back, money, witnesses."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.stock import EarlierFill, Supply, SupplyAccount
from clinicdesk.repositories.work import Work

# Another fill of the same medicine whose course is not over (spec 5.10);
# the part of the course that was supplied counts.
_EARLIER = """
SELECT i.id AS prescription_item_id, e.medicine, e.quantity, e.on, e.lasts_until, e.number
  FROM prescription_items i JOIN prescriptions p ON p.id = i.prescription_id
  CROSS JOIN LATERAL (
    SELECT o.medication_name || ' ' || o.strength AS medicine, sum(d.quantity)::int AS quantity,
        CAST(max(d.dispensed_at AT TIME ZONE :zone) AS date) AS on, q.prescription_number AS number,
        CAST(max(d.dispensed_at AT TIME ZONE :zone) AS date)
          + ceil(coalesce(o.duration_days, 30) * sum(d.quantity)::numeric
            / greatest(o.quantity, 1))::int AS lasts_until
      FROM prescriptions q JOIN prescription_items o ON o.prescription_id = q.id
        AND o.medication_id = i.medication_id
      JOIN dispenses d ON d.prescription_item_id = o.id AND d.prescription_id = q.id
     WHERE q.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id))) AND q.id <> p.id
       AND d.dispensed_at > now() - interval '120 days'
     GROUP BY o.id, q.prescription_number HAVING sum(d.quantity) > 0) e
 WHERE i.prescription_id = :id AND i.supplied < i.quantity AND e.lasts_until > CAST(:today AS date)
 ORDER BY i.line, e.on DESC
"""
_SUPPLIES = """
SELECT d.id, d.prescription_item_id, i.medication_name || ' ' || i.strength AS medicine,
    coalesce(b.batch_number, '') AS batch_number, d.quantity, d.unit_price, d.dispensed_at AS at,
    coalesce((SELECT -sum(r.quantity) FROM dispenses r WHERE r.reverses = d.id), 0)::int AS taken_back,
    coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS by
  FROM dispenses d JOIN prescription_items i ON i.id = d.prescription_item_id
  JOIN inventory_items b ON b.id = d.inventory_item_id LEFT JOIN user_profiles u ON u.user_id = d.dispensed_by
 WHERE d.prescription_id = :id AND d.kind = 'supply' ORDER BY d.dispensed_at DESC, i.line, d.id
"""
_SOLD = """
SELECT i.medication_name || ' ' || i.strength AS medicine, sum(d.quantity)::int AS quantity,
    coalesce(d.unit_price, 0) AS price
  FROM dispenses d JOIN prescription_items i ON i.id = d.prescription_item_id
 WHERE d.prescription_id = :id AND d.kind <> 'return'
 GROUP BY i.line, i.medication_name, i.strength, d.unit_price HAVING sum(d.quantity) > 0 ORDER BY i.line
"""


class Supplies:
    """One transaction's view of what left the shelf to patients."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def directions(self, prescription_id: UUID) -> dict[UUID, Mapping[str, Any]]:
        """Item -> the structured directions that were signed."""
        rows = self._work.all(
            "SELECT id, sig FROM prescription_items WHERE prescription_id = :id", id=prescription_id
        )
        return {row["id"]: row["sig"] or {} for row in rows}

    def earlier(self, prescription_id: UUID, *, zone: str, today: date) -> tuple[EarlierFill, ...]:
        """Fills of the same medicines of which the patient should still have some."""
        rows = self._work.all(_EARLIER, id=prescription_id, zone=zone, today=today)
        return tuple(EarlierFill(**row) for row in rows)

    def lines(self, prescription_id: UUID) -> tuple[Supply, ...]:
        """Every line handed out, newest first."""
        return tuple(Supply(**row) for row in self._work.all(_SUPPLIES, id=prescription_id))

    def take_back(self, request_id: UUID, supply_id: UUID, *, kind: str, quantity: int, note: str) -> None:
        """A new line that takes one back; the same request twice is one line.

        Raises InvalidField (quantity), ReasonMissing, AnotherDay, WitnessMissing, NotAllowed.
        """
        self._work.run(
            "SELECT cd.take_back(:request, :supply, :kind, :quantity, :note)",
            request=request_id,
            supply=supply_id,
            kind=kind,
            quantity=quantity,
            note=note,
        )

    def account(self, prescription_id: UUID) -> SupplyAccount:
        """What is to be paid and what was. Raises NotFound."""
        row = self._work.first("SELECT due, paid FROM cd.supply_balance(:id)", id=prescription_id)
        if row is None:
            raise NotFound
        return SupplyAccount(due=Decimal(row["due"]), paid=Decimal(row["paid"]))

    def sold(self, prescription_id: UUID) -> list[tuple[str, int, Decimal]]:
        """Medicine, units, price of one: the lines of a receipt."""
        rows = self._work.all(_SOLD, id=prescription_id)
        return [(row["medicine"], row["quantity"], row["price"]) for row in rows]

    def pay(
        self, request_id: UUID, prescription_id: UUID, *, amount: Decimal, method: str
    ) -> Mapping[str, Any]:
        """The payment as the receipt names it; the same request twice is one payment.

        Raises InvalidField (amount, method), NotFound.
        """
        made = self._work.value(
            "SELECT cd.pay_supply(:request, :prescription, :amount, :method)",
            request=request_id,
            prescription=prescription_id,
            amount=amount,
            method=method,
        )
        row = self._work.first("SELECT * FROM cd.supply_receipt(:id)", id=made)
        if row is None:
            raise NotFound
        return dict(row)

    def witness(self, clinic_id: UUID, request_id: UUID) -> None:
        """Say yes to one act, as the person this work belongs to. Raises NoWitness, NotAllowed."""
        self._work.run("SELECT cd.witness_stock(:clinic, :request)", clinic=clinic_id, request=request_id)
