"""After a merge one chart shows both records, and what guards one guards both (spec 2.3)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from clinicdesk.domain.errors import GlassNeeded, PasswordNeeded
from clinicdesk.domain.visits import Note, Vitals
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.pharmacy import Pharmacy
from clinicdesk.services.prescribing import PrescriptionDraft
from clinicdesk.services.records import Merging
from tests.chart_stores import appointment, raw
from tests.services.test_prescribing import ink, line, pad
from tests.signed_prescription import Line, sign_prescription
from tests.small_clinic import STAFF


def merging(clinic, who, pc):
    session = clinic.sign_in(who, seat=pc)
    return session.actor, Merging(session.open_work, session.actor)


def merged(clinic):
    """The second patient joins the first; two people say so, because there are signed notes."""
    small = clinic.small
    sql = "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT %s, id, 'records' FROM users WHERE email = %s"
    with clinic.owner() as owner:
        owner.execute(sql, (small.clinic, STAFF["receptionist"][0]))
    _, officer = merging(clinic, "receptionist", "pc-8")
    alias = officer.merge(small.patients[0], small.patients[1], reason="one woman, two cards")
    _, admin = merging(clinic, "admin", "pc-9")
    if alias.state == "proposed":
        admin.confirm(alias)
    return admin, alias


def signed(service, patient, text, *, weight):
    visit = service.begin(patient)
    return service.sign(replace(visit, note=Note(assessment=text), vitals=Vitals(weight=weight)))


@pytest.mark.parametrize("sealed", ["true", "false"])
def test_one_chart_shows_both_records_and_parts_them_again(clinic, charts, sealed):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'sealed_charts', %s) "
            "ON CONFLICT (clinic_id, key) DO UPDATE SET value = excluded.value",
            (clinic.small.clinic, sealed),
        )
    service = charts()
    stays, joins = clinic.small.patients[:2]
    own = signed(service, stays, "Malaria", weight=61)
    theirs = service.begin(joins)
    theirs = service.attach(theirs, b"%PDF-1.4\n%%EOF", "x-ray.pdf", kind="image")
    theirs = service.sign(replace(theirs, note=Note(assessment="Asthma"), vitals=Vitals(weight=62)))
    begun = service.begin(joins)  # a draft of the record that is about to go
    booked = appointment(clinic, patient=1)
    [(number,)] = raw(clinic, "SELECT mrn FROM patients WHERE user_id = %s", joins)
    admin, alias = merged(clinic)

    for asked in (stays, joins):  # the old id opens the record that lives on
        chart = charts(seat="pc-2").open(asked)
        assert (chart.patient_id, dict(chart.former)) == (stays, {joins: number})
        assert [(one.id, one.patient_id, one.status) for one in chart.visits] == [
            (begun.id, joins, "draft"), (theirs.id, joins, "signed"), (own.id, stays, "signed")]  # fmt: skip
        assert [one.note.assessment for one in chart.visits] == ["", "Asthma", "Malaria"]
        assert [point.value for point in chart.trends["weight"]] == [61, 62]
        assert service.appointment_of(asked, booked).id == service.appointment_of(asked).id == booked
        assert set(service.versions(asked)) == {own.id, theirs.id, begun.id}
    assert charts(seat="pc-3").attachment(theirs, "x-ray.pdf") == b"%PDF-1.4\n%%EOF"
    # the draft is finished where it was begun; what is new goes to the record that lives on
    service.sign(replace(begun, note=Note(plan="Inhaler")))
    assert service.start(booked).patient_id == stays
    assert service.begin(joins).patient_id == stays
    service.add_allergy(joins, "Latex")
    assert raw(clinic, "SELECT patient_id FROM patient_allergies") == [(stays,)]
    logged = raw(
        clinic,
        "SELECT DISTINCT patient_id FROM access_log WHERE at > (SELECT valid_from FROM patient_aliases)",
    )
    assert logged == [(stays,)]

    admin.unmerge(alias, reason="two women after all")
    fresh = charts(seat="pc-4")
    assert {one.patient_id for one in fresh.open(stays).visits} == {stays}
    parted = fresh.open(joins)
    assert [(one.id, one.note.plan) for one in parted.visits] == [(begun.id, "Inhaler"), (theirs.id, "")]
    assert (parted.patient_id, dict(parted.former)) == (joins, {})


def test_spec_2_8_a_care_relation_and_a_restriction_of_one_record_hold_for_the_person(clinic, charts):
    stays, joins = clinic.small.patients[:2]
    merged(clinic)
    with clinic.owner() as owner:
        owner.execute("DELETE FROM clinic_settings WHERE key = 'care_relation_required'")
    service = charts()
    for asked in (stays, joins):
        with pytest.raises(GlassNeeded):
            service.open(asked)
    appointment(clinic, patient=1)  # written to the survivor by the database
    with clinic.owner() as owner:
        owner.execute("UPDATE appointments SET patient_id = %s", (joins,))
    assert service.open(stays).patient_id == service.open(joins).patient_id == stays
    with clinic.owner() as owner:
        owner.execute("UPDATE patients SET restricted = true WHERE user_id = %s", (joins,))
    with pytest.raises(GlassNeeded):
        service.open(stays)
    session = clinic.sign_in("doctor", seat="pc-2")
    ChartAccess(session.open_work, session.actor, session.now).break_glass(joins, "emergency")
    assert service.open(stays).patient_id == stays
    assert raw(clinic, "SELECT DISTINCT patient_id FROM emergency_accesses") == [(stays,)]


def test_an_allergy_of_the_joined_record_interrupts_for_the_survivor_and_at_the_counter(clinic):
    stays, joins = clinic.small.patients[:2]
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, coded, reaction, severity) "
            "VALUES (%s, 'amoxicillin', true, 'hives', 'severe')",
            (joins,),
        )
    earlier = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    merged(clinic)
    doctor = pad(clinic)
    made = PrescriptionDraft(
        id=uuid4(), patient_id=joins, diagnosis="Cough", lines=(line(doctor, "amox 500 tds 7d"),)
    )
    for asked in (stays, joins):
        found = doctor.check(asked, made.lines).findings
        assert any(one.title.startswith("Allergy to amoxicillin") for one in found), found
    session = clinic.sign_in("pharmacist", seat="pc-3")
    counter = Pharmacy(session.open_work, session.actor, session.now)
    assert counter.open(earlier).patient_allergies == ("amoxicillin (hives)",)
    # a pad that was opened for the old id: kept, found, and signed for the survivor
    doctor.save_draft(made)
    for asked in (stays, joins):
        assert doctor.load_draft(asked).draft.id == made.id
    assert raw(clinic, "SELECT patient_id FROM prescription_drafts") == [(stays,)]
    lines = (
        replace(
            made.lines[0], override_reason="specialist_advice", override_text="skin test negative, agreed"
        ),
    )
    with pytest.raises(PasswordNeeded):
        doctor.sign(replace(made, lines=lines), signature_png=ink())
    paracetamol = replace(made, lines=(line(doctor, "paracetamol 1 g tds 3d"),))
    assert doctor.sign(paracetamol, signature_png=ink()).patient_id == stays
    assert {one.patient_id for one in doctor.history(joins)} == {stays}
