"""Sealed charts against raw drivers: no committed line of the access log, no key, no chart (spec 3.11)."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from uuid import uuid4

import gridfs
import psycopg
import pytest
from bson import ObjectId, encode
from PIL import Image
from psycopg.types.json import Jsonb
from pymongo.collection import Collection

from clinicdesk.domain.errors import NotAllowed
from clinicdesk.domain.visits import Note, Vitals
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.ehr import digest
from clinicdesk.services.consistency import ConsistencyCheck
from clinicdesk.services.sealing import Sealing
from tests.chart_stores import raw
from tests.security.sealed_clinic import convert, owner_work, seal_charts
from tests.small_clinic import PASSWORD, STAFF

SECRET = "Morbus secretus"


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 40), "red").save(made, "PNG")
    return made.getvalue()


def written(charts, patient, text=SECRET):
    visit = charts.begin(patient)
    return charts.save_draft(replace(visit, note=Note(plan=text), vitals=Vitals(weight=70.0)), visit.version)


def everything(database) -> bytes:
    """All bytes that a document credential can read there."""
    return b"".join(
        encode(document) for name in database.list_collection_names() for document in database[name].find()
    )


def person(clinic, who):
    session = clinic.sign_in(who)
    parameters = clinic.deployment.postgres.parameters()
    session.close()
    return psycopg.connect(**parameters, user=login_name(STAFF[who][0]), password=PASSWORD, autocommit=True)


def refused(connection, sql, *values):
    with pytest.raises(psycopg.Error) as said:
        connection.execute(sql, values)
    return said.value.sqlstate


def test_a_raw_document_credential_reads_ciphertext_only(clinic, charts, private):
    seal_charts(clinic)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = written(service, clinic.small.patients[0])
    attached = service.attach(visit, picture(), "scan.png", kind="image", description=SECRET)
    stored = everything(private)
    for text in (SECRET.encode(), b"scan.png", picture()):
        assert text not in stored
    newest = private["ehr"].find_one({"version": attached.version})
    assert {"vitals", "currentVisit", "medicalHistory", "attachments"} & set(newest) == set()
    assert set(newest) >= {"patientId", "doctorId", "clinicId", "visitDate", "sealed"}
    nurse = charts("nurse", seat="pc-2", uri=clinic.addresses.mongo, database=private.name)
    [shown] = nurse.open(visit.patient_id).visits
    assert (shown.note.plan, shown.vitals.weight, shown.status) == (SECRET, 70.0, "draft")
    assert nurse.attachment(shown, "scan.png") == picture()
    assert raw(clinic, "SELECT count(*) FROM access_log WHERE action = 'view' AND patient_id = %s", visit.patient_id)[0][0] >= 2  # fmt: skip


def test_the_key_comes_only_for_a_committed_line(clinic):
    patient = clinic.small.patients[0]
    with person(clinic, "doctor") as doctor:
        assert refused(doctor, "SELECT * FROM chart_keys") == "42501"
        assert refused(doctor, "SELECT * FROM cd.chart_key(0)") == "CD020"
        with pytest.raises(psycopg.Error) as said, doctor.transaction():
            doctor.execute("SELECT * FROM cd.chart_key(cd.log_access(%s, 'view', 'care'))", (patient,))
        assert said.value.sqlstate == "CD020"
        doctor.execute("BEGIN")
        with doctor.transaction():  # a savepoint's line is not committed either
            line = doctor.execute("SELECT cd.log_access(%s, 'view', 'care')", (patient,)).fetchone()[0]
        assert refused(doctor, "SELECT * FROM cd.chart_key(%s)", line) == "CD020"
        doctor.execute("ROLLBACK")
        assert raw(clinic, "SELECT count(*) FROM access_log") == [(0,)]  # a key was never given for nothing
        line = doctor.execute("SELECT cd.log_access(%s, 'view', 'care')", (patient,)).fetchone()[0]
        [(whose, where, key)] = doctor.execute("SELECT * FROM cd.chart_key(%s)", (line,)).fetchall()
        assert (whose, where, len(key)) == (patient, clinic.small.clinic, 32)
        refusal = doctor.execute("SELECT cd.log_access(%s, 'refused', 'x')", (patient,)).fetchone()[0]
        printed = doctor.execute("SELECT cd.log_access(%s, 'print', 'x')", (patient,)).fetchone()[0]
        assert refused(doctor, "SELECT * FROM cd.chart_key(%s)", refusal) == "CD020"
        assert refused(doctor, "SELECT * FROM cd.chart_key(%s)", printed) == "CD020"
    with person(clinic, "nurse") as nurse:
        assert refused(nurse, "SELECT * FROM cd.chart_key(%s)", line) == "CD020"  # another person's line
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE access_log SET at = at - interval '6 min'")
    with person(clinic, "doctor") as doctor:
        assert refused(doctor, "SELECT * FROM cd.chart_key(%s)", line) == "CD020"
    for who in ("receptionist", "pharmacist", "admin"):
        with person(clinic, who) as other:
            assert refused(other, "SELECT * FROM cd.chart_key(%s)", line) == "42501"


def test_a_moved_or_changed_ciphertext_is_shown_as_altered(clinic, charts, private):
    """spec 3.9: what was altered outside is marked, never shown as the doctor's words."""
    seal_charts(clinic)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    one, two = (written(service, patient) for patient in clinic.small.patients[:2])
    stolen = private["ehr"].find_one({"visitId": str(two.id), "version": 2})["sealed"]
    private["ehr"].update_one({"visitId": str(one.id), "version": 2}, {"$set": {"sealed": stolen}})
    [shown] = service.open(one.patient_id).visits
    assert (shown.status, shown.note.plan) == ("altered", "")
    with owner_work(clinic) as work:
        check = ConsistencyCheck(work, service._server(), service.now).run(clinic.small.clinic)
    assert len(check.altered) == 1
    assert check.documents == check.references == 4


