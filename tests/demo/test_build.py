"""The demo clinic: built once for this module, on the servers of the session."""

import base64
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from pymongo import MongoClient

from clinicdesk import cli
from clinicdesk.bootstrap import Core, Session
from clinicdesk.demo.build import NotADemo, build_demo
from clinicdesk.demo.marker import is_built
from clinicdesk.demo.people import DEMO_PASSWORD, DEMO_STAFF
from clinicdesk.demo.world import DAYS_AHEAD, DAYS_BACK
from clinicdesk.desk import desk_of
from clinicdesk.domain import mrn
from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.domain.people import Role
from clinicdesk.domain.slots import working_windows
from clinicdesk.domain.vitals import refuse_impossible
from clinicdesk.domain.wall_clock import minutes
from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.run import upgrade
from clinicdesk.repositories.availability import Availability
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import NOTE_FIELDS, content_of, digest
from clinicdesk.repositories.formulary import load_formulary
from clinicdesk.resources import resource
from clinicdesk.services.metrics import Metrics
from clinicdesk.services.signing import ink_is_plausible, unwrap, verify
from clinicdesk.settings import Deployment
from tests.conftest import with_database

LAGOS = ZoneInfo("Africa/Lagos")
# a Wednesday in the middle of the morning, not long ago: the database's clock must be past every stamp
_YESTERDAY = datetime.now(LAGOS) - timedelta(days=1)
NOW = next(
    day
    for day in ((_YESTERDAY - timedelta(days=n)).replace(hour=10, minute=40) for n in range(7))
    if day.weekday() == 2
).astimezone(UTC)
TODAY = NOW.astimezone(LAGOS).date()


@dataclass
class Demo:
    addresses: Addresses
    owner: "psycopg.Connection[Any]"
    seconds: float
    said: list[str]

    def all(self, sql: str, *values: object) -> list[Any]:
        return self.owner.execute(sql, values or None).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        row = self.owner.execute(sql, values or None).fetchone()
        return row[0] if row else None

    def sign_in(self, role: str) -> Session:
        person = next(one for one in DEMO_STAFF if one.role == role)
        return Core(Deployment.of_embedded(self.addresses), seat="demo-pc").sign_in(
            person.email, person.password
        )


@pytest.fixture(scope="module")
def demo(addresses: Addresses) -> Iterator[Demo]:
    name = f"cd_demo_{os.getpid()}"
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    uri = with_database(addresses.postgres, name)
    upgrade(postgres=uri, mongo=addresses.mongo, redis=addresses.redis, progress=lambda _: None)
    with psycopg.connect(uri, autocommit=True) as owner:
        # documents of other tests live in the usual database: the demo clears its own only
        owner.execute("UPDATE installation SET documents_database = %s", (name,))
    upgrade(postgres=uri, mongo=addresses.mongo, redis=addresses.redis, progress=lambda _: None)
    said: list[str] = []
    assert not is_built(uri)
    begun = time.perf_counter()
    build_demo(postgres=uri, mongo=addresses.mongo, progress=said.append, now=NOW)
    seconds = time.perf_counter() - begun
    print(f"\ndemo clinic built in {seconds:.1f} s")
    with psycopg.connect(uri, autocommit=True) as owner:
        yield Demo(Addresses(uri, addresses.mongo, addresses.redis), owner, seconds, said)
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def doctor(demo: Demo) -> Iterator[Session]:
    session = demo.sign_in("doctor")
    yield session
    session.close()


def test_it_is_there_and_says_what_it_does(demo):
    assert is_built(demo.addresses.postgres)
    assert len(demo.said) >= 8
    assert all(sentence and sentence[0].isupper() for sentence in demo.said)
    before = demo.one("SELECT count(*) FROM appointments")
    build_demo(postgres=demo.addresses.postgres, mongo=demo.addresses.mongo, progress=lambda _: None)
    assert demo.one("SELECT count(*) FROM appointments") == before


def test_another_clinic_is_left_alone(clinic):
    with pytest.raises(NotADemo):
        build_demo(postgres=clinic.addresses.postgres, mongo=clinic.addresses.mongo, progress=lambda _: None)
    with clinic.owner() as owner:
        assert owner.execute("SELECT name FROM clinics").fetchall() == [("Test Clinic",)]


