"""The document store: immutable versions, one digest, nothing leaks, nothing hangs."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId
from pymongo import MongoClient

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.visits import Note, Visit, Vitals
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import (
    Access,
    History,
    Stamp,
    VersionExists,
    content_of,
    digest,
    make_document,
    same_content,
    to_milliseconds,
)
from clinicdesk.repositories.provision import _shape_collection
from clinicdesk.repositories.refusals import StoreBug

NOW = datetime(2026, 11, 23, 9, 30, 15, 123456, tzinfo=UTC)
# the seed's document, section 6: name -> type or nested names
SEED = {
    "patientId": str, "doctorId": str, "clinicId": str, "visitDate": datetime, "visitType": str,
    "vitals": {"temperature": float, "bloodPressure": {"systolic": int, "diastolic": int}, "heartRate": int,
               "respiratoryRate": int, "weight": float, "height": float, "bmi": float, "oxygenSaturation": int},
    "medicalHistory": {"allergies": list, "chronicConditions": list, "surgicalHistory": list, "familyHistory": list,
                       "socialHistory": {"smoking": str, "alcohol": str, "exercise": str, "occupation": str}},
    "currentVisit": {"chiefComplaint": str, "historyOfPresentIllness": str, "physicalExamination": str,
                     "assessment": str, "plan": str, "followUpInstructions": str},
    "attachments": list, "createdAt": datetime, "updatedAt": datetime, "isDeleted": bool, "accessLog": list,
}  # fmt: skip


def visit(**changes):
    values = {
        "id": uuid4(), "patient_id": uuid4(), "doctor_id": uuid4(), "doctor_name": "Ada Obi", "clinic_id": uuid4(),
        "appointment_id": None, "visit_date": NOW, "visit_type": "routine", "status": "draft", "version": 1,
        "vitals": Vitals(temperature=37.2, systolic=120, diastolic=80, heart_rate=72, respiratory_rate=14, weight=70.0, height=175.0, oxygen_saturation=98),
        "note": Note(chief_complaint="Ìbà", history="h", examination="e", assessment="a", plan="p", follow_up="f"),
    }  # fmt: skip
    return Visit(**{**values, **changes})


def document(made=None):
    stamp = Stamp(
        now=NOW,
        access=Access(user_id=uuid4(), action="edit", at=NOW, address="10.0.0.7"),
        history=History(allergies=("penicillin - rash",), conditions=("I10 Hypertension",)),
    )
    past = {
        "medicalHistory": {
            "surgicalHistory": ["Appendectomy 2009"],
            "socialHistory": dict.fromkeys(("smoking", "alcohol", "exercise", "occupation"), "none"),
        }
    }
    return make_document(made or visit(), stamp, previous=past)


@pytest.fixture(scope="module")
def database(addresses):
    name = f"documents_{uuid4().hex[:12]}"
    owner: MongoClient[dict[str, Any]]
    with MongoClient(addresses.mongo) as owner:
        _shape_collection(owner, name)
        yield owner[name]
        owner.drop_database(name)


@pytest.fixture
def store(addresses, database):
    made = DocumentStore(addresses.mongo, database.name)
    yield made
    made.close()


def same_shape(found, wanted):
    assert set(found) == set(wanted)
    for name, kind in wanted.items():
        if isinstance(kind, dict):
            same_shape(found[name], kind)
        else:
            assert type(found[name]) is kind, name


def test_a_stored_document_has_the_seeds_fields_and_types(store, database):
    made = visit()
    identity, _ = store.write(document(made))
    raw = database.ehr.find_one({"_id": ObjectId(identity)})
    ours = {name: raw.pop(name) for name in ("_id", "visitId", "version", "status")}
    same_shape(raw, SEED)
    assert (ours["visitId"], ours["version"], ours["status"]) == (str(made.id), 1, "draft")
    assert raw["patientId"] == str(made.patient_id)
    assert raw["vitals"]["bmi"] == 22.9
    assert raw["accessLog"][0]["ipAddress"] == "10.0.0.7"
    assert raw["medicalHistory"]["surgicalHistory"] == ["Appendectomy 2009"]
    vitals, note, files = content_of(store.read(identity))
    assert (vitals, note, files) == (made.vitals, made.note, ())


def test_only_what_was_measured_is_in_the_document(store):
    identity, _ = store.write(document(visit(vitals=Vitals(systolic=131))))
    stored = store.read(identity)
    assert stored["vitals"] == {"bloodPressure": {"systolic": 131}}
    assert content_of(stored)[0] == Vitals(systolic=131)


def test_the_digest_survives_the_server_and_sees_each_change(store):
    made = document()
    identity, sha256 = store.write(made)
    stored = store.read(identity)
    assert digest(stored) == sha256 == digest(made)
    for path, value in (
        ("status", "signed"),
        ("visitType", "emergency"),
        ("vitals", {**made["vitals"], "weight": 70.1}),
        ("isDeleted", True),
    ):
        assert digest({**stored, path: value}) != sha256
    stored["currentVisit"]["plan"] += " "
    assert digest(stored) != sha256


def test_the_access_log_is_outside_the_digest_and_keeps_fifty(store):
    identity, sha256 = store.write(document())
    who = uuid4()
    for _ in range(55):
        store.append_access([identity], Access(user_id=who, action="view", at=NOW))
    stored = store.read(identity)
    assert len(stored["accessLog"]) == 50
    assert stored["accessLog"][0] == {
        "userId": str(who),
        "action": "view",
        "timestamp": to_milliseconds(NOW),
        "ipAddress": "",
    }
    assert digest(stored) == sha256


def test_same_content_ignores_number_and_status_only():
    one = document()
    assert same_content(one, {**one, "version": 9, "status": "signed"})
    assert not same_content(one, {**one, "currentVisit": {**one["currentVisit"], "plan": "rest"}})


def test_a_repeated_write_of_ones_own_is_a_success(store):
    made = {"_id": ObjectId(), **document()}
    assert store.write(made) == store.write(made)


def test_two_documents_cannot_have_one_number(store):
    first = document()
    identity, _ = store.write(first)
    with pytest.raises(VersionExists) as clash:
        store.write({**first, "visitType": "emergency"})
    assert clash.value.args == (identity,)


def test_what_the_validator_refuses_is_our_bug_and_is_not_quoted(store):
    made = document()
    made["currentVisit"]["secret diagnosis"] = "x"
    with pytest.raises(StoreBug) as bug:
        store.write(made)
    assert "secret" not in str(bug.value)
    assert bug.value.__suppress_context__


def test_many_are_read_in_any_number(store):
    pairs = store.write_many([document() for _ in range(120)])
    found = store.read_many([identity for identity, _ in pairs] + [str(ObjectId())])
    assert len(found) == 120
    assert all(digest(found[identity]) == sha256 for identity, sha256 in pairs)


def test_batches_walk_over_all_documents_of_a_clinic(store):
    clinic = uuid4()
    pairs = store.write_many([document(visit(clinic_id=clinic)) for _ in range(25)])
    batches = list(store.versions(str(clinic), size=10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert {str(one["_id"]) for batch in batches for one in batch} == {identity for identity, _ in pairs}
    assert store.remove_orphan(pairs[0][0])
    assert not store.remove_orphan(pairs[0][0])


def test_a_dead_server_is_said_in_time():
    store = DocumentStore("mongodb://127.0.0.1:9/?directConnection=true", "clinicdesk")
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as down:
        store.write(document())
    assert time.monotonic() - began < 6
    assert down.value.args == ("mongo",)
    store.close()
