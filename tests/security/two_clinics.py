"""Two clinics on one server, staffed alike: whoever works in the north must see and move nothing of the south."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from clinicdesk.migrations.rights import ROLES
from clinicdesk.repositories.accounts import login_name
from tests.small_clinic import PASSWORD

Connection = psycopg.Connection[Any]
# words that stand in every text of a clinic, and in clinical texts: where they turn up, something leaks
MARK = {"north": "Boreas", "south": "Auster"}
CLINICAL = "Morbus"
IMAGE = "iVBORw0KGgo" + "A" * 200


def email(house: str, role: str) -> str:
    return f"{role}@{house}.invalid"


@dataclass
class House:
    """One clinic: the ids an attacker may have guessed, stolen or overheard."""

    name: str
    clinic: UUID
    users: dict[str, UUID] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        return MARK[self.name]

    def login(self, role: str) -> str:
        return login_name(email(self.name, role))


@dataclass
class TwoClinics:
    """The server's address and both houses."""

    uri: str
    parameters: dict[str, str]
    north: House
    south: House

    @contextmanager
    def owner(self) -> Iterator[Connection]:
        with psycopg.connect(self.uri, autocommit=True) as made:
            yield made

    def connect(self, house: str, role: str, *, seat: str = "pc-9") -> Connection:
        settings: dict[str, Any] = {**self.parameters, "user": login_name(email(house, role)), "password": PASSWORD}  # fmt: skip
        return psycopg.connect(**settings, autocommit=True, options=f"-c clinicdesk.seat={seat}")


def one(connection: Connection, statement: str, *values: object) -> Any:
    row = connection.execute(statement, values).fetchone()
    return row[0] if row else None


def build_house(owner: Connection, name: str) -> House:
    """As the server's owner, so that no rule about roles is in the way."""
    mark = MARK[name]
    clinic = one(
        owner,
        "INSERT INTO clinics(name, address, timezone, license_number) VALUES (%s, '{}', 'UTC', %s) RETURNING id",
        mark,
        mark,
    )
    house = House(name, clinic)
    for role in ROLES:
        house.users[role] = make_login(owner, email(name, role), role, clinic, mark)
    _people(owner, house)
    _schedule(owner, house)
    _clinical(owner, house)
    _pharmacy(owner, house)
    return house


def make_login(owner: Connection, address: str, role: str, clinic: UUID, mark: str) -> UUID:
    name = login_name(address)
    owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
    made = owner.pgconn.encrypt_password(PASSWORD.encode(), name.encode(), b"scram-sha-256").decode()
    user: UUID = one(
        owner,
        "SELECT cd.create_login(%s, %s, %s, %s, %s, %s, false)",
        address, role.title(), mark, role, made, [clinic],
    )  # fmt: skip
    return user


def _people(owner: Connection, house: House) -> None:
    mark = house.mark
    doctor = one(
        owner,
        "INSERT INTO doctor_profiles(user_id, license_number, clinic_id, consultation_fee, max_overbook) VALUES (%s, %s, %s, 5000, 3) RETURNING id",
        house.users["doctor"], f"MDCN-{mark}", house.clinic,
    )  # fmt: skip
    availability = one(
        owner,
        "INSERT INTO doctor_availability(doctor_id, day_of_week, start_time, end_time) SELECT %s, d, '00:00', '23:59' FROM generate_series(0, 6) d RETURNING id",
        doctor,
    )
    leave = one(
        owner,
        "INSERT INTO doctor_leave(doctor_id, first_day, last_day, note) VALUES (%s, '2099-01-01', '2099-01-02', %s) RETURNING id",
        doctor, mark,
    )  # fmt: skip
    patient = one(
        owner,
        "INSERT INTO users(email, password_hash, role) VALUES (%s, 'no-login', 'patient') RETURNING id",
        f"{mark.lower()}@patient.invalid",
    )
    owner.execute(
        "INSERT INTO user_profiles(user_id, first_name, last_name, date_of_birth, gender) VALUES (%s, 'Patient', %s, '1980-01-01', 'female')",
        (patient, mark),
    )
    owner.execute(
        "INSERT INTO patients(user_id, mrn, sex_for_clinical_use) VALUES (%s, cd.next_mrn(), 'female')",
        (patient,),
    )
    owner.execute("INSERT INTO patient_clinics VALUES (%s, %s)", (patient, house.clinic))
    contact = one(
        owner,
        "INSERT INTO contact_points(user_id, kind, value) VALUES (%s, 'email', %s) RETURNING id",
        patient,
        f"{mark}@mail",
    )
    room = one(owner, "INSERT INTO rooms(clinic_id, name) VALUES (%s, %s) RETURNING id", house.clinic, mark)
    house.ids |= {"doctor": doctor, "availability": availability, "leave": leave, "patient": patient, "contact": contact, "room": room}  # fmt: skip


