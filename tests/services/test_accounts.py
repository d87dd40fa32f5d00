"""Accounts by an administrator, against the real server."""

import time
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from clinicdesk.domain.access import DUTIES
from clinicdesk.domain.errors import InvalidField, NotAllowed, StoreUnavailable, WrongPassword
from clinicdesk.domain.people import Role
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.staff import one_time_password, scram_verifier
from clinicdesk.services.accounts import Accounts
from tests.small_clinic import PASSWORD, STAFF


@pytest.fixture
def accounts(clinic):
    session = clinic.sign_in("admin")
    return Accounts(session.open_work, session.actor, session.now)


@pytest.fixture
def hired(clinic, accounts):
    """``hired("nurse")`` -> what was handed over; the login is dropped again: it belongs to the server."""
    made = []

    def hire(role="nurse"):
        email = f"new{uuid4().hex[:10]}@test.invalid"
        found = accounts.create(email, "Ifeoma", "Ude", role=Role(role))
        made.append(login_name(email))
        return found

    yield hire
    with clinic.owner() as owner:
        for name in made:
            owner.execute(f'DROP ROLE IF EXISTS "{name}"')


def of(accounts, who):
    email = who if "@" in who else STAFF[who][0]
    return next(one for one in accounts.staff() if one.email == email)


def test_the_list_shows_role_state_and_last_sign_in(clinic, accounts):
    clinic.sign_in("nurse")
    found = {one.email: one for one in accounts.staff()}
    assert len(found) == len(STAFF)
    nurse, doctor = found[STAFF["nurse"][0]], found[STAFF["doctor"][0]]
    assert (nurse.role, nurse.state, nurse.name) == (Role.NURSE, "active", "Hauwa Sani")
    assert nurse.connections > 0
    assert (doctor.state, doctor.last_login, doctor.duties) == ("new", None, frozenset())


def test_a_new_account_signs_in_with_the_one_time_password_and_must_change_it(clinic, accounts, hired):
    given = hired()
    session = clinic.core().sign_in(given.email, given.password)
    assert session.actor.must_change_password
    assert session.actor.role is Role.NURSE
    session.close()
    assert given.password not in repr(given)


def test_the_verifier_is_the_server_s_own_kind():
    password = one_time_password()
    assert len(password) == 19
    assert scram_verifier(password) != scram_verifier(password)
    with pytest.raises(UnicodeEncodeError):
        scram_verifier("ẹja")


@pytest.mark.parametrize(
    ("email", "first", "last", "field", "rule"),
    [
        ("", "A", "B", "email", "required"),
        ("ada", "A", "B", "email", "email"),
        ("ọlá@test.invalid", "A", "B", "email", "email"),
        (STAFF["nurse"][0], "A", "B", "email", "taken"),
        ("x@test.invalid", " ", "B", "first_name", "required"),
        ("x@test.invalid", "A", "B" * 101, "last_name", "too_long"),
    ],
)
def test_wrong_fields_are_named(accounts, email, first, last, field, rule):
    with pytest.raises(InvalidField) as refusal:
        accounts.create(email, first, last, role=Role.NURSE)
    assert (refusal.value.field, refusal.value.rule) == (field, rule)


def test_a_reset_password_replaces_the_old_one_and_ends_the_sessions(clinic, accounts, hired):
    given = hired()
    account = of(accounts, given.email)
    open_one = clinic.core().sign_in(given.email, given.password)
    fresh = accounts.reset_password(account)
    with pytest.raises(StoreUnavailable), open_one.open_work() as work:
        work.value("SELECT 1")
    open_one.close()
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(given.email, given.password)
    clinic.core().sign_in(given.email, fresh.password).close()


def test_a_disabled_account_looks_like_a_wrong_password_and_comes_back(clinic, accounts, hired):
    given = hired()
    account = of(accounts, given.email)
    accounts.set_active(account, active=False)
    assert of(accounts, given.email).state == "disabled"
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(given.email, given.password)
    accounts.set_active(account, active=True)
    clinic.core().sign_in(given.email, given.password).close()


def test_a_role_holds_at_once(clinic, accounts, hired):
    given = hired("receptionist")
    accounts.set_role(of(accounts, given.email), Role.PHARMACIST)
    session = clinic.core().sign_in(given.email, given.password)
    assert session.actor.role is Role.PHARMACIST
    session.close()


def test_a_changed_address_keeps_the_password_and_the_past(clinic, accounts, hired):
    given = hired()
    clinic.core().sign_in(given.email, given.password).close()
    fresh = f"moved{uuid4().hex[:8]}@test.invalid"
    accounts.change_email(of(accounts, given.email), fresh)
    session = clinic.core().sign_in(fresh, given.password)
    with clinic.owner() as owner:
        rows = owner.execute(
            "SELECT count(*) FROM audit_log WHERE op = 'L' AND new ->> 'event' = 'signed_in' AND cd.login_of(login_role) = %s",
            (session.actor.user_id,),
        ).fetchone()
        session.close()
        owner.execute(f'DROP ROLE IF EXISTS "{login_name(fresh)}"')
    assert rows == (2,)