def test_each_role_can_sign_in(demo):
    assert [person.role for person in DEMO_STAFF[:5]] == [
        "receptionist",
        "doctor",
        "nurse",
        "pharmacist",
        "admin",
    ]
    for role in Role:
        session = demo.sign_in(role)
        assert session.actor.role is role
        assert session.actor.clinic.name == "Ìtùnú Family Clinic"
        session.close()


def test_people_and_formulary_are_as_the_issue_asks(demo):
    roles = dict(demo.all("SELECT role::text, count(*) FROM users WHERE login_role IS NOT NULL GROUP BY 1"))
    assert roles == {"doctor": 6, "nurse": 2, "receptionist": 2, "pharmacist": 2, "admin": 1}
    assert demo.one("SELECT count(*) FROM patients") == 2000
    assert demo.one("SELECT count(*) FROM medications") >= 300
    assert demo.one("SELECT count(*) FROM notification_preferences") == 2013
    numbers = [row[0] for row in demo.all("SELECT mrn FROM patients")]
    assert all(map(mrn.valid, numbers))
    assert demo.one("SELECT cd.next_mrn()") == mrn.make(2001)
    assert demo.one("SELECT count(*) FROM clinic_staff WHERE may_overbook") == 1
    assert demo.one("SELECT count(*) FROM doctor_profiles WHERE max_overbook > 0") == 3


def test_appointments_of_twelve_weeks_in_every_status(demo):
    found = Counter(dict(demo.all("SELECT status::text, count(*) FROM appointments GROUP BY 1")))
    assert set(found) == {
        "pending",
        "confirmed",
        "in_progress",
        "completed",
        "cancelled",
        "no_show",
        "rescheduled",
    }
    first, last = demo.all("SELECT min(appointment_date), max(appointment_date) FROM appointments")[0]
    assert TODAY - timedelta(days=DAYS_BACK) <= first <= TODAY - timedelta(days=DAYS_BACK - 3)
    assert TODAY + timedelta(days=DAYS_AHEAD - 4) <= last <= TODAY + timedelta(days=DAYS_AHEAD)
    missed = found["no_show"] / (found["no_show"] + found["completed"])
    assert 0.04 < missed < 0.09
    assert demo.one("SELECT count(*) FROM appointments WHERE overbooked") >= 5
    assert demo.one("SELECT count(*) FROM appointments WHERE source = 'walk_in'") >= 50
    assert (
        demo.one("SELECT count(*) FROM appointments WHERE status = 'cancelled' AND cancel_reason IS NULL")
        == 0
    )


def test_today_follows_the_clock(demo):
    phases = Counter(
        row[0]
        for row in demo.all(
            "SELECT CASE WHEN status = 'confirmed' AND checked_in_at IS NOT NULL THEN 'arrived' ELSE status::text END "
            "FROM appointments WHERE appointment_date = %s", TODAY,
        )
    )  # fmt: skip
    assert {"completed", "in_progress", "arrived", "confirmed"} <= set(phases)
    assert (
        demo.one(
            "SELECT max(n) FROM (SELECT count(*) n FROM appointments WHERE status = 'in_progress' GROUP BY doctor_id) x"
        )
        == 1
    )
    stamps = "created_at, confirmed_at, checked_in_at, started_at, completed_at, cancelled_at, no_show_at, rescheduled_at"
    assert demo.one(f"SELECT count(*) FROM appointments WHERE greatest({stamps}) > %s", NOW) == 0
    assert demo.one("SELECT count(*) FROM appointments WHERE created_at > start_at") == 0
    assert (
        demo.one(
            "SELECT count(*) FROM appointments WHERE completed_at < started_at OR started_at < checked_in_at OR confirmed_at < created_at"
        )
        == 0
    )
    assert (
        demo.one("SELECT count(*) FROM appointments WHERE status = 'pending' AND hold_expires_at > %s", NOW)
        > 5
    )


