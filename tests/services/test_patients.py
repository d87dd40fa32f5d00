"""Search, summary and registration on a real database (spec 2)."""

import dataclasses
from datetime import date, timedelta
from uuid import uuid4

import pytest

from clinicdesk.domain import mrn
from clinicdesk.domain.errors import InvalidField, NotAllowed, NotFound, PossibleDuplicate
from clinicdesk.domain.patients import AllergyStatus, NewPatient
from clinicdesk.services.patients import Patients

ODD = "x'); DROP TABLE patients;-- \\ %s {0} :id \x00 <b>Ẹ̀ṣọ́</b> 😀"
NEW = NewPatient(
    first_name="Kẹ́hìndé", last_name="O'Brien-Ògúnlá", date_of_birth=date(1988, 4, 2), gender="female",
    phone="0803 555 1234", email="Kehinde@Example.com", address="4 Palm Street, Ìbàdàn",
)  # fmt: skip


def patients(clinic, who="receptionist"):
    session = clinic.sign_in(who)
    return Patients(session.open_work, session.actor, session.now)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("Adebayo", 0), ("Adebaio Eniola", 0), ("ENIOLA", 0), ("adébáyọ̀ ẹni", 0), ("Adebajo", 0),
        ("Nwozu Chukwuemeka", 1), ("Chukwuemaka", 1), ("Olatunji Shade", 2), ("Olasunkanmi", 5), ("Balogum", 5),
        ("0803 000 0003", 2), ("+2348030000006", 5), ("abdulahi", 3),
    ],
)  # fmt: skip
def test_misspelt_and_swapped_names_find_their_patient_first(clinic, typed, number):
    found = patients(clinic).search(typed)
    assert found[0].id == clinic.small.patients[number]


def test_an_mrn_finds_exactly_one(clinic):
    desk = patients(clinic)
    hit = desk.search("Musa Abdullahi")[0]
    assert mrn.valid(hit.mrn)
    assert [found.id for found in desk.search(hit.mrn.lower())] == [hit.id]


@pytest.mark.parametrize(
    "typed", ["", "   ", "\x00", "%", "_", "' OR 1=1 --", "\\", ODD, "zzzzqqqq", "x" * 5000, "😀"]
)
def test_odd_searches_find_nobody_and_break_nothing(clinic, typed):
    assert patients(clinic).search(typed) == []


def test_hits_come_best_first_and_no_more_than_asked(clinic):
    desk = patients(clinic)
    for first in ("Bisi", "Bola", "Bode"):
        desk.register(
            dataclasses.replace(
                NEW,
                first_name=first,
                last_name="Adebayo",
                phone="",
                email="",
                date_of_birth=date(1950, 1, 1),
                duplicate_reason="other person",
            )
        )
    found = desk.search("adebayo bode")
    assert (found[0].name, [h.score for h in found]) == (
        "Bode Adebayo",
        sorted((h.score for h in found), reverse=True),
    )
    assert len(desk.search("adebayo", 2)) == 2


def test_the_summary_shows_a_role_what_it_may_see(clinic):
    patient = clinic.small.patients[0]
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, allergy_class, reaction, severity) VALUES (%s, 'penicillin', 'penicillins', 'rash', 'severe')",
            (patient,),
        )
        owner.execute(
            "INSERT INTO patient_problems(patient_id, code, description) VALUES (%s, 'I10', 'Hypertension')",
            (patient,),
        )
        owner.execute(
            "INSERT INTO patient_measures(patient_id, kind, value, measured_at) VALUES (%s, 'weight', 71.5, now())",
            (patient,),
        )
        owner.execute(
            'UPDATE user_profiles SET address = \'{"line1": "3 Elm", "town": "Ikeja", "lga": "Ikeja"}\' WHERE user_id = %s',
            (patient,),
        )
    seen = patients(clinic, "doctor").summary(patient)
    assert (seen.allergies[0].substance, seen.allergies[0].severity) == ("penicillin", "severe")
    assert (seen.problems[0].code, seen.weight_kg, seen.weight_on) == ("I10", 71.5, clinic.small.today)
    assert (seen.allergy_status, seen.address, seen.phone) == (
        AllergyStatus.LISTED,
        "3 Elm, Ikeja",
        "+2348030000001",
    )
    desk = patients(clinic, "receptionist").summary(patient)
    assert (desk.allergies, desk.problems, desk.weight_kg) == ((), (), None)
    assert desk.name == "Ẹniọlá Adébáyọ̀"


def test_nobody_is_not_found(clinic):
    with pytest.raises(NotFound):
        patients(clinic).summary(uuid4())


def test_a_registered_patient_is_stored_as_spoken_and_found_at_once(clinic):
    desk = patients(clinic)
    made = desk.register(NEW)
    seen = desk.summary(made)
    assert (seen.name, seen.phone, seen.gender, seen.address) == (
        "Kẹ́hìndé O'Brien-Ògúnlá", "+2348035551234", "female", "4 Palm Street, Ìbàdàn",
    )  # fmt: skip
    assert mrn.valid(seen.mrn)
    assert seen.allergy_status is AllergyStatus.NOT_ASKED
    assert desk.search("kehinde obrien")[0].id == made
    assert desk.search("08035551234")[0].id == made


