"""The clinic that tests work in: small, fictional, and always at nine in the morning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import psycopg.sql

from clinicdesk.repositories.accounts import login_name

PASSWORD = "nine quiet herons"
STAFF = {
    "admin": ("admin@test.invalid", "Ngozi", "Eze"),
    "doctor": ("doctor@test.invalid", "Ada", "Obi"),
    "doctor2": ("doctor2@test.invalid", "Bọ́lá", "Adé"),
    "nurse": ("nurse@test.invalid", "Hauwa", "Sani"),
    "receptionist": ("desk@test.invalid", "Tunde", "Bello"),
    "receptionist2": ("desk2@test.invalid", "Ìfẹ́", "Ojo"),
    "pharmacist": ("pharmacist@test.invalid", "Chidi", "Okeke"),
}
PATIENTS = (
    ("Ẹniọlá", "Adébáyọ̀", date(1984, 2, 14), "female", "+2348030000001"),
    ("Chukwuẹmeka", "Nwosu", date(1979, 7, 3), "male", "+2348030000002"),
    ("Ṣadé", "Ọlátúnjí", date(1990, 11, 30), "female", "+2348030000003"),
    ("Musa", "Abdullahi", date(1961, 1, 9), "male", "+2348030000004"),
    ("Amina", "Yusuf", date(2019, 5, 21), "female", "+2348030000004"),
    ("Ọlásúnkànmí", "Balógun", date(1955, 9, 17), "male", "+2348030000006"),
)
# name, atc, controlled, products (strength, form, unit, price), batches (number, days to expiry, stock)
MEDICINES: tuple[tuple[str, str, bool, tuple[Any, ...], tuple[Any, ...]], ...] = (
    ("Amoxicillin", "J01CA04", False, (("500 mg", "capsule", "capsule", "40.00"),), (("AMX-OLD", 40, 30), ("AMX-NEW", 400, 200))),
    ("Paracetamol", "N02BE01", False, (("500 mg", "tablet", "tablet", "5.00"),), (("PCM-1", 500, 1000),)),
    ("Azithromycin", "J01FA10", False, (("500 mg", "tablet", "tablet", "150.00"),), (("AZI-1", 300, 60),)),
    ("Amlodipine", "C08CA01", False, (("5 mg", "tablet", "tablet", "20.00"), ("10 mg", "tablet", "tablet", "30.00")), (("AML-1", 200, 90),)),
    ("Morphine", "N02AA01", True, (("10 mg", "tablet", "tablet", "90.00"),), ()),
)  # fmt: skip


def morning_zone() -> str:
    """A zone of whole hours in which it is about nine in the morning now.

    Rules about 'today' and 'not in the past' meet the database's clock, which tests do not move; so they move
    the clinic instead.
    """
    now = datetime.now(UTC)
    # between 8:20 and 9:20 at the start, so that a long run does not reach the ten o'clock of its bookings
    offset = (9 if now.minute < 20 else 8) - now.hour
    offset += 24 if offset < -12 else 0
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


@dataclass(frozen=True)
class SmallClinic:
    """What tests need to name: the ids the database gave."""

    clinic: UUID
    doctor: UUID
    doctor2: UUID
    patients: tuple[UUID, ...]
    types: dict[str, UUID]
    medications: dict[str, UUID]
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return datetime.now(self.zone).date()

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)


def build(owner: psycopg.Connection[Any]) -> SmallClinic:
    """Fill a migrated database; ``owner`` is a connection of its owner."""

    def one(sql: str, *values: object) -> Any:
        row = owner.execute(sql, values).fetchone()
        return row[0] if row else None

    zone = morning_zone()
    clinic = one(
        "INSERT INTO clinics(name, address, phone, timezone, license_number) VALUES "
        "('Test Clinic', '{\"street\": \"1 Lantern Road\", \"city\": \"Lagos\"}', '+2348000000000', %s, 'TC-1') RETURNING id",
        zone,
    )
    # most tests open charts of patients who have no appointment (spec 2.8)
    owner.execute(
        "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'care_relation_required', 'false')",
        (clinic,),
    )
    users = {key: _login(one, owner, key, clinic) for key in STAFF}
    doctors = {}
    for key, licence in (("doctor", "MDCN-T1"), ("doctor2", "MDCN-T2")):
        doctors[key] = one(
            "INSERT INTO doctor_profiles(user_id, license_number, clinic_id, consultation_fee) "
            "VALUES (%s, %s, %s, 5000) RETURNING id",
            users[key], licence, clinic,
        )  # fmt: skip
        owner.execute(
            "INSERT INTO doctor_availability(doctor_id, day_of_week, start_time, end_time, break_start_time, break_end_time) "
            "SELECT %s, d, '08:00', '18:00', '13:00', '14:00' FROM generate_series(0, 6) d",
            (doctors[key],),
        )
    specialty = one("INSERT INTO medical_specialties(name) VALUES ('General practice') RETURNING id")
    owner.execute("INSERT INTO doctor_specialties SELECT id, %s FROM doctor_profiles", (specialty,))
    types = {
        name: one(
            "INSERT INTO appointment_types(name, duration, price) VALUES (%s, %s, %s) RETURNING id",
            name,
            minutes,
            price,
        )
        for name, minutes, price in (("Consultation", 30, 5000), ("Follow-up", 20, 3000))
    }
    patients = tuple(_patient(one, owner, row, clinic) for row in PATIENTS)
    medications = {row[0]: _medicine(one, owner, row, clinic) for row in MEDICINES}
    return SmallClinic(
        clinic=clinic, doctor=doctors["doctor"], doctor2=doctors["doctor2"], patients=patients,
        types=types, medications=medications, zone=ZoneInfo(zone),
    )  # fmt: skip


def _login(one: Any, owner: psycopg.Connection[Any], key: str, clinic: UUID) -> UUID:
    email, first, last = STAFF[key]
    name = login_name(email)
    # roles belong to the server, not to the database: another test run on it may have made this one
    owner.execute(psycopg.sql.SQL("DROP ROLE IF EXISTS {}").format(psycopg.sql.Identifier(name)))
    made = owner.pgconn.encrypt_password(PASSWORD.encode(), name.encode(), b"scram-sha-256").decode()
    user: UUID = one(
        "SELECT cd.create_login(%s, %s, %s, %s, %s, %s, false)",
        email,
        first,
        last,
        key.rstrip("2"),
        made,
        [clinic],
    )
    return user


def _patient(one: Any, owner: psycopg.Connection[Any], row: tuple[Any, ...], clinic: UUID) -> UUID:
    first, last, born, gender, phone = row
    mrn = one("SELECT cd.next_mrn()")
    user: UUID = one(
        "INSERT INTO users(email, password_hash, role) VALUES (%s, 'no-login', 'patient') RETURNING id",
        f"{mrn.lower()}@patient.invalid",
    )
    owner.execute(
        "INSERT INTO user_profiles(user_id, first_name, last_name, date_of_birth, gender) VALUES (%s, %s, %s, %s, %s)",
        (user, first, last, born, gender),
    )
    owner.execute(
        "INSERT INTO patients(user_id, mrn, sex_for_clinical_use) VALUES (%s, %s, %s)", (user, mrn, gender)
    )
    owner.execute("INSERT INTO patient_clinics VALUES (%s, %s)", (user, clinic))
    owner.execute("INSERT INTO contact_points(user_id, kind, value) VALUES (%s, 'phone', %s)", (user, phone))
    return user


def _medicine(one: Any, owner: psycopg.Connection[Any], row: tuple[Any, ...], clinic: UUID) -> UUID:
    name, atc, controlled, products, batches = row
    medication: UUID = one(
        "INSERT INTO medications(name, generic_name, atc, is_controlled_substance, dosage_forms, strength_options) "
        "VALUES (%s, %s, %s, %s, %s, %s) RETURNING id",
        name, name, atc, controlled, [p[1] for p in products], [p[0] for p in products],
    )  # fmt: skip
    for strength, form, unit, price in products:
        owner.execute(
            "INSERT INTO medication_products(medication_id, strength, form, unit, price) VALUES (%s, %s, %s, %s, %s)",
            (medication, strength, form, unit, price),
        )
    strength, form, unit, price = products[0]
    for number, days, stock in batches:
        item = one(
            "INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, "
            "maximum_stock, unit_cost, selling_price, supplier_name, expiry_date, batch_number, strength, form, location) "
            "VALUES (%s, %s, %s, %s, 'Medicines', %s, 50, 1000, 10, %s, 'Test Supplies', current_date + %s, %s, %s, %s, 'Shelf A1') "
            "RETURNING id",
            clinic, medication, f"{name} {strength} {form}", f"T-{name[:3].upper()}", unit, price, days, number, strength, form,
        )  # fmt: skip
        owner.execute(
            "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type) VALUES (%s, 'in', %s, 10, 'purchase')",
            (item, stock),
        )
    return medication