def test_moved_appointments_are_linked_both_ways(demo):
    """Spec 1.2.1"""
    rows = demo.all(
        "SELECT o.start_at < n.start_at, n.rescheduled_from_id = o.id, n.patient_id = o.patient_id, n.reschedule_count "
        "FROM appointments o LEFT JOIN appointments n ON n.id = o.rescheduled_to_id WHERE o.status = 'rescheduled'"
    )
    assert len(rows) > 30
    assert set(rows) == {(True, True, True, 1)}


def test_every_appointment_is_inside_the_hours_and_on_the_grid(demo, doctor):
    """Spec 1.5"""
    with doctor.open_work() as work:
        plans, _ = Availability(work, doctor.actor.clinic.id, LAGOS).day(TODAY, TODAY)
        agenda = Availability(work, doctor.actor.clinic.id, LAGOS).agenda(
            TODAY - timedelta(days=60), TODAY + timedelta(days=30), doctor_id=None, type_id=None
        )
    assert len(plans) == 6
    steps = dict(demo.all("SELECT id, consultation_duration / 2 FROM doctor_profiles"))
    for who, day, start, end in demo.all(
        "SELECT doctor_id, appointment_date, start_time, end_time FROM appointments"
    ):
        low = next(
            low
            for low, high in working_windows(agenda.plans[who], day)
            if low <= minutes(start) and minutes(end) <= high
        )
        assert (minutes(start) - low) % steps[who] == 0


def test_nobody_is_double_booked_and_the_guards_are_awake(demo):
    clashes = demo.one(
        "SELECT count(*) FROM appointments a JOIN appointments b ON a.doctor_id = b.doctor_id AND a.id < b.id "
        "AND a.appointment_date = b.appointment_date AND a.start_time < b.end_time AND b.start_time < a.end_time "
        "WHERE NOT a.overbooked AND NOT b.overbooked"
    )
    assert clashes == 0
    asleep = (
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'"
    )
    assert demo.all(asleep) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        demo.owner.execute("DELETE FROM payments")


def test_each_status_change_has_its_event(demo):
    """Spec 1.1.4"""
    last = (
        "SELECT count(*) FROM appointments a WHERE a.status::text <> (SELECT to_status::text FROM appointment_events e "
        "WHERE e.appointment_id = a.id ORDER BY at DESC LIMIT 1)"
    )
    assert demo.one(last) == 0


def test_prescriptions_in_every_status_are_genuine(demo):
    statuses = dict(demo.all("SELECT status::text, count(*) FROM prescriptions GROUP BY 1"))
    assert set(statuses) == {"active", "completed", "cancelled", "expired"}
    partly = demo.one(
        "SELECT count(*) FROM prescriptions p WHERE status = 'active' AND EXISTS (SELECT 1 FROM prescription_items i "
        "WHERE i.prescription_id = p.id AND i.supplied > 0)"
    )
    assert partly > 3
    for payload, seal, public in demo.all(
        "SELECT cd.rx_payload(p.id), p.digital_signature_hash, k.public_key FROM prescriptions p JOIN doctor_keys k "
        "ON k.kid = split_part(p.digital_signature_hash, '.', 2) AND k.doctor_id = p.doctor_id ORDER BY md5(p.id::text) LIMIT 20"
    ):
        assert verify(payload, seal, bytes(public))
        assert not verify(payload.replace('"v":1', '"v":2'), seal, bytes(public))
    assert demo.one("SELECT count(*) FROM prescriptions WHERE digital_signature_hash IS NULL") == 0
    images = [row[0] for row in demo.all("SELECT DISTINCT doctor_signature FROM prescriptions")]
    assert len(images) == 6
    assert all(ink_is_plausible(base64.b64decode(image)) for image in images)
    assert all(mrn.valid_rx(row[0]) for row in demo.all("SELECT prescription_number FROM prescriptions"))


def test_numbers_have_no_gap(demo):
    """Spec 4.1, 5.8"""
    for table, column, counter in (
        ("prescriptions", "substr(prescription_number, 4, 10)", "prescription"),
        ("payments", "replace(substr(receipt_number, 4), '-', '')", "receipt"),
    ):
        found = sorted(int(row[0]) for row in demo.all(f"SELECT {column} FROM {table}"))
        years = dict(demo.all("SELECT year, last FROM counters WHERE name = %s", counter))
        assert found == [
            year * 1_000_000 + n for year, last in sorted(years.items()) for n in range(1, last + 1)
        ]


