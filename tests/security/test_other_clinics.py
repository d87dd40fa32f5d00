"""A clinic's staff against another clinic: with every id known, nothing is read, moved or taken over."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from clinicdesk.migrations.rights import ROLES, read_rights
from tests.security.rights_table import promised
from tests.security.test_rights import columns as columns  # the fixture
from tests.security.two_clinics import CLINICAL, IMAGE, MARK, TwoClinics, attempt, one, sealed_rx_of, visit_of

RIGHTS = read_rights()
VERIFIER = "SCRAM-SHA-256$4096:" + "A" * 22 + "==$" + "B" * 43 + "=:" + "C" * 43 + "="
# a right that is missing, or an answer that the thing does not exist
NOT_YOURS = {"42501", "CD013", "CD032", "CD040", "CD051", "CD042"}


def readable(role: str, columns: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column, privilege in sorted(promised(role, RIGHTS, columns).columns):
        if privilege == "SELECT":
            found.setdefault(table, []).append(column)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_no_table_shows_a_word_of_the_other_clinic(two: TwoClinics, person, columns, role):
    """Every readable column of every readable table, whole: no mark and no id of the south is in it."""
    connection = person(role)
    south = [MARK["south"].lower(), str(two.south.clinic), *(str(user) for user in two.south.users.values()),
             *(str(two.south.ids[name]) for name in ("doctor", "patient", "appointment", "visit", "rx", "batch"))]  # fmt: skip
    leaks = {}
    for table, names in readable(role, columns).items():
        rows = connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
        text = str(rows).lower()
        if any(word in text for word in south):
            leaks[table] = sum(any(word in str(row).lower() for word in south) for row in rows)
    assert leaks == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_person_sees_the_own_clinic(two: TwoClinics, person, columns, role):
    """The test above would also pass with empty tables."""
    connection = person(role)
    seen = {table for table, names in readable(role, columns).items() if MARK["north"] in str(connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())}  # fmt: skip
    assert {"clinics", "user_profiles", "clinic_settings", "rooms"} <= seen


@pytest.mark.parametrize("role", ["admin", "receptionist"])
def test_clinical_words_reach_no_one_without_a_clinical_right(person, columns, role):
    """Diagnoses, allergies and directions: neither in their tables nor in copies (audit, feed, notifications)."""
    connection = person(role)
    leaks = [table for table, names in readable(role, columns).items() if CLINICAL in str(connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall())]  # fmt: skip
    assert leaks == []


def taking_over(two: TwoClinics) -> dict[str, tuple[str, tuple[Any, ...]]]:
    south = two.south
    victim, kid = south.users["doctor"], south.ids["kid"]
    return {
        "reset_password": ("SELECT cd.reset_password(%s, %s)", (victim, VERIFIER)),
        "reset_password_of_admin": ("SELECT cd.reset_password(%s, %s)", (south.users["admin"], VERIFIER)),
        "set_active": ("SELECT cd.set_active(%s, false)", (victim,)),
        "set_role": ("SELECT cd.set_role(%s, 'receptionist')", (victim,)),
        "make_admin": ("SELECT cd.set_role(%s, 'admin')", (south.users["nurse"],)),
        "change_email": ("SELECT cd.change_email(%s, 'taken@north.invalid')", (victim,)),
        "unlock": ("SELECT cd.unlock(%s)", (victim,)),
        "force_logout": ("SELECT cd.force_logout(%s)", (uuid4(),)),
        "revoke_key": ("SELECT cd.revoke_key(%s, 'compromised', '2000-01-01')", (kid,)),
        "create_login_there": ("SELECT cd.create_login('spy@north.invalid', 'a', 'b', 'doctor', %s, %s)", (VERIFIER, [south.clinic])),
        "create_login_in_both": ("SELECT cd.create_login('spy@north.invalid', 'a', 'b', 'doctor', %s, %s)", (VERIFIER, [two.north.clinic, south.clinic])),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["reset_password", "reset_password_of_admin", "set_active", "set_role", "make_admin", "change_email", "unlock", "revoke_key", "create_login_there", "create_login_in_both"],
)  # fmt: skip
def test_an_administrator_rules_the_own_clinic_only(two: TwoClinics, person, name):
    statement, values = taking_over(two)[name]
    state, said, answer = attempt(person("admin"), statement, *values)
    assert state in NOT_YOURS, (said, answer)


def test_an_administrator_ends_no_session_elsewhere(two: TwoClinics, person):
    colleague = person("nurse", "south")
    attempt(person("admin"), "SELECT cd.force_logout(%s)", two.south.users["nurse"])
    assert colleague.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT cd.reset_password(%(colleague)s, %(verifier)s)",
        "SELECT cd.set_active(%(colleague)s, false)",
        "SELECT cd.set_role(%(colleague)s, 'receptionist')",
        "SELECT cd.change_email(%(colleague)s, 'new@north.invalid')",
        "SELECT cd.revoke_key(%(kid)s, 'left', NULL)",
        "SELECT cd.unlock(%(colleague)s)",
    ],
)
def test_an_administrator_does_rule_the_own_clinic(two: TwoClinics, person, statement):
    values = {"colleague": two.north.users["doctor"], "verifier": VERIFIER, "kid": two.north.ids["kid"]}
    connection = person("admin")
    with connection.transaction(force_rollback=True):
        connection.execute(statement, values)
        assert connection.execute("SELECT count(*) FROM audit_log WHERE xid = pg_current_xact_id()").fetchone()[0] >= (0 if "unlock" in statement else 1)  # fmt: skip


def test_a_shared_colleague_is_not_taken_over_by_one_of_the_clinics(two: TwoClinics, person):
    """A password reset would open the other clinic too: only somebody who rules all of the clinics may."""
    with two.owner() as owner:
        owner.execute(
            "INSERT INTO clinic_staff(clinic_id, user_id, role) VALUES (%s, %s, 'doctor')",
            (two.north.clinic, two.south.users["doctor"]),
        )
    try:
        for statement in ("SELECT cd.reset_password(%s, %s)", "SELECT cd.change_email(%s, %s)", "SELECT cd.set_role(%s, %s)"):  # fmt: skip
            value = {"r": VERIFIER, "c": "x@north.invalid", "s": "nurse"}[statement[10]]
            state, said, _ = attempt(person("admin"), statement, two.south.users["doctor"], value)
            assert state in NOT_YOURS, said
    finally:
        with two.owner() as owner:
            owner.execute("DELETE FROM clinic_staff WHERE clinic_id = %s AND user_id = %s", (two.north.clinic, two.south.users["doctor"]))  # fmt: skip


def test_staff_of_another_database_are_nobody_here(two: TwoClinics, person):
    """Roles belong to the server: an administrator of another database on it may connect, and must be nothing."""
    admin = person("admin", "south")
    with two.owner() as owner:
        owner.execute("UPDATE users SET login_role = 'u_elsewhere' WHERE id = %s", (two.south.users["admin"],))  # fmt: skip
    try:
        for statement in (
            f"SELECT cd.create_login('x@y.invalid', 'a', 'b', 'admin', '{VERIFIER}', '{{}}')",
            f"SELECT cd.reset_password('{two.south.users['doctor']}', '{VERIFIER}')",
            f"SELECT cd.set_role('{two.north.users['nurse']}', 'admin')",
            "SELECT cd.signed_in('pc')",
        ):
            state, said, _ = attempt(admin, statement)
            assert state in NOT_YOURS | {"CD014"}, (statement, said)
        for table in ("audit_log", "doctor_profiles", "doctor_leave", "clinics", "user_profiles", "change_feed"):  # fmt: skip
            assert admin.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    finally:
        with two.owner() as owner:
            owner.execute("UPDATE users SET login_role = %s WHERE id = %s", (two.south.login("admin"), two.south.users["admin"]))  # fmt: skip


CALLS = {
    "search": ("receptionist", "SELECT * FROM cd.search_patients('Auster')"),
    "search_mrn": ("receptionist", "SELECT * FROM cd.search_patients((SELECT 'CD0000')) WHERE last_name = 'Auster'"),
    "search_null": ("receptionist", "SELECT * FROM cd.search_patients(NULL) WHERE last_name = 'Auster'"),
    "duplicates": ("receptionist", "SELECT * FROM cd.duplicate_candidates('Auster Patient', '1980-01-01', NULL) WHERE last_name = 'Auster'"),
    "same_person": ("receptionist", "SELECT * FROM cd.same_person(%(patient)s) x WHERE x <> %(patient)s"),
    "tip": ("receptionist", "SELECT x FROM cd.tip(%(appointment)s) x WHERE x <> %(appointment)s"),
    "promise": ("receptionist", "SELECT * FROM cd.promise(%(appointment)s)"),
    "picks": ("pharmacist", "SELECT * FROM cd.picks(%(rx)s, %(lines)s)"),
    "payload": ("doctor", "SELECT x FROM cd.rx_payload(%(rx)s) x WHERE x IS NOT NULL"),
    "catch_up": ("doctor", "SELECT * FROM cd.catch_up('0') WHERE row_id IN (%(patient)s, %(appointment)s, %(rx)s, %(batch)s)"),
}  # fmt: skip
REFUSED_CALLS = {
    "register": ("receptionist", "SELECT cd.register_patient(%(clinic)s, %(new)s)"),
    "no_allergies": ("doctor", "SELECT cd.no_known_allergies(%(patient)s)"),
    "take_payment": ("receptionist", "SELECT cd.take_payment(gen_random_uuid(), %(appointment)s, 10, 'cash')"),
    "schedule_range": ("receptionist", "SELECT * FROM cd.schedule_range(%(clinic)s, current_date, current_date + 3)"),
    "plans": ("receptionist", "SELECT cd.plans(%(clinic)s, current_date, current_date + 3, NULL)"),
    "agenda": ("receptionist", "SELECT cd.agenda(%(clinic)s, current_date, current_date + 3, NULL, NULL)"),
    "schedule_load": ("receptionist", "SELECT * FROM cd.schedule_load(%(clinic)s, current_date, current_date + 3, NULL, '{confirmed}')"),
    "split": ("receptionist", """SELECT cd.take_payments(gen_random_uuid(), %(appointment)s, '[{"amount": "1", "method": "cash"}]')"""),
    "refund": ("receptionist", "SELECT cd.refund_payment(gen_random_uuid(), %(payment)s, 1, 'x')"),
    "refund_due": ("receptionist", "SELECT cd.refund_due(%(appointment)s)"),
    "void": ("receptionist", "SELECT cd.void_payment(gen_random_uuid(), %(payment)s, 'x')"),
    "reprint": ("receptionist", "SELECT cd.print_receipt(%(payment)s)"),
    "open_shift": ("receptionist", "SELECT cd.open_shift(%(clinic)s, 10)"),
    "queue": ("receptionist", "SELECT * FROM cd.queue(%(clinic)s, current_date + 3)"),
    "queue_step": ("nurse", "SELECT cd.queue_step(%(appointment)s, 'call')"),
    "call_list": ("receptionist", "SELECT * FROM cd.call_list(%(clinic)s, current_date, current_date + 9)"),
    "log_call": ("receptionist", "SELECT cd.log_call(%(appointment)s, 'reached')"),
    "correct": ("receptionist", "SELECT cd.correct_patient(%(patient)s, 1, %(new)s)"),
    "guardian": ("receptionist", """SELECT cd.add_guardian(%(patient)s, '{"name": "x", "relation": "mother"}')"""),
    "guardian_of_theirs": ("receptionist", "SELECT cd.add_guardian(%(my_patient)s, jsonb_build_object('name', 'x', 'relation', 'mother', 'person_id', %(patient)s::text))"),
    "consent": ("receptionist", """SELECT cd.record_consent(%(my_clinic)s, %(patient)s, '{"purpose": "photo", "given": true}')"""),
    "photo": ("receptionist", "SELECT cd.set_photo(%(patient)s, NULL)"),
    "history": ("receptionist", "SELECT * FROM cd.patient_history(%(patient)s)"),
    "linked": ("admin", "SELECT * FROM cd.linked_records(%(patient)s)"),
    "merge": ("admin", "SELECT cd.merge_patients(%(my_patient)s, %(patient)s, 'x')"),
    "merge_into": ("admin", "SELECT cd.merge_patients(%(patient)s, %(my_patient)s, 'x')"),
    "metrics": ("receptionist", "SELECT cd.roll_up_metrics(%(clinic)s, current_date)"),
    "log_access": ("doctor", "SELECT cd.log_access(%(patient)s, 'view', 'care')"),
    "save_visit": ("doctor", "SELECT cd.save_visit(%(visit)s)"),
    "update_visit": ("doctor", "SELECT cd.save_visit(%(their_visit)s)"),
    "foreign_patient": ("doctor", "SELECT cd.save_visit(%(visit_of_their_patient)s)"),
    "foreign_doctor": ("nurse", "SELECT cd.save_visit(%(visit_by_their_doctor)s)"),
    "foreign_appointment": ("doctor", "SELECT cd.save_visit(%(visit_on_their_appointment)s)"),
    "rx_write": ("doctor", "SELECT cd.rx_write(%(sealed_rx)s, now(), %(my_kid)s, '')"),
    "rx_patient": ("doctor", "SELECT cd.rx_write(%(rx_of_their_patient)s, now(), %(my_kid)s, '')"),
    "rx_appointment": ("doctor", "SELECT cd.rx_write(%(rx_on_their_appointment)s, now(), %(my_kid)s, '')"),
    "rx_replaces": ("doctor", "SELECT cd.rx_write(%(rx_replacing_theirs)s, now(), %(my_kid)s, '')"),
    "rx_sign": ("doctor", "SELECT cd.rx_sign(%(rx)s, %(image)s, %(seal)s)"),
    "rx_cancel": ("doctor", "SELECT cd.rx_cancel(%(rx)s, 'x')"),
    "dispense": ("pharmacist", "SELECT cd.dispense(gen_random_uuid(), %(rx)s, %(lines)s)"),
    "receive": ("pharmacist", "SELECT cd.receive_batch(gen_random_uuid(), %(delivery)s)"),
}  # fmt: skip


def guessed(two: TwoClinics) -> dict[str, Any]:
    """Everything of the south that a call may name."""
    north, south = two.north, two.south
    ids = {**south.ids, "clinic": south.clinic, "my_clinic": north.clinic, "my_patient": north.ids["patient"], "my_doctor": north.ids["doctor"], "my_kid": north.ids["kid"]}  # fmt: skip
    their = {name: str(south.ids[name]) for name in ("patient", "doctor", "appointment", "visit", "rx")}
    return {
        **ids, "image": IMAGE, "seal": f"ed25519.{north.ids['kid']}.{'0' * 64}.{'A' * 86}",
        "lines": Jsonb([{"item": str(south.ids["item"]), "qty": 1}]), "new": Jsonb({"first_name": "a", "last_name": "b"}),
        "visit": Jsonb(visit_of(south)), "their_visit": Jsonb(visit_of(south, id=their["visit"], expected_version=1, clinic_id=str(north.clinic))),
        "visit_of_their_patient": Jsonb(visit_of(north, patient_id=their["patient"])), "visit_by_their_doctor": Jsonb(visit_of(north, doctor_id=their["doctor"])),
        "visit_on_their_appointment": Jsonb(visit_of(north, appointment_id=their["appointment"])),
        "sealed_rx": Jsonb(sealed_rx_of(south)), "rx_of_their_patient": Jsonb(sealed_rx_of(north, patient_id=their["patient"])),
        "rx_on_their_appointment": Jsonb(sealed_rx_of(north, appointment_id=their["appointment"])), "rx_replacing_theirs": Jsonb(sealed_rx_of(north, replaces_id=their["rx"])),
        "delivery": Jsonb({"clinic_id": str(south.clinic), "item_code": "T-Auster", "batch_number": "X", "expiry_date": "2099-01-01", "quantity": 1}),
    }  # fmt: skip


def tried(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any]) -> tuple[str, str, Any]:  # fmt: skip
    try:
        with connection.transaction(force_rollback=True):
            found = connection.execute(statement, values)
            return "", "", found.fetchall() if found.description else found.rowcount
    except psycopg.Error as error:
        return error.sqlstate or "?", f"{error} {error.diag.message_detail}", None


@pytest.mark.parametrize("name", CALLS)
def test_a_reading_function_finds_nothing_elsewhere(two: TwoClinics, person, name):
    role, statement = CALLS[name]
    state, said, rows = tried(person(role), statement, guessed(two))
    assert (state, rows) == ("", []), said


@pytest.mark.parametrize("name", REFUSED_CALLS)
def test_a_writing_function_refuses_foreign_ids(two: TwoClinics, person, name):
    role, statement = REFUSED_CALLS[name]
    with two.owner() as owner:
        owner.execute("UPDATE patients SET allergy_status = 'none_known' WHERE user_id = ANY (%s)", ([two.north.ids["patient"], two.south.ids["patient"]],))  # fmt: skip
    state, said, answer = tried(person(role), statement, guessed(two))
    assert state in NOT_YOURS, (said, answer)
    assert MARK["south"] not in said


def test_a_log_line_for_an_emergency_is_flagged_and_opens_nothing(two: TwoClinics, person):
    doctor = person("doctor")
    with doctor.transaction(force_rollback=True):
        line = doctor.execute("SELECT cd.log_access(%s, 'view', 'EMERGENCY: collapsed')", (two.south.ids["patient"],)).fetchone()[0]  # fmt: skip
        assert line > 0
        assert doctor.execute("SELECT count(*) FROM visits WHERE patient_id = %s", (two.south.ids["patient"],)).fetchone() == (0,)  # fmt: skip


WRITES = {
    "move_appointment": ("receptionist", "UPDATE appointments SET notes = 'x' WHERE id = %(appointment)s"),
    "cancel": ("receptionist", "UPDATE appointments SET status = 'cancelled', cancel_reason = 'x' WHERE id = %(appointment)s"),
    "rename_patient": ("receptionist", "UPDATE user_profiles SET last_name = 'x' WHERE user_id = %(patient)s"),
    "delete_contact": ("receptionist", "DELETE FROM contact_points WHERE user_id = %(patient)s"),
    "waiting": ("receptionist", "UPDATE waiting_list SET status = 'withdrawn' WHERE id = %(waiting)s"),
    "allergy": ("doctor", "UPDATE patient_allergies SET certainty = 'refuted' WHERE id = %(allergy)s"),
    "problem": ("doctor", "UPDATE patient_problems SET clinical_status = 'resolved' WHERE id = %(problem)s"),
    "stock": ("pharmacist", "UPDATE inventory_items SET state = 'recalled' WHERE id = %(batch)s"),
    "clinic": ("admin", "UPDATE clinics SET name = 'x' WHERE id = %(clinic)s"),
    "settings": ("admin", "DELETE FROM clinic_settings WHERE clinic_id = %(clinic)s"),
    "rooms": ("admin", "DELETE FROM rooms WHERE id = %(room)s"),
    "staff": ("admin", "UPDATE clinic_staff SET is_active = false WHERE clinic_id = %(clinic)s"),
    "hours": ("admin", "DELETE FROM doctor_availability WHERE doctor_id = %(doctor)s"),
    "leave": ("admin", "DELETE FROM doctor_leave WHERE doctor_id = %(doctor)s"),
    "profile": ("admin", "UPDATE doctor_profiles SET consultation_fee = 1 WHERE id = %(doctor)s"),
    "fetch_doctor": ("admin", "UPDATE doctor_profiles SET clinic_id = %(my_clinic)s WHERE id = %(doctor)s"),
    "private_key": ("doctor", "UPDATE doctor_private_keys SET wrapped = '' WHERE kid = %(kid)s"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_no_row_of_another_clinic_moves(two: TwoClinics, person, name):
    role, statement = WRITES[name]
    state, said, rows = tried(person(role), statement, guessed(two))
    assert state == "42501" or rows == 0, (said, rows)


SMUGGLED = {
    "appointment": ("receptionist", "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status) VALUES (%(patient)s, %(doctor)s, %(clinic)s, current_date + 4, '10:00', '10:30', 'confirmed')"),
    "their_patient": ("receptionist", "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status) VALUES (%(patient)s, %(my_doctor)s, %(my_clinic)s, current_date + 4, '10:00', '10:30', 'confirmed')"),
    "their_doctor": ("receptionist", "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status) VALUES (%(my_patient)s, %(doctor)s, %(my_clinic)s, current_date + 4, '10:00', '10:30', 'confirmed')"),
    "their_origin": ("receptionist", "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status, rescheduled_from_id) VALUES (%(my_patient)s, %(my_doctor)s, %(my_clinic)s, current_date + 4, '10:00', '10:30', 'confirmed', %(appointment)s)"),
    "their_room": ("receptionist", "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status, room_id) VALUES (%(my_patient)s, %(my_doctor)s, %(my_clinic)s, current_date + 4, '10:00', '10:30', 'confirmed', %(room)s)"),
    "into_their_room": ("receptionist", "UPDATE appointments SET room_id = %(room)s WHERE clinic_id = %(my_clinic)s"),
    "adopt": ("receptionist", "INSERT INTO patient_clinics VALUES (%(patient)s, %(my_clinic)s)"),
    "waiting": ("receptionist", "INSERT INTO waiting_list(clinic_id, patient_id, latest) VALUES (%(clinic)s, %(patient)s, current_date + 9)"),
    "waiting_patient": ("receptionist", "INSERT INTO waiting_list(clinic_id, patient_id, latest) VALUES (%(my_clinic)s, %(patient)s, current_date + 9)"),
    "waiting_doctor": ("receptionist", "INSERT INTO waiting_list(clinic_id, patient_id, doctor_id, latest) VALUES (%(my_clinic)s, %(my_patient)s, %(doctor)s, current_date + 9)"),
    "contact": ("receptionist", "INSERT INTO contact_points(user_id, kind, value) VALUES (%(patient)s, 'phone', '1')"),
    "same_contact": ("receptionist", "INSERT INTO contact_points(user_id, kind, value) VALUES (%(patient)s, 'email', 'Auster@mail') ON CONFLICT DO NOTHING"),
    "allergy": ("doctor", "INSERT INTO patient_allergies(patient_id, substance) VALUES (%(patient)s, 'x')"),
    "problem": ("doctor", "INSERT INTO patient_problems(patient_id, description) VALUES (%(patient)s, 'x')"),
    "draft": ("doctor", "INSERT INTO prescription_drafts(id, clinic_id, patient_id, doctor_id, content) VALUES (gen_random_uuid(), %(clinic)s, %(patient)s, %(my_doctor)s, '{}')"),
    "draft_as_another": ("doctor", "INSERT INTO prescription_drafts(id, clinic_id, patient_id, doctor_id, content) VALUES (gen_random_uuid(), %(my_clinic)s, %(my_patient)s, %(doctor)s, '{}')"),
    "room": ("admin", "INSERT INTO rooms(clinic_id, name) VALUES (%(clinic)s, 'x')"),
    "move_room": ("admin", "UPDATE rooms SET clinic_id = %(clinic)s"),
    "holiday": ("admin", "INSERT INTO clinic_holidays(clinic_id, day, name) VALUES (%(clinic)s, current_date, 'x')"),
    "setting": ("admin", "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%(clinic)s, 'x', '1')"),
    "move_setting": ("admin", "UPDATE clinic_settings SET clinic_id = %(clinic)s"),
    "hours": ("admin", "INSERT INTO doctor_availability(doctor_id, day_of_week, start_time, end_time) VALUES (%(doctor)s, 1, '10:00', '11:00')"),
    "move_hours": ("admin", "UPDATE doctor_availability SET doctor_id = %(doctor)s"),
    "leave": ("admin", "INSERT INTO doctor_leave(doctor_id, first_day, last_day) VALUES (%(doctor)s, current_date, current_date)"),
    "session": ("admin", "INSERT INTO doctor_sessions(doctor_id, clinic_id, day, start_time, end_time) VALUES (%(doctor)s, %(my_clinic)s, current_date, '10:00', '11:00')"),
}  # fmt: skip


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_row_is_put_into_or_taken_from_another_clinic(two: TwoClinics, person, name):
    role, statement = SMUGGLED[name]
    state, said, rows = tried(person(role), statement, guessed(two))
    assert state == "42501", (state, said, rows)
    assert MARK["south"] not in said


def test_an_id_that_exists_elsewhere_answers_like_one_that_does_not(two: TwoClinics, person):
    """Otherwise errors are an oracle for guessed ids."""
    pharmacist, doctor = person("pharmacist"), person("doctor")
    for connection, statement in (
        (pharmacist, "SELECT cd.dispense(gen_random_uuid(), %s, '[]')"),
        (doctor, "SELECT cd.rx_cancel(%s, 'x')"),
    ):
        theirs = attempt(connection, statement, two.south.ids["rx"])[:1]
        assert theirs == attempt(connection, statement, uuid4())[:1]


def test_a_chosen_id_takes_over_nobody(two: TwoClinics, person):
    desk = person("receptionist")
    for known in (two.south.ids["patient"], two.south.users["admin"], two.north.users["doctor"]):
        values = (two.north.clinic, Jsonb({"id": str(known), "first_name": "a", "last_name": "b"}))
        state, said, _ = attempt(desk, "SELECT cd.register_patient(%s, %s)", *values)
        assert state == "23505"
        assert MARK["south"] not in said
    values = (two.north.clinic, Jsonb({"first_name": "a", "last_name": "b", "email": "admin@south.invalid"}))
    assert attempt(desk, "SELECT cd.register_patient(%s, %s)", *values)[0] in ("23505", "")


def test_the_clock_of_a_log_line_is_the_servers(two: TwoClinics, person):
    doctor = person("doctor")
    doctor.execute("SET TIME ZONE 'Pacific/Kiritimati'")
    line = one(doctor, "SELECT cd.log_access(%s, 'view', 'care')", two.north.ids["patient"])
    with two.owner() as owner:
        row = owner.execute("SELECT abs(extract(epoch FROM clock_timestamp() - at)) < 5, login_role, user_id FROM access_log WHERE id = %s", (line,)).fetchone()  # fmt: skip
    assert row == (True, two.north.login("doctor"), two.north.users["doctor"])
