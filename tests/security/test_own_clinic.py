"""Colleagues against colleagues: nobody writes under another name, and a call that leaves things out gets nothing."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.security.two_clinics import IMAGE, TwoClinics, attempt, prescribe, sealed_rx_of, visit_of

VERIFIER = "SCRAM-SHA-256${}:" + "A" * 22 + "==$" + "B" * 43 + "=:" + "C" * 43 + "="


@pytest.mark.parametrize("role", ["receptionist", "nurse", "doctor"])
def test_correcting_patients_does_not_rename_colleagues(two: TwoClinics, person, role):
    """A prescription carries the doctor's name as it stands in user_profiles."""
    connection = person(role)
    rename = "UPDATE user_profiles SET last_name = 'Impostor' WHERE user_id = %s"
    for victim in ("doctor", "admin"):
        if victim != role:
            state, _, rows = attempt(connection, rename, two.north.users[victim])
            assert state == "42501" or rows == 0
    assert attempt(connection, rename, two.north.ids["patient"]) == ("", "", 1)


@pytest.mark.parametrize("change", ["user_id = %(admin)s", "id = gen_random_uuid()"])
def test_a_doctors_identity_is_not_handed_over(two: TwoClinics, person, change):
    """Whoever owns the profile signs with its name and licence; even an administrator cannot re-hang it."""
    admin = person("admin")
    statement = f"UPDATE doctor_profiles SET {change.replace('%(admin)s', '%s')} WHERE id = %s"
    values = ([two.north.users["admin"]] if "admin" in change else []) + [two.north.ids["doctor"]]
    state, said, _ = attempt(admin, statement, *values)
    assert state == "42501", said


FORGED = {
    "allergy": ("doctor", "INSERT INTO patient_allergies(patient_id, substance, recorded_by) VALUES (%s, 'x', %s) RETURNING recorded_by"),
    "problem": ("doctor", "INSERT INTO patient_problems(patient_id, description, recorded_by) VALUES (%s, 'x', %s) RETURNING recorded_by"),
    "waiting": ("receptionist", "INSERT INTO waiting_list(clinic_id, patient_id, created_by, latest) SELECT clinic_id, patient_id, %s, current_date + 9 FROM patient_clinics WHERE patient_id = %s RETURNING created_by"),
    "analytics": ("receptionist", "INSERT INTO analytics_events(event_type, user_id) VALUES (%s, %s)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_nothing_is_recorded_under_another_name(two: TwoClinics, person, name):
    """Either refused, or the server writes the true name over the given one."""
    role, statement = FORGED[name]
    patient, other = two.north.ids["patient"], two.north.users["admin"]
    values = {"waiting": (other, patient), "analytics": ("opened", other)}.get(name, (patient, other))
    state, said, rows = attempt(person(role), statement, *values)
    assert state == "42501" or rows == [(two.north.users[role],)], (state, said, rows)


@pytest.mark.parametrize("name", ["allergy", "problem"])
def test_nothing_is_recorded_at_another_time(two: TwoClinics, person, name):
    table = {"allergy": "patient_allergies(patient_id, substance, recorded_at)", "problem": "patient_problems(patient_id, description, recorded_at)"}[name]  # fmt: skip
    _, _, rows = attempt(person("doctor"), f"INSERT INTO {table} VALUES (%s, 'x', '2001-01-01') RETURNING recorded_at", two.north.ids["patient"])  # fmt: skip
    assert rows is None or rows[0][0].year > 2001


def test_the_reason_of_a_cancellation_stays(two: TwoClinics, person):
    """Reasons such as 'duplicate' take an appointment out of the figures (spec 7)."""
    desk = person("receptionist")
    with desk.transaction(force_rollback=True):
        desk.execute("UPDATE appointments SET status = 'cancelled', cancel_reason = 'patient' WHERE id = %s", (two.north.ids["appointment"],))  # fmt: skip
        desk.execute("UPDATE appointments SET cancel_reason = 'duplicate' WHERE id = %s", (two.north.ids["appointment"],))  # fmt: skip
        assert desk.execute("SELECT cancel_reason FROM appointments").fetchone() == ("patient",)


MOVE = (
    "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status, rescheduled_from_id) "
    "SELECT patient_id, doctor_id, clinic_id, appointment_date + %s, start_time, end_time, 'confirmed', id FROM appointments WHERE id = %s"
)


def test_one_payment_pays_for_one_appointment(two: TwoClinics, person):
    """What was paid follows a move: so an origin must be moved away first, and is moved to one place only."""
    desk, origin = person("receptionist"), two.north.ids["appointment"]
    assert attempt(desk, MOVE, 1, origin)[0] != "", "the origin still stands: both would be paid"
    with desk.transaction(force_rollback=True):
        desk.execute("UPDATE appointments SET status = 'rescheduled' WHERE id = %s", (origin,))
        desk.execute(MOVE, (1, origin))
        assert attempt(desk, MOVE, 2, origin)[0] != "", "a second appointment on the same payment"


@pytest.mark.parametrize("missing", ["expected_version", "status", "patient_id", "clinic_id", "visit_type", "document_id", "sha256", "id"])  # fmt: skip
def test_a_visit_is_not_overwritten_by_leaving_things_out(two: TwoClinics, person, missing):
    """A missing version is a stale one; a NULL never passes a check."""
    full = visit_of(two.north, id=str(two.north.ids["visit"]), expected_version=1)
    state, said, _ = attempt(person("nurse"), "SELECT cd.save_visit(%s)", Jsonb({k: v for k, v in full.items() if k != missing}))  # fmt: skip
    assert state != "", said
    if missing == "expected_version":
        assert state == "CD050"


@pytest.mark.parametrize("line", [{}, {"qty": None}, {"qty": 0}, {"qty": -1}, {"qty": "2147483648"}, {"qty": "1e2"}, {"qty": "1.5"}])  # fmt: skip
def test_a_supply_needs_a_whole_positive_number(two: TwoClinics, person, line):
    lines = Jsonb([{"item": str(two.north.ids["item"]), **line}])
    state, said, _ = attempt(person("pharmacist"), "SELECT cd.dispense(gen_random_uuid(), %s, %s)", two.north.ids["rx"], lines)  # fmt: skip
    assert state in ("CD033", "22P02", "22003"), (state, said)


def test_a_request_that_was_used_for_one_prescription_supplies_no_other(two: TwoClinics, person):
    """Silence would look like success."""
    pharmacist, request = person("pharmacist"), uuid4()
    with two.owner() as owner:
        other, item = prescribe(owner, two.north, quantity=5)
    with pharmacist.transaction(force_rollback=True):
        supply = "SELECT cd.dispense(%s, %s, %s)"
        pharmacist.execute(supply, (request, two.north.ids["rx"], Jsonb([{"item": str(two.north.ids["item"]), "qty": 1}])))  # fmt: skip
        state, said, _ = attempt(pharmacist, supply, request, other, Jsonb([{"item": str(item), "qty": 1}]))
        assert state != "", said


@pytest.mark.parametrize("value", ["NaN", "-1"])
def test_prices_are_numbers(two: TwoClinics, person, value):
    pharmacist = person("pharmacist")
    state, _, _ = attempt(pharmacist, "UPDATE inventory_items SET selling_price = %s", value)
    assert state in ("23514", "22003")
    delivery = {"clinic_id": str(two.north.clinic), "item_code": f"T-{two.north.mark}", "batch_number": "N1", "expiry_date": "2099-01-01", "quantity": 1, "unit_cost": value}  # fmt: skip
    state, _, _ = attempt(pharmacist, "SELECT cd.receive_batch(gen_random_uuid(), %s)", Jsonb(delivery))
    assert state in ("23514", "22003", "CD033")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "-1", "0", "0.001", None, "1e30"])