def test_the_doctor_signs_with_the_key_that_was_made(demo, doctor):
    with doctor.open_work() as work:
        row = work.first(
            "SELECT w.wrapped, k.public_key FROM doctor_private_keys w JOIN doctor_keys k USING (kid)"
        )
    assert row is not None
    key = unwrap(bytes(row["wrapped"]), DEMO_PASSWORD)
    assert key.public_key().public_bytes_raw() == bytes(row["public_key"])


def test_the_ledger_is_the_stock(demo):
    """Spec 5.1"""
    signed = "CASE movement_type WHEN 'out' THEN -quantity ELSE quantity END"
    wrong = demo.one(
        f"SELECT count(*) FROM inventory_items i WHERE current_stock <> (SELECT sum({signed}) FROM stock_movements m WHERE m.inventory_item_id = i.id)"
    )
    assert wrong == 0
    balances = demo.one(
        f"SELECT count(*) FROM (SELECT balance, sum({signed}) OVER (PARTITION BY inventory_item_id ORDER BY seq) real FROM stock_movements) x "
        "WHERE balance <> real OR balance < 0"
    )
    assert balances == 0
    kinds = set(demo.all("SELECT DISTINCT movement_type::text, reference_type FROM stock_movements"))
    assert kinds == {("in", "purchase"), ("out", "sale"), ("out", "expired"), ("adjustment", "adjustment")}
    states = {
        row[0] for row in demo.all("SELECT DISTINCT state FROM inventory_items WHERE current_stock > 0")
    }
    assert states == {"saleable", "quarantine", "expired", "recalled"}
    for low, high in ((0, 30), (31, 60), (61, 90)):
        assert demo.one(
            "SELECT count(*) FROM inventory_items WHERE current_stock > 0 AND expiry_date BETWEEN %s AND %s",
            TODAY + timedelta(days=low), TODAY + timedelta(days=high),
        ) >= 2  # fmt: skip
    low = demo.one(
        "SELECT count(*) FROM (SELECT sum(current_stock) s, max(minimum_stock) m FROM inventory_items GROUP BY item_code) x WHERE s <= m"
    )
    assert low >= 5


def test_supplies_took_the_first_to_expire(demo):
    """Spec 5.3: nothing usable that expires earlier was left on the shelf at that moment."""
    wrong = demo.one(
        "SELECT count(*) FROM dispenses d JOIN stock_movements m ON m.id = d.movement_id JOIN inventory_items b ON b.id = d.inventory_item_id "
        "JOIN prescription_items i ON i.id = d.prescription_item_id JOIN inventory_items o ON o.item_code = b.item_code AND o.state = 'saleable' "
        "AND o.expiry_date < b.expiry_date AND o.expiry_date > (d.dispensed_at AT TIME ZONE 'Africa/Lagos')::date + coalesce(i.duration_days, 0) "
        "WHERE (SELECT balance FROM stock_movements x WHERE x.inventory_item_id = o.id AND x.seq < m.seq ORDER BY seq DESC LIMIT 1) > 0"
    )
    assert wrong == 0
    assert (
        demo.one(
            "SELECT count(*) FROM prescription_items i WHERE supplied <> coalesce((SELECT sum(quantity) FROM dispenses d WHERE d.prescription_item_id = i.id), 0)"
        )
        == 0
    )


def test_payments_are_mirrored(demo):
    """Spec 0.2"""
    wrong = demo.one(
        "SELECT count(*) FROM appointments a LEFT JOIN (SELECT appointment_id, sum(amount) net FROM payments GROUP BY 1) p ON p.appointment_id = a.id "
        "WHERE (payment_status = 'paid') <> coalesce(p.net >= a.fee, false) OR (payment_status = 'refunded') <> coalesce(p.net = 0, false)"
    )
    assert wrong == 0
    assert demo.one("SELECT count(*) FROM payments WHERE kind = 'refund'") > 3
    assert demo.one("SELECT count(DISTINCT method) FROM payments") == 5


