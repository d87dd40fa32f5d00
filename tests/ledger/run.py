"""Many hands at once, and the check at every pause."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from psycopg import sql

from clinicdesk.repositories.accounts import login_name
from tests.ledger.acts import Hand, Shelf, broken
from tests.signed_prescription import Line, sign_prescription
from tests.small_clinic import STAFF


def prepare(clinic: Any, prescriptions: int = 6) -> Shelf:
    """Room for many seats of one person, a second clinic, a witness, an expired batch on the shelf, and prescriptions that wait."""
    small = clinic.small
    with clinic.owner() as owner:
        for who in ("pharmacist", "nurse"):
            role = sql.Identifier(login_name(STAFF[who][0]))
            owner.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 80").format(role))
        other: UUID = owner.execute(
            "INSERT INTO clinics(name, address, timezone, license_number) VALUES ('Hill', '{}', 'UTC', 'TC-2') RETURNING id"
        ).fetchone()[0]  # fmt: skip
        owner.execute(
            "INSERT INTO clinic_staff(clinic_id, user_id, role) SELECT %s, id, 'pharmacist' FROM users WHERE email = %s",
            (other, STAFF["pharmacist"][0]),
        )
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT %s, id, 'witness' FROM users WHERE email = %s",
            (small.clinic, STAFF["nurse"][0]),
        )
        owner.execute(
            "INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, expiry_date, batch_number, strength, form, unit_cost) "
            "SELECT clinic_id, medication_id, item_name, item_code, current_date - 9, 'AMX-DEAD', strength, form, 10 FROM inventory_items WHERE batch_number = 'AMX-OLD'"
        )  # fmt: skip
        owner.execute(
            "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) "
            "SELECT id, 'in', 500, 'purchase' FROM inventory_items WHERE batch_number = 'AMX-DEAD'"
        )
    shelf = Shelf(small.clinic, other, small.medications)
    for number in range(prescriptions):
        lines = [Line("Amoxicillin", 900), Line("Paracetamol", 900), Line("Azithromycin", 900)][
            : 1 + number % 3
        ]
        rx = sign_prescription(clinic, lines, patient=number % 6)
        with clinic.owner() as owner:
            rows = owner.execute(
                "SELECT id FROM prescription_items WHERE prescription_id = %s", (rx,)
            ).fetchall()
        shelf.prescriptions.append((rx, [row[0] for row in rows]))
    return shelf


def _acts(hand: Hand, number: int) -> None:
    for _ in range(number):
        hand.act()


def play(clinic: Any, shelf: Shelf, *, seats: int, steps: int, seed: int, pause: int = 250) -> Counter[str]:
    """``steps`` acts on ``seats`` seats; at each pause all invariants hold. What was done, by name.

    Raises AssertionError with the invariant and the seed, and whatever an act should not have raised.
    """
    hands = [Hand(clinic, shelf, seed * 1000 + number) for number in range(seats)]
    done: Counter[str] = Counter()
    try:
        with ThreadPoolExecutor(seats) as pool, clinic.owner() as owner:
            left = steps
            while left > 0:
                share = max(1, min(pause, left) // seats)
                list(pool.map(_acts, hands, [share] * seats))
                left -= share * seats
                wrong = broken(owner)
                assert not wrong, f"seed {seed}: {wrong}"
        for hand in hands:
            done += hand.done + Counter({f"refused {code}": n for code, n in hand.refused.items()})
    finally:
        for hand in hands:
            hand.close()
    return done
