"""The document server with raw pymongo: who gets a credential, and what it opens."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

import pymongo
import pytest
from pymongo import DeleteOne, InsertOne, MongoClient, UpdateOne
from pymongo.errors import BulkWriteError, ClientBulkWriteException, OperationFailure, PyMongoError

from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.rights import ROLES
from tests.security.two_clinics import TwoClinics
from tests.small_clinic import SmallClinic

Client: TypeAlias = MongoClient[dict[str, Any]]
# SecantusDB 0.7.0b3 does not ask for rights here (measured); a mongod does. docs/threat-model.md says what follows.
NOT_ENFORCED = {
    "bulkWrite into another database": "MongoClient.bulk_write is not authorised at all",
    "bulkWrite as an oracle": "matched_count of an unauthorised bulkWrite answers questions about content",
    "bulkWrite deletes elsewhere": "MongoClient.bulk_write is not authorised at all",
    "killAllSessions": "session commands ask for no right",
    "replSetStepDown": "replica commands ask for no right",
}


@pytest.fixture(scope="module")
def stores(template: tuple[Addresses, SmallClinic], two: TwoClinics) -> Iterator[tuple[Client, Client, str, bool]]:  # fmt: skip
    """The doctor's client, the owner's, the charts' database, and whether the server is a real mongod."""
    address = template[0].mongo
    if address is None:
        pytest.skip("no document server")
    with two.connect("north", "doctor") as session:
        row = session.execute("SELECT cd.signed_in('pc-9')").fetchone()
    assert row is not None
    key, database = row[0]["credentials"]["mongo"], row[0]["installation"]["documents_database"]
    host = urlsplit(address).netloc.rpartition("@")[2]
    login = f"mongodb://{quote(key['username'])}:{quote(key['secret'])}@{host}/?authSource=admin&directConnection=true"
    client: Client
    owner: Client
    documents: list[dict[str, Any]] = [{"_id": n, "note": f"secret {n}"} for n in range(3)]
    with (
        MongoClient(login, document_class=dict, timeoutMS=5000) as client,
        MongoClient(address, document_class=dict, timeoutMS=5000) as owner,
    ):
        owner["cd_elsewhere"]["ehr"].insert_many(documents)
        owner[database]["ehr"].insert_one(visit("kept"))
        yield client, owner, database, "secantus" not in str(owner.server_info()).lower()
        owner.drop_database("cd_elsewhere")
        owner[database]["ehr"].delete_many({"visitId": {"$regex": "^attack"}})


def visit(name: str) -> dict[str, Any]:
    return {"patientId": "p", "doctorId": "d", "clinicId": "c", "visitDate": datetime(2026, 3, 2, tzinfo=UTC), "visitId": f"attack {name}", "version": 1}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_only_clinicians_get_a_key(person, role):
    keys = person(role).execute("SELECT cd.signed_in('pc-9')").fetchone()[0]["credentials"]
    rows = person(role).execute("SELECT service, grp, secret FROM service_credentials").fetchall()
    assert set(keys) == ({"mongo", "redis"} if role in ("doctor", "nurse") else {"redis"})
    assert {(service, group) for service, group, _ in rows} == {(service, f"cd_{role}") for service in keys}
    assert {secret for _, _, secret in rows} == {key["secret"] for key in keys.values()}


def test_a_clinician_reads_writes_and_amends_charts(stores: tuple[Client, Client, str, bool]):
    client, _, database, _ = stores
    charts = client[database]["ehr"]
    made = charts.insert_one(visit("own")).inserted_id
    assert charts.update_one({"_id": made}, {"$set": {"status": "draft"}}).modified_count == 1
    assert charts.find_one({"_id": made}, {"status": 1}) == {"_id": made, "status": "draft"}
    assert charts.count_documents({"visitId": "attack own"}) == 1


