"""Random acts of pharmacists, and the invariants of the ledger. Every act is one call of the real functions."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from tests.signed_prescription import connect

# what the database may refuse in good order: nothing else may come out of an act
ORDERLY = {"CD005", "CD030", "CD033", "CD034", "CD035", "CD036", "CD037", "CD038", "CD046", "CD090", "CD092", "CD093", "CD095", "23514"}  # fmt: skip

SUM = """
SELECT i.id FROM inventory_items i LEFT JOIN stock_movements m ON m.inventory_item_id = i.id GROUP BY i.id
HAVING i.current_stock <> coalesce(sum(CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END), 0) OR i.current_stock < 0
"""
BALANCE = """
SELECT count(*) FROM (SELECT balance, sum(CASE movement_type WHEN 'out' THEN -quantity ELSE quantity END)
    OVER (PARTITION BY inventory_item_id ORDER BY seq) AS running FROM stock_movements) x WHERE balance <> running
"""
SUPPLIED = """
SELECT i.id FROM prescription_items i LEFT JOIN dispenses d ON d.prescription_item_id = i.id AND d.kind <> 'return'
 GROUP BY i.id HAVING i.supplied <> coalesce(sum(d.quantity), 0) OR i.supplied > i.quantity OR i.supplied < 0
"""
LINKED = """
SELECT d.id FROM dispenses d JOIN stock_movements m ON m.id = d.movement_id WHERE m.inventory_item_id <> d.inventory_item_id
   OR abs(d.quantity) <> abs(m.quantity)
UNION ALL SELECT m.id FROM stock_movements m LEFT JOIN dispenses d ON d.movement_id = m.id WHERE m.reference_type = 'sale' AND d.id IS NULL
"""
SOLD_BAD = """
SELECT m.id FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id JOIN clinics c ON c.id = i.clinic_id
 WHERE m.reference_type = 'sale' AND i.expiry_date < (m.created_at AT TIME ZONE c.timezone)::date
