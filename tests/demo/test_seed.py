"""Synthetic data: the same for the same seed, consistent, and nowhere near a real clinic."""

import argparse
import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from clinicdesk.bootstrap import Core
from clinicdesk.cli import seed as command
from clinicdesk.demo.people import DEMO_PASSWORD
from clinicdesk.demo.seed import STAFF, NotEmpty, Size, seed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.run import upgrade
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import digest
from clinicdesk.services.signing import verify
from clinicdesk.settings import Deployment
from tests.conftest import with_database

SIZE = Size(patients=500, appointments=3000, seed=7)
# what is the same for the same seed; seals are not, because each filling makes its own keys
KEY_TABLES = {
    "users": "id, email, phone, role",
    "user_profiles": "user_id, first_name, last_name, date_of_birth, gender, address",
    "patients": "user_id, mrn, allergy_status",
    "appointments": "id, patient_id, doctor_id, appointment_date, start_time, status, fee, payment_status, created_at",
    "payments": "id, appointment_id, amount, method, receipt_number, received_at",
    "prescriptions": "id, patient_id, doctor_id, prescription_number, issued_at, status",
    "prescription_items": "id, prescription_id, medication_name, quantity",
    "inventory_items": "id, item_code, current_stock, expiry_date",
}
Database = Callable[[], str]


@pytest.fixture(scope="module")
def database(addresses: Addresses) -> Iterator[Database]:
    made: list[str] = []

    def make() -> str:
        name = f"cd_seed_{os.getpid()}_{len(made)}"
        made.append(name)
        with psycopg.connect(addresses.postgres, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name}")
        uri = with_database(addresses.postgres, name)
        upgrade(postgres=uri, mongo=None, redis=None, progress=lambda _: None)
        with psycopg.connect(uri, autocommit=True) as owner:
            owner.execute("UPDATE installation SET documents_database = %s", (name,))
        upgrade(postgres=uri, mongo=addresses.mongo, redis=addresses.redis, progress=lambda _: None)
        return uri

    yield make
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        for name in made:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def seeded(addresses: Addresses, database: Database) -> str:
    uri = database()
    seed(postgres=uri, mongo=addresses.mongo, size=SIZE, progress=lambda _: None)
    return uri


def ask(uri: str, sql: str) -> list[Any]:
    with psycopg.connect(uri) as owner:
        return owner.execute(sql).fetchall()


def digests(uri: str) -> dict[str, str]:
    found = {}
    for table, columns in KEY_TABLES.items():
        only = "WHERE login_role IS NULL " if table == "users" else ""
        rows = f"SELECT row({columns})::text AS r FROM {table} x {only}"
        if table == "user_profiles":  # the ids of people with a login are the server's
            rows += (
                "WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = x.user_id AND u.login_role IS NOT NULL)"
            )
        found[table] = ask(uri, f"SELECT md5(string_agg(r, E'\\n' ORDER BY r)) FROM ({rows}) y")[0][0]
    return found


def test_the_same_seed_makes_the_same_clinic_and_another_one_does_not(seeded, database):
    again, other = database(), database()
    seed(postgres=again, mongo=None, size=SIZE, progress=lambda _: None)
    assert digests(again) == digests(seeded)
    seed(
        postgres=other,
        mongo=None,
        size=Size(patients=500, appointments=3000, seed=8),
        progress=lambda _: None,
    )
    assert not set(digests(other).values()) & (
        set(digests(seeded).values()) - {digests(seeded)["inventory_items"]}
    )


