"""One document database for each clinic, tried with raw pymongo: a doctor of the north reads nothing of the south."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest
from pymongo import MongoClient, UpdateOne

from clinicdesk import cli
from clinicdesk.bootstrap import Core
from clinicdesk.desk import desk_of
from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.run import upgrade
from clinicdesk.repositories.documents_mode import ModeFixed, by_clinic, choose
from clinicdesk.settings import Deployment
from tests.conftest import TEMPLATE, with_database
from tests.security.test_documents import goes_through
from tests.security.two_clinics import House, build_house, email
from tests.small_clinic import PASSWORD


@dataclass
class Apart:
    """A server with two clinics whose documents are kept apart."""

    addresses: Addresses
    north: House
    south: House
    databases: dict[Any, str]

    def sign_in(self, house: str, role: str):
        return Core(Deployment.of_embedded(self.addresses)).sign_in(email(house, role), PASSWORD)


@pytest.fixture(scope="module")
def apart(addresses: Addresses, template) -> Iterator[Apart]:
    name, base = f"cd_apart_{os.getpid()}", f"apart_{uuid4().hex[:8]}"
    uri = with_database(addresses.postgres, name)
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        server.execute(f"GRANT CONNECT ON DATABASE {name} TO cd_staff")
    with psycopg.connect(uri, autocommit=True) as owner:
        owner.execute("UPDATE installation SET documents_database = %s", (base,))
        choose(owner, "per_clinic")
        north, south = build_house(owner, "north"), build_house(owner, "south")
        names = dict(by_clinic(owner))
    # a clinic that came later gets its database and keys with the next call
    upgrade(postgres=uri, mongo=addresses.mongo, redis=None, progress=lambda _: None)
    yield Apart(Addresses(uri, addresses.mongo, addresses.redis), north, south, names)
    with MongoClient(addresses.mongo, document_class=dict) as server:
        for database in names.values():
            server.drop_database(database)
        for clinic in names:
            server["admin"].command("dropUser", f"cd_clinician_{clinic.hex[:16]}")
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def client_of(apart: Apart, house: str, role: str = "doctor") -> "MongoClient[dict[str, Any]]":
    """With the key that PostgreSQL hands to this person."""
    session = apart.sign_in(house, role)
    [key] = [session.signed_in.credentials["mongo"]]
    session.close()
    host = urlsplit(apart.addresses.mongo or "").netloc.rpartition("@")[2]
    return MongoClient(f"mongodb://{quote(key.username)}:{quote(key.secret)}@{host}/?authSource=admin&directConnection=true", timeoutMS=5000)  # fmt: skip


def test_each_clinic_has_its_own_database_and_key(apart: Apart):
    assert len(set(apart.databases.values())) == len(apart.databases) >= 2
    north, south = (apart.sign_in(house, "doctor") for house in ("north", "south"))
    assert north.signed_in.credentials["mongo"] != south.signed_in.credentials["mongo"]
    assert north.documents_database == apart.databases[apart.north.clinic]
    with north.open_work() as work:
        rows = work.all("SELECT clinic_id FROM service_credentials WHERE service = 'mongo'")
    assert [row["clinic_id"] for row in rows] == [apart.north.clinic]
    for session in (north, south):
        session.close()
    for role in ("receptionist", "pharmacist", "admin"):
        other = apart.sign_in("north", role)
        assert other.documents_uri is None
        other.close()


def test_a_visit_is_stored_in_the_clinics_own_database(apart: Apart):
    session = apart.sign_in("north", "doctor")
    desk = desk_of(session)
    patient = apart.north.ids["patient"]
    visit = desk.charts.begin(patient)
    assert visit.id in {one.id for one in desk.charts.open(patient).visits if one.status == "draft"}
    session.close()
    with MongoClient(apart.addresses.mongo, document_class=dict) as owner:
        held = {
            clinic: owner[name]["ehr"].count_documents({"visitId": str(visit.id)})
            for clinic, name in apart.databases.items()
        }
    assert held[apart.north.clinic] == 1
    assert sum(held.values()) == 1


def test_a_doctor_of_one_clinic_reads_and_changes_nothing_of_another(apart: Apart):
    """What SecantusDB does not enforce is bulkWrite alone; a mongod refuses that, too (docs/threat-model.md)."""
    own, theirs = apart.databases[apart.north.clinic], apart.databases[apart.south.clinic]
    with (
        client_of(apart, "north") as doctor,
        MongoClient(apart.addresses.mongo, document_class=dict) as owner,
    ):
        owner[theirs]["secrets"].insert_one({"_id": 1, "note": "Auster"})
        owner[theirs]["fs.files"].insert_one({"_id": 1, "note": "Auster"})
        other = doctor[theirs]
        attempts = {
            "find": lambda: other["ehr"].find_one(),
            "count": lambda: other.command("count", "ehr"),
            "distinct": lambda: other["secrets"].distinct("note"),
            "aggregate": lambda: list(other["secrets"].aggregate([{"$limit": 1}])),
            "files": lambda: other["fs.files"].find_one(),
            "insert": lambda: other["ehr"].insert_one({"x": 1}),
            "update": lambda: other["secrets"].update_one({}, {"$set": {"x": 1}}),
            "delete": lambda: other["secrets"].delete_one({}),
            "drop": lambda: doctor.drop_database(theirs),
            "list": lambda: other.list_collection_names(),
            "watch": lambda: other.watch(max_await_time_ms=100).try_next(),
            "$out": lambda: list(doctor[own]["ehr"].aggregate([{"$out": {"db": theirs, "coll": "stolen"}}])),
            "$unionWith": lambda: 1 / sum("Auster" in str(one) for one in doctor[own]["ehr"].aggregate([{"$unionWith": {"db": theirs, "coll": "secrets"}}])),
            "grant": lambda: doctor["admin"].command("grantRolesToUser", "cd_clinician", roles=["root"]),
        }  # fmt: skip
        assert [name for name, act in attempts.items() if goes_through(act)] == []
        assert doctor[own]["ehr"].find_one({}, {"_id": 1}) is not None
        strict = "secantus" not in str(owner.server_info()).lower()
        bulk = UpdateOne(namespace=f"{theirs}.secrets", filter={"_id": 1}, update={"$set": {"probe": 1}})
        went = goes_through(lambda: 1 / doctor.bulk_write([bulk]).matched_count)
        assert not (strict and went)
        print("bulkWrite into another clinic's database:", "goes through" if went else "refused")


def test_the_choice_is_made_at_set_up(apart: Apart, capsys):
    postgres = apart.addresses.postgres
    assert cli.run(["migrate", "--postgres", postgres, "--documents", "shared"]) == 1
    assert "chosen at set-up" in capsys.readouterr().err
    assert cli.run(["migrate", "--postgres", postgres, "--documents", "per-clinic"]) == 0
    with psycopg.connect(postgres) as owner:
        with pytest.raises(ModeFixed):
            choose(owner, "shared")
        choose(owner, "per_clinic")  # the same again is no change


def test_somebody_of_two_clinics_reads_and_writes_in_both(apart: Apart):
    with psycopg.connect(apart.addresses.postgres, autocommit=True) as owner:
        owner.execute("INSERT INTO clinic_staff(clinic_id, user_id, role, joined_at) VALUES (%s, %s, 'doctor', now() + interval '1 day')", (apart.south.clinic, apart.north.users["doctor"]))  # fmt: skip
        owner.execute("INSERT INTO patient_clinics VALUES (%s, %s)", (apart.north.ids["patient"], apart.south.clinic))  # fmt: skip
        owner.execute("INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'care_relation_required', 'false')", (apart.south.clinic,))  # fmt: skip
    southern = apart.sign_in("south", "doctor")
    desk = desk_of(southern)
    visit = desk.charts.begin(apart.north.ids["patient"])
    southern.close()
    both = apart.sign_in("north", "doctor")
    assert set(both.elsewhere) == {apart.south.clinic}
    desk = desk_of(both)
    seen = {one.id: one.status for one in desk.charts.open(apart.north.ids["patient"]).visits}
    assert seen[visit.id] == "draft"
    both.lock()
    assert both.elsewhere == {}
    both.resume(apart.sign_in("north", "doctor"))
    seen = {one.id: one.status for one in desk.charts.open(apart.north.ids["patient"]).visits}
    assert seen[visit.id] == "draft"
    both.close()
