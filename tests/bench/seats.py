"""Sharing a PC: locking and coming back, another person at a locked PC, and being signed out from afar."""

import statistics
import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from clinicdesk.bootstrap import Core
from clinicdesk.desk import desk_of
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, percentile
from ui import theme
from ui.entry_window import EntryWindow
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView
from ui.reception import Reception
from ui.screens.sign_in import SignInView
from ui.tasks import TaskRunner

ROUNDS = 5
GIVE_UP = 60.0  # seconds


def measure(bench: Bench, sheet: Sheet) -> None:
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, dark=False)
    tasks = TaskRunner()
    pc = _Pc(bench, tasks)
    pc.sign_in("receptionist")
    unlocked, switched, ended = [], [], []
    for _ in range(ROUNDS):
        pc.lock()
        unlocked.append(_took(pc.unlock))
        pc.lock()
        pc.somebody_else()
        switched.append(_took(lambda: pc.sign_in("nurse")))
        ended.append(_took(pc.sign_out_from_afar))
        pc.come_back()
    pc.close()
    for name, took, note in (
        ("unlock by password, to the window", unlocked, "target 1000"),
        ("another person at a locked PC, to the window", switched, "target 3000"),
        ("an administrator ends a session, to the words", ended, "target 2000"),
    ):
        sheet.add(
            Result(
                operation=name,
                median=statistics.median(took),
                p95=percentile(took, 0.95),
                note=f"{note}, of {ROUNDS}",
            )
        )


def _took(call: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _until(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + GIVE_UP
    while not holds():
        if time.monotonic() > last:
            raise SystemExit("the measured seat gives no answer")
        QCoreApplication.processEvents()
        time.sleep(0.001)


class _Pc:
    """A reception with the accounts of the measured clinic."""

    def __init__(self, bench: Bench, tasks: TaskRunner) -> None:
        self._bench, self._tasks, self._entry = bench, tasks, EntryWindow()
        self._reception = Reception(self._entry, tasks)
        self._reception.open(lambda: Core(bench.deployment, seat="bench"))
        self._admin = desk_of(bench.session("admin"))

    def _at_work(self) -> bool:
        seat = self._reception.seat
        return seat is not None and seat.shell.isVisible()

    def _asks_again(self) -> bool:
        page = self._entry.page()
        view = page.sign_in if isinstance(page, SwitchPage) else page
        return isinstance(view, SignInView) and view.refusal.isVisible()

    def sign_in(self, role: str) -> None:
        page = self._entry.page()
        view = page.sign_in if isinstance(page, SwitchPage) else page
        assert isinstance(view, SignInView)
        view.sign_in_asked.emit(*self._bench.account(role))
        _until(self._at_work)

    def lock(self) -> None:
        _until(self._tasks.idle)
        self._reception.lock()
        _until(lambda: isinstance(self._entry.page(), LockView) and self._tasks.idle())

    def unlock(self, role: str = "receptionist") -> None:
        page = self._entry.page()
        assert isinstance(page, LockView)
        page.password.setText(self._bench.account(role)[1])
        page.password.returnPressed.emit()
        _until(self._at_work)

    def somebody_else(self) -> None:
        page = self._entry.page()
        assert isinstance(page, LockView)
        page.else_button.click()

    def sign_out_from_afar(self) -> None:
        seat = self._reception.seat
        assert seat is not None
        self._admin.upkeep.end_sessions(seat.session.actor.user_id)
        _until(self._asks_again)

    def come_back(self) -> None:
        """The first person again, from the list of those who wait."""
        _until(self._tasks.idle)
        page = self._entry.page()
        assert isinstance(page, SwitchPage)
        page.chosen.emit(0)
        _until(lambda: isinstance(self._entry.page(), LockView))
        self.unlock()

    def close(self) -> None:
        _until(self._tasks.idle)
        self._reception.close()
        self._entry.close()
        self._entry.deleteLater()
        self._reception.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
