"""The connections of one person: replaced unseen when they broke, never more than allowed, closed for good."""

import threading

import psycopg
import pytest

from clinicdesk.domain.errors import StoreUnavailable, TookTooLong
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.refusals import StoreBug
from clinicdesk.repositories.work import WorkFactory, _prepared

PID = "SELECT pg_backend_pid()"


@pytest.fixture
def pool(clinic):
    made = Connections(lambda: psycopg.connect(clinic.addresses.postgres), most=2, patience=0.2)
    yield made
    made.retire()


def test_a_connection_is_kept_and_a_broken_one_is_replaced(clinic, pool):
    work_on = WorkFactory(pool)
    with work_on() as work:
        first = work.value(PID)
    with work_on() as work:
        assert work.value(PID) == first
    with clinic.owner() as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 2000)", (first,))
    with work_on() as work:
        assert work.value(PID) != first


def test_work_is_committed_or_rolled_back_as_a_whole(clinic, pool):
    work_on = WorkFactory(pool)
    with work_on() as work:
        work.run("CREATE TABLE kept(n integer CHECK (n < 5))")
        assert work.run("INSERT INTO kept VALUES (:one), (:two)", one=1, two=2) == 2
    with pytest.raises(StoreBug), work_on() as work:
        assert work.run("DELETE FROM kept") + work.run("INSERT INTO kept VALUES (9)")
    with work_on() as work:
        assert work.all("SELECT n, n * 2 AS double FROM kept ORDER BY n") == [
            {"n": 1, "double": 2},
            {"n": 2, "double": 4},
        ]
        assert (
            work.first("SELECT n FROM kept WHERE n = 9"),
            work.value("SELECT n FROM kept WHERE n = 9"),
        ) == (None, None)


def test_waiting_for_a_connection_ends(pool):
    with pool.transaction(), pool.transaction(), pytest.raises(TookTooLong), pool.transaction():
        pytest.fail("a third one")
    with pool.transaction(), pool.transaction() as link:
        assert link.execute(PID).fetchone()


def test_work_under_way_ends_by_itself_and_nothing_new_begins(pool):
    began, go, said = threading.Event(), threading.Event(), []

    def at_work():
        with pool.transaction() as link:
            began.set()
            go.wait(5)
            said.append(link.execute("SELECT 1").fetchone())
        said.append(link.closed)

    thread = threading.Thread(target=at_work)
    thread.start()
    began.wait(5)
    pool.retire()
    with pytest.raises(StoreUnavailable), pool.transaction():
        pytest.fail("after the end")
    go.set()
    thread.join()
    assert said == [(1,), True]


def test_a_server_that_does_not_answer_is_an_outage():
    nowhere = WorkFactory(Connections(lambda: psycopg.connect("host=127.0.0.1 port=1 connect_timeout=1")))
    with pytest.raises(StoreUnavailable), nowhere():
        pytest.fail("no server")


@pytest.mark.parametrize(
    ("ours", "drivers"),
    [
        ("WHERE id = :id AND x = :id", "WHERE id = %(id)s AND x = %(id)s"),
        ("CAST(:a AS uuid), b::text, 'HH24:MI:SS'", "CAST(%(a)s AS uuid), b::text, 'HH24:MI:SS'"),
        ("LIKE 'a%' || :b", "LIKE 'a%%' || %(b)s"),
        ("ARRAY[:first,:last]", "ARRAY[%(first)s,%(last)s]"),
    ],
)
def test_names_become_the_drivers(ours, drivers):
    assert _prepared(ours).decode() == drivers
