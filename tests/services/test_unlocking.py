"""Lock, unlock, PIN and the own password, without a window."""

import time

import pytest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import InvalidField, StoreUnavailable, WrongPassword
from clinicdesk.services.unlocking import TRIES, OwnPassword, PinVault, SeatLocked, WrongPin
from tests.small_clinic import PASSWORD, STAFF

NEW = "eleven loud cranes"


def test_a_pin_opens_what_it_wrapped_and_nothing_shows_it():
    vault = PinVault()
    assert not vault.is_set()
    vault.set_pin("4071", PASSWORD)
    assert vault.open("4071") == PASSWORD
    assert PASSWORD not in repr(vault)
    assert vault._wrapped is not None
    assert PASSWORD.encode() not in vault._wrapped
    short = PinVault()
    short.set_pin("4071", "x" * 10)
    assert short._wrapped is not None
    assert len(short._wrapped) == len(vault._wrapped)


def test_five_wrong_tries_leave_only_the_password():
    vault = PinVault()
    vault.set_pin("4071", PASSWORD)
    for left in range(TRIES - 1, -1, -1):
        with pytest.raises(WrongPin) as wrong:
            vault.open("4072")
        assert wrong.value.args == (left,)
    assert not vault.is_set()
    with pytest.raises(WrongPin):
        vault.open("4071")


def test_a_right_pin_gives_the_tries_back():
    vault = PinVault()
    vault.set_pin("4071", PASSWORD)
    for _ in range(TRIES - 1):
        with pytest.raises(WrongPin):
            vault.open("1379")
    vault.open("4071")
    with pytest.raises(WrongPin) as wrong:
        vault.open("1379")
    assert wrong.value.args == (TRIES - 1,)


def test_a_pin_is_checked_and_needs_a_password():
    with pytest.raises(InvalidField):
        PinVault().set_pin("1234", PASSWORD)
    with pytest.raises(SeatLocked):
        PinVault().set_pin("4071", "")


def test_a_locked_session_holds_no_connection_and_no_password(clinic):
    session = clinic.sign_in("doctor")
    desk = desk_of(session)
    session.changes.start(lambda *_: None)
    time.sleep(0.2)
    session.lock()
    assert session.secret() == ""
    with clinic.owner() as owner:
        open_now = owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = cd.login_name(%s) AND datname = current_database()",
            (STAFF["doctor"][0],),
        ).fetchone()
    assert open_now == (0,)
    with pytest.raises(StoreUnavailable):
        desk.patients.search("Ade", 5)
    session.resume(clinic.core().sign_in(STAFF["doctor"][0], PASSWORD))
    assert desk.patients.search("Adebayo", 5)
    assert session.secret() == PASSWORD


def test_a_locked_seat_forgets_the_keys_of_all_stores_and_takes_them_again(clinic):
    session = clinic.sign_in("doctor")
    desk = desk_of(session)
    secrets = [key.secret for key in session.signed_in.credentials.values()]
    assert len(secrets) == 2
    desk.charts.ping()
    assert desk.upkeep.run().redis is True
    desk.charts.keys._known[session.actor.user_id] = {("p", "c"): b"k" * 32}
    session.lock()
    assert (session.documents_uri, session.cache_uri, session.signed_in.credentials) == (None, None, {})
    assert desk.charts.keys._known == {}
    held = "".join(
        repr(one) for one in (*vars(desk.charts._documents).items(), *vars(desk.upkeep._board).items())
    )
    assert not any(secret in held for secret in secrets)
    with pytest.raises(StoreUnavailable):
        desk.charts.ping()
    assert desk.upkeep.run().redis is False
    fresh = clinic.core().sign_in(STAFF["doctor"][0], PASSWORD)
    assert session.fits(fresh)
    session.resume(fresh)
    desk.charts.ping()
    assert desk.upkeep.run().redis is True
    desk.upkeep.leave()
    session.close()
    with pytest.raises(StoreUnavailable):
        desk.charts.ping()


