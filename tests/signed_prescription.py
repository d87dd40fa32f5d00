"""A prescription that is really signed: the doctor's own key, the database's own steps."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from clinicdesk.repositories.accounts import login_name
from clinicdesk.services import signing
from tests.small_clinic import PASSWORD, STAFF

IMAGE = "data:image/png;base64," + base64.b64encode(b"drawn signature" * 20).decode()
FORMS = {
    "Amoxicillin": ("500 mg", "capsule"),
    "Paracetamol": ("500 mg", "tablet"),
    "Azithromycin": ("500 mg", "tablet"),
    "Amlodipine": ("5 mg", "tablet"),
    "Morphine": ("10 mg", "tablet"),
}


@dataclass(frozen=True)
class Line:
    """One medicine of the small clinic."""

    medicine: str
    quantity: int
    days: int = 7
    reason: str = ""
    text: str = ""


def connect(clinic: Any, who: str) -> "psycopg.Connection[Any]":
    """A plain connection of that person, autocommit; close it."""
    return psycopg.connect(
        **clinic.deployment.postgres.parameters(),
        user=login_name(STAFF[who][0]),
        password=PASSWORD,
        autocommit=True,
    )


def sign_prescription(
    clinic: Any,
    lines: Sequence[Line],
    *,
    patient: int = 0,
    who: str = "doctor",
    diagnosis: str = "Tonsillitis",
) -> UUID:
    """Writes and signs as the doctor's program does; the seal is genuine."""
    key = signing.new_key()
    rx = uuid4()
    with connect(clinic, who) as doctor:
        doctor.execute("SELECT cd.add_key(%s, %s)", (key.public, signing.wrap(key.private, PASSWORD)))
        doctor.execute("SELECT cd.no_known_allergies(%s)", (clinic.small.patients[patient],))
        with doctor.transaction():
            row = doctor.execute(
                "SELECT cd.rx_write(%s, %s, %s, %s)",
                (
                    Jsonb(content(clinic, rx, lines, patient=patient, diagnosis=diagnosis)),
                    datetime.now(UTC),
                    key.kid,
                    IMAGE,
                ),
            ).fetchone()
            assert row is not None
            seal = signing.seal(row[0], key.private, key.kid)
            doctor.execute("SELECT cd.rx_sign(%s, %s, %s)", (rx, IMAGE, seal))
    return rx


def content(clinic: Any, rx: UUID, lines: Sequence[Line], *, patient: int, diagnosis: str) -> dict[str, Any]:
    items = [
        {
            "medication_id": str(clinic.small.medications[line.medicine]), "medication_name": line.medicine,
            "strength": FORMS[line.medicine][0], "form": FORMS[line.medicine][1], "dosage": "1",
            "frequency": "three times a day", "duration": f"{line.days} days", "duration_days": line.days,
            "quantity": line.quantity, "instructions": "",
            "directions": f"Take 1 {FORMS[line.medicine][1]} three times a day for {line.days} days",
            "sig": {"dose": "1"}, "override_reason": line.reason, "override_text": line.text,
            "override_rules": "S1:T01" if line.reason else "",
        }
        for line in lines
    ]  # fmt: skip
    return {
        "id": str(rx), "clinic_id": str(clinic.small.clinic), "patient_id": str(clinic.small.patients[patient]),
        "diagnosis": diagnosis, "items": items,
    }  # fmt: skip


def tamper(clinic: Any, rx: UUID, quantity: int) -> None:
    """What only an owner with the triggers off can do: change a signed row."""
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE prescription_items SET quantity = %s WHERE prescription_id = %s", (quantity, rx)
        )


def stock(clinic: Any) -> dict[str, int]:
    """Batch number -> stock."""
    with clinic.owner() as owner:
        return dict(owner.execute("SELECT batch_number, current_stock FROM inventory_items").fetchall())
