"""Fifty seats on one clinic, 47 without windows: how soon a commit reaches them, and what they cost at rest."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication

from clinicdesk.bootstrap import Core
from clinicdesk.repositories.accounts import login_name
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, percentile
from ui import theme
from ui.screens.schedule import ScheduleView
from ui.seat import Seat
from ui.tasks import TaskRunner

HEADLESS, WINDOWS = 47, 3
CHANGES, EVERY, REST_SECONDS = 20, 1.0, 20.0
CHANGE = "UPDATE appointments SET chief_complaint = %s WHERE id = %s"


def measure(bench: Bench, sheet: Sheet) -> None:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, dark=False)
    login = login_name(bench.account("receptionist")[0])
    # fifty people would have a login each; one role stands for them here
    bench.owner.execute(f'ALTER ROLE "{login}" CONNECTION LIMIT 200')
    far = Far(bench)
    tasks = TaskRunner()
    core = Core(bench.deployment, seat="bench")
    windows = [Window(Seat(core.sign_in(*bench.account("receptionist")), tasks)) for _ in range(WINDOWS)]
    _run(3.0)
    _rest(bench, sheet, far)
    commits: dict[str, float] = {}
    for reading, name in ((False, "others on other rooms"), (True, "all 50 on the schedule")):
        far.read(reading=reading)
        fresh = _changes(bench, skip=len(commits))
        commits |= fresh
        painted = [(window.painted[row] - at) * 1000 for window in windows for row, at in fresh.items()]
        _add(sheet, f"commit -> repaint, {name}", painted, len(fresh) * WINDOWS)
    for window in windows:
        window.close()
    _run(1.0)
    delivered = [(at - commits[row]) * 1000 for row, at in far.end() if row in commits]
    _add(sheet, f"commit -> {HEADLESS} headless seats", delivered, len(commits) * HEADLESS)
    tasks.close()
    bench.owner.execute(f'ALTER ROLE "{login}" CONNECTION LIMIT 12')


def _add(sheet: Sheet, name: str, took: list[float], expected: int) -> None:
    note = (
        f"p99 {percentile(took, 0.99):.0f}, most {max(took):.0f}, {len(took)} of {expected}; target p99 250"
    )
    sheet.add(Result(operation=name, median=percentile(took, 0.5), p95=percentile(took, 0.95), note=note))


def _rest(bench: Bench, sheet: Sheet, far: "Far") -> None:
    """Nobody does anything; each seat looks for missed changes and after its stores."""
    asked = "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = current_database()"
    used, begun = far.cpu(), bench.one(asked)
    own, started = time.process_time(), time.monotonic()
    _run(REST_SECONDS)
    _run(1.5)  # a backend reports its figures at most once a second
    seconds = time.monotonic() - started
    queries = (int(bench.one(asked)) - int(begun)) / (HEADLESS + WINDOWS) / seconds
    share = (far.cpu() - used) / HEADLESS / seconds * 100
    windows = (time.process_time() - own) / WINDOWS / seconds * 100
    for name, value, unit in (
        ("idle: transactions of a seat, each second", queries, "1/s"),
        ("idle: processor share of a headless seat", share, "% of a core"),
        ("idle: processor share of a window", windows, "% of a core"),
    ):
        sheet.add(Result(operation=name, median=value, p95=value, unit=unit))


def _changes(bench: Bench, *, skip: int) -> dict[str, float]:
    """Row -> when its commit returned; each of another appointment of today."""
    rows = bench.ask(
        "SELECT id FROM appointments WHERE clinic_id = %s AND appointment_date = current_date "
        "ORDER BY start_time, id LIMIT %s OFFSET %s", bench.clinic, CHANGES, skip
    )  # fmt: skip
    commits: dict[str, float] = {}
    for number, (row,) in enumerate(rows):
        bench.do((CHANGE, (f"Change {number}", row)))
        commits.setdefault(str(row), time.monotonic())
        _run(EVERY)
    _run(1.0)
    return commits


def _run(seconds: float) -> None:
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        QCoreApplication.processEvents()
        time.sleep(0.002)


class Window(QObject):
    """Notes when the schedule was painted with what the news were about."""

    def __init__(self, seat: Seat) -> None:
        super().__init__()
        self.seat = seat
        seat.show()
        page = seat.shell.page("schedule")
        assert isinstance(page, ScheduleView)
        self.page = page
        self.painted: dict[str, float] = {}
        self._told: list[str] = []
        self._read: list[str] = []
        seat.news.arrived.connect(self._tell)
        page._presenter.day_read.connect(self._shown)
        page.calendar.viewport().installEventFilter(self)

    def _tell(self, topic: str, row: str) -> None:
        if topic == "appointments":
            self._told.append(row)

    def _shown(self, _: object) -> None:
        self._read, self._told = self._read + self._told, []
        self.page.calendar.viewport().update()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            for row in self._read:
                self.painted.setdefault(row, time.monotonic())
            self._read = []
        return False

    def close(self) -> None:
        self.seat.close()


class Far:
    """The process of the headless seats."""

    def __init__(self, bench: Bench) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.headless"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        wish = {
            "addresses": asdict(bench.addresses),
            "account": bench.account("receptionist"),
            "seats": HEADLESS,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        self._in.write(json.dumps(wish) + "\n")
        self._in.flush()
        if json.loads(self._out.readline()) != "ready":
            raise SystemExit("the headless seats do not start")

    def read(self, *, reading: bool) -> None:
        """Whether the schedule is on show there."""
        self._in.write(json.dumps(reading) + "\n")
        self._in.flush()

    def cpu(self) -> float:
        """Seconds used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> list[tuple[str, float]]:
        self._in.close()
        heard: list[Any] = json.loads(self._out.readline())
        self._process.wait(timeout=60)
        self._out.close()
        return [(row, at) for row, at in heard]
