"""The short form, in the suite; the long one is ``python -m tests.ledger``."""

import random
from typing import Any

import psycopg
import pytest

from tests.ledger.run import play, prepare
from tests.signed_prescription import connect


def test_spec_5_1_every_invariant_holds_after_three_hundred_acts_on_eight_seats(clinic: Any) -> None:
    seed = random.SystemRandom().randrange(10**6)
    done = play(clinic, prepare(clinic), seats=8, steps=300, seed=seed, pause=150)
    assert {"receive", "dispense", "count", "take_back", "transfer", "adjust"} <= set(done), (seed, done)


def test_thirty_two_seats_at_once_end_without_deadlock(clinic: Any) -> None:
    done = play(clinic, prepare(clinic), seats=32, steps=96, seed=7, pause=96)
    assert sum(done.values()) == 96


RAW = {
    "sale of expired stock": "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) SELECT id, 'out', 1, 'sale' FROM inventory_items",
    "alter a movement": "UPDATE stock_movements SET quantity = 1",
    "delete a movement": "DELETE FROM stock_movements",
    "edit the stock": "UPDATE inventory_items SET current_stock = 9999",
    "move the expiry": "UPDATE inventory_items SET expiry_date = '2040-01-01'",
    "lift a recall": "UPDATE inventory_items SET state = 'saleable'",
    "invent a supply": "INSERT INTO dispenses(clinic_id, prescription_id, prescription_item_id, inventory_item_id, movement_id, quantity, request_id) SELECT clinic_id, id, id, id, id, 1, id FROM prescriptions",
    "alter a supply": "UPDATE dispenses SET quantity = 1",
    "alter a delivery": "UPDATE delivery_lines SET quantity = 1",
    "alter a count": "UPDATE stocktake_counts SET expected = 1",
    "see what the count should be": "SELECT expected FROM stocktake_counts",
    "forge a witness": "INSERT INTO stock_witnesses(clinic_id, user_id, request_id) SELECT clinic_id, performed_by, id FROM stock_movements",
    "witness without the duty": "SELECT cd.witness_stock((SELECT id FROM clinics LIMIT 1), gen_random_uuid())",
    "destroy good stock": "SELECT cd.adjust_stock(gen_random_uuid(), id, -1, 'expired', 'x') FROM inventory_items WHERE batch_number = 'PCM-1'",
    "go negative": "SELECT cd.adjust_stock(gen_random_uuid(), id, -999999, 'theft_loss', 'x') FROM inventory_items WHERE batch_number = 'PCM-1'",
    "a fraction": "SELECT cd.adjust_stock(gen_random_uuid(), id, 0.5, 'donation_in', 'x') FROM inventory_items",
    "huge": "SELECT cd.adjust_stock(gen_random_uuid(), id, 2147483647, 'donation_in', 'x') FROM inventory_items WHERE batch_number = 'PCM-1'",
    "an empty truth": "TRUNCATE stock_movements CASCADE",
}  # fmt: skip


@pytest.fixture
def pharmacist(clinic: Any) -> Any:
    prepare(clinic, prescriptions=1)
    with connect(clinic, "pharmacist") as made:
        yield made


def test_raw_sql_of_the_pharmacists_role_cannot_bend_the_ledger(clinic: Any, pharmacist: Any) -> None:
    def sums() -> Any:
        with clinic.owner() as owner:
            return owner.execute("SELECT sum(current_stock), count(*), (SELECT count(*) FROM stock_movements) FROM inventory_items").fetchone()  # fmt: skip

    before = sums()
    through = []
    for name, statement in RAW.items():
        try:
            pharmacist.execute(statement)
            through.append(name)
        except psycopg.Error:
            pass
    assert through == []
    assert sums() == before


def test_even_the_owner_cannot_sell_expired_stock_or_go_below_zero(clinic: Any) -> None:
    prepare(clinic, prescriptions=1)
    sell = "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) SELECT id, 'out', %s, 'sale' FROM inventory_items WHERE batch_number = %s"
    with clinic.owner() as owner:
        for quantity, batch, state in ((1, "AMX-DEAD", "CD036"), (1001, "PCM-1", "23514")):
            with pytest.raises(psycopg.Error) as caught:
                owner.execute(sell, (quantity, batch))
            assert caught.value.sqlstate == state
