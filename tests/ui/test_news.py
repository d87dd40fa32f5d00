"""News on the GUI thread: gathered, held while the person is busy, and own acts told apart."""

import time

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QTableWidget, QTableWidgetItem, QWidget

from clinicdesk.domain.own_changes import note
from ui.engaged import engagement
from ui.news import MANY, News
from ui.tasks import TaskRunner
from ui.widgets.layouts import vbox


@pytest.fixture
def told(qapp):
    news = News()
    heard: list[tuple[str, str]] = []
    news.arrived.connect(lambda topic, row: heard.append((topic, row)))
    return news, heard


def test_many_notices_become_few(told, qtbot):
    news, heard = told
    for number in range(200):
        news.announce("appointments", "a")
        news.announce("stock", str(number % (MANY + 1)))
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [("appointments", "a"), ("stock", "")]
    news.announce("stock", "1")
    news.announce("")
    qtbot.waitUntil(lambda: len(heard) == 3)
    assert heard[-1] == ("", "")


def test_news_wait_while_the_person_is_busy_but_not_those_about_duties(qapp, qtbot):
    busy, heard = [True], []
    news = News(busy=lambda: bool(busy))
    news.arrived.connect(lambda topic, row: heard.append((topic, row)))
    news.announce("appointments", "a")
    news.announce("duties", "me")
    qtbot.wait(250)
    assert heard == [("duties", "me")]
    busy.clear()
    qtbot.waitUntil(lambda: heard[1:] == [("appointments", "a")])


def test_drags_cells_lists_and_typing_are_times_not_to_reload(qapp, qtbot):
    window, table, field, choice = QWidget(), QTableWidget(1, 1), QLineEdit(), QComboBox()
    cell = QTableWidgetItem("12")
    table.setItem(0, 0, cell)
    choice.addItems(["one", "two"])
    window.setLayout(vbox(table, field, choice))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    busy = engagement()
    qtbot.waitUntil(lambda: not busy())

    QTest.mousePress(table.viewport(), Qt.MouseButton.LeftButton)
    assert busy()
    QTest.mouseRelease(table.viewport(), Qt.MouseButton.LeftButton)
    assert not busy()
    table.setFocus()
    table.editItem(cell)
    qtbot.waitUntil(busy)
    editor = table.viewport().findChild(QLineEdit)
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not busy())
    choice.showPopup()
    qtbot.waitUntil(busy)
    choice.hidePopup()
    qtbot.waitUntil(lambda: not busy())
    field.setFocus()
    QTest.keyClicks(field, "ade")
    assert busy()
    began = time.monotonic()
    qtbot.waitUntil(lambda: not busy(), timeout=3000)  # a pause in typing is enough; the text stays
    assert time.monotonic() - began > 0.5
    assert field.text() == "ade"


def test_an_act_s_own_notice_is_an_echo_for_its_page_only(qapp, qtbot):
    news, tasks, page, other = News(), TaskRunner(), QObject(), QObject()
    seen: list[tuple[bool, bool]] = []
    news.arrived.connect(lambda *_: seen.append((news.is_echo(page, tasks), news.is_echo(other, tasks))))
    tasks.run(lambda: note(7), owner=page, done=lambda _: None, failed=lambda _: None)
    tasks.run(lambda: note(8), owner=page, done=lambda _: None, failed=lambda _: None, key="read")
    qtbot.waitUntil(tasks.idle)
    for numbers in ((7,), (7, 9), (8,), (0,)):  # own; own and another's; reading is no act; of no number
        for number in numbers:
            news.announce("appointments", "a", number)
        qtbot.waitUntil(lambda: not news._waiting and not news._timer.isActive() and bool(seen))
        qtbot.wait(50)
    assert seen == [(True, False), (False, False), (False, False), (False, False)]
    tasks.close()
