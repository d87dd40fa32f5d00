"""What happens to stock on the shelf: watching, correcting, counting, recalling, the controlled register."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from clinicdesk.domain.stock_room import (
    ControlledMedicine,
    CountLine,
    Recipient,
    RegisterLine,
    Stocktake,
    ToCount,
    WatchedBatch,
)
from clinicdesk.repositories.work import Row, Work

_WATCHED = """
SELECT id, coalesce(item_code, '') AS item_code, item_name, coalesce(batch_number, '') AS batch_number,
    expiry_date,
    current_stock AS stock, round(current_stock * coalesce(unit_cost, 0), 2) AS value, state, location,
    coalesce(supplier_name, '') AS supplier_name, expiry_date - CAST(:today AS date) AS days
  FROM inventory_items WHERE clinic_id = :clinic AND is_active AND current_stock > 0
   AND (state <> 'saleable' OR expiry_date <= CAST(:today AS date) + CAST(:within AS int))
 ORDER BY expiry_date NULLS LAST, item_name, id LIMIT :limit
"""
_RECIPIENTS = """
SELECT p.patient_id, coalesce(p.patient_name, '') AS patient_name, n.mrn,
    coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = p.patient_id AND c.kind = 'phone'
      ORDER BY c.id LIMIT 1), '') AS phone,
    sum(d.quantity)::int AS quantity, max(d.dispensed_at) AS at, p.prescription_number AS prescription
  FROM dispenses d JOIN prescriptions p ON p.id = d.prescription_id
      JOIN patients n ON n.user_id = p.patient_id
 WHERE d.inventory_item_id IN (SELECT i.id FROM inventory_items i JOIN inventory_items b ON b.id = :batch
     AND i.clinic_id = b.clinic_id AND i.item_code IS NOT DISTINCT FROM b.item_code
     AND i.batch_number IS NOT DISTINCT FROM b.batch_number) AND d.kind <> 'return'
 GROUP BY p.patient_id, p.patient_name, n.mrn, p.prescription_number HAVING sum(d.quantity) > 0
 ORDER BY max(d.dispensed_at) DESC
"""
_TAKES = """
SELECT s.id, s.title, s.status, s.started_at, coalesce(btrim(u.first_name || ' ' || u.last_name),
    '') AS started_by,
    (SELECT count(DISTINCT c.inventory_item_id) FROM stocktake_counts c
        WHERE c.stocktake_id = s.id) AS counted
  FROM stocktakes s LEFT JOIN user_profiles u ON u.user_id = s.started_by
 WHERE s.clinic_id = :clinic ORDER BY s.started_at DESC LIMIT 50
"""
_TO_COUNT = """
SELECT b.id, b.item_name, coalesce(b.item_code, '') AS item_code, coalesce(b.batch_number,
    '') AS batch_number,
    b.location, EXISTS (SELECT 1 FROM stocktake_counts c WHERE c.stocktake_id = :take
      AND c.inventory_item_id = b.id) AS counted
  FROM inventory_items b WHERE b.clinic_id = :clinic AND b.is_active AND b.batch_number IS NOT NULL
   AND (b.current_stock > 0 OR b.updated_at > now() - interval '30 days')
   AND (:words = '' OR lower(concat_ws(' ', b.item_name, b.item_code, b.location, b.batch_number)) LIKE :like)
 ORDER BY b.location, b.item_name, b.batch_number LIMIT :limit
"""
_CONTROLLED = """
SELECT b.medication_id, max(m.name) AS name, b.strength, b.form, coalesce(sum(b.current_stock),
    0)::int AS balance,
    (SELECT max(c.at) FROM controlled_checks c WHERE c.clinic_id = :clinic
        AND c.medication_id = b.medication_id
      AND c.strength = b.strength AND c.form = b.form) AS last_check,
    o.id AS open_check, coalesce(o.counted - o.expected, 0) AS open_difference
  FROM inventory_items b JOIN medications m ON m.id = b.medication_id AND m.is_controlled_substance
  LEFT JOIN LATERAL (SELECT c.id, c.counted, c.expected FROM controlled_checks c WHERE c.clinic_id = :clinic
     AND c.medication_id = b.medication_id AND c.strength = b.strength AND c.form = b.form
     AND c.counted <> c.expected AND c.acknowledged_at IS NULL ORDER BY c.at LIMIT 1) o ON true
 WHERE b.clinic_id = :clinic GROUP BY b.medication_id, b.strength, b.form, o.id, o.counted, o.expected
 ORDER BY max(m.name), b.strength
