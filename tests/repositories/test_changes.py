"""The change feed: every committed change is told, once, whoever made it and whatever broke (issue: change feed)."""

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from clinicdesk.domain.own_changes import gathered
from clinicdesk.domain.stores import Standing
from clinicdesk.repositories import changes
from clinicdesk.repositories.changes import ChangeFeed

ROOM = "INSERT INTO rooms(clinic_id, name) VALUES (%s, %s) RETURNING id"


class Heard:
    def __init__(self):
        self.news: list[Any] = []
        self.states: list[bool] = []
        self.pulses: list[Any] = []
        self.session: Any = None

    def tell(self, topic, row, number):
        self.news.append((topic, row, number))

    def rows(self, topic="setup"):
        return [row for said, row, _ in self.news if said == topic]


def wait_for(holds, seconds=8.0):
    last = time.monotonic() + seconds
    while not holds() and time.monotonic() < last:
        time.sleep(0.01)
    return holds()


@pytest.fixture
def feed(clinic, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_EVERY", 0.3)
    session, heard = clinic.sign_in("receptionist"), Heard()
    session.listen(heard.tell, heard.states.append, heard.pulses.append)
    assert wait_for(lambda: heard.states == [True])
    heard.session = session
    return heard


def add_room(owner, clinic, name):
    return str(owner.execute(ROOM, (clinic.small.clinic, name)).fetchone()[0])


def test_raw_sql_is_told_once_and_the_writer_knows_its_own(clinic, feed):
    with clinic.owner() as owner:
        room = add_room(owner, clinic, "Raw")
        assert wait_for(lambda: feed.rows() == [room])
    assert [topic for topic, _, _ in feed.news] == ["", "setup"]
    made: list[int] = []
    with gathered(made), feed.session.open_work() as work:
        work.run(
            "INSERT INTO waiting_list(clinic_id, patient_id, latest) VALUES (:clinic, :patient, current_date)",
            clinic=clinic.small.clinic,
            patient=clinic.small.patients[0],
        )
    assert wait_for(lambda: feed.rows("waiting"))
    assert [number for topic, _, number in feed.news if topic == "waiting"] == made  # the writer knows it
    time.sleep(0.8)  # two looks find nothing that was not told already
    assert len(feed.news) == 3
    assert {pulse.standing for pulse in feed.pulses} <= {Standing.UP, Standing.SLOW}


def test_what_was_committed_while_the_line_was_cut_is_told_on_return(clinic, feed):
    """Also the change of a transaction that began before the cut and ended after later ones."""
    slow = psycopg.connect(clinic.addresses.postgres)
    late = add_room(slow, clinic, "Late")
    with clinic.owner() as owner:
        before = add_room(owner, clinic, "Before")
        assert wait_for(lambda: before in feed.rows())
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clinicdesk-feed'"
        )
        missed = [add_room(owner, clinic, f"Missed {number}") for number in range(20)]
        slow.commit()
        slow.close()
        assert wait_for(lambda: set(feed.rows()) == {before, late, *missed})
    assert feed.states[-1] is True
    time.sleep(0.7)
    assert sorted(feed.rows()) == sorted([before, late, *missed])  # each once
    assert feed.news.count(("", "", 0)) == 1  # nothing had to be read on suspicion


def test_a_change_without_a_notice_is_found_by_its_number(clinic, feed):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO change_feed(clinic_id, topic, row_id, op) VALUES (%s, 'setup', %s, 'U')",
            (clinic.small.clinic, str(UUID(int=7))),
        )
        assert wait_for(lambda: feed.rows() == [str(UUID(int=7))])


def test_a_forged_notice_hides_nothing(clinic, feed):
    """Anybody may NOTIFY: numbers of changes that do not exist yet keep no real one from being told."""
    with clinic.owner() as owner:
        last = int(owner.execute("SELECT coalesce(max(seq), 0) FROM change_feed").fetchone()[0])
        for number in range(last + 1, last + 9):
            owner.execute(f"NOTIFY \"cd_{clinic.small.clinic.hex}\", 'setup {UUID(int=9)} pc-6 {number}'")
        room = add_room(owner, clinic, "Real")
        assert wait_for(lambda: room in feed.rows())


def test_after_a_very_long_gap_everything_is_read_again(clinic, feed, monkeypatch):
    monkeypatch.setattr(changes, "KEPT", timedelta(0))
    assert wait_for(lambda: feed.news.count(("", "", 0)) >= 2)


def test_another_clinic_s_changes_are_not_told(clinic, feed):
    with clinic.owner() as owner:
        other = owner.execute(
            "INSERT INTO clinics(name, address, phone, email, timezone) "
            "SELECT 'Other', address, phone, email, timezone FROM clinics LIMIT 1 RETURNING id"
        ).fetchone()[0]
        owner.execute(ROOM, (other, "Theirs"))
        mine = add_room(owner, clinic, "Mine")
    assert wait_for(lambda: mine in feed.rows())
    time.sleep(0.7)
    assert feed.rows() == [mine]


@pytest.mark.parametrize(
    ("sql", "topic"),
    [
        ("UPDATE user_profiles SET first_name = 'Bisi' WHERE user_id = %(patient)s", "patients"),
        ("INSERT INTO contact_points(user_id, kind, value) VALUES (%(patient)s, 'phone', '08031112233')", "patients"),
        ("UPDATE medications SET name = name", "setup"),
        ("TRUNCATE waiting_list CASCADE", "waiting"),
        ("UPDATE inventory_items SET location = 'B2'", "stock"),
    ],
)  # fmt: skip
def test_what_screens_show_is_told_whatever_wrote_it(clinic, feed, sql, topic):
    with clinic.owner() as owner:
        owner.execute(sql, {"patient": clinic.small.patients[0]})
    assert wait_for(lambda: feed.rows(topic))


def test_a_silent_server_is_noticed_and_its_waiting_work_ended(clinic):
    """A server that accepts and never answers: the driver alone would wait for ever (security 8)."""
    session, heard = clinic.sign_in("receptionist"), Heard()
    failed = []
    silent = threading.Event()

    def connect():
        if silent.is_set():
            raise psycopg.OperationalError
        return session.links.line.connect()

    feed = ChangeFeed(connect, "cd_x")
    feed.start(
        heard.tell, heard.states.append, on_pulse=heard.pulses.append, on_silence=lambda: failed.append(1)
    )
    assert wait_for(lambda: heard.states == [True])
    silent.set()
    with clinic.owner() as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clinicdesk-feed'"
        )
    assert wait_for(lambda: failed and heard.pulses[-1].standing is Standing.DOWN)
    silent.clear()
    assert wait_for(lambda: heard.states[-1] is True, 5.0)
    feed.stop()
