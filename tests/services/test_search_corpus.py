"""500 mistyped searches, committed: the right person stands among the first five for at least 98 % (peers 3.6)."""

import csv
from collections import Counter

import psycopg.types.json

from clinicdesk.demo.names import People
from clinicdesk.services.patients import Patients
from tests.misspellings import DAY, PEOPLE, PLACE, WANTED, rows

INSERT = """
WITH p AS (SELECT gen_random_uuid() AS id, x.* FROM jsonb_to_recordset(%s) AS x(n int, first text, last text, born date, gender text, phone text)),
  u AS (INSERT INTO users(id, email, password_hash, role) SELECT id, 'p' || n || '@patient.invalid', 'no-login', 'patient' FROM p),
  f AS (INSERT INTO user_profiles(user_id, first_name, last_name, date_of_birth, gender) SELECT id, first, last, born, gender::gender_type FROM p),
  m AS (INSERT INTO patients(user_id, mrn) SELECT id, 'CD' || lpad((n + 1)::text, 7, '0') || cd.luhn_digit(lpad((n + 1)::text, 7, '0')) FROM p),
  c AS (INSERT INTO patient_clinics SELECT id, %s FROM p)
INSERT INTO contact_points(user_id, kind, value) SELECT id, 'phone', phone FROM p WHERE phone IS NOT NULL"""


def test_the_right_person_is_among_the_first_five(clinic):
    people = [
        {"n": p.index, "first": p.first_name, "last": p.last_name, "born": p.date_of_birth.isoformat(), "gender": p.gender, "phone": p.phone}
        for p in People(6, DAY).take(PEOPLE)
    ]  # fmt: skip
    with clinic.owner() as owner:
        for table in ("user_profiles", "users", "patients", "patient_clinics", "contact_points"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute("DELETE FROM contact_points")
        owner.execute("DELETE FROM patient_clinics")
        owner.execute("DELETE FROM patients")
        owner.execute(INSERT, (psycopg.types.json.Jsonb(people), clinic.small.clinic))
        owner.execute("ANALYZE user_profiles, patients, contact_points, patient_clinics")
        numbers = {
            row[0]: int(row[1][2:9]) - 1
            for row in owner.execute("SELECT user_id, mrn FROM patients").fetchall()
        }
    session = clinic.sign_in("receptionist")
    patients = Patients(session.open_work, session.actor, session.now)
    with PLACE.open(encoding="utf-8", newline="") as file:
        corpus = list(csv.DictReader(file))
    assert len(corpus) == WANTED
    missed: list[tuple[str, str, str]] = []
    for row in corpus:
        first = [numbers[hit.id] for hit in patients.search(row["typed"], 5)]
        if int(row["person"]) not in first:
            missed.append((row["kind"], row["typed"], row["person"]))
    found = 1 - len(missed) / len(corpus)
    print(
        f"misspellings: {found:.1%} in the first five, goal 98 %; missed {dict(Counter(kind for kind, *_ in missed))}"
    )
    assert found >= 0.98, missed


def test_the_corpus_is_the_one_that_is_written():
    with PLACE.open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)][1:] == [tuple(map(str, row)) for row in rows()]
