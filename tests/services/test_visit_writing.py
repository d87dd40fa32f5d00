"""Writing visits: checked, document first, nobody's words are lost."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from bson import ObjectId

from clinicdesk.domain.errors import (
    AlreadySigned,
    IllegalTransition,
    InvalidField,
    NotAllowed,
    NotFound,
    ReasonMissing,
    StaleRecord,
)
from clinicdesk.domain.visits import Note, Vitals
from tests.chart_stores import appointment, raw


def note(**fields):
    return Note(**fields)


# -- writing -----------------------------------------------------------------------------------------------


def test_a_visit_from_arrival_to_completion(clinic, charts):
    booked = appointment(clinic)
    service = charts()
    visit = service.start(booked)
    assert (visit.status, visit.version, visit.note.chief_complaint) == ("draft", 1, "Cough")
    assert raw(clinic, "SELECT status::text FROM appointments") == [("in_progress",)]
    saved = service.save_draft(replace(visit, vitals=Vitals(weight=70.5, heart_rate=72)), visit.version)
    signed = service.sign(replace(saved, note=note(assessment="Bronchitis", plan="Rest")))
    assert (signed.status, signed.version) == ("signed", 3)
    service.complete(booked)
    assert raw(clinic, "SELECT status::text, completed_at IS NOT NULL FROM appointments") == [
        ("completed", True)
    ]
    assert raw(clinic, "SELECT completed_appointments FROM clinic_metrics") == [(1,)]
    [shown] = service.open(visit.patient_id).visits
    assert shown == replace(signed, visit_date=shown.visit_date)
    assert raw(clinic, "SELECT version, status, previous_sha256 IS NULL FROM visit_versions ORDER BY 1") == [
        (1, "draft", True),
        (2, "draft", False),
        (3, "signed", False),
    ]


def test_starting_twice_finds_the_same_visit(clinic, charts):
    booked = appointment(clinic)
    first = charts("nurse").start(booked)
    assert raw(clinic, "SELECT status::text FROM appointments") == [("confirmed",)]
    second = charts("doctor").start(booked)
    assert second.id == first.id
    assert raw(clinic, "SELECT status::text FROM appointments") == [("in_progress",)]


def test_before_arrival_a_visit_is_begun_and_the_appointment_stays(clinic, charts):
    booked = appointment(clinic, arrived=False)
    charts().start(booked)
    assert raw(clinic, "SELECT status::text FROM appointments") == [("confirmed",)]


def test_cancelled_appointments_get_no_visit(clinic, charts):
    booked = appointment(clinic)
    with clinic.owner() as owner:
        owner.execute("UPDATE appointments SET status = 'cancelled'")
    with pytest.raises(IllegalTransition):
        charts().start(booked)
    with pytest.raises(NotFound):
        charts().start(uuid4())


@pytest.mark.parametrize(
    ("vitals", "field"),
    [
        (Vitals(weight=700.0), "weight"),
        (Vitals(systolic=80, diastolic=120), "diastolic"),
        (Vitals(temperature=98.6), "temperature"),
        (Vitals(height=1.7), "height"),
    ],
)
def test_impossible_values_are_refused_at_their_field(clinic, charts, vitals, field):  # spec 3.1, 3.1.4
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    with pytest.raises(InvalidField) as refused:
        service.save_draft(replace(visit, vitals=vitals), 1, confirmed=True)
    assert refused.value.field == field
    assert raw(clinic, "SELECT version FROM visits") == [(1,)]


def test_a_critical_value_needs_one_more_word_and_keeps_who_said_it(clinic, charts):  # spec 3.1.2
    service = charts("doctor")
    visit = replace(service.begin(clinic.small.patients[0]), vitals=Vitals(heart_rate=180))
    with pytest.raises(InvalidField) as asked:
        service.save_draft(visit, 1)
    assert (asked.value.field, asked.value.rule) == ("heart_rate", "critical")
    assert service.save_draft(visit, 1, confirmed=True).version == 2
    assert raw(clinic, "SELECT reason, author_id = (SELECT user_id FROM doctor_profiles WHERE id = %s) FROM visit_versions WHERE version = 2", clinic.small.doctor) == [
        ("critical confirmed: heart rate", True)
    ]  # fmt: skip


def test_an_unchanged_draft_is_no_new_version(clinic, charts):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    saved = service.save_draft(replace(visit, note=note(history="Two days")), 1)
    assert service.save_draft(saved, saved.version).version == 2
    assert raw(clinic, "SELECT count(*) FROM visit_versions") == [(2,)]


def test_the_second_of_two_editors_is_told_and_both_texts_stay(clinic, charts):  # spec 3.9.8
    one, two = charts("doctor"), charts("nurse", seat="pc-2")
    visit = one.begin(clinic.small.patients[0])
    one.save_draft(replace(visit, note=note(history="The doctor's words")), 1)
    mine = replace(visit, note=note(history="The nurse's words"))
    with pytest.raises(StaleRecord):
        two.save_draft(mine, 1)
    assert mine.note.history == "The nurse's words"
    [shown] = two.open(visit.patient_id).visits
    assert shown.note.history == "The doctor's words"


def test_two_seats_saving_at_once_leave_one_version_and_no_orphan(clinic, charts, private):
    services = [charts("doctor", uri=clinic.addresses.mongo, database=private.name),
                charts("nurse", seat="pc-2", uri=clinic.addresses.mongo, database=private.name)]  # fmt: skip
    visit = services[0].begin(clinic.small.patients[0])
    results, gate = [], threading.Barrier(2)

    def save(service, text):
        gate.wait()
        try:
            results.append(service.save_draft(replace(visit, note=note(history=text)), 1).version)
        except StaleRecord:
            results.append("stale")

    threads = [threading.Thread(target=save, args=(one, f"text {n}")) for n, one in enumerate(services)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [2, "stale"]
    assert private.ehr.count_documents({}) == 2


def test_a_save_whose_answer_was_lost_is_not_called_stale(clinic, charts):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    wanted = replace(visit, note=note(history="Once"))
    first = service.save_draft(wanted, 1)
    assert service.save_draft(wanted, 1) == first
    assert raw(clinic, "SELECT count(*) FROM visit_versions") == [(2,)]


def test_what_a_failed_save_left_behind_does_not_block_the_number(clinic, charts, private):
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.begin(clinic.small.patients[0])
    left = private.ehr.find_one({"version": 1})
    private.ehr.insert_one({**left, "_id": ObjectId(), "version": 2})
    saved = service.save_draft(replace(visit, note=note(history="Now")), 1)
    assert saved.version == 2
    assert service.open(visit.patient_id).visits[0].note.history == "Now"
    assert private.ehr.count_documents({"version": 2}) == 1


def test_signing_needs_an_assessment_or_a_plan(clinic, charts):  # spec 3.9.2
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    with pytest.raises(InvalidField) as refused:
        service.sign(replace(visit, note=note(history="Much", plan="  \n")))
    assert refused.value.field == "assessment"


def test_signed_visits_are_amended_with_a_reason_and_never_overwritten(clinic, charts, private):  # spec 3.9.4
    service = charts(uri=clinic.addresses.mongo, database=private.name)
    visit = service.begin(clinic.small.patients[0])
    with pytest.raises(IllegalTransition):
        service.amend(replace(visit, note=note(plan="x")), "why not")
    signed = service.sign(replace(visit, note=note(plan="Rest")))
    with pytest.raises(AlreadySigned):
        service.save_draft(replace(signed, note=note(plan="Work")), signed.version)
    with pytest.raises(AlreadySigned):
        service.sign(replace(signed, note=note(plan="Work")))
    with pytest.raises(ReasonMissing):
        service.amend(replace(signed, note=note(plan="Work")), " ")
    amended = service.amend(replace(signed, note=note(plan="Rest a week")), "Duration was missing")
    assert (amended.status, amended.version) == ("amended", 3)
    plans = [one["currentVisit"]["plan"] for one in private.ehr.find().sort("version", 1)]
    assert plans == ["", "Rest", "Rest a week"]
    assert raw(clinic, "SELECT reason FROM visit_versions WHERE version = 3") == [("Duration was missing",)]
    assert private.ehr.count_documents({}) == 3


def test_nurses_write_drafts_and_sign_nothing(clinic, charts):
    visit = charts("nurse").start(appointment(clinic))
    saved = charts("nurse").save_draft(replace(visit, vitals=Vitals(weight=61.0)), 1)
    for act in (
        lambda: charts("nurse").sign(replace(saved, note=note(plan="x"))),
        lambda: charts("nurse").begin(visit.patient_id),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_another_doctor_does_not_sign(clinic, charts):
    visit = charts("doctor").begin(clinic.small.patients[0])
    with pytest.raises(NotAllowed):
        charts("doctor2").sign(replace(visit, note=note(plan="x")))


def test_a_draft_never_goes_to_another_patient(clinic, charts):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    with pytest.raises(NotFound):
        service.save_draft(replace(visit, patient_id=clinic.small.patients[1]), 1)


def test_any_text_a_person_can_type_survives(clinic, charts):
    service = charts()
    text = "Ẹ káàárọ̀ \u202e عربي \x00 \ud83d 😀 " + "x" * 99_000
    visit = service.begin(clinic.small.patients[0])
    service.save_draft(replace(visit, note=note(history=text)), 1)
    [shown] = service.open(visit.patient_id).visits
    assert shown.note.history == text.replace("\ud83d", "?")
    with pytest.raises(InvalidField) as refused:
        service.save_draft(replace(visit, note=note(history="x" * 100_001)), 2)
    assert (refused.value.field, refused.value.rule) == ("history", "too_long")


# -- attachments (spec 3.10) -------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 50_000


def test_an_attached_file_comes_back_and_is_in_the_document(clinic, charts):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    attached = service.attach(visit, PNG, "rash Ẹ.png", kind="image", description="Left arm")
    assert (attached.version, attached.attachments) == (2, ("rash Ẹ.png",))
    saved = service.save_draft(replace(attached, note=note(plan="Cream")), attached.version)
    [shown] = service.open(visit.patient_id).visits
    assert (shown.attachments, saved.version) == (("rash Ẹ.png",), 3)
    assert service.attachment(shown, "rash Ẹ.png") == PNG
    [(identity,)] = raw(clinic, "SELECT document_id FROM visits")
    [entry] = service._server().read(identity)["attachments"]
    assert (set(entry), entry["type"]) == (
        {"type", "filename", "fileUrl", "uploadedAt", "description"},
        "image",
    )
    with pytest.raises(InvalidField) as refused:
        service.attach(saved, PNG, "again.png", kind="image")
    assert refused.value.rule == "duplicate"
    with pytest.raises(NotFound):
        service.attachment(shown, "other.png")


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (b"MZ\x90\x00", "report.exe", "file_kind"),
        (b"MZ\x90\x00", "report.pdf", "file_content"),
        (b"<svg onload=x>", "x.svg", "file_kind"),
        (b"%PDF-1.7 /OpenAction << /S /JavaScript >>", "form.pdf", "active_content"),
        (b"", "empty.txt", "empty"),
        (b"a\x00b", "data.csv", "file_content"),
        (b"%PDF" + b"0" * (25 * 1024 * 1024), "big.pdf", "file_size"),
        (b"text", "n" * 120 + ".txt", "too_long"),
        (b"text", "no extension", "file_kind"),
    ],
)
def test_other_files_are_refused_before_anything_is_stored(clinic, charts, content, name, rule):
    service = charts()
    visit = service.begin(clinic.small.patients[0])
    with pytest.raises(InvalidField) as refused:
        service.attach(visit, content, name, kind="report")
    assert refused.value.rule == rule
    assert raw(clinic, "SELECT version FROM visits") == [(1,)]