def _schedule(owner: Connection, house: House) -> None:
    mark, ids = house.mark, house.ids
    ids["type"] = one(owner, "SELECT id FROM appointment_types ORDER BY name LIMIT 1")
    ids["appointment"] = one(
        owner,
        "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_type_id, appointment_date, start_time, end_time, status, fee, chief_complaint, room_id) "
        "VALUES (%s, %s, %s, %s, current_date + 3, '10:00', '10:30', 'confirmed', 5000, %s, %s) RETURNING id",
        ids["patient"], ids["doctor"], house.clinic, ids["type"], mark, ids["room"],
    )  # fmt: skip
    ids["waiting"] = one(
        owner,
        "INSERT INTO waiting_list(clinic_id, patient_id, latest, note) VALUES (%s, %s, current_date + 30, %s) RETURNING id",
        house.clinic, ids["patient"], mark,
    )  # fmt: skip
    ids["pay_request"] = uuid4()
    ids["payment"] = one(
        owner,
        "INSERT INTO payments(clinic_id, patient_id, appointment_id, kind, amount, currency, method, receipt_number, received_by, request_id) "
        "VALUES (%s, %s, %s, 'payment', 100, 'NGN', 'cash', %s, %s, %s) RETURNING id",
        house.clinic, ids["patient"], ids["appointment"], f"RC-{mark}", house.users["receptionist"], ids["pay_request"],
    )  # fmt: skip
    owner.execute(
        "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, %s, '{}')", (house.clinic, mark)
    )


def _clinical(owner: Connection, house: House) -> None:
    ids, text = house.ids, f"{CLINICAL} {house.mark}"
    ids["allergy"] = one(
        owner,
        "INSERT INTO patient_allergies(patient_id, substance) VALUES (%s, %s) RETURNING id",
        ids["patient"],
        text,
    )
    ids["problem"] = one(
        owner,
        "INSERT INTO patient_problems(patient_id, description) VALUES (%s, %s) RETURNING id",
        ids["patient"],
        text,
    )
    owner.execute(
        "INSERT INTO patient_measures(patient_id, kind, value, measured_at) VALUES (%s, 'weight', 61, now())",
        (ids["patient"],),
    )
    ids["visit"] = one(
        owner,
        "INSERT INTO visits(clinic_id, patient_id, doctor_id, visit_date, visit_type, version, document_id, sha256, author_id) "
        "VALUES (%s, %s, %s, now(), 'routine', 1, %s, %s, %s) RETURNING id",
        house.clinic, ids["patient"], ids["doctor"], "a" * 24, "b" * 64, house.users["doctor"],
    )  # fmt: skip
    owner.execute(
        "INSERT INTO visit_versions(visit_id, version, clinic_id, document_id, sha256, status) VALUES (%s, 1, %s, %s, %s, 'draft')",
        (ids["visit"], house.clinic, "a" * 24, "b" * 64),
    )
    owner.execute(
        "INSERT INTO access_log(user_id, patient_id, action, purpose, emergency) VALUES (%s, %s, 'view', %s, false)",
        (house.users["doctor"], ids["patient"], house.mark),
    )