def test_one_name_is_enough(clinic):  # 2.1
    desk = patients(clinic)
    made = desk.register(dataclasses.replace(NEW, first_name=""))
    assert desk.summary(made).name == "O'Brien-Ògúnlá"


def test_a_pharmacist_registers_nobody(clinic):
    with pytest.raises(NotAllowed):
        patients(clinic, "pharmacist").register(NEW)


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"last_name": "  "}, "last_name", "required"),
        ({"last_name": "123"}, "last_name", "required"),
        ({"last_name": "x" * 101}, "last_name", "too_long"),
        ({"first_name": "x" * 101}, "first_name", "too_long"),
        ({"date_of_birth": None}, "date_of_birth", "required"),
        ({"date_of_birth": date(1850, 1, 1)}, "date_of_birth", "too_old"),
        ({"gender": ""}, "gender", "choose"),
        ({"gender": ODD}, "gender", "choose"),
        ({"phone": "12"}, "phone", "phone"),
        ({"phone": "0803 555 12345678"}, "phone", "phone"),
        ({"phone": ODD}, "phone", "phone"),
        ({"email": "nobody"}, "email", "email"),
        ({"email": "ádá@example.com"}, "email", "email"),
        ({"email": ODD}, "email", "email"),
        ({"dob_precision": "century"}, "dob_precision", "choose"),
        ({"address": "x" * 301}, "address", "too_long"),
    ],
)
def test_each_wrong_field_is_named(clinic, change, field, rule):
    desk = patients(clinic)
    wrong = dataclasses.replace(NEW, **change)
    assert [(p.field, p.rule) for p in desk.problems(wrong)] == [(field, rule)]
    with pytest.raises(InvalidField) as refused:
        desk.register(wrong)
    assert (refused.value.field, refused.value.rule) == (field, rule)


def test_the_day_of_birth_may_be_today_but_not_tomorrow(clinic):
    desk = patients(clinic)
    assert desk.problems(dataclasses.replace(NEW, date_of_birth=clinic.small.today)) == ()
    (problem,) = desk.problems(dataclasses.replace(NEW, date_of_birth=clinic.small.today + timedelta(days=1)))
    assert problem.rule == "in_future"


def test_all_wrong_fields_are_named_at_once(clinic):
    empty = NewPatient(first_name="", last_name="", date_of_birth=None, gender="", phone="x")
    assert {p.field for p in patients(clinic).problems(empty)} == {
        "last_name",
        "date_of_birth",
        "gender",
        "phone",
    }


def test_odd_text_is_stored_as_text(clinic):
    desk = patients(clinic)
    made = desk.register(
        dataclasses.replace(NEW, first_name=ODD, last_name=ODD, address=ODD, duplicate_reason=ODD)
    )
    clean = ODD.replace("\x00 ", "")
    seen = desk.summary(made)
    assert (seen.name, seen.address) == (f"{clean} {clean}", clean)


@pytest.mark.parametrize("phone", ["0803 000 0001", "+234 803 000 0001", "234-8030000001"])
def test_a_probable_duplicate_stops_registration(clinic, phone):  # 2.2.5
    desk = patients(clinic)
    again = NewPatient(
        first_name="Adebayo",
        last_name="Eniola",
        date_of_birth=date(1984, 2, 14),
        gender="female",
        phone=phone.replace("234-", "+234"),
    )
    with pytest.raises(PossibleDuplicate) as refused:
        desk.register(again)
    assert refused.value.matches == (clinic.small.patients[0],)
    assert desk.similar(again)[0].id == clinic.small.patients[0]
    made = desk.register(dataclasses.replace(again, duplicate_reason="Cousin, papers seen"))
    with clinic.owner() as owner:
        row = owner.execute("SELECT duplicate_reason FROM patients WHERE user_id = %s", (made,)).fetchone()
    assert row == ("Cousin, papers seen",)


def test_twins_are_possible_and_may_be_registered(clinic):  # 2.2.5
    desk = patients(clinic)
    twin = NewPatient(
        first_name="Taiwo",
        last_name="Yusuf",
        date_of_birth=date(2019, 5, 21),
        gender="female",
        phone="08030000004",
    )
    hits = desk.similar(twin)
    assert [(hit.id, 0.80 <= hit.score < 0.92) for hit in hits] == [(clinic.small.patients[4], True)]
    assert desk.register(twin)


def test_a_stranger_is_like_nobody(clinic):
    assert patients(clinic).similar(NEW) == []


def test_an_email_is_used_once(clinic):
    desk = patients(clinic)
    desk.register(NEW)
    other = NewPatient(
        first_name="Zed", last_name="Quill", date_of_birth=date(1950, 1, 1), gender="male", email=NEW.email
    )
    with pytest.raises(InvalidField) as refused:
        desk.register(other)
    assert refused.value.field == "email"
