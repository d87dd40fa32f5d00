"""Who may open a chart (spec 2.8)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinicdesk.domain.errors import GlassNeeded, InvalidField, NotAllowed, StaleRecord
from clinicdesk.domain.visits import Note
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.chart_access import ChartAccess


def raw(clinic, sql):
    with clinic.owner() as owner:
        return owner.execute(sql).fetchall()


@pytest.fixture
def strict(clinic):
    """The clinic asks for a care relation, as new clinics do."""
    with clinic.owner() as owner:
        owner.execute("DELETE FROM clinic_settings WHERE key = 'care_relation_required'")
    return clinic


@pytest.fixture
def door(strict):
    def make(who="doctor", seat="pc-1"):
        session = strict.sign_in(who, seat=seat)
        return ChartAccess(session.open_work, session.actor, session.now)

    return make


def appointment(clinic, patient, days, status="confirmed"):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status) VALUES (%s, %s, %s, %s, '09:00', '09:30', %s)",
            (patient, clinic.small.doctor2, clinic.small.clinic, clinic.small.today + timedelta(days=days), status),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "status", "cause"),
    [
        (0, "confirmed", ""), (-30, "completed", ""), (90, "pending", ""), (-31, "completed", "no_relation"),
        (91, "pending", "no_relation"), (1, "cancelled", "no_relation"), (-1, "rescheduled", "no_relation"),
    ],
)  # fmt: skip
def test_spec_2_8_a_care_relation_is_an_appointment_near_today(strict, door, days, status, cause):
    patient = strict.small.patients[0]
    appointment(strict, patient, days, status)
    assert door().ask(patient).cause == cause


def test_without_a_relation_no_chart_and_the_refusal_is_logged(strict, charts, door):
    patient = strict.small.patients[0]
    with pytest.raises(GlassNeeded) as refusal:
        charts().open(patient)
    assert refusal.value.cause == "no_relation"
    found = door().ask(patient)
    assert (found.cause, found.until, found.shut) == ("no_relation", None, True)
    assert raw(strict, "SELECT action, purpose FROM access_log") == [("refused", "no_relation")]


def test_the_glass_opens_for_an_hour_for_this_person_and_chart_alone(strict, charts, door):
    patient, other = strict.small.patients[:2]
    until = door().break_glass(patient, "emergency")
    assert charts().open(patient).patient_id == patient
    charts().begin(patient)
    [(minutes,)] = raw(
        strict, "SELECT extract(epoch FROM expires_at - broken_at) / 60 FROM emergency_accesses"
    )
    assert round(minutes) == 60
    assert door().ask(patient).until == until
    for who, chart in (("doctor2", patient), ("doctor", other)):
        with pytest.raises(GlassNeeded):
            charts(who).open(chart)
    assert raw(strict, "SELECT action, emergency FROM access_log ORDER BY id") == [
        ("glass", True), ("view", True), ("edit", True),
    ]  # fmt: skip
    assert door().break_glass(patient, "cover") == until


def test_after_the_hour_it_is_shut_again(strict, charts, door):
    patient = strict.small.patients[0]
    door("nurse").break_glass(patient, "cover")
    with strict.owner() as owner:
        owner.execute("UPDATE emergency_accesses SET expires_at = now() - interval '1 second'")
    with pytest.raises(GlassNeeded):
        charts("nurse").open(patient)


@pytest.mark.parametrize(
    ("reason", "note", "field"),
    [
        ("", "", "reason"),
        ("curious", "", "reason"),
        ("other", "too short", "note"),
        ("other", "x" * 301, "note"),
    ],
)
def test_a_reason_is_needed(strict, door, reason, note, field):
    with pytest.raises(InvalidField) as refusal:
        door().break_glass(strict.small.patients[0], reason, note)
    assert refusal.value.field == field
    assert raw(strict, "SELECT count(*) FROM emergency_accesses") == [(0,)]


def test_the_database_asks_for_the_reason_too(strict):
    session, patient = strict.sign_in("doctor"), strict.small.patients[0]
    for reason, note, field in (("curious", "", "reason"), ("other", "         x", "note")):
        with pytest.raises(InvalidField) as refusal, session.open_work() as work:
            work.value("SELECT cd.break_glass(:p, :r, :n)", p=patient, r=reason, n=note)
        assert refusal.value.field == field
    with pytest.raises(NotAllowed), session.open_work() as work:
        work.value("SELECT cd.log_access(:p, 'glass', 'x')", p=patient)
    with pytest.raises(NotAllowed), session.open_work() as work:
        work.run("UPDATE emergency_accesses SET expires_at = now() + interval '1 year'")


def test_restricted_charts_always_need_it_even_where_no_relation_is_asked_for(clinic, charts):
    patient = clinic.small.patients[0]
    appointment(clinic, patient, 0)
    with clinic.owner() as owner:
        owner.execute("UPDATE patients SET restricted = true WHERE user_id = %s", (patient,))
    with pytest.raises(GlassNeeded) as refusal:
        charts().open(patient)
    assert refusal.value.cause == "restricted"


def test_own_and_family_charts_always_need_it(clinic, charts, door):
    patient = clinic.small.patients[0]
    appointment(clinic, patient, 0)
    door("nurse").declare_relative(patient, "family")
    with pytest.raises(GlassNeeded) as refusal:
        charts("nurse").open(patient)
    assert refusal.value.cause == "own"
    nurse = clinic.sign_in("nurse")
    with pytest.raises(NotAllowed), nurse.open_work() as work:
        work.value("SELECT cd.set_relative(:u, :p, NULL)", u=nurse.actor.user_id, p=patient)
    assert charts("doctor").open(patient).patient_id == patient


def test_the_treating_doctor_and_the_writer_keep_their_patient(strict, charts, door):
    patient = strict.small.patients[0]
    door().break_glass(patient, "emergency")
    charts().begin(patient)
    with strict.owner() as owner:
        owner.execute("UPDATE emergency_accesses SET expires_at = now()")
    assert charts().open(patient).patient_id == patient
    assert door("doctor2").ask(patient).shut


@pytest.mark.parametrize("who", ["receptionist", "pharmacist", "admin"])
def test_only_clinicians_break_the_glass(strict, door, who):
    with pytest.raises(NotAllowed):
        door(who).break_glass(strict.small.patients[0], "emergency")
    session = strict.sign_in(who)
    with pytest.raises(NotAllowed), session.open_work() as work:
        work.value("SELECT cd.break_glass(:p, 'emergency', '')", p=strict.small.patients[0])


def test_it_is_reviewed_by_somebody_else(strict, charts, door):
    patient = strict.small.patients[0]
    admin = strict.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    for account in accounts.staff():
        if account.email.startswith(("nurse", "doctor@")):
            accounts.set_duty(account, "privacy_officer", held=True)
    door().break_glass(patient, "other", "phoned by the ward")
    charts().open(patient)
    with pytest.raises(NotAllowed):
        door("receptionist").emergencies()
    [found] = door("nurse").emergencies()
    assert (found.person, found.cause, found.reason, found.lines) == ("Ada Obi", "no_relation", "other", 1)
    assert found.patient == "Ẹniọlá Adébáyọ̀"
    with pytest.raises(NotAllowed):
        door("doctor").review(found.id)
    door("nurse").review(found.id, "Plausible")
    with pytest.raises(StaleRecord):
        door("admin").review(found.id)
    assert door("nurse").emergencies() == []
    [again] = door("admin").emergencies(open_only=False)
    assert (again.reviewer, again.review_note) == ("Hauwa Sani", "Plausible")


def test_the_privacy_officer_hears_of_it_else_the_administrator(strict, door):
    def heard():
        return {name for (name,) in raw(strict, "SELECT u.email FROM notifications n JOIN users u ON u.id = n.user_id WHERE n.event = 'emergency_access'")}  # fmt: skip

    door().break_glass(strict.small.patients[0], "emergency")
    assert heard() == {"admin@test.invalid"}
    admin = strict.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    accounts.set_duty(
        next(a for a in accounts.staff() if a.email.startswith("nurse")), "privacy_officer", held=True
    )
    door().break_glass(strict.small.patients[1], "emergency")
    assert heard() == {"admin@test.invalid", "nurse@test.invalid"}
    assert raw(strict, "SELECT count(*) FROM notifications") == [(2,)]


def test_only_administrators_and_privacy_officers_restrict_a_chart(clinic, charts, door):
    patient = clinic.small.patients[0]
    appointment(clinic, patient, 0)
    for who in ("doctor", "nurse", "receptionist", "pharmacist"):
        with pytest.raises(NotAllowed):
            door(who).set_restricted(patient, restricted=True)
    door("admin").set_restricted(patient, restricted=True)
    with pytest.raises(GlassNeeded):
        charts().open(patient)
    door("admin").set_restricted(patient, restricted=False)
    assert charts().open(patient).patient_id == patient


def test_a_draft_begun_within_the_hour_is_finished(clinic, charts, door):
    patient = clinic.small.patients[0]
    door("admin").set_restricted(patient, restricted=True)
    door().break_glass(patient, "emergency")
    service = charts()
    visit = service.begin(patient)
    with clinic.owner() as owner:
        owner.execute("UPDATE emergency_accesses SET expires_at = now()")
    typed = replace(visit, note=Note(plan="Rest"))
    assert service.save_draft(typed, visit.version).version == visit.version + 1
    with pytest.raises(GlassNeeded):
        service.open(patient)
