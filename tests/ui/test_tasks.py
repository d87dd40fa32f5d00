"""The runner, the collector, the feed, the watchdog, and the platform fault they guard against."""

import gc
import sys
import threading
import time
from functools import partial
from typing import ClassVar

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Signal
from shiboken6 import delete

from clinicdesk.domain.errors import DomainError, NotFound
from ui.garbage import GarbageCollector
from ui.news import News
from ui.tasks import TaskRunner
from ui.watchdog import Watchdog, no_stall


class Screen(QObject):
    """Remembers what it was told, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.refusals: list[DomainError] = []
        self.threads: set[int] = set()

    def done(self, answer: object) -> None:
        self.answers.append(answer)
        self.threads.add(threading.get_ident())

    def failed(self, refusal: DomainError) -> None:
        self.refusals.append(refusal)
        self.threads.add(threading.get_ident())


@pytest.fixture
def runner(qapp):
    made = TaskRunner()
    yield made
    made.close()


@pytest.fixture
def screen(qapp):
    return Screen()


def test_a_call_runs_elsewhere_and_its_answer_arrives_here(runner, screen, qtbot):
    runner.run(threading.get_ident, owner=screen, done=screen.done, failed=screen.failed)
    qtbot.waitUntil(runner.idle)
    assert screen.answers != [threading.get_ident()]
    assert screen.threads == {threading.get_ident()}


def test_a_refusal_reaches_failed(runner, screen, qtbot):
    def refuse() -> None:
        raise NotFound

    runner.run(refuse, owner=screen, done=screen.done, failed=screen.failed)
    qtbot.waitUntil(runner.idle)
    assert screen.answers == []
    assert [type(refusal) for refusal in screen.refusals] == [NotFound]


def test_a_bug_reaches_the_excepthook_and_the_runner_goes_on(runner, screen, qtbot):
    with qtbot.capture_exceptions() as caught:
        runner.run(lambda: 1 // 0, owner=screen, done=screen.done, failed=screen.failed)
        qtbot.waitUntil(runner.idle)
    assert [kind for kind, _, _ in caught] == [ZeroDivisionError]
    runner.run(lambda: 2, owner=screen, done=screen.done, failed=screen.failed)
    qtbot.waitUntil(runner.idle)
    assert screen.answers == [2]
    assert screen.refusals == []


def test_the_newest_call_under_a_key_wins(runner, screen, qtbot):
    slow = threading.Event()
    runner.run(
        lambda: slow.wait(5) and "old", owner=screen, done=screen.done, failed=screen.failed, key="search"
    )
    runner.run(lambda: "new", owner=screen, done=screen.done, failed=screen.failed, key="search")
    slow.set()
    qtbot.waitUntil(runner.idle)
    assert screen.answers == ["new"]


def test_two_screens_may_use_the_same_key(runner, screen, qtbot):
    other = Screen()
    for each in (screen, other):
        runner.run(lambda: "list", owner=each, done=each.done, failed=each.failed, key="list")
    qtbot.waitUntil(runner.idle)
    assert screen.answers == other.answers == ["list"]


def test_a_dropped_task_and_a_closed_screen_hear_nothing(runner, screen, qtbot):
    closed = Screen()
    heard: list[object] = []
    go = threading.Event()
    task = runner.run(lambda: go.wait(5), owner=screen, done=screen.done, failed=screen.failed)
    runner.run(lambda: go.wait(5), owner=closed, done=heard.append, failed=heard.append)
    task.drop()
    delete(closed)
    go.set()
    qtbot.waitUntil(runner.idle)
    assert screen.answers == heard == []


def test_an_answer_that_comes_after_the_end_asks_nothing_more(qapp, screen):
    runner = TaskRunner()
    heard: list[object] = []

    def ask(answer: object) -> None:
        heard.append(answer)
        runner.run(lambda: 2, owner=screen, done=ask, failed=ask)

    runner.run(lambda: 1, owner=screen, done=ask, failed=ask)
    runner.close()
    QCoreApplication.processEvents()
    assert runner.idle()
    assert heard == []


def test_busy_is_said_once_for_many_calls(runner, screen, qtbot):
    said: list[bool] = []
    runner.busy.connect(said.append)
    for _ in range(5):
        runner.run(lambda: time.sleep(0.01), owner=screen, done=screen.done, failed=screen.failed)
    assert runner.pending == 5
    qtbot.waitUntil(runner.idle)
    assert said == [True, False]


def test_closing_waits_for_what_was_asked(qapp, screen):
    runner = TaskRunner(workers=1)
    written: list[int] = []
    for number in range(3):
        runner.run(partial(written.append, number), owner=screen, done=screen.done, failed=screen.failed)
    runner.close()
    assert written == [0, 1, 2]


class Emitter(QObject):
    told = Signal()


def test_emitting_keeps_the_counts_of_the_constants(qapp):
    """PySide6 6.12 on CPython 3.11 loses a reference to True with each emit and aborts in the end."""
    constants = (True, None)

    def counts() -> list[int]:
        return [sys.getrefcount(constant) for constant in constants]

    emitter = Emitter()
    before = counts()
    for _ in range(100):
        emitter.told.emit()
    after = counts()
    assert min(now - then for now, then in zip(after, before, strict=True)) > -50


def test_the_collector_works_only_from_its_timer(qapp, qtbot):
    collector = GarbageCollector(every_ms=10)
    try:
        assert not gc.isenabled()
        for _ in range(gc.get_threshold()[0] + 100):
            knot: list[object] = []
            knot.append(knot)
        loops_before = gc.get_count()[0]
        qtbot.waitUntil(lambda: gc.get_count()[0] < loops_before)
    finally:
        collector.stop()
        gc.unfreeze()
    assert gc.isenabled()


def test_news_from_a_thread_arrive_on_the_window_s_thread(qapp, qtbot):
    class Listener(QObject):
        heard: ClassVar[list[tuple[str, str, int]]] = []

        def hear(self, topic: str, row: str) -> None:
            self.heard.append((topic, row, threading.get_ident()))

    news, listener = News(), Listener()
    news.arrived.connect(listener.hear)
    thread = threading.Thread(target=news.announce, args=("appointments", "7"))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(listener.heard))
    assert listener.heard == [("appointments", "7", threading.get_ident())]


def test_a_blocked_window_is_named_with_its_line(qapp, qtbot):
    def block() -> None:
        with no_stall(60):
            qtbot.wait(20)
            time.sleep(0.25)

    with pytest.raises(AssertionError, match="in block"):
        block()


def test_a_free_window_passes(qapp, qtbot):
    with no_stall(400) as dog:
        qtbot.wait(60)
    assert isinstance(dog, Watchdog)
    assert len(dog.gaps) > 2
    assert dog.percentile(0.5) <= dog.worst()
