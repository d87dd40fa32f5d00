"""Who sits where, and ending it: by the cache, and by the database alone."""

import threading
import time

import pytest

from clinicdesk.bootstrap import Loss
from clinicdesk.domain.errors import NotAllowed, StoreUnavailable
from clinicdesk.repositories.accounts import verifier
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.services.upkeep import IDLE_MINUTES, Upkeep
from tests.lockout import forget_failures, forget_sessions
from tests.small_clinic import PASSWORD, STAFF

DEAD = "redis://nobody:x@127.0.0.1:9/0"


def upkeep_of(session, seat="pc-1", uri=None):
    board = SessionBoard(
        uri or session.cache_uri, prefix=session.cache_prefix, actor=session.actor, seat=seat
    )
    return Upkeep(session.open_work, board, session.now)


def wait_for(holds, seconds=3.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def leaving(clinic):
    forget_failures(clinic)
    forget_sessions(clinic)
    made: list[Upkeep] = []
    yield made
    for upkeep in made:
        upkeep.leave()


def test_an_administrator_sees_who_works_where(clinic, leaving):
    admin, nurse = clinic.sign_in("admin"), clinic.sign_in("nurse", seat="pc-2")
    leaving += [upkeep_of(admin), upkeep_of(nurse, "pc-2"), upkeep_of(nurse, "pc-3")]
    for upkeep in leaving:
        upkeep.run()
    found = leaving[0].sessions()
    assert [(one.name, one.role, one.seat, one.own) for one in found] == [
        ("Ngozi Eze", "admin", "pc-1", True),
        ("Hauwa Sani", "nurse", "pc-2", False),
        ("Hauwa Sani", "nurse", "pc-3", False),
    ]
    assert all(one.since <= one.seen for one in found)
    leaving[2].leave()
    assert [one.seat for one in leaving[0].sessions()] == ["pc-1", "pc-2"]


def test_nobody_else_sees_or_ends_sessions(clinic, leaving):
    doctor = clinic.sign_in("doctor")
    leaving.append(upkeep_of(doctor))
    leaving[0].run()
    with pytest.raises(StoreUnavailable):
        leaving[0].sessions()
    with pytest.raises(NotAllowed):
        leaving[0].end_sessions(doctor.actor.user_id)


def test_a_seat_hears_its_sign_out_within_two_seconds_and_only_its_own(clinic, leaving):
    admin, nurse, doctor = clinic.sign_in("admin"), clinic.sign_in("nurse"), clinic.sign_in("doctor")
    leaving += [upkeep_of(admin), upkeep_of(nurse), upkeep_of(doctor)]
    heard, other = threading.Event(), threading.Event()
    leaving[1].listen(heard.set)
    leaving[2].listen(other.set)
    time.sleep(0.3)
    asked = time.monotonic()
    leaving[0].end_sessions(nurse.actor.user_id)
    assert heard.wait(2)
    assert time.monotonic() - asked < 2
    assert not other.wait(0.2)


def test_without_a_cache_listening_gives_no_error_and_ends_at_once(clinic, leaving):
    session = clinic.sign_in("nurse")
    leaving.append(upkeep_of(session, uri=DEAD))
    leaving[0].listen(lambda: None)
    assert leaving[0].run().redis is False
    with pytest.raises(StoreUnavailable):
        leaving[0].sessions()


@pytest.mark.parametrize("how", ["end", "disable", "reset"])
def test_without_a_cache_the_end_of_the_connections_says_it(clinic, leaving, how):
    admin, desk = clinic.sign_in("admin"), clinic.sign_in("receptionist2")
    leaving.append(upkeep_of(admin, uri=DEAD))
    states: list[bool] = []
    desk.changes.start(lambda *_: None, states.append)
    assert wait_for(lambda: states == [True])
    assert desk.loss() is Loss.OUTAGE
    asked = time.monotonic()
    if how == "end":
        assert leaving[0].end_sessions(desk.actor.user_id) >= 1
    else:
        with admin.open_work() as work:
            if how == "disable":
                work.value("SELECT cd.set_active(:user, false)", user=desk.actor.user_id)
            else:
                made = other_verifier(clinic)
                work.value("SELECT cd.reset_password(:user, :made)", user=desk.actor.user_id, made=made)
    assert wait_for(lambda: False in states, 2)
    assert desk.loss() is Loss.ENDED
    assert time.monotonic() - asked < 2
    restore(clinic, admin, desk)


def other_verifier(clinic, password="six wide rivers"):
    with clinic.owner() as owner:
        return verifier(owner, email=STAFF["receptionist2"][0], password=password)


def restore(clinic, admin, desk):
    """Logins belong to the server, which the next test uses too."""
    with admin.open_work() as work:
        work.value("SELECT cd.set_active(:user, true)", user=desk.actor.user_id)
        made = other_verifier(clinic, PASSWORD)
        work.value("SELECT cd.reset_password(:user, :made)", user=desk.actor.user_id, made=made)


def test_a_lost_connection_is_no_sign_out(clinic):
    nurse = clinic.sign_in("nurse")
    states: list[bool] = []
    nurse.changes.start(lambda *_: None, states.append)
    assert wait_for(lambda: states == [True])
    nurse.changes.stop()
    assert nurse.loss() is Loss.OUTAGE


def test_the_idle_time_is_the_clinics_and_nonsense_is_the_default(clinic):
    forget_failures(clinic)
    session = clinic.sign_in("receptionist")
    upkeep = Upkeep(session.open_work, None, session.now)
    for value, minutes in (("12", 12), ('"soon"', IDLE_MINUTES), ("0", IDLE_MINUTES), ("true", IDLE_MINUTES)):
        with clinic.owner() as owner:
            # what a database of an older release may hold
            owner.execute("ALTER TABLE clinic_settings DROP CONSTRAINT IF EXISTS clinic_settings_idle")
            owner.execute("DELETE FROM clinic_settings WHERE key = 'idle_lock_minutes'")
            owner.execute(
                "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'idle_lock_minutes', %s)",
                (clinic.small.clinic, value),
            )
        assert upkeep.run().idle_minutes == minutes


def test_the_upkeep_tells_a_changed_role(clinic):
    forget_failures(clinic)
    admin, nurse = clinic.sign_in("admin"), clinic.sign_in("nurse")
    upkeep = Upkeep(nurse.open_work, None, nurse.now)
    assert upkeep.run().role == "nurse"
    with admin.open_work() as work:
        work.value("SELECT cd.set_role(:user, 'pharmacist')", user=nurse.actor.user_id)
    assert (upkeep.run().role, upkeep.standing()[0]) == ("pharmacist", "pharmacist")
    with admin.open_work() as work:
        work.value("SELECT cd.set_role(:user, 'nurse')", user=nurse.actor.user_id)


def test_a_board_closed_in_the_middle_of_an_answer_is_an_outage(clinic):
    """Locking closes the board while another thread may be writing its entry."""
    forget_failures(clinic)
    session = clinic.sign_in("nurse")
    board = SessionBoard(session.cache_uri, prefix=session.cache_prefix, actor=session.actor, seat="pc-1")
    over, surprises = threading.Event(), []

    def beat() -> None:
        while not over.is_set():
            try:
                board.beat(session.now())
            except StoreUnavailable:
                continue
            except Exception as error:  # noqa: BLE001
                surprises.append(error)

    threads = [threading.Thread(target=beat) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(150):
        board.use(session.cache_uri)
        time.sleep(0.002)
        board.close()
    over.set()
    for thread in threads:
        thread.join()
    assert surprises == []
