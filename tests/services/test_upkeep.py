import time

import pytest
import redis

from clinicdesk.domain.errors import WrongPassword
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.services.upkeep import Health, Upkeep
from tests.lockout import forget_sessions
from tests.small_clinic import PASSWORD, STAFF


def board(session, uri=None):
    return SessionBoard(
        uri or session.cache_uri, prefix=session.cache_prefix, actor=session.actor, seat="pc-1"
    )


def test_each_role_writes_its_session_and_every_key_expires(clinic):
    forget_sessions(clinic)
    owner = redis.Redis.from_url(clinic.addresses.redis, protocol=2, decode_responses=True)
    for who in ("doctor", "nurse", "receptionist", "pharmacist", "admin"):
        session = clinic.sign_in(who)
        upkeep = Upkeep(session.open_work, board(session), session.now)
        health = upkeep.run()
        assert (health.postgres, health.redis) == (True, True)
        ids = owner.smembers(f"{session.cache_prefix}:usess:{session.actor.user_id}")
        live = [key for key in (f"{session.cache_prefix}:sess:{i!s}" for i in ids) if owner.exists(key)]
        assert len(live) == 1
        assert 0 < owner.ttl(live[0]) <= 900
        upkeep.leave()
        assert not owner.exists(live[0])
    owner.close()


def test_a_missing_cache_is_said_and_stops_nothing(clinic):
    session = clinic.sign_in("doctor")
    dead = board(session, "redis://nobody:x@127.0.0.1:9/0")
    found = Upkeep(session.open_work, dead, session.now).run()
    assert (found.postgres, found.redis) == (True, False)
    assert Upkeep(session.open_work, None, session.now).run().redis is None
    assert isinstance(found, Health)


def test_eight_failures_lock_an_account_but_not_those_at_work(clinic):
    with clinic.owner() as owner:
        if owner.execute("SELECT pg_current_logfile('csvlog')").fetchone()[0] is None:
            pytest.skip("this server writes no csvlog, which the lockout reads")
    working = clinic.sign_in("nurse")
    admin = clinic.sign_in("admin")
    for _ in range(8):
        with pytest.raises(WrongPassword):
            clinic.core().sign_in(STAFF["nurse"][0], "guess")
    upkeep = Upkeep(admin.open_work, None, admin.now)
    with clinic.owner() as owner:
        last = time.monotonic() + 30
        while not owner.execute("SELECT 1 FROM cd.lockouts").fetchall() and time.monotonic() < last:
            upkeep.run()  # each round reads what the server has written of its log by then
            time.sleep(0.05)
    with pytest.raises(WrongPassword):
        clinic.core().sign_in(STAFF["nurse"][0], PASSWORD)
    with working.open_work() as work:
        assert work.value("SELECT cd.my_role()") == "nurse"
    with admin.open_work() as work:
        work.value("SELECT cd.unlock(:user)", user=working.actor.user_id)
    clinic.core().sign_in(STAFF["nurse"][0], PASSWORD).close()
