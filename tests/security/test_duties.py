"""Duties with raw drivers: who holds one may exactly what the table says, there and nowhere else."""

from collections.abc import Callable, Iterator

import pytest
from psycopg.types.json import Jsonb

from clinicdesk.domain.people import Duty
from clinicdesk.migrations.rights import ROLES
from tests.security.two_clinics import Connection, TwoClinics, attempt, one

OTHERS = [role for role in ROLES if role != "admin"]
Give = Callable[..., None]


@pytest.fixture
def give(two: TwoClinics) -> Iterator[Give]:
    """``give("nurse", "records")`` in the north, by the server's owner; all are taken back."""

    def grant(role: str, duty: str, house: str = "north", clinic: str = "") -> None:
        at = (two.north if (clinic or house) == "north" else two.south).clinic
        user = (two.north if house == "north" else two.south).users[role]
        with two.owner() as owner:
            owner.execute(
                "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, %s)", (at, user, duty)
            )

    yield grant
    with two.owner() as owner:
        owner.execute("DELETE FROM staff_duties")


@pytest.fixture
def in_both(two: TwoClinics) -> Iterator[None]:
    """The nurse of the north works in the south too."""
    with two.owner() as owner:
        owner.execute(
            "INSERT INTO clinic_staff(clinic_id, user_id, role) VALUES (%s, %s, 'nurse')",
            (two.south.clinic, two.north.users["nurse"]),
        )
        yield
        owner.execute(
            "DELETE FROM clinic_staff WHERE clinic_id = %s AND user_id = %s",
            (two.south.clinic, two.north.users["nurse"]),
        )


def states(connection: Connection, statements: dict[str, tuple[object, ...]]) -> dict[str, str]:
    return {sql: attempt(connection, sql, *values)[0] for sql, values in statements.items()}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gives_or_takes_a_duty_past_the_function(two: TwoClinics, person, give, role):
    """Rows, other people's accounts, other clinics, other settings: nothing makes somebody an officer."""
    give(role, "witness")
    me, colleague = two.north.users[role], two.north.users["doctor" if role != "doctor" else "nurse"]
    stranger, far = two.south.users["nurse"], two.south.clinic
    tries: dict[str, tuple[object, ...]] = {
        "INSERT INTO staff_duties(clinic_id, user_id, duty) VALUES (%s, %s, 'records')": (
            two.north.clinic,
            me,
        ),
        "UPDATE staff_duties SET duty = 'privacy_officer'": (),
        "UPDATE staff_duties SET user_id = %s": (colleague,),
        "DELETE FROM staff_duties": (),
        "TRUNCATE staff_duties": (),
        "INSERT INTO cd.rights VALUES ('audit.read', 'witness')": (),
        "UPDATE cd.rights SET holder = 'witness'": (),
        "SELECT * FROM cd.rights": (),
        "SELECT cd.set_duty(%s, %s, 'records', true)": (far, stranger),
        "SELECT cd.set_duty(%s, %s, 'witness', true)": (far, me),
        "SELECT cd.set_duty(NULL, %s, 'records', true)": (me,),
        "SELECT cd.require_duty('witness')": (),
        "SELECT cd.require_duty('witness', %s)": (two.north.clinic,),
        "SELECT cd.require_action('controlled.witness')": (),
        "SET clinicdesk.duties = 'records'; SELECT cd.require_action('patients.merge')": (),
    }
    if role != "admin":
        tries["SELECT cd.set_duty(%s, %s, 'records', true) "] = (two.north.clinic, me)
        tries["SELECT cd.set_duty(%s, %s, 'records', true)  "] = (two.north.clinic, colleague)
    connection = person(role)
    assert set(states(connection, tries).values()) == {"42501"}, states(connection, tries)
    for guc in ("SET clinicdesk.duty = 'records'", "SET clinicdesk.seat = 'records'", "SET cd.me = 'x'"):
        attempt(connection, guc)
        assert not one(connection, "SELECT cd.has_duty('records')")
    assert one(connection, "SELECT cd.my_duties()") == ["witness"]


def test_a_second_administrator_gives_what_nobody_gives_to_oneself(two: TwoClinics, person):
    admin, me = person("admin"), two.north.users["admin"]
    grant = "SELECT cd.set_duty(%s, %s, 'cashier_lead', true)"
    state, _, _ = attempt(admin, grant, two.north.clinic, me)
    assert state == "", "who is alone must be able to"
    with two.owner() as owner:
        owner.execute("SELECT cd.set_role(%s, 'admin')", (two.north.users["nurse"],))
        try:
            assert attempt(admin, grant, two.north.clinic, me)[0] == "CD012"
            assert attempt(admin, grant, two.north.clinic, two.north.users["nurse"])[0] == ""
            owner.execute("SELECT cd.set_active(%s, false)", (two.north.users["nurse"],))
            assert attempt(admin, grant, two.north.clinic, me)[0] == ""
        finally:
            owner.execute("SELECT cd.set_active(%s, true)", (two.north.users["nurse"],))
            owner.execute("SELECT cd.set_role(%s, 'nurse')", (two.north.users["nurse"],))