def refused_things(client: Client, owner: Client, database: str) -> dict[str, Callable[[], Any]]:
    other, admin = client["cd_elsewhere"], client["admin"]
    return {
        "find": lambda: other["ehr"].find_one(),
        "count": lambda: other.command("count", "ehr"),
        "distinct": lambda: other["ehr"].distinct("note"),
        "aggregate": lambda: list(other["ehr"].aggregate([{"$limit": 1}])),
        "insert": lambda: other["ehr"].insert_one({"x": 1}),
        "update": lambda: other["ehr"].update_one({}, {"$set": {"x": 1}}),
        "delete": lambda: other["ehr"].delete_one({}),
        "drop": lambda: client.drop_database("cd_elsewhere"),
        "drop collection": lambda: other.drop_collection("ehr"),
        "$out": lambda: list(client[database]["ehr"].aggregate([{"$out": {"db": "cd_elsewhere", "coll": "stolen"}}])),
        "$lookup": lambda: 1 / sum(len(d["x"]) for d in client[database]["ehr"].aggregate([{"$lookup": {"from": {"db": "cd_elsewhere", "coll": "ehr"}, "pipeline": [], "as": "x"}}])),
        "$unionWith": lambda: 1 / len([d for d in client[database]["ehr"].aggregate([{"$unionWith": {"db": "cd_elsewhere", "coll": "ehr"}}]) if "secret" in str(d)]),
        "rename": lambda: admin.command("renameCollection", "cd_elsewhere.ehr", to=f"{database}.taken"),
        "listCollections": lambda: other.list_collection_names(),
        "change stream": lambda: other.watch(max_await_time_ms=100).try_next(),
        "createUser": lambda: admin.command("createUser", "z", pwd="z", roles=["root"]),
        "grantRolesToUser": lambda: admin.command("grantRolesToUser", "cd_clinician", roles=["root"]),
        "updateUser": lambda: admin.command("updateUser", "cd_clinician", roles=["root"]),
        "dropUser": lambda: admin.command("dropUser", "cd_clinician"),
        "createRole": lambda: admin.command("createRole", "r", privileges=[], roles=["root"]),
        "usersInfo": lambda: admin.command("usersInfo", 1, showCredentials=True),
        "system.users": lambda: admin["system.users"].find_one() or 1 / 0,
        "shutdown": lambda: admin.command("shutdown"),
        "setParameter": lambda: admin.command("setParameter", 1, logLevel=5),
        "getCmdLineOpts": lambda: admin.command("getCmdLineOpts"),
        "getLog": lambda: admin.command("getLog", "global"),
        "currentOp": lambda: list(admin.aggregate([{"$currentOp": {"allUsers": True}}])),
        "fsync": lambda: admin.command("fsync", 1, lock=True),
        "local": lambda: client["local"]["oplog.rs"].find_one() or 1 / 0,
        "bulkWrite into another database": lambda: client.bulk_write([InsertOne(namespace="cd_elsewhere.ehr", document={"_id": "evil"})]),
        "bulkWrite as an oracle": lambda: 1 / client.bulk_write([UpdateOne(namespace="cd_elsewhere.ehr", filter={"note": {"$regex": "^secret"}}, update={"$set": {"probe": 1}})]).matched_count,
        "bulkWrite deletes elsewhere": lambda: 1 / client.bulk_write([DeleteOne(namespace="cd_elsewhere.ehr", filter={"_id": 2})]).deleted_count,
        "bulkWrite to system.users": lambda: 1 / client.bulk_write([UpdateOne(namespace="admin.system.users", filter={"user": "cd_clinician"}, update={"$set": {"probe": 1}})]).matched_count,
        "killAllSessions": lambda: admin.command("killAllSessions", []),
        "replSetStepDown": lambda: admin.command("replSetStepDown", 1, force=True),
    }  # fmt: skip


def test_a_clinician_is_refused_everything_else(stores: tuple[Client, Client, str, bool]):
    """On SecantusDB the known gaps are exactly the documented ones; on a mongod there are none."""
    client, owner, database, strict = stores
    went = {name for name, act in refused_things(client, owner, database).items() if goes_through(act)}
    wait_until_writable(owner)
    assert went == (set() if strict else went & set(NOT_ENFORCED))
    assert owner["cd_elsewhere"]["stolen"].find_one() is None
    assert [user["user"] for user in owner["admin"].command("usersInfo", 1)["users"] if user["user"] == "z"] == []  # fmt: skip
    print("not enforced by this server:", sorted(went))


def wait_until_writable(owner: Client) -> None:
    """After a step-down that should have been refused."""
    for _ in range(100):
        if goes_through(lambda: owner["cd_elsewhere"]["probe"].insert_one({})):
            return
        time.sleep(0.05)
    pytest.fail("the document server takes no writes")


def goes_through(act: Callable[[], Any]) -> bool:
    try:
        act()
    except (OperationFailure, BulkWriteError, ClientBulkWriteException, PyMongoError, ZeroDivisionError):
        return False
    return True


def test_a_forged_or_deleted_document_disagrees_with_the_database(two: TwoClinics, person):
    """What the document server lets through is noticed: PostgreSQL keeps number, version and digest of each document."""
    doctor = person("doctor")
    row = doctor.execute("SELECT document_id, version, sha256 FROM visits WHERE id = %s", (two.north.ids["visit"],)).fetchone()  # fmt: skip
    assert row == ("a" * 24, 1, "b" * 64)
    for statement in ("UPDATE visits SET sha256 = ''", "UPDATE visit_versions SET sha256 = ''", "DELETE FROM visits", "INSERT INTO visit_versions SELECT * FROM visit_versions"):  # fmt: skip
        with pytest.raises(Exception, match="permission denied"):
            doctor.execute(statement)


@pytest.mark.parametrize("change", [{"clinicId": None}, {"note": "elsewhere"}, {"accessLog": "gone"}, {"visitType": {"$ne": 1}}, {"isDeleted": "yes"}, {"currentVisit": {"plan": {"$where": "1"}}}])  # fmt: skip
def test_a_document_of_another_shape_is_refused(stores: tuple[Client, Client, str, bool], change: dict[str, Any]):  # fmt: skip
    client, _, database, _ = stores
    with pytest.raises(OperationFailure):
        client[database]["ehr"].insert_one({**visit("shape"), **change})


@pytest.mark.parametrize("who", [None, "cd_clinician:wrong", "cd_receptionist:x"])
def test_strangers_read_nothing(stores: tuple[Client, Client, str, bool], template, who: str | None):
    host = urlsplit(template[0].mongo).netloc.rpartition("@")[2]
    uri = f"mongodb://{who + '@' if who else ''}{host}/?directConnection=true" + ("&authSource=admin" if who else "")  # fmt: skip
    client: Client
    with pymongo.MongoClient(uri, timeoutMS=5000) as client, pytest.raises(OperationFailure):
        client[stores[2]]["ehr"].find_one()