def test_documents_are_what_their_references_say(demo):
    database = demo.one("SELECT documents_database FROM installation")
    rows = demo.all(
        "SELECT visit_id::text, version, document_id, sha256 FROM visit_versions ORDER BY md5(visit_id::text) LIMIT 20"
    )
    assert len(rows) == 20
    assert demo.addresses.mongo is not None
    store = DocumentStore(demo.addresses.mongo, database)
    try:
        found = store.read_many([row[2] for row in rows])
        for visit, version, identity, sha256 in rows:
            document = found[identity]
            assert digest(document) == sha256
            assert (document["visitId"], document["version"]) == (visit, version)
            assert set(document["currentVisit"]) == set(NOTE_FIELDS.values())
            assert {"temperature", "heartRate", "respiratoryRate", "weight", "oxygenSaturation"} <= set(
                document["vitals"]
            )
            assert {"patientId", "doctorId", "clinicId", "visitDate", "visitType", "medicalHistory", "attachments",
                    "createdAt", "updatedAt", "isDeleted", "accessLog"} <= set(document)  # fmt: skip
            assert "{" not in " ".join(document["currentVisit"].values())
        total = sum(len(batch) for batch in store.versions(str(demo.one("SELECT id FROM clinics"))))
    finally:
        store.close()
    assert total == demo.one("SELECT count(*) FROM visit_versions")
    assert demo.one("SELECT count(*) FROM visits WHERE status = 'amended' AND version = 2") > 3


def test_no_vital_sign_is_impossible(demo):
    """Spec 3.1"""
    checked = 0
    ranges = load_clinical_data(resource("clinical")).vital_ranges
    ages = dict(demo.all("SELECT user_id::text, date_of_birth FROM user_profiles"))
    assert demo.addresses.mongo is not None
    store = DocumentStore(demo.addresses.mongo, demo.one("SELECT documents_database FROM installation"))
    try:
        for batch in store.versions(str(demo.one("SELECT id FROM clinics"))):
            for document in batch:
                vitals, _, _ = content_of(document)
                age = (document["visitDate"].date() - ages[document["patientId"]]).days
                refuse_impossible(vitals, age_days=age, ranges=ranges)  # raises InvalidField
                checked += 1
    finally:
        store.close()
    assert checked > 1500


def test_trends_belong_to_one_person(demo):
    """The weights of a patient differ by less than the weights of different patients."""
    rows = demo.all(
        "SELECT patient_id, max(value) - min(value), avg(value) FROM patient_measures m JOIN user_profiles u ON u.user_id = m.patient_id "
        "WHERE kind = 'weight' AND u.date_of_birth < %s GROUP BY 1 HAVING count(*) >= 3", TODAY - timedelta(days=7000),
    )  # fmt: skip
    assert len(rows) > 50
    assert sum(spread < 6 for _, spread, _ in rows) / len(rows) > 0.9


def test_metrics_are_counted_from_the_facts(demo, doctor):
    """Spec 7, by statements of its own."""
    rows = demo.all(
        "SELECT date, total_appointments, completed_appointments, cancelled_appointments, no_show_appointments, total_prescriptions, total_patients, new_patients, revenue FROM clinic_metrics ORDER BY date"
    )
    assert [row[0] for row in rows] == [TODAY - timedelta(days=n) for n in range(DAYS_BACK, -1, -1)]
    first_seen: dict[UUID, Any] = dict(
        demo.all(
            "SELECT patient_id, min(appointment_date) FROM appointments WHERE status = 'completed' GROUP BY 1"
        )
    )
    for day, total, completed, cancelled, missed, prescriptions, people, new, revenue in rows:
        found = demo.all(
            "SELECT patient_id, status::text, coalesce(cancel_reason, '') FROM appointments WHERE appointment_date = %s",
            day,
        )
        counted = [
            row
            for row in found
            if row[1] != "rescheduled"
            and not (row[1] == "cancelled" and row[2] in ("duplicate", "entered_in_error", "not_confirmed"))
        ]
        by_status = Counter(row[1] for row in counted)
        seen = {row[0] for row in found if row[1] == "completed"}
        assert (total, completed, cancelled, missed) == (
            len(counted),
            by_status["completed"],
            by_status["cancelled"],
            by_status["no_show"],
        )
        assert (people, new) == (len(seen), sum(first_seen[who] == day for who in seen))
        assert prescriptions == demo.one(
            "SELECT count(*) FROM prescriptions WHERE issued_date = %s AND cancel_reason IS DISTINCT FROM 'wrong_patient'",
            day,
        )
        money = demo.one(
            "SELECT coalesce(sum(amount), 0) FROM payments WHERE (received_at AT TIME ZONE 'Africa/Lagos')::date = %s",
            day,
        )
        assert revenue == money
    metrics = Metrics(doctor.open_work, doctor.actor, doctor.now)
    assert metrics.day(TODAY).total_appointments == rows[-1][1]


