"""Rooms of the clinic at several seats, each with news from the real feed, driven by keys."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.desk import desk_of
from ui.news import News
from ui.tasks import TaskRunner


class RoomSeats:
    """Each room has a session of its own."""

    def __init__(self, qtbot, clinic):
        self._bot, self._clinic = qtbot, clinic
        self._opened = []

    def open(self, build, who, seat):
        session = self._clinic.sign_in(who, seat=seat)
        tasks, news = TaskRunner(workers=2), News()
        view = build(desk_of(session), tasks, news)
        view.resize(1170, 660)
        self._bot.addWidget(view)
        session.changes.start(news.announce)
        self._opened.append((session, tasks, view))
        view.show()
        view.activate()
        return view

    def close(self):
        for session, tasks, view in self._opened:
            view.hide()
            session.changes.stop()
            self._bot.waitUntil(tasks.idle)
            tasks.close()


@contextmanager
def room_seats(qtbot, clinic) -> Iterator[RoomSeats]:
    seats = RoomSeats(qtbot, clinic)
    yield seats
    seats.close()


def press(key, modifier=Qt.KeyboardModifier.NoModifier):
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key, modifier)


def type_in(text):
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClicks(focus, text)