"""
SENT = """
SELECT reference_id FROM stock_movements WHERE notes LIKE 'transfer%' GROUP BY reference_id HAVING sum(quantity) <> 0 OR count(*) <> 2
"""
BACK = """
SELECT d.id FROM dispenses d JOIN dispenses r ON r.reverses = d.id GROUP BY d.id HAVING d.quantity + sum(r.quantity) < 0
"""
INVARIANTS = {
    "stock is the sum of its movements, never negative": SUM,
    "a supply is never beyond the prescription": SUPPLIED,
    "supplies and movements belong together": LINKED,
    "nothing expired was sold": SOLD_BAD,
    "what was sent arrived": SENT,
    "no more came back than was supplied": BACK,
}


def broken(owner: "psycopg.Connection[Any]") -> list[str]:
    """The names of the invariants that do not hold."""
    found = [name for name, sql in INVARIANTS.items() if owner.execute(sql).fetchall()]
    row = owner.execute(BALANCE).fetchone()
    return found + (["every line keeps the balance after it"] if row and row[0] else [])


@dataclass
class Shelf:
    """What the acts know: batches of both clinics, prescriptions with their items, who is where."""

    clinic: UUID
    other: UUID
    medicines: dict[str, UUID]
    prescriptions: list[tuple[UUID, list[UUID]]] = field(default_factory=list)


class Hand:
    """One seat: its own connection, its own dice."""

    def __init__(self, clinic: Any, shelf: Shelf, seed: int) -> None:
        self.dice = random.Random(seed)
        self.shelf, self.done, self.refused = shelf, Counter[str](), Counter[str]()
        self.me = connect(clinic, "pharmacist")
        self.nurse = connect(clinic, "nurse")

    def close(self) -> None:
        self.me.close()
        self.nurse.close()

    def act(self) -> None:
        """One random act. Raises what is not an orderly refusal."""
        name = self.dice.choices(
            ["receive", "dispense", "take_back", "count", "waste", "adjust", "transfer", "state", "deliver"],
            [14, 30, 10, 14, 6, 10, 6, 2, 8],
        )[0]
        try:
            getattr(self, name)()
            self.done[name] += 1
        except psycopg.Error as error:
            if error.sqlstate not in ORDERLY:
                raise
            self.refused[error.sqlstate or ""] += 1

    # -- acts

    def receive(self) -> None:
        self.me.execute("SELECT cd.receive_batch(%s, %s)", (uuid4(), json.dumps(self._line())))

    def deliver(self) -> None:
        lines = [{**self._line(), "id": str(uuid4())} for _ in range(self.dice.randint(1, 4))]
        head = {"clinic_id": str(self.shelf.clinic), "supplier_name": "Juno", "invoice_number": str(uuid4()), "lines": lines}  # fmt: skip
        self.me.execute("SELECT cd.receive_delivery(%s, %s)", (uuid4(), json.dumps(head)))

    def _line(self) -> dict[str, object]:
        code = self.dice.choice(["T-AMO", "T-PAR", "T-AZI"])
        lot = self.dice.randint(1, 6)
        return {
            "clinic_id": str(self.shelf.clinic), "item_code": code, "batch_number": f"{code}-{lot}",
            "expiry_date": f"20{28 + lot}-12-31", "quantity": self.dice.randint(-2, 120), "unit_cost": "10.00",
        }  # fmt: skip

    def dispense(self) -> None:
        rx, items = self.dice.choice(self.shelf.prescriptions)
        lines: list[dict[str, object]] = [
            {"item": str(item), "qty": self.dice.randint(1, 9)} for item in items if self.dice.random() < 0.8
        ]
        if lines and self.dice.random() < 0.3 and (batch := self._batch()):
            lines[0] |= {"batch": str(batch), "reason": "box open"}
        request = uuid4()
        for _ in range(self.dice.choice([1, 1, 2])):  # some press twice
            self.me.execute("SELECT cd.dispense(%s, %s, %s)", (request, rx, json.dumps(lines)))

    def take_back(self) -> None:
        row = self.me.execute("SELECT id, quantity FROM dispenses WHERE kind = 'supply' ORDER BY random() LIMIT 1").fetchone()  # fmt: skip
        if row:
            kind = self.dice.choice(["reversal", "return"])
            self.me.execute("SELECT cd.take_back(%s, %s, %s, %s, 'x')", (uuid4(), row[0], kind, self.dice.randint(1, row[1])))  # fmt: skip

    def count(self) -> None:
        row = self.me.execute(
            "SELECT cd.start_stocktake(%s, %s, 'x')", (uuid4(), self.shelf.clinic)
        ).fetchone()
        assert row is not None
        reasons = {}
        for _ in range(self.dice.randint(1, 3)):
            batch, there = self._batch(), self.dice.randint(0, 150)
            if batch:
                for _ in range(2):
                    self.me.execute("SELECT cd.count_batch(%s, %s, %s, %s)", (uuid4(), row[0], batch, there))
                reasons[str(batch)] = "found"
        self.me.execute("SELECT cd.close_stocktake(%s, %s, %s)", (row[0], self.dice.random() < 0.9, json.dumps(reasons)))  # fmt: skip

    def waste(self) -> None:
        if batch := self._batch():
            request = self._witnessed()
            self.me.execute("SELECT cd.adjust_stock(%s, %s, %s, 'expired', 'burnt')", (request, batch, -self.dice.randint(1, 40)))  # fmt: skip

    def adjust(self) -> None:
        reason, sign = self.dice.choice([("breakage", -1), ("theft_loss", -1), ("donation_in", 1), ("sample", -1), ("count_error", 1)])  # fmt: skip
        if batch := self._batch():
            self.me.execute("SELECT cd.adjust_stock(%s, %s, %s, %s, 'x')", (self._witnessed(), batch, sign * self.dice.randint(1, 60), reason))  # fmt: skip

    def transfer(self) -> None:
        if batch := self._batch():
            self.me.execute("SELECT cd.transfer_stock(%s, %s, %s, %s)", (self._witnessed(), batch, self.shelf.other, self.dice.randint(1, 30)))  # fmt: skip

    def state(self) -> None:
        if batch := self._batch():
            state = self.dice.choice(["quarantine", "saleable", "saleable", "saleable"])
            self.me.execute("SELECT cd.set_batch_state(%s, %s, 'x')", (batch, state))

    def _witnessed(self) -> UUID:
        request = uuid4()
        self.nurse.execute("SELECT cd.witness_stock(%s, %s)", (self.shelf.clinic, request))
        return request

    def _batch(self) -> UUID | None:
        row = self.me.execute(
            "SELECT id FROM inventory_items WHERE clinic_id = %s AND batch_number NOT LIKE '%% (returned)' ORDER BY random() LIMIT 1",
            (self.shelf.clinic,),
        ).fetchone()  # fmt: skip
        return row[0] if row else None
