"""Stock and sealed prescriptions of a synthetic clinic."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from clinicdesk.demo.build_prescriptions import signature
from clinicdesk.demo.people import DEMO_PASSWORD
from clinicdesk.domain import mrn
from clinicdesk.formulary import FormularyMedicine, Product, load_formulary
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.formulary import medication_id
from clinicdesk.services.prescribing_draft import image_text
from clinicdesk.services.signing import KeyPair, canonical, new_key, seal, wrap

LINES = 3
_VALID = timedelta(days=30)
_OFTEN = 120  # this many medicines make up the prescriptions
_SIG: dict[str, object] = {
    "dose": "1",
    "unit": "tablet",
    "route": "oral",
    "times_per_day": 2,
    "duration_days": 7,
}
_WORDS = "Take 1 tablet twice a day for 7 days"
_SIGNED = {
    "dosage": "1 tablet",
    "frequency": "twice a day",
    "duration": "7 days",
    "duration_days": 7,
    "sig": _SIG,
    "quantity": 14,
    "instructions": "",
    "directions": _WORDS,
    "override_rules": "",
    "override_reason": "",
    "override_text": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedDoctor:
    """A synthetic doctor; ``login`` is '' for all but the first."""

    id: UUID
    user_id: UUID
    login: str
    name: str
    license: str
    clinic: UUID


def seed_stock(bulk: Bulk, *, clinic: UUID, today: date) -> None:
    """Two lots of every product, as the ledger says."""
    lots = [
        (medicine, product, lot)
        for medicine in load_formulary()
        for product in medicine.products
        for lot in (0, 1)
    ]
    received = datetime(today.year, today.month, today.day, 8, tzinfo=UTC) - timedelta(days=90)
    bulk.copy(
        "inventory_items",
        "id clinic_id medication_id item_name item_code category unit_of_measure current_stock minimum_stock "
        "unit_cost selling_price expiry_date batch_number strength form received_date created_at",
        (
            (
                *(_item(clinic, medicine, product, lot=lot), clinic, medication_id(medicine.name)),
                f"{medicine.name} {product.strength} {product.form}"[:200],
                *(f"S{number // 2:05d}", medicine.category, product.unit, 2000 + 500 * lot, 300),
                *(product.price, product.price, today + timedelta(days=40 + 300 * lot + number % 90)),
                *(f"LOT{number:06d}", product.strength, product.form, received.date(), received),
            )
            for number, (medicine, product, lot) in enumerate(lots)
        ),
    )
    bulk.copy(
        "stock_movements",
        "id inventory_item_id movement_type quantity reference_type created_at clinic_id balance",
        (
            (
                *(uuid5(item, "received"), item, "in", 2000 + 500 * lot, "purchase", received, clinic),
                2000 + 500 * lot,
            )
            for medicine, product, lot in lots
            for item in (_item(clinic, medicine, product, lot=lot),)
        ),
    )


def _item(clinic: UUID, medicine: FormularyMedicine, product: Product, *, lot: int) -> UUID:
    return uuid5(clinic, f"{medicine.name}|{product.strength}|{product.form}|{lot}")


_SEEN = """
SELECT a.id, a.patient_id, a.doctor_id, a.clinic_id, a.completed_at, u.first_name || ' ' || u.last_name,
       u.date_of_birth
  FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id
 WHERE a.status = 'completed' ORDER BY a.id LIMIT %s