def _pharmacy(owner: Connection, house: House) -> None:
    ids, mark = house.ids, house.mark
    ids["medication"] = one(owner, "SELECT id FROM medications WHERE name = 'Amoxicillin'")
    ids["batch"] = one(
        owner,
        "INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, strength, form, expiry_date, batch_number, selling_price, supplier_name) "
        "VALUES (%s, %s, %s, %s, '500 mg', 'capsule', current_date + 400, %s, 40, %s) RETURNING id",
        house.clinic, ids["medication"], mark, f"T-{mark}", f"B-{mark}", mark,
    )  # fmt: skip
    owner.execute(
        "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, notes) VALUES (%s, 'in', 10, 'purchase', %s)",
        (ids["batch"], mark),
    )
    public = sha256(house.name.encode()).digest()
    ids["kid"] = sha256(public).hexdigest()[:16]
    owner.execute(
        "INSERT INTO doctor_keys(kid, doctor_id, public_key) VALUES (%s, %s, %s)",
        (ids["kid"], ids["doctor"], public),
    )
    owner.execute(
        "INSERT INTO doctor_private_keys(kid, login_role, wrapped) VALUES (%s, %s, %s)",
        (ids["kid"], house.login("doctor"), mark.encode()),
    )
    ids["rx"], ids["item"] = prescribe(owner, house, quantity=21)


def prescribe(owner: Connection, house: House, *, quantity: int) -> tuple[UUID, UUID]:
    """A sealed, active prescription of the house's doctor."""
    ids, text = house.ids, f"{CLINICAL} {house.mark}"
    rx = one(
        owner,
        "INSERT INTO prescriptions(patient_id, doctor_id, clinic_id, prescription_number, diagnosis, expiry_date, issued_at, patient_name, doctor_name) "
        "VALUES (%s, %s, %s, %s, %s, current_date + 30, now(), %s, %s) RETURNING id",
        ids["patient"], ids["doctor"], house.clinic, f"RX-{uuid4().hex[:12]}", text, house.mark, house.mark,
    )  # fmt: skip
    item = one(
        owner,
        "INSERT INTO prescription_items(prescription_id, medication_id, medication_name, dosage, frequency, duration, duration_days, quantity, strength, form, directions) "
        "VALUES (%s, %s, 'Amoxicillin', '1', 'tds', '7 days', 7, %s, '500 mg', 'capsule', %s) RETURNING id",
        rx, ids["medication"], quantity, text,
    )  # fmt: skip
    seal = f"ed25519.{ids['kid']}.{'0' * 64}.{'A' * 86}"
    owner.execute(
        "UPDATE prescriptions SET digital_signature_hash = %s, doctor_signature = %s WHERE id = %s",
        (seal, IMAGE, rx),
    )
    return rx, item


def visit_of(house: House, **more: object) -> dict[str, Any]:
    """What a client sends to cd.save_visit for a new draft."""
    return {
        "id": str(uuid4()), "expected_version": 0, "clinic_id": str(house.clinic), "patient_id": str(house.ids["patient"]),
        "doctor_id": str(house.ids["doctor"]), "visit_date": datetime.now(UTC).isoformat(), "visit_type": "routine", "status": "draft",
        "document_id": "c" * 24, "sha256": "d" * 64, **more,
    }  # fmt: skip


def sealed_rx_of(house: House, **more: object) -> dict[str, Any]:
    """What a client sends to cd.rx_write."""
    item = {
        "medication_id": str(house.ids["medication"]), "medication_name": "Amoxicillin", "strength": "500 mg", "form": "capsule", "dosage": "1",
        "frequency": "tds", "duration": "7 days", "duration_days": 7, "quantity": 21, "instructions": "", "directions": "One", "sig": {"dose": "1"},
    }  # fmt: skip
    return {"id": str(uuid4()), "clinic_id": str(house.clinic), "patient_id": str(house.ids["patient"]), "diagnosis": "x", "items": [item], **more}  # fmt: skip


def attempt(connection: Connection, statement: Any, *values: object) -> tuple[str, str, Any]:
    """Tries and takes back: ``(sqlstate, what the server said, rows or their number)``; '' when it went through."""
    answer: Any = None
    try:
        with connection.transaction(force_rollback=True):
            found = connection.execute(statement, values or None)
            answer = found.fetchall() if found.description else found.rowcount
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except psycopg.Error as error:
        said = " ".join(str(x) for x in (error, error.diag.message_detail, error.diag.context) if x)
        return error.sqlstate or "?", said, None
    return "", "", answer