def test_payments_are_positive_and_finite(two: TwoClinics, person, amount):
    state, said, _ = attempt(person("receptionist"), "SELECT cd.take_payment(gen_random_uuid(), %s, %s, 'cash')", two.north.ids["appointment"], amount)  # fmt: skip
    assert state in ("CD063", "23514", "23502", "22003"), (state, said)


@pytest.mark.parametrize("made", [None, "", "plain", VERIFIER.format(4095), VERIFIER.format(9999999), VERIFIER.format(4096) + "\n", "md5" + "0" * 32])  # fmt: skip
def test_only_one_shape_of_password_is_taken(two: TwoClinics, person, made):
    """NULL would leave an account without a password; other counts of rounds tell known names by the time they take."""
    admin = person("admin")
    for statement, values in (
        ("SELECT cd.change_password(%s)", (made,)),
        ("SELECT cd.reset_password(%s, %s)", (two.north.users["pharmacist"], made)),
        (
            "SELECT cd.create_login('new@north.invalid', 'a', 'b', 'nurse', %s, %s)",
            (made, [two.north.clinic]),
        ),
    ):
        assert attempt(admin, statement, *values)[0] == "CD010", statement


@pytest.mark.parametrize("clinics", [[], None])
def test_no_account_is_made_outside_every_clinic(person, clinics):
    """Nobody could see or close it again."""
    state, said, _ = attempt(person("admin"), "SELECT cd.create_login('new@north.invalid', 'a', 'b', 'admin', %s, %s::uuid[])", VERIFIER.format(4096), clinics)  # fmt: skip
    assert state in ("42501", "CD011", "CD064"), said


def test_an_administrator_cannot_lock_the_own_account_out_or_change_its_role(two: TwoClinics, person):
    me, admin = two.north.users["admin"], person("admin")
    for statement in ("SELECT cd.set_active(%s, false)", "SELECT cd.set_role(%s, 'doctor')", "SELECT cd.change_email(%s, 'x@north.invalid')"):  # fmt: skip
        assert attempt(admin, statement, me)[0] == "CD012"