"""
# One line a movement and one a check, in the order of the ledger; the balance is the sum so far.
_REGISTER = """
WITH moved AS (SELECT m.seq, 0 AS part, m.created_at AS at,
    CASE WHEN m.reference_type = 'purchase' THEN 'received' WHEN m.reference_type = 'sale' THEN 'supplied'
      WHEN m.reference_type = 'expired' THEN 'destroyed' WHEN d.kind = 'return' THEN 'returned'
      ELSE 'correction' END AS kind,
    CASE WHEN d.id IS NOT NULL THEN concat_ws(', ', p.patient_name, nullif(d.collector, ''))
      ELSE coalesce(b.supplier_name, '') END AS who,
    coalesce(p.doctor_name, '') AS prescriber, coalesce(p.prescription_number, '') AS prescription,
    CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END AS change,
    coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS person,
    coalesce(btrim(w.first_name || ' ' || w.last_name), '') AS witness, coalesce(m.notes, '') AS note
  FROM inventory_items b JOIN stock_movements m ON m.inventory_item_id = b.id
  LEFT JOIN dispenses d ON d.movement_id = m.id LEFT JOIN prescriptions p ON p.id = d.prescription_id
  LEFT JOIN user_profiles u ON u.user_id = m.performed_by
  LEFT JOIN LATERAL (SELECT x.user_id FROM stock_witnesses x WHERE x.request_id = m.reference_id
    AND x.user_id <> m.performed_by ORDER BY x.at LIMIT 1) sw ON true
  LEFT JOIN user_profiles w ON w.user_id = coalesce(d.witness_id, sw.user_id)
 WHERE b.clinic_id = :clinic AND b.medication_id = :medication AND b.strength = :strength AND b.form = :form
 UNION ALL
 SELECT c.after_seq, 1, c.at, 'check', '', '', '', 0, coalesce(btrim(u.first_name || ' ' || u.last_name), ''),
    coalesce(btrim(w.first_name || ' ' || w.last_name), ''), concat_ws('; ', 'counted ' || c.counted,
    nullif(c.note, ''), nullif(c.acknowledged_note, ''))
  FROM controlled_checks c LEFT JOIN user_profiles u ON u.user_id = c.checked_by
  LEFT JOIN user_profiles w ON w.user_id = c.witness_id
 WHERE c.clinic_id = :clinic AND c.medication_id = :medication AND c.strength = :strength AND c.form = :form)
SELECT row_number() OVER line AS number, at, kind, who, prescriber, prescription,
    greatest(change, 0)::int AS quantity_in, greatest(-change, 0)::int AS quantity_out,
    (sum(change) OVER line)::int AS balance, person, witness, note
  FROM moved WINDOW line AS (ORDER BY seq, part, at) ORDER BY number DESC LIMIT :limit
"""
_WORTH = """
SELECT i.item_code, max(i.item_name) AS item_name, coalesce(sum(i.current_stock), 0)::int AS quantity,
    coalesce(sum(i.current_stock * i.unit_cost), 0) AS by_batch, coalesce(max(s.ved), 'E') AS ved,
    (array_agg(i.unit_cost
        ORDER BY i.received_date DESC) FILTER (WHERE i.unit_cost IS NOT NULL))[1] AS unit_cost
  FROM inventory_items i
  LEFT JOIN product_settings s ON s.clinic_id = i.clinic_id AND s.item_code = i.item_code
 WHERE i.clinic_id = :clinic AND i.item_code IS NOT NULL AND i.is_active GROUP BY i.item_code
"""
# Receipts and what was left before each: all that a moving average needs.
_RECEIPTS = """
SELECT item_code, change, unit_cost FROM (
  SELECT i.item_code, m.seq, CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END AS change,
      CASE WHEN m.reference_type = 'purchase' THEN m.unit_cost END AS unit_cost
    FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id
   WHERE m.clinic_id = :clinic AND i.item_code IS NOT NULL) x ORDER BY item_code, seq
"""
_ISSUES = """
SELECT i.item_code, sum(m.quantity)::int AS issued, max(m.created_at)::date AS last_issue
  FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id
 WHERE m.clinic_id = :clinic AND m.reference_type = 'sale' AND m.created_at >= :since GROUP BY i.item_code