"""


def seed_prescriptions(bulk: Bulk, doctors: Sequence[SeedDoctor], *, count: int, zone: str) -> None:
    """``count`` prescriptions of completed appointments, each sealed with its doctor's key."""
    image = image_text(signature("synthetic"))
    keys = _keys(bulk, doctors)
    by_id = {doctor.id: doctor for doctor in doctors}
    tablets = [
        (medicine, product)
        for medicine in load_formulary()
        for product in medicine.products
        if product.unit == "tablet" and not medicine.controlled
    ][:_OFTEN]
    seen = sorted(bulk.all(_SEEN, count), key=lambda row: (row[4], row[0].int))
    made = list(_prescriptions(seen, by_id, tablets=tablets, zone=ZoneInfo(zone)))
    digest = hashlib.sha256(image.encode()).hexdigest()
    bulk.copy(
        "prescriptions",
        "id patient_id doctor_id clinic_id appointment_id prescription_number diagnosis status issued_date "
        "expiry_date issued_at patient_name patient_dob doctor_name doctor_license created_at updated_at "
        "doctor_signature digital_signature_hash",
        (
            (
                *(rx["id"], rx["patient"], rx["doctor"], rx["clinic"], appointment, rx["number"]),
                *(rx["diagnosis"], _status(rx), rx["issued_date"], rx["expiry_date"], rx["issued_at"]),
                *(rx["patient_name"], rx["patient_dob"], rx["doctor_name"], rx["doctor_license"]),
                *(rx["issued_at"], rx["issued_at"], image),
                _sealed({**rx, "kid": keys[rx["doctor"]].kid, "image_sha256": digest}, keys[rx["doctor"]]),
            )
            for appointment, rx in made
        ),
    )
    bulk.copy(
        "prescription_items",
        "id prescription_id line medication_id medication_name strength form dosage frequency duration "
        "duration_days quantity instructions sig directions supplied",
        (
            (
                *(uuid5(UUID(rx["id"]), str(item["line"])), rx["id"], item["line"], item["medication"]),
                *(item["name"], item["strength"], item["form"], item["dosage"], item["frequency"]),
                *(item["duration"], 7, item["quantity"], "", _SIG, item["directions"], 0),
            )
            for _, rx in made
            for item in rx["items"]
        ),
    )
    # numbers are unique over all clinics, so that each counter goes on after the last one of all
    bulk.run(
        "INSERT INTO counters (clinic_id, name, year, last) SELECT c.id, 'prescription', p.year, p.last "
        "FROM clinics c CROSS JOIN (SELECT extract(year FROM issued_date)::int AS year, "
        "max(substr(prescription_number, 8, 6)::int) AS last FROM prescriptions GROUP BY 1) p"
    )


def _keys(bulk: Bulk, doctors: Sequence[SeedDoctor]) -> dict[str, KeyPair]:
    keys: dict[str, KeyPair] = {}
    for doctor in doctors:
        pair = keys[str(doctor.id)] = new_key()
        bulk.run(
            "INSERT INTO doctor_keys (kid, doctor_id, public_key, created_at) "
            "VALUES (%s, %s, %s, '2020-01-01')",
            *(pair.kid, doctor.id, pair.public),
        )
        if doctor.login:
            bulk.run(
                "INSERT INTO doctor_private_keys (kid, login_role, wrapped) VALUES (%s, %s, %s)",
                *(pair.kid, doctor.login, wrap(pair.private, DEMO_PASSWORD)),
            )
    return keys


def _prescriptions(
    seen: Sequence[tuple[Any, ...]],
    doctors: dict[UUID, SeedDoctor],
    *,
    tablets: Sequence[tuple[FormularyMedicine, Product]],
    zone: ZoneInfo,
) -> Iterator[tuple[UUID, dict[str, Any]]]:
    """Appointment and what cd.rx_payload makes of the rows, but for key and image."""
    counters: dict[int, int] = {}
    for appointment, patient, doctor, clinic, at, name, born in seen:
        issued = at.astimezone(zone).date()
        number = counters[issued.year] = counters.get(issued.year, 0) + 1
        yield (
            appointment,
            {
                "v": 1,
                "id": str(uuid5(appointment, "prescription")),
                "number": mrn.make_rx(issued.year, number),
                "clinic": str(clinic),
                "patient": str(patient),
                "patient_name": name,
                "patient_dob": str(born),
                "doctor": str(doctor),
                "doctor_name": doctors[doctor].name,
                "doctor_license": doctors[doctor].license,
                "diagnosis": "I10 Essential hypertension",
                "notes": "",
                "checked_against": "",
                "issued_date": str(issued),
                "expiry_date": str(issued + _VALID),
                "issued_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "items": [
                    {
                        "line": line,
                        "medication": str(medication_id(medicine.name)),
                        "name": medicine.name,
                        "strength": product.strength,
                        "form": product.form,
                        **_SIGNED,
                    }
                    for line in range(1, LINES + 1)
                    for medicine, product in (tablets[(appointment.int + line * 37) % len(tablets)],)
                ],
            },
        )


def _status(rx: dict[str, Any]) -> str:
    lapsed = date.fromisoformat(rx["expiry_date"]) < datetime.now(UTC).date()
    return "expired" if lapsed else "active"


def _sealed(payload: dict[str, Any], pair: KeyPair) -> str:
    return seal(canonical(payload), pair.private, pair.kid)