def test_a_renamed_doctor_keeps_the_signing_key(two: TwoClinics, person):
    """And nobody who later gets the old address finds it."""
    with two.owner() as owner, owner.transaction(force_rollback=True):
        owner.execute("SELECT cd.change_email(%s, 'renamed@north.invalid')", (two.north.users["doctor"],))
        row = owner.execute(
            "SELECT k.login_role = u.login_role FROM doctor_private_keys k, users u WHERE k.kid = %s AND u.id = %s",
            (two.north.ids["kid"], two.north.users["doctor"]),
        ).fetchone()
    assert row == (True,)


def test_a_disabled_account_is_not_opened_by_its_own_failures(two: TwoClinics):
    """A lock-out ends after ten minutes; being disabled does not, whatever the leaver types meanwhile."""
    user, login = two.north.users["pharmacist"], two.north.login("pharmacist")
    valid = "SELECT rolvaliduntil > now() FROM pg_roles WHERE rolname = %s"
    with two.owner() as owner, owner.transaction(force_rollback=True):
        owner.execute("SELECT cd.set_active(%s, false)", (user,))
        owner.execute("INSERT INTO cd.login_failures SELECT now(), %s, '127.0.0.1' FROM generate_series(1, 8)", (login,))  # fmt: skip
        if owner.execute("SELECT cd.enforce_lockout()").fetchone() == (None,):
            pytest.skip("the server keeps no csv log")
        owner.execute("UPDATE cd.lockouts SET until = now() - interval '1 second'")
        owner.execute("SELECT cd.enforce_lockout()")
        assert owner.execute(valid, (login,)).fetchone() == (False,)


def test_a_lockout_ends(two: TwoClinics):
    login = two.north.login("nurse")
    valid = "SELECT coalesce(rolvaliduntil, 'infinity') > now() FROM pg_roles WHERE rolname = %s"
    with two.owner() as owner, owner.transaction(force_rollback=True):
        owner.execute("INSERT INTO cd.login_failures SELECT now(), %s, '127.0.0.1' FROM generate_series(1, 8)", (login,))  # fmt: skip
        if owner.execute("SELECT cd.enforce_lockout()").fetchone() == (None,):
            pytest.skip("the server keeps no csv log")
        assert owner.execute(valid, (login,)).fetchone() == (False,)
        owner.execute("UPDATE cd.lockouts SET until = now() - interval '1 second'")
        owner.execute("SELECT cd.enforce_lockout()")
        assert owner.execute(valid, (login,)).fetchone() == (True,)


def test_nobody_signs_with_the_key_or_the_draft_of_another(two: TwoClinics, person):
    doctor = person("doctor")
    with doctor.transaction(force_rollback=True):
        rx = sealed_rx_of(two.north)
        payload = doctor.execute("SELECT cd.rx_write(%s, %s, %s, %s)", (Jsonb(rx), datetime.now(UTC), two.south.ids["kid"], IMAGE)).fetchone()[0]  # fmt: skip
        assert two.south.ids["kid"] in payload
        seal = f"ed25519.{two.south.ids['kid']}.{'0' * 64}.{'A' * 86}"
        assert attempt(doctor, "SELECT cd.rx_sign(%s, %s, %s)", rx["id"], IMAGE, seal)[0] == "CD042"
        wrong = f"ed25519.{two.north.ids['kid']}.{'0' * 64}.{'A' * 86}"
        assert attempt(doctor, "SELECT cd.rx_sign(%s, %s, %s)", rx["id"], IMAGE, wrong)[0] == "CD044"


@pytest.mark.parametrize("role", ["nurse", "receptionist", "pharmacist", "admin"])
def test_no_one_but_a_doctor_writes_or_signs_prescriptions(two: TwoClinics, person, role):
    connection = person(role)
    for statement, values in (
        ("SELECT cd.rx_write(%s, now(), '', '')", (Jsonb(sealed_rx_of(two.north)),)),
        ("SELECT cd.rx_sign(%s, %s, '')", (two.north.ids["rx"], IMAGE)),
        ("SELECT cd.rx_cancel(%s, 'x')", (two.north.ids["rx"],)),
        ("SELECT cd.add_key('\\x00', '\\x00')", ()),
        ("UPDATE prescriptions SET diagnosis = 'x'", ()),
        ("SELECT wrapped FROM doctor_private_keys", ()),
    ):
        assert attempt(connection, statement, *values)[0] == "42501", statement


def test_a_nurse_signs_no_visit(two: TwoClinics, person):
    for status in ("signed", "amended"):
        visit = Jsonb(visit_of(two.north, status=status))
        assert attempt(person("nurse"), "SELECT cd.save_visit(%s)", visit)[0] == "42501"