def test_only_the_same_person_in_the_same_role_fits(clinic):
    session = clinic.sign_in("doctor")
    assert session.fits(clinic.sign_in("doctor"))
    assert not session.fits(clinic.sign_in("doctor2"))


def test_a_pin_brings_a_locked_session_back(clinic):
    session = clinic.sign_in("nurse")
    desk = desk_of(session)
    vault = PinVault()
    vault.set_pin("4071", session.secret())
    for _ in range(2):
        session.lock()
        assert session.secret() == ""
        fresh = clinic.core().sign_in(STAFF["nurse"][0], vault.open("4071"))
        assert session.fits(fresh)
        session.resume(fresh)
        assert desk.patients.search("Adebayo", 5)


def own_password(session):
    desk = desk_of(session)
    rewrap = desk.prescribing.rewrap_key if session.actor.may("prescriptions.write") else None
    return desk, OwnPassword(
        session.secret,
        session.change_password,
        rewrap=rewrap,
        personal=(session.actor.name, session.actor.email),
        common=frozenset({"qwertyuiop"}),
    )


def test_a_doctors_signing_key_stays_readable_after_the_change(clinic):
    session = clinic.sign_in("doctor")
    desk, own = own_password(session)
    kid = desk.prescribing._keys.renew().kid
    assert own.change(NEW)
    assert desk.prescribing._keys.unlocked().kid == kid
    again = clinic.core().sign_in(STAFF["doctor"][0], NEW)
    own.change(PASSWORD)
    again.close()


def test_an_outage_between_password_and_key_is_made_good_by_trying_again(clinic):
    session = clinic.sign_in("doctor")
    desk, _ = own_password(session)
    kid = desk.prescribing._keys.renew().kid
    failures = [StoreUnavailable("postgres")]

    def rewrap(old: str) -> None:
        if failures:
            raise failures.pop()
        desk.prescribing.rewrap_key(old)

    own = OwnPassword(session.secret, session.change_password, rewrap=rewrap, personal=(), common=())
    with pytest.raises(StoreUnavailable):
        own.change(NEW)
    assert own.change(NEW)
    assert desk.prescribing._keys.unlocked().kid == kid
    own.change(PASSWORD)


def test_later_connections_use_the_new_password(clinic):
    session = clinic.sign_in("pharmacist")
    session.change_password(NEW)
    with session.open_work() as one, session.open_work() as two, session.open_work() as three:
        assert {work.value("SELECT cd.my_role()") for work in (one, two, three)} == {"pharmacist"}
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(STAFF["pharmacist"][0], PASSWORD)
    session.change_password(PASSWORD)


def test_what_is_wrong_with_the_fields_is_said_by_field(clinic):
    session = clinic.sign_in("nurse")
    _, own = own_password(session)
    assert [(p.field, p.rule) for p in own.problems("guess", "short", "other")] == [
        ("old", "password_wrong"),
        ("password", "password_short"),
        ("again", "mismatch"),
    ]
    assert [p.rule for p in own.problems(None, PASSWORD, PASSWORD)] == ["password_same"]
    assert [p.rule for p in own.problems(PASSWORD, "qwertyuiop", "qwertyuiop")] == ["password_common"]
    assert [p.rule for p in own.problems(PASSWORD, "hauwa on a hill", "hauwa on a hill")] == [
        "password_personal"
    ]
    assert own.problems(PASSWORD, NEW, NEW) == []


def test_a_connection_at_work_while_the_seat_locks_closes_when_it_comes_back(clinic):
    session = clinic.sign_in("nurse")
    with session.open_work() as work:
        session.lock()
        assert work.value("SELECT cd.my_role()") == "nurse"
    with clinic.owner() as owner:
        left = owner.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = cd.login_name(%s) AND datname = current_database()",
            (STAFF["nurse"][0],),
        ).fetchone()
    assert left == (0,)