@pytest.mark.parametrize("role", OTHERS)
def test_the_clinic_lead_changes_settings_hours_and_holidays_of_the_own_clinic_only(
    two: TwoClinics, person, give, role
):
    north, south = two.north.clinic, two.south.clinic
    connection = person(role)
    setting = "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'x', '1')"
    holiday = "INSERT INTO clinic_holidays(clinic_id, day, name) VALUES (%s, '2099-05-01', 'x')"
    hours = "UPDATE clinics SET operating_hours = %s WHERE id = %s"
    assert attempt(connection, setting, north)[0] == "42501"
    assert attempt(connection, holiday, north)[0] == "42501"
    assert attempt(connection, hours, Jsonb({}), north)[2] == 0
    assert attempt(connection, "SELECT 1 FROM clinics FOR UPDATE")[2] == [], "no row of it can be held"
    give(role, "clinic_lead")
    assert attempt(connection, setting, north)[0] == ""
    assert attempt(connection, holiday, north)[0] == ""
    assert attempt(connection, hours, Jsonb({"mon": []}), north)[2] == 1
    for sql, values in (
        (setting, (south,)),
        (holiday, (south,)),
        (
            "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'care_relation_required', 'false')",
            (north,),
        ),
        (
            "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'sealed_charts', 'false')",
            (north,),
        ),
        ("UPDATE clinics SET name = 'x'", ()),
        ("UPDATE clinics SET id = gen_random_uuid()", ()),
        ("DELETE FROM clinic_settings", ()),
        ("UPDATE clinic_settings SET clinic_id = %s", (south,)),
        ("DELETE FROM clinic_holidays", ()),
        ("UPDATE doctor_availability SET end_time = '20:00'", ()),
        ("SELECT cd.set_role(%s, 'admin')", (two.north.users[role],)),
    ):
        assert attempt(connection, sql, *values)[0] == "42501", sql
    assert attempt(connection, hours, Jsonb({}), south)[2] == 0
    with two.owner() as owner:
        owner.execute("INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'care_relation_required', 'true')", (north,))  # fmt: skip
    loosen = "UPDATE clinic_settings SET value = 'false' WHERE key = 'care_relation_required'"
    assert attempt(connection, loosen)[2] == 0, "the lead does not loosen what guards charts"
    assert attempt(person("admin"), loosen)[2] == 1
    with two.owner() as owner:
        made = one(owner, f"{holiday} RETURNING id", south)
        mine = one(owner, f"{holiday} RETURNING id", north)
    assert attempt(connection, "SELECT cd.drop_holiday(%s)", made)[0] == "42501"
    assert attempt(connection, "SELECT cd.drop_holiday(%s)", mine)[0] == ""
    with two.owner() as owner:
        owner.execute("DELETE FROM staff_duties")
    assert attempt(connection, "SELECT cd.drop_holiday(%s)", mine)[0] == "42501", "taken away: at once"
    assert attempt(connection, hours, Jsonb({}), north)[2] == 0
    with two.owner() as owner:
        owner.execute("DELETE FROM clinic_holidays")
        owner.execute("DELETE FROM clinic_settings WHERE clinic_id = %s", (north,))


def test_the_privacy_officer_of_one_clinic_is_nobody_in_the_other(two: TwoClinics, person, give, in_both):
    """A nurse of both clinics with the duty in the north: what the south did stays the south's."""
    with two.owner() as owner:
        for house in (two.north, two.south):
            owner.execute(
                "INSERT INTO access_log(user_id, patient_id, action, purpose, emergency) VALUES (%s, %s, 'view', 'care', false)",
                (house.users["doctor"], house.ids["patient"]),
            )
            owner.execute(
                "INSERT INTO emergency_accesses(clinic_id, patient_id, user_id, cause, reason, expires_at) VALUES (%s, %s, %s, 'restricted', 'cover', now())",
                (house.clinic, house.ids["patient"], house.users["doctor"]),
            )
    nurse = person("nurse")
    access, review = "SELECT patient_id FROM cd.read_access('{}', NULL, 500)", "SELECT patient_id FROM cd.read_emergencies(false, 500)"  # fmt: skip
    assert attempt(nurse, access)[0] == "42501"
    assert attempt(nurse, review)[0] == "42501"
    assert attempt(nurse, "SELECT id FROM emergency_accesses")[2] == []
    give("nurse", "privacy_officer")
    north = {(two.north.ids["patient"],)}
    assert set(attempt(nurse, access)[2]) == north
    assert set(attempt(nurse, review)[2]) == north
    assert set(attempt(nurse, "SELECT patient_id FROM emergency_accesses")[2]) == north
    restrict = "SELECT cd.set_restricted(%s, true)"
    assert attempt(nurse, restrict, two.north.ids["patient"])[0] == ""
    assert attempt(nurse, restrict, two.south.ids["patient"])[0] == "42501"
    with two.owner() as owner:
        ids = dict(owner.execute("SELECT clinic_id, id FROM emergency_accesses").fetchall())
    assert attempt(nurse, "SELECT cd.review_emergency(%s, '')", ids[two.south.clinic])[0] == "42501"
    assert attempt(nurse, "SELECT cd.review_emergency(%s, '')", ids[two.north.clinic])[0] == ""
    assert attempt(nurse, "SELECT * FROM cd.read_audit('{}', NULL, 5)")[0] == "42501"
    assert one(nurse, "SELECT cd.has_duty('privacy_officer', %s)", two.north.clinic) is True
    assert one(nurse, "SELECT cd.has_duty('privacy_officer', %s)", two.south.clinic) is False
    assert one(nurse, "SELECT cd.has_duty('privacy_officer', NULL)") is False