def test_messages_wait_for_people(demo):
    assert (
        demo.one(
            "SELECT count(*) FROM waiting_list WHERE status = 'waiting' AND earliest <= %s AND latest >= %s",
            TODAY,
            TODAY,
        )
        >= 8
    )
    for role in ("receptionist", "doctor", "pharmacist", "admin"):
        assert (
            demo.one(
                "SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.role = %s AND n.type = 'in_app' AND NOT n.is_read",
                role,
            )
            > 0
        )
    for kind in ("email", "sms"):
        states = {
            row[0] for row in demo.all("SELECT DISTINCT state FROM notifications WHERE type = %s", kind)
        }
        assert {"delivered", "sent", "failed", "queued"} <= states
    assert (
        demo.one("SELECT count(*) FROM notifications WHERE content LIKE '%%{%%' OR title LIKE '%%{%%'") == 0
    )
    assert demo.one("SELECT count(*) FROM analytics_events") > 2000


def test_a_new_clinic_gets_the_formulary_once(clinic):
    with clinic.owner() as owner:
        before = owner.execute("SELECT count(*) FROM medications").fetchone()[0]
        made = load_formulary(owner)
        assert made >= 300
        load_formulary(owner)
        assert owner.execute("SELECT count(*) FROM medications").fetchone() == (before + made,)
        assert owner.execute("SELECT count(*) > 700 FROM medication_products").fetchone() == (True,)
        assert (
            owner.execute("SELECT count(*) FROM medications WHERE is_controlled_substance").fetchone()[0] > 8
        )


def test_records_and_their_index_agree_and_a_lost_document_is_named(demo, capsys):
    arguments = ["consistency", "--postgres", demo.addresses.postgres, "--mongo", demo.addresses.mongo]
    assert cli.run(arguments) == 0
    assert "0 missing, 0 altered" in capsys.readouterr().out
    database = demo.one("SELECT documents_database FROM installation")
    client: MongoClient[dict[str, Any]]
    with MongoClient(demo.addresses.mongo) as client:
        records: Any = client[database]["ehr"]
        gone = records.find_one_and_delete({})
        assert cli.run(arguments) == 1
        assert f"missing {gone['_id']}" in capsys.readouterr().out
        records.insert_one({**gone, "visitType": "emergency" if gone["visitType"] != "emergency" else "routine"})  # fmt: skip
        assert cli.run(arguments) == 1
        assert f"altered {gone['_id']}" in capsys.readouterr().out
        records.replace_one({"_id": gone["_id"]}, gone)
    assert cli.run(arguments) == 0


def test_the_rooms_of_the_pharmacist_and_the_desk_are_not_empty(demo):
    session = demo.sign_in("pharmacist")
    at = desk_of(session)
    orders = at.ordering.orders(open_only=True)
    assert [one.status for one in orders] == ["draft", "sent", "sent"]
    assert all(line.remaining == line.quantity > 0 for one in orders for line in one.lines)
    assert len(at.ordering.suppliers()) == 6
    assert any(one.balance > 0 for one in at.controlled.medicines())
    assert {one.ved for one in at.stock_care.worth()} == {"V", "E"}
    session.close()
    duties = {row[0] for row in demo.owner.execute("SELECT duty FROM staff_duties")}
    children = demo.owner.execute(
        "SELECT count(*), bool_and(p.date_of_birth > current_date - 365 * 18 - 5) FROM patient_guardians g "
        "JOIN user_profiles p ON p.user_id = g.patient_id"
    ).fetchone()
    assert duties == {"witness", "privacy_officer", "cashier_lead", "records"}
    assert children == (120, True)
