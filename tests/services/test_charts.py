"""Charts against real stores: logged first, document first, nobody's words are lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from bson import ObjectId

from clinicdesk.domain.errors import (
    CheckBrokenOff,
    InvalidField,
    NotAllowed,
    NotFound,
    StaleRecord,
    StoreUnavailable,
)
from clinicdesk.domain.patients import AllergyStatus
from clinicdesk.domain.visits import Note, Vitals
from clinicdesk.services.consistency import ConsistencyCheck
from tests.chart_stores import DEAD, raw


def note(**fields):
    return Note(**fields)


# -- opening -----------------------------------------------------------------------------------------------


def test_no_chart_without_a_committed_row_in_the_access_log(clinic, charts):
    patient = clinic.small.patients[0]
    chart = charts().open(patient, "consultation")
    assert chart.visits == ()
    assert raw(clinic, "SELECT patient_id, action, purpose, emergency FROM access_log") == [
        (patient, "view", "consultation", False)
    ]


def test_a_chart_that_cannot_be_logged_is_not_read(clinic, charts):
    stranger = uuid4()
    with pytest.raises(NotAllowed):
        charts().open(stranger)
    assert raw(clinic, "SELECT count(*) FROM access_log") == [(0,)]


@pytest.mark.parametrize("who", ["receptionist", "pharmacist", "admin"])
def test_only_doctors_and_nurses_open_charts(clinic, charts, who):
    service, patient = charts(who), clinic.small.patients[0]
    for act in (
        lambda: service.open(patient),
        lambda: service.versions(patient),
        lambda: service.start(uuid4()),
        lambda: service.begin(patient),
        lambda: service.no_known_allergies(patient),
        service.check_consistency,
    ):
        with pytest.raises(NotAllowed):
            act()
    assert raw(clinic, "SELECT count(*) FROM access_log") == [(0,)]


def test_each_opening_is_copied_into_the_documents(clinic, charts):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    service.open(visit.patient_id)
    [(identity,)] = raw(clinic, "SELECT document_id FROM visits")
    log = service._server().read(identity)["accessLog"]
    assert [entry["action"] for entry in log] == ["edit", "view"]
    assert raw(clinic, "SELECT action FROM access_log ORDER BY id") == [("edit",), ("view",)]


def test_without_the_document_server_the_chart_opens_and_says_what_is_missing(clinic, charts):
    visit = charts().begin(clinic.small.patients[0])
    chart = charts(uri=DEAD).open(visit.patient_id)
    assert chart.documents_missing == 1
    assert [(one.id, one.status, one.note) for one in chart.visits] == [(visit.id, "unreadable", Note())]
    with pytest.raises(StoreUnavailable):
        charts(uri=DEAD).save_draft(visit, 1)
    assert raw(clinic, "SELECT version FROM visits") == [(1,)]


def test_a_changed_document_is_shown_as_altered(clinic, charts, private):
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.begin(clinic.small.patients[0])
    service.sign(replace(visit, note=note(plan="Rest")))
    private.ehr.update_one({"version": 2}, {"$set": {"currentVisit.plan": "Surgery"}})
    [shown] = service.open(visit.patient_id).visits
    assert (shown.status, shown.note.plan) == ("altered", "Surgery")


def test_trends_run_over_the_visits_oldest_first(clinic, charts):
    moment = [datetime.now(UTC) - timedelta(days=60)]
    service = charts(now=lambda: moment[0])
    for weight in (70.0, 71.5, 69.0):
        visit = service.begin(clinic.small.patients[0])
        service.save_draft(replace(visit, vitals=Vitals(weight=weight, systolic=120, diastolic=80)), 1)
        moment[0] += timedelta(days=20)
    chart = service.open(clinic.small.patients[0])
    assert [point.value for point in chart.trends["weight"]] == [70.0, 71.5, 69.0]
    assert [point.value for point in chart.trends["diastolic"]] == [80, 80, 80]
    assert chart.trends["temperature"] == ()
    assert service.summary(clinic.small.patients[0]).weight_kg == 69.0


# -- lists -------------------------------------------------------------------------------------------------


def test_allergies_have_three_states_and_refuted_ones_stay_in_the_table(clinic, charts):  # spec 3.8
    service, patient = charts("nurse"), clinic.small.patients[0]
    assert service.summary(patient).allergy_status is AllergyStatus.NOT_ASKED
    service.no_known_allergies(patient)
    assert service.summary(patient).allergy_status is AllergyStatus.NONE_KNOWN
    service.add_allergy(patient, "Penicillin", reaction="anaphylaxis", severity="severe")
    service.add_allergy(patient, "bitter leaf soup")
    summary = service.summary(patient)
    assert summary.allergy_status is AllergyStatus.LISTED
    assert {(one.substance, one.allergy_class, one.coded) for one in summary.allergies} == {
        ("Penicillin", "ALG01", True),
        ("bitter leaf soup", "", False),
    }
    with pytest.raises(StaleRecord):
        service.no_known_allergies(patient)
    for one in summary.allergies:
        service.refute_allergy(patient, one.id)
    with pytest.raises(NotFound):
        service.refute_allergy(patient, summary.allergies[0].id)
    assert service.summary(patient).allergies == ()
    assert raw(clinic, "SELECT count(*) FROM patient_allergies") == [(2,)]


def test_the_lists_are_in_the_next_document_as_text(clinic, charts):  # spec 0.2
    service, patient = charts(), clinic.small.patients[0]
    service.add_allergy(patient, "amoxicillin", reaction="rash")
    service.add_problem(patient, "Hypertension", code="i10")
    service.begin(patient)
    [(identity,)] = raw(clinic, "SELECT document_id FROM visits")
    history = service._server().read(identity)["medicalHistory"]
    assert history["allergies"] == ["amoxicillin - rash - moderate"]
    assert history["chronicConditions"] == ["I10 Hypertension"]


def test_problems_take_icd_10_with_or_without_the_dot(clinic, charts):  # spec 3.7
    service, patient = charts(), clinic.small.patients[0]
    service.add_problem(patient, "Asthma", code="j4590")
    with pytest.raises(InvalidField):
        service.add_problem(patient, "Asthma", code="45.9")
    with pytest.raises(InvalidField):
        service.add_problem(patient, "  ")
    [problem] = service.summary(patient).problems
    assert (problem.code, problem.text) == ("J45.90", "Asthma")
    service.refute_problem(patient, problem.id)
    assert service.summary(patient).problems == ()


# -- both stores -------------------------------------------------------------------------------------------


def test_the_check_finds_orphans_missing_and_altered_documents(clinic, charts, private):
    later = datetime.now(UTC) + timedelta(hours=2)
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    made = [service.begin(patient) for patient in clinic.small.patients[:3]]
    assert service.check_consistency().sound
    gone, changed = (private.ehr.find_one({"visitId": str(one.id)}) for one in made[:2])
    private.ehr.delete_one({"_id": gone["_id"]})
    private.ehr.update_one({"_id": changed["_id"]}, {"$set": {"visitType": "emergency"}})
    orphan = {**changed, "_id": ObjectId(), "visitId": str(uuid4())}
    private.ehr.insert_one(orphan)
    young = service.check_consistency()
    assert (young.orphans, young.removed) == ((str(orphan["_id"]),), ())
    assert (young.missing, young.altered) == ((str(gone["_id"]),), (str(changed["_id"]),))
    assert (young.documents, young.references, young.sound) == (3, 3, False)
    old = charts(uri=clinic.addresses.mongo, database=private.name, now=lambda: later).check_consistency()
    assert (old.orphans, old.removed) == ((), (str(orphan["_id"]),))
    assert private.ehr.count_documents({}) == 2


def test_one_seat_a_day_compares_the_records(clinic, charts, private):
    first, second = (
        charts(who, uri=clinic.addresses.mongo, database=private.name) for who in ("doctor", "nurse")
    )
    visit = first.begin(clinic.small.patients[0])
    assert first.check_once_a_day().sound
    assert second.check_once_a_day() is None
    with clinic.owner() as owner:
        [(sound, counts)] = owner.execute("SELECT sound, counts FROM store_checks").fetchall()
        assert (sound, counts["documents"], counts["missing"]) == (True, 1, 0)
        owner.execute("UPDATE store_checks SET day = day - 1")
    private.ehr.delete_one({"visitId": str(visit.id)})
    assert second.check_once_a_day().missing
    with clinic.owner() as owner:
        assert owner.execute("SELECT sound FROM store_checks").fetchone() == (False,)
    assert first.check_once_a_day() is None


def test_a_check_that_was_broken_off_is_made_by_another_seat(clinic, charts, private):
    first, second = (
        charts(who, uri=clinic.addresses.mongo, database=private.name) for who in ("doctor", "nurse")
    )
    first.begin(clinic.small.patients[0])
    comparing = ConsistencyCheck(first._open_work, first._server(), first.now)
    comparing.break_off()  # the person signs out while it runs
    with pytest.raises(CheckBrokenOff):
        comparing.run(clinic.small.clinic)
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO store_checks(clinic_id, day, started_at) VALUES (%s, %s, now() - interval '29 min')",
            (clinic.small.clinic, clinic.small.today),
        )
        assert second.check_once_a_day() is None
        owner.execute("UPDATE store_checks SET started_at = now() - interval '31 min'")
    assert second.check_once_a_day().sound