def test_charts_are_converted_both_ways_and_stay_readable(clinic, charts, private):
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.attach(written(service, clinic.small.patients[0]), picture(), "scan.png", kind="image")
    before = {one["_id"]: digest(one) for one in private["ehr"].find()}
    assert SECRET.encode() in everything(private)
    uri = clinic.addresses.mongo
    progress = seal_charts(clinic)
    assert (progress.progress().total, progress.progress().remaining) == (3, 3)
    assert service.open(visit.patient_id).visits[0].note.plan == SECRET  # old documents meanwhile
    done = convert(clinic, uri, private.name)
    assert (done.sealed, done.documents, done.left) == (True, 3, 0)
    assert progress.progress().remaining == 0
    assert all(text not in everything(private) for text in (SECRET.encode(), picture(), b"scan.png"))
    assert sound(clinic, service)
    for reader in (service, charts("nurse", seat="pc-2", uri=clinic.addresses.mongo, database=private.name)):
        [shown] = reader.open(visit.patient_id).visits
        assert (shown.note.plan, reader.attachment(shown, "scan.png")) == (SECRET, picture())
    assert convert(clinic, uri, private.name) is None
    seal_charts(clinic, sealed=False)
    assert (convert(clinic, uri, private.name).sealed, progress.progress().remaining) == (False, 0)
    assert {one["_id"]: digest(one) for one in private["ehr"].find()} == before
    assert private["fs.files"].count_documents({}) == 1
    [shown] = service.open(visit.patient_id).visits
    assert service.attachment(shown, "scan.png") == picture()
    assert sound(clinic, service)


def test_a_file_sealed_from_the_start_is_opened_again(clinic, charts, private):
    seal_charts(clinic)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.attach(written(service, clinic.small.patients[0]), picture(), "scan.png", kind="image")
    seal_charts(clinic, sealed=False)
    assert convert(clinic, clinic.addresses.mongo, private.name).left == 0
    [shown] = service.open(visit.patient_id).visits
    assert (shown.status, service.attachment(shown, "scan.png")) == ("draft", picture())
    assert private["fs.files"].count_documents({"metadata.of": {"$exists": True}}) == 0


