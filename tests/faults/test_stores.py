"""Each store cut, slow and silent behind a proxy: what the status bar says, that the window lives, and the way back."""

import random
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer

from clinicdesk.bootstrap import Core
from clinicdesk.domain.stores import Pulse, Standing, Standings
from clinicdesk.repositories import changes
from clinicdesk.repositories.patience import LONGEST, waits
from clinicdesk.settings import Deployment
from tests.faults.proxy import Fault, FaultProxy
from tests.small_clinic import PASSWORD, STAFF
from ui import theme
from ui.seat import Seat
from ui.tasks import TaskRunner

DOWN = {
    "postgres": "Nothing can be saved: database cannot be reached",
    "mongo": "Charts unavailable: document server down",
    "redis": "No presence: cache down",
}
SLOW = {
    "postgres": "The database answers slowly",
    "mongo": "Charts open slowly",
    "redis": "Presence comes late",
}
NOTICED, BACK = 14_000, 5.0
GAP = 0.1
"""Seconds: the longest time that the window may stand still."""


class Heart:
    """Beats on the GUI thread; the longest pause is the longest time it stood still."""

    def __init__(self):
        self.longest, self._last = 0.0, time.monotonic()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)

    def _beat(self):
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now

    def stop(self):
        self._timer.stop()


def through(deployment: Deployment, store: str, port: int) -> Deployment:
    section = {"postgres": "postgres", "mongo": "documents", "redis": "cache"}[store]
    settings = replace(getattr(deployment, section), hosts=f"127.0.0.1:{port}")
    return replace(deployment, **{section: settings})


@pytest.fixture
def line(qapp, qtbot, clinic, monkeypatch):
    """``line(store)``: a doctor's seat with a faulty line to that store."""
    theme.apply(qapp, dark=False)
    monkeypatch.setattr(changes, "LOOK_EVERY", 1.0)  # noticed sooner; the way back is the product's own
    made: list[tuple[FaultProxy, Seat, TaskRunner]] = []

    def build(store):
        settings = {"postgres": "postgres", "mongo": "documents", "redis": "cache"}[store]
        host, _, port = getattr(clinic.deployment, settings).hosts.rpartition(":")
        proxy = FaultProxy(host, int(port))
        session = Core(through(clinic.deployment, store, proxy.port), seat="pc-1").sign_in(
            STAFF["doctor"][0], PASSWORD
        )
        clinic.sessions.append(session)
        tasks = TaskRunner()
        seat = Seat(session, tasks)
        seat.show()
        made.append((proxy, seat, tasks))
        qtbot.waitUntil(tasks.idle, timeout=8000)
        qtbot.waitUntil(lambda: seat.shell._store_text.text() == "All connected", timeout=8000)
        return proxy, seat

    yield build
    for proxy, seat, tasks in made:
        proxy.fail(Fault.NONE)
        seat.close()
        qtbot.waitUntil(tasks.idle, timeout=20_000)
        tasks.close()
        proxy.__exit__()


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.SILENT, Fault.STALL, Fault.HALF_OPEN])
@pytest.mark.parametrize("store", ["postgres", "mongo", "redis"])
def test_a_store_that_fails_is_said_and_found_again(line, qtbot, store, fault):
    proxy, seat = line(store)
    text = seat.shell._store_text
    heart = Heart()
    proxy.fail(fault)
    seat.desk.stores.look()
    seat.news.announce("")  # somebody asks for data meanwhile
    qtbot.waitUntil(lambda: text.text().startswith(DOWN[store]), timeout=NOTICED)
    assert seat.shell.banner.isVisible() is (store != "redis")
    if store == "postgres":
        assert "screen as of" in text.text()
    proxy.fail(Fault.NONE)
    back = time.monotonic()
    qtbot.waitUntil(lambda: text.text() == "All connected", timeout=NOTICED)
    took = time.monotonic() - back
    heart.stop()
    assert took < BACK, f"{store}, {fault}: back after {took:.1f} s"
    assert heart.longest < GAP, f"{store}, {fault}: still for {heart.longest * 1000:.0f} ms"
    assert not seat.shell.banner.isVisible()


@pytest.mark.parametrize("store", ["postgres", "mongo", "redis"])
def test_a_slow_line_is_said_and_work_goes_on(line, qtbot, store):
    proxy, seat = line(store)
    heart = Heart()
    proxy.delay = 0.3 if store != "redis" else 0.2  # each way
    seat.desk.stores.look()
    qtbot.waitUntil(lambda: seat.shell._store_text.text() == SLOW[store], timeout=25_000)
    seat.desk.scheduling.day_sheet(seat.desk.scheduling.clock()[0])
    proxy.delay = 0.0
    seat.desk.stores.look()
    qtbot.waitUntil(lambda: seat.shell._store_text.text() == "All connected", timeout=12_000)
    heart.stop()


def test_a_database_that_takes_no_changes_is_said(line, qtbot, clinic):
    _, seat = line("postgres")
    with clinic.owner() as owner:
        name = clinic.addresses.postgres.rpartition("/")[2]
        owner.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    qtbot.waitUntil(lambda: "read-only" in seat.shell._store_text.text(), timeout=NOTICED)
    assert "Everything can be read" in seat.shell.banner.text()


def test_one_slow_answer_is_chance_two_are_a_state():
    known = Standings()
    slow, up, down = (Pulse("redis", one) for one in (Standing.SLOW, Standing.UP, Standing.DOWN))
    assert [known.take(one)[1] for one in (up, slow, up, slow, slow, up, down, slow)] == [
        Standing.UP, Standing.UP, Standing.UP, Standing.UP, Standing.SLOW, Standing.UP, Standing.DOWN, Standing.UP,
    ]  # fmt: skip


def test_tries_grow_rarer_with_chance_and_never_rarer_than_two_seconds():
    random.seed(1)
    seats = [list(zip(range(12), waits(), strict=False)) for _ in range(50)]
    firsts = {round(seat[0][1], 4) for seat in seats}
    assert len(firsts) > 40  # fifty seats do not come at once
    assert all(pause <= LONGEST for seat in seats for _, pause in seat)
    assert all(seat[9][1] >= LONGEST / 2 for seat in seats)