"""


class StockRoom:
    """One transaction's view of one clinic's shelves."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    # -- watching

    def watched(self, today: date, *, within: int, limit: int = 2000) -> list[WatchedBatch]:
        """Batches that end within days, ended, or are blocked; first to end first."""
        rows = self._work.all(_WATCHED, clinic=self._clinic, today=today, within=within, limit=limit)
        return [WatchedBatch(**row) for row in rows]

    def recipients(self, batch_id: UUID) -> list[Recipient]:
        """Who still has some of this batch number."""
        return [Recipient(**row) for row in self._work.all(_RECIPIENTS, batch=batch_id)]

    def adjust(self, request_id: UUID, batch_id: UUID, *, quantity: int, reason: str, note: str) -> None:
        """A new line; the same request twice is one. Raises WitnessMissing, NotEnoughStock, NotExpired."""
        self._work.run(
            "SELECT cd.adjust_stock(:request, :batch, :quantity, :reason, :note)",
            request=request_id, batch=batch_id, quantity=quantity, reason=reason, note=note,
        )  # fmt: skip

    def set_state(self, batch_id: UUID, state: str, reason: str) -> int:
        """How many rows of the batch changed. Raises ReasonMissing, InvalidField."""
        sql = "SELECT cd.set_batch_state(:batch, :state, :reason)"
        changed: int = self._work.value(sql, batch=batch_id, state=state, reason=reason)
        return changed

    def transfer(self, request_id: UUID, batch_id: UUID, clinic_id: UUID, *, quantity: int) -> None:
        """To another clinic of the person. Raises NotAllowed, NotEnoughStock, NotForSale, WitnessMissing."""
        self._work.run(
            "SELECT cd.transfer_stock(:request, :batch, :clinic, :quantity)",
            request=request_id, batch=batch_id, clinic=clinic_id, quantity=quantity,
        )  # fmt: skip

    def other_clinics(self) -> list[tuple[UUID, str]]:
        """Where the person works, too."""
        rows = self._work.all(
            "SELECT id, name FROM clinics WHERE id <> :clinic ORDER BY name", clinic=self._clinic
        )
        return [(row["id"], row["name"]) for row in rows]

    # -- counting

    def stocktakes(self) -> list[Stocktake]:
        """Newest first."""
        return [Stocktake(**row) for row in self._work.all(_TAKES, clinic=self._clinic)]

    def start_stocktake(self, request_id: UUID, title: str) -> UUID:
        """The same request twice is one."""
        sql = "SELECT cd.start_stocktake(:request, :clinic, :title)"
        made: UUID = self._work.value(sql, request=request_id, clinic=self._clinic, title=title)
        return made

    def to_count(self, stocktake_id: UUID, text: str, *, limit: int = 2000) -> list[ToCount]:
        """By place; without any figure."""
        like = "%" + text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self._work.all(
            _TO_COUNT, clinic=self._clinic, take=stocktake_id, words=text, like=like, limit=limit
        )
        return [ToCount(**row) for row in rows]

    def count(self, request_id: UUID, stocktake_id: UUID, batch_id: UUID, *, counted: int) -> int:
        """The round it is. Raises CountClosed, WitnessMissing (another person counts), InvalidField."""
        sql = "SELECT cd.count_batch(:request, :take, :batch, :counted)"
        done: int = self._work.value(
            sql, request=request_id, take=stocktake_id, batch=batch_id, counted=counted
        )
        return done

    def count_lines(self, stocktake_id: UUID) -> list[CountLine]:
        """What was counted, against the ledger of its second."""
        rows = self._work.all("SELECT * FROM cd.stocktake_lines(:take)", take=stocktake_id)
        return [CountLine(**row) for row in rows]

    def close_stocktake(self, stocktake_id: UUID, *, approve: bool, reasons: Mapping[UUID, str]) -> int:
        """How many batches changed. Raises RecountNeeded, ReasonMissing, CountClosed, NotEnoughStock."""
        said = json.dumps({str(batch): reason for batch, reason in reasons.items()})
        sql = "SELECT cd.close_stocktake(:take, :approve, CAST(:reasons AS jsonb))"
        changed: int = self._work.value(sql, take=stocktake_id, approve=approve, reasons=said)
        return changed

    # -- controlled medicines

    def controlled(self) -> list[ControlledMedicine]:
        """Each register with its balance."""
        return [ControlledMedicine(**row) for row in self._work.all(_CONTROLLED, clinic=self._clinic)]

    def register(self, which: ControlledMedicine, limit: int) -> list[RegisterLine]:
        """Newest first, numbered without gaps."""
        rows = self._work.all(
            _REGISTER, clinic=self._clinic, medication=which.medication_id, strength=which.strength,
            form=which.form, limit=limit,
        )  # fmt: skip
        return [RegisterLine(**row) for row in rows]

    def check(self, request_id: UUID, which: ControlledMedicine, *, counted: int, note: str) -> int:
        """Counted minus the balance. Raises WitnessMissing, InvalidField."""
        gap: int = self._work.value(
            "SELECT cd.check_controlled(:request, :clinic, :medication, :strength, :form, :counted, :note)",
            request=request_id, clinic=self._clinic, medication=which.medication_id, strength=which.strength,
            form=which.form, counted=counted, note=note,
        )  # fmt: skip
        return gap

    def acknowledge(self, check_id: UUID, note: str) -> None:
        """The difference is known and explained. Raises InvalidField (note)."""
        self._work.run("SELECT cd.acknowledge_check(:check, :note)", check=check_id, note=note)

    # -- value

    def worth(self) -> list[Row]:
        """Products with quantity and value by batch."""
        return self._work.all(_WORTH, clinic=self._clinic)

    def ledger(self) -> list[Row]:
        """Every line of every product, in order."""
        return self._work.all(_RECEIPTS, clinic=self._clinic)

    def issues(self, today: date) -> dict[str, Mapping[Any, Any]]:
        """Product -> units sold in a year, and the last day."""
        rows = self._work.all(_ISSUES, clinic=self._clinic, since=today - timedelta(days=365))
        return {row["item_code"]: row for row in rows}