def test_it_is_as_large_as_asked_and_in_proportion(seeded):
    counts = {
        table: ask(seeded, f"SELECT count(*) FROM {table}")[0][0]
        for table in (
            "patients",
            "appointments",
            "prescriptions",
            "prescription_items",
            "notification_preferences",
        )
    }
    assert counts["patients"] == 500
    assert counts["appointments"] == 3000
    assert counts["prescriptions"] == 100
    assert counts["prescription_items"] == 300
    busiest = ask(
        seeded,
        "SELECT max(n) FROM (SELECT count(*) n FROM appointments GROUP BY doctor_id, appointment_date) x",
    )
    assert busiest == [(20,)]
    statuses = {row[0] for row in ask(seeded, "SELECT DISTINCT status::text FROM appointments")}
    assert statuses == {"pending", "confirmed", "completed", "cancelled", "no_show"}


def test_seals_documents_ledger_and_mirror_agree(seeded, addresses):
    for payload, seal, public in ask(
        seeded,
        "SELECT cd.rx_payload(p.id), p.digital_signature_hash, k.public_key FROM prescriptions p "
        "JOIN doctor_keys k ON k.kid = split_part(p.digital_signature_hash, '.', 2) AND k.doctor_id = p.doctor_id LIMIT 20",
    ):
        assert verify(payload, seal, bytes(public))
    assert ask(seeded, "SELECT count(*) FROM prescriptions WHERE digital_signature_hash IS NULL") == [(0,)]
    store = DocumentStore(addresses.mongo, ask(seeded, "SELECT documents_database FROM installation")[0][0])
    references = ask(seeded, "SELECT document_id, sha256 FROM visit_versions")
    found = store.read_many([row[0] for row in references])
    store.close()
    assert len(references) == 25
    assert all(digest(found[identity]) == sha256 for identity, sha256 in references)
    assert ask(
        seeded,
        "SELECT count(*) FROM inventory_items i WHERE current_stock <> (SELECT sum(quantity) FROM stock_movements m WHERE m.inventory_item_id = i.id)",
    ) == [(0,)]
    assert ask(
        seeded,
        "SELECT count(*) FROM appointments a LEFT JOIN payments p ON p.appointment_id = a.id WHERE (a.payment_status = 'paid') <> (p.amount IS NOT NULL)",
    ) == [(0,)]


def test_indexes_keys_and_guards_are_back(seeded, clinic):
    for catalogue in (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    ):
        assert ask(seeded, catalogue) == ask(clinic.addresses.postgres, catalogue)


def test_its_people_can_sign_in(seeded, addresses):
    core = Core(Deployment.of_embedded(Addresses(seeded, addresses.mongo, addresses.redis)), seat="bench")
    for role, email in STAFF.items():
        session = core.sign_in(email, DEMO_PASSWORD)
        assert session.actor.role == role
        session.close()


def test_a_clinic_is_never_mixed_with_synthetic_people(clinic):
    with pytest.raises(NotEmpty):
        seed(postgres=clinic.addresses.postgres, mongo=None, size=SIZE, progress=lambda _: None)
    assert ask(clinic.addresses.postgres, "SELECT count(*) FROM patients") == [(6,)]


@pytest.mark.parametrize(("patients", "appointments"), [(0, 10), (10, 0), (-1, 5), (10**9, 5)])
def test_impossible_sizes_are_refused(seeded, patients, appointments):
    with pytest.raises(InvalidField):
        seed(
            postgres=seeded,
            mongo=None,
            size=Size(patients=patients, appointments=appointments),
            progress=lambda _: None,
        )


def test_the_command_says_what_went_wrong(clinic, capsys):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = ["seed", "--postgres", clinic.addresses.postgres, "--patients", "20", "--appointments", "50"]
    assert command.run(parser.parse_args(arguments)) == 1
    assert "holds a clinic already" in capsys.readouterr().err


def test_the_command_fills_a_database(database, capsys):
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    uri = database()
    arguments = parser.parse_args(
        ["seed", "--postgres", uri, "--patients", "20", "--appointments", "50", "--seed", "3"]
    )
    assert arguments.run(arguments) == 0
    assert DEMO_PASSWORD in capsys.readouterr().out
    assert ask(uri, "SELECT count(*) FROM appointments") == [(50,)]