class Cut(Exception):
    """The process died here."""


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("at", range(0, 12, 2))
def test_a_conversion_that_dies_anywhere_goes_on(clinic, charts, private, monkeypatch, at, sealed):
    """Cut off at the n-th write to the document server: readable, sound, and finished by the next run."""
    if not sealed:
        seal_charts(clinic)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.attach(written(service, clinic.small.patients[0]), picture(), "scan.png", kind="image")
    seal_charts(clinic, sealed=sealed)
    left = [at]

    def step(*args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise Cut
        return

    cut_writes(monkeypatch, step)
    died = False
    try:
        convert(clinic, clinic.addresses.mongo, private.name)
    except Cut:
        died = True
    monkeypatch.undo()
    [shown] = service.open(visit.patient_id).visits
    assert (shown.note.plan, shown.status) == (SECRET, "draft")
    assert service.attachment(shown, "scan.png") == picture()
    assert sound(clinic, service)
    done = convert(clinic, clinic.addresses.mongo, private.name)
    assert (done is not None and done.left == 0) == died
    assert (SECRET.encode() in everything(private)) != sealed
    assert (picture() in everything(private)) != sealed
    assert sound(clinic, service)
    assert service.attachment(shown, "scan.png") == picture()


def cut_writes(monkeypatch, step):
    """``step`` runs before each write, whoever makes it."""
    for owner, name in (
        (Collection, "update_one"),
        (gridfs.GridFSBucket, "delete"),
        (gridfs.GridFSBucket, "upload_from_stream_with_id"),
    ):
        real = getattr(owner, name)

        def wrapped(*args, _real=real, **kwargs):
            step()
            return _real(*args, **kwargs)

        monkeypatch.setattr(owner, name, wrapped)


def sound(clinic, service) -> bool:
    with owner_work(clinic) as work:
        found = ConsistencyCheck(work, service._server(), service.now).run(clinic.small.clinic)
    return found.sound and not found.orphans and not found.removed


def test_a_seat_cannot_write_in_clear_once_charts_are_sealed(clinic, charts, private):
    """The commit asks the setting: it may have changed between the two."""
    seal_charts(clinic)
    patient, doctor = clinic.small.patients[0], clinic.small.doctor
    content = {"id": None, "clinic_id": str(clinic.small.clinic), "patient_id": str(patient), "doctor_id": str(doctor), "visit_date": "2026-03-02T09:00:00Z", "visit_type": "routine", "status": "draft", "expected_version": 0, "document_id": str(ObjectId()), "sha256": "0" * 64}  # fmt: skip
    with person(clinic, "doctor") as session:
        assert refused(session, "SELECT cd.save_visit(%s)", Jsonb({**content, "id": str(uuid4())})) == "40001"
        assert refused(session, "SELECT cd.note_sealed(%s, 1, 'x')", uuid4()) == "42501"
    assert raw(clinic, "SELECT count(*) FROM visits") == [(0,)]


def test_the_conversion_gives_keys_for_its_own_run_only(clinic, charts, private):
    """Whoever holds the worker's account takes keys only while an administrator's choice is carried out."""
    patient = clinic.small.patients[0]
    written(charts(uri=clinic.addresses.mongo, database=private.name), patient)
    with clinic.owner() as owner:
        begin = "SELECT cd.sealing_begin(%s)"
        assert owner.execute(begin, (clinic.small.clinic,)).fetchone() == (None,)
        seal_charts(clinic)
        with pytest.raises(psycopg.Error) as said, owner.transaction():
            owner.execute(
                "SELECT * FROM cd.sealing_keys(cd.sealing_begin(%s), ARRAY[%s])",
                (clinic.small.clinic, patient),
            )
        assert said.value.sqlstate == "CD020"
        run = owner.execute(begin, (clinic.small.clinic,)).fetchone()[0]
        other = clinic.small.patients[1]
        assert refused(owner, "SELECT * FROM cd.sealing_keys(%s, ARRAY[%s::uuid])", run, other) == "42501"
        assert owner.execute("SELECT * FROM cd.sealing_keys(%s, ARRAY[%s])", (run, patient)).fetchall()
        line = "SELECT count(*) FROM audit_log WHERE tab = 'chart_keys' AND op = 'R' AND subject = %s"
        assert owner.execute(line, (patient,)).fetchone() == (1,)
        seal_charts(clinic, sealed=False)
        assert refused(owner, "SELECT * FROM cd.sealing_keys(%s, ARRAY[%s])", run, patient) == "CD020"


def test_only_administrators_choose(clinic):
    for who in ("doctor", "nurse", "receptionist", "pharmacist"):
        session = clinic.sign_in(who)
        with pytest.raises(NotAllowed):
            Sealing(session.open_work, session.actor).choose(sealed=True)


def test_keys_are_forgotten_with_the_lock(clinic, charts, private):
    seal_charts(clinic)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    patient = written(service, clinic.small.patients[0]).patient_id
    assert service.keys._known[patient]
    service.keys.forget()
    assert service.keys._known == {}
    assert repr(service.keys) == "ChartKeys()"


def test_documents_of_the_seed_need_no_seal(private):
    """Off by default: documents stand exactly as the seed writes them; the validator takes both forms."""
    seed = {"patientId": "p", "doctorId": "d", "clinicId": "c", "visitDate": datetime(2026, 3, 2, tzinfo=UTC), "visitType": "routine"}  # fmt: skip
    private["ehr"].insert_one({**seed, "currentVisit": {"plan": "x"}, "vitals": {"weight": 70}})
    private["ehr"].insert_one({**seed, "sealed": b"\x00\x01"})
    assert private["ehr"].count_documents({}) == 2


def test_a_stated_emergency_opens_no_sealed_chart_of_another_clinic(two, person):
    """The line is written and flagged; the key stays with the clinic."""
    doctor = person("doctor")
    emergency = "SELECT cd.log_access(%s, 'view', 'EMERGENCY: collapsed')"
    line = doctor.execute(emergency, (two.south.ids["patient"],)).fetchone()[0]
    assert refused(doctor, "SELECT * FROM cd.chart_key(%s)", line) == "42501"
    line = doctor.execute("SELECT cd.log_access(%s, 'view', 'care')", (two.north.ids["patient"],)).fetchone()[0]  # fmt: skip
    assert {row[1] for row in doctor.execute("SELECT * FROM cd.chart_key(%s)", (line,))} == {two.north.clinic}
