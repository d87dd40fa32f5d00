"""Service accounts: what each may do, and what it is refused, on real servers."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest
import redis
from pymongo.errors import OperationFailure

from clinicdesk.embedded import Addresses
from clinicdesk.repositories.provision import provision_cache, provision_documents
from tests.servers import addresses as addresses  # the fixture

DATABASE, PREFIX = "provisioned", "provisioned"
VISIT: dict[str, Any] = {
    "patientId": "p",
    "doctorId": "d",
    "clinicId": "c",
    "visitDate": datetime(2026, 3, 2, tzinfo=UTC),
    "vitals": {"weight": 70, "bloodPressure": {"systolic": 120.5, "diastolic": 80}},
}


@pytest.fixture
def clinician(addresses: Addresses):
    if addresses.mongo is None:
        pytest.skip("no document server")
    credential = provision_documents(addresses.mongo, database=DATABASE)
    host = urlsplit(addresses.mongo).netloc.rpartition("@")[2]
    login = f"{credential.username}:{credential.secret}"
    client: pymongo.MongoClient[dict[str, Any]]
    owner: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(f"mongodb://{login}@{host}/?authSource=admin&directConnection=true") as client:
        yield client
    with pymongo.MongoClient(addresses.mongo) as owner:
        owner.drop_database(DATABASE)


@pytest.fixture
def caches(addresses: Addresses):
    if addresses.redis is None:
        pytest.skip("no cache")
    made = provision_cache(addresses.redis, prefix=PREFIX)
    where = urlsplit(addresses.redis)
    clients = {
        role: redis.Redis(
            host=where.hostname or "", port=where.port or 6379, username=key.username, password=key.secret
        )
        for role, key in made.items()
    }
    yield clients
    for client in clients.values():
        client.close()


def test_a_clinician_reads_and_writes_charts_only(clinician: "pymongo.MongoClient[dict[str, Any]]"):
    store = clinician[DATABASE]["ehr"]
    store.insert_one(dict(VISIT))
    assert store.count_documents({"patientId": "p"}) == 1
    for refused in (
        lambda: clinician["another"]["ehr"].find_one(),
        lambda: clinician["another"]["ehr"].insert_one({"x": 1}),
        lambda: clinician["admin"].command("createUser", "me", pwd="x", roles=["root"]),
    ):
        with pytest.raises(OperationFailure):
            refused()


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"visitDate": "yesterday"},
        {"vitals": {"weight": "70"}},
        {"vitals": {"mood": 1}},
        {"visitType": "party"},
        {"patientId": None},
    ],
)
def test_only_the_seeds_document_is_accepted(
    clinician: "pymongo.MongoClient[dict[str, Any]]", change: dict[str, Any]
):
    with pytest.raises(OperationFailure, match="validation"):
        clinician[DATABASE]["ehr"].insert_one({**VISIT, **change})


def test_indexes_and_one_version_of_a_visit(clinician: "pymongo.MongoClient[dict[str, Any]]"):
    store = clinician[DATABASE]["ehr"]
    keys = {name: entry["key"] for name, entry in store.index_information().items()}
    assert keys["patient_date"] == [("patientId", 1), ("visitDate", -1)]
    assert keys["doctor_date"] == [("doctorId", 1), ("visitDate", 1)]
    assert keys["clinic_date"] == [("clinicId", 1), ("visitDate", 1)]
    store.insert_many([dict(VISIT), dict(VISIT)])
    store.insert_one({**VISIT, "visitId": "v", "version": 1})
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        store.insert_one({**VISIT, "visitId": "v", "version": 1})


def test_staff_use_their_keys(caches: "dict[str, redis.Redis]"):
    desk = caches["receptionist"]
    desk.set(f"{PREFIX}:sess:1", "u", ex=5)
    assert desk.getex(f"{PREFIX}:sess:1", ex=5) == b"u"
    desk.set(f"{PREFIX}:cache:receptionist:day", "x", ex=5)
    desk.publish(f"{PREFIX}:rt:clinic", "here")
    caches["admin"].publish(f"{PREFIX}:ctl:user", "out")


@pytest.mark.parametrize(
    "words",
    [
        ("GET", "other:sess:1"),
        ("GET", "sess:1"),
        ("SET", f"{PREFIX}:cache:ref:medicines", "forged"),
        ("GET", f"{PREFIX}:cache:doctor:day"),
        ("SMEMBERS", f"{PREFIX}:usess:1"),
        ("PUBLISH", f"{PREFIX}:ctl:user", "out"),
        ("KEYS", "*"),
        ("FLUSHALL",),
        ("CONFIG", "GET", "*"),
        ("ACL", "LIST"),
        ("MONITOR",),
        ("EVAL", "return redis.call('get','other:sess:1')", "0"),
    ],
)
def test_a_receptionist_cannot_leave_the_prefix(caches: "dict[str, redis.Redis]", words: tuple[str, ...]):
    with pytest.raises(redis.ResponseError, match=r"(?i)permission|can't access"):
        caches["receptionist"].execute_command(*words)


def test_repeating_it_renews_the_passwords(addresses: Addresses, caches: "dict[str, redis.Redis]"):
    again = provision_cache(addresses.redis or "", prefix=PREFIX)
    where = urlsplit(addresses.redis or "")
    with redis.Redis(
        host=where.hostname or "", port=where.port or 0, username="cd_nurse", password=again["nurse"].secret
    ) as fresh:
        assert fresh.ping()
    assert "secret" not in repr(again["nurse"])


def test_a_key_that_works_stays_and_one_that_does_not_is_renewed(addresses: Addresses):
    if addresses.redis is None or addresses.mongo is None:
        pytest.skip("no cache or no document server")
    first = provision_cache(addresses.redis, prefix=PREFIX)
    kept = {role: key.secret for role, key in first.items()}
    wrong = {**kept, "nurse": "another"}
    second = provision_cache(addresses.redis, prefix=PREFIX, kept=wrong)
    assert {role for role in kept if second[role].secret == kept[role]} == kept.keys() - {"nurse"}
    assert second["nurse"].secret not in ("another", kept["nurse"])
    chart = provision_documents(addresses.mongo, database=DATABASE)
    assert provision_documents(addresses.mongo, database=DATABASE, kept=chart.secret).secret == chart.secret
    assert provision_documents(addresses.mongo, database=DATABASE, kept="another").secret != chart.secret