def test_nobody_changes_the_own_account(accounts):
    own = of(accounts, "admin")
    for act in (
        lambda: accounts.set_role(own, Role.DOCTOR),
        lambda: accounts.set_active(own, active=False),
        lambda: accounts.reset_password(own),
        lambda: accounts.change_email(own, "x@test.invalid"),
        lambda: accounts.end_sessions(own),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("who", ["doctor", "nurse", "receptionist", "pharmacist"])
def test_only_administrators_manage_accounts(clinic, accounts, who):
    session = clinic.sign_in(who)
    service = Accounts(session.open_work, session.actor, session.now)
    with pytest.raises(NotAllowed):
        service.staff()
    for sql in ("SELECT * FROM cd.staff_accounts()", "SELECT cd.set_duty(NULL, NULL, 'records', true)"):
        with pytest.raises(NotAllowed), session.open_work() as work:
            work.all(sql)


def test_accounts_of_other_clinics_are_out_of_reach(clinic, accounts, hired):
    given = hired()
    account = of(accounts, given.email)
    with clinic.owner() as owner:
        other = owner.execute(
            "INSERT INTO clinics(name, address) VALUES ('Other', '{}') RETURNING id"
        ).fetchone()[0]
        owner.execute("UPDATE clinic_staff SET clinic_id = %s WHERE user_id = %s", (other, given.user_id))
    assert given.email not in {one.email for one in accounts.staff()}
    for act in (
        lambda: accounts.reset_password(account),
        lambda: accounts.set_role(account, Role.ADMIN),
        lambda: accounts.set_active(account, active=False),
        lambda: accounts.change_email(account, "x9@test.invalid"),
        lambda: accounts.unlock(account),
        lambda: accounts.end_sessions(account),
        lambda: accounts.set_duty(account, "records", held=True),
        lambda: accounts.create("y9@test.invalid", "A", "B", role=Role.ADMIN, clinics=(other,)),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_lockout_is_seen_and_cleared_at_once_and_is_in_the_audit(clinic, accounts, hired):
    given = hired()
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO cd.login_failures SELECT now(), %s, '127.0.0.1' FROM generate_series(1, 8)",
            (login_name(given.email),),
        )
    locked = of(accounts, given.email)
    assert (locked.state, locked.failures) == ("locked", 8)
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(given.email, given.password)
    accounts.unlock(locked)
    assert of(accounts, given.email).state == "new"
    clinic.core().sign_in(given.email, given.password).close()
    with clinic.owner() as owner:
        events = owner.execute(
            "SELECT new ->> 'event', count(*) FROM audit_log WHERE op = 'L' AND row_id = %s GROUP BY 1",
            (str(given.user_id),),
        ).fetchall()
    assert dict(events) | {"sign_in_failed": 8} == {
        "sign_in_failed": 8, "locked_out": 1, "lock_ended": 1, "signed_in": 1,
    }  # fmt: skip


def test_a_duty_is_given_shown_and_taken_and_each_is_in_the_audit(clinic, accounts):
    for duty in DUTIES:
        accounts.set_duty(of(accounts, "nurse"), duty, held=True)
    assert of(accounts, "nurse").duties == frozenset(DUTIES)
    accounts.set_duty(of(accounts, "nurse"), "records", held=False)
    assert "records" not in of(accounts, "nurse").duties
    with pytest.raises(InvalidField):
        accounts.set_duty(of(accounts, "nurse"), "king", held=True)
    nurse = clinic.sign_in("nurse")
    with pytest.raises(NotAllowed), nurse.open_work() as work:
        work.run(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT clinic_id, user_id, 'records' FROM staff_duties"
        )
    with clinic.owner() as owner:
        rows = owner.execute(
            "SELECT op, count(*) FROM audit_log WHERE tab = 'staff_duties' GROUP BY 1"
        ).fetchall()
    assert dict(rows) == {"I": 5, "D": 1}


def test_ending_the_sessions_cuts_the_connections(clinic, accounts, hired):
    given = hired()
    session = clinic.core().sign_in(given.email, given.password)
    account = of(accounts, given.email)
    assert account.connections == 1
    assert accounts.end_sessions(account) == 1
    session.close()
    deadline = time.monotonic() + 5  # the server takes a moment to see that a cut connection ended
    while of(accounts, given.email).connections and time.monotonic() < deadline:
        time.sleep(0.02)
    assert accounts.end_sessions(replace(account, connections=0)) == 0


def test_the_first_password_is_not_in_any_table(clinic, accounts, hired):
    given = hired()
    with clinic.owner() as owner, psycopg.ClientCursor(owner) as cursor:
        for table in ("users", "user_profiles", "audit_log", "clinic_staff"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", (f"%{given.password}%",))
            assert cursor.fetchone() == (0,)
    assert given.password != PASSWORD