def test_nobody_reviews_the_own_emergency_and_a_lone_officer_s_goes_to_the_administrators(
    two: TwoClinics, person, give
):
    """Spec 2.8: somebody else looks at it."""
    give("doctor", "privacy_officer")
    doctor, patient = person("doctor"), two.north.ids["patient"]
    with two.owner() as owner:
        owner.execute("UPDATE patients SET restricted = true WHERE user_id = %s", (patient,))
        try:
            doctor.execute("SELECT cd.break_glass(%s, 'cover', '')", (patient,))
            mine = one(owner, "SELECT id FROM emergency_accesses WHERE user_id = %s ORDER BY broken_at DESC LIMIT 1", two.north.users["doctor"])  # fmt: skip
            told = owner.execute("SELECT user_id FROM notifications WHERE event = 'emergency_access' AND data ->> 'emergency_access' = %s", (str(mine),)).fetchall()  # fmt: skip
        finally:
            owner.execute("UPDATE patients SET restricted = false WHERE user_id = %s", (patient,))
    assert told == [(two.north.users["admin"],)]
    assert attempt(doctor, "SELECT cd.review_emergency(%s, '')", mine)[0] == "42501"
    assert attempt(person("admin"), "SELECT cd.review_emergency(%s, '')", mine)[0] == ""


@pytest.mark.parametrize("duty", list(Duty))
def test_a_duty_ends_with_the_account_and_with_the_place_of_work(two: TwoClinics, person, give, duty):
    give("pharmacist", duty)
    connection, user = person("pharmacist"), two.north.users["pharmacist"]
    connection.execute(f"PREPARE held AS SELECT cd.has_duty('{duty}'), cd.my_duties()")
    assert connection.execute("EXECUTE held").fetchone() == (True, [duty])
    with two.owner() as owner:
        for off, on in (
            ("UPDATE clinic_staff SET is_active = false WHERE user_id = %s", "UPDATE clinic_staff SET is_active = true WHERE user_id = %s"),
            ("UPDATE users SET status = 'inactive' WHERE id = %s", "UPDATE users SET status = 'active' WHERE id = %s"),
        ):  # fmt: skip
            owner.execute(off, (user,))
            assert connection.execute("EXECUTE held").fetchone() == (False, [])
            owner.execute(on, (user,))
            assert connection.execute("EXECUTE held").fetchone() == (True, [duty])


@pytest.mark.parametrize("role", ROLES)
def test_spec_2_8_nobody_takes_away_the_own_family(two: TwoClinics, person, role):
    connection, me, patient = person(role), two.north.users[role], two.north.ids["patient"]
    assert attempt(connection, "SELECT cd.set_relative(%s, %s, 'family')", me, patient)[0] == ""
    assert attempt(connection, "SELECT cd.set_relative(%s, %s, NULL)", me, patient)[0] == "CD012"
    assert (
        attempt(connection, "SELECT cd.set_relative(%s, %s, 'family')", me, two.south.ids["patient"])[0]
        == "42501"
    )
    other = two.north.users["doctor" if role != "doctor" else "nurse"]
    expected = "" if role == "admin" else "42501"
    assert attempt(connection, "SELECT cd.set_relative(%s, %s, 'family')", other, patient)[0] == expected
    assert attempt(connection, "SELECT cd.set_relative(%s, %s, 'self')", two.south.users["doctor"], patient)[0] == "42501"  # fmt: skip
    assert attempt(connection, "INSERT INTO staff_relatives(user_id, patient_id, relation) VALUES (%s, %s, 'self')", me, patient)[0] == "42501"  # fmt: skip
