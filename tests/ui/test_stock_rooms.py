"""The pharmacist's rooms: named widgets, sizes, the scanner among typing fingers, recall and waste by keyboard."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from clinicdesk.desk import desk_of
from tests.services.test_supplying import give_duty, line, put_morphine
from tests.signed_prescription import Line, sign_prescription, stock
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.accessibility import problems
from tests.ui.room_seats import press, type_in
from ui import theme
from ui.news import News
from ui.scanner import WedgeScanner
from ui.screens import board, controlled, ordering, receiving, stocktake, worth
from ui.tasks import TaskRunner

ROOMS: dict[str, Any] = {
    "board": board.build,
    "receiving": receiving.build,
    "ordering": ordering.build,
    "stocktake": stocktake.build,
    "controlled": controlled.build,
    "worth": worth.build,
}


@pytest.fixture
def desk(clinic):
    return desk_of(clinic.sign_in("pharmacist"))


@pytest.fixture
def room(qapp, qtbot, desk):
    theme.apply(qapp, dark=False)
    opened: list[Any] = []

    def enter(name):
        tasks = TaskRunner(workers=2)
        view = ROOMS[name](desk, tasks, News())
        opened.append((tasks, view))
        view.resize(1170, 660)
        qtbot.addWidget(view)
        view.show()
        view.activateWindow()
        view.activate()
        qtbot.wait(120)
        qtbot.waitUntil(tasks.idle)
        view.first_focus().setFocus()
        return view

    yield enter
    for tasks, view in opened:
        view.hide()
        qtbot.waitUntil(tasks.idle)
        tasks.close()


def test_every_room_is_named_fits_and_says_when_it_is_empty(clinic, room):
    put_morphine(clinic)
    for name in ROOMS:
        view = room(name)
        for form in [None, *view.forms]:
            view.side.setCurrentWidget(form or view.idle)
            assert problems(view) == [], name
            least = view.minimumSizeHint()
            assert (least.width() <= 1170, least.height() <= 660) == (True, True), (name, least)
        heads, rows = view.list_as_seen()
        assert len({len(row) for row in rows} | {len(heads)}) == 1, name


def test_recall_lists_who_got_it_and_expired_stock_is_destroyed_with_a_witness(clinic, desk, qtbot, room):
    found = desk.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    desk.pharmacy.dispense(clinic.small.clinic, found, [line(found.items[0], 10)])
    give_duty(clinic)
    view = room("board")
    qtbot.waitUntil(lambda: view.chosen() is not None)
    press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.state_form.fields["reason"].error() != "")
    type_in("NAFDAC 12/2026")
    press(Qt.Key.Key_Return)
    view.presenter.read_soon()
    qtbot.waitUntil(lambda: view.batches.index(0, 3).data() == "Recalled")
    press(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.recipients.rowCount() == 1)
    assert view.recipients.index(0, 1).data() == "+2348030000001"
    press(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert view.destroy_form.value("quantity") == "20"
    press(Qt.Key.Key_Return)
    type_in("burnt, record 7")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.form() is view.witness_form)
    for text in (STAFF["nurse"][0], PASSWORD):
        type_in(text)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stock(clinic)["AMX-OLD"] == 0)
    press(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.chosen() is None or "one clinic only" in view.notice._text.text())


@pytest.fixture
def line_and_scanner(qapp, qtbot):
    page = QWidget()
    edit = QLineEdit()
    layout = QVBoxLayout(page)
    layout.addWidget(edit)
    scanner = WedgeScanner(page)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    edit.setFocus()
    heard: list[str] = []
    scanner.scanned.connect(heard.append)
    return edit, heard


def test_a_scan_in_the_middle_of_typing_leaves_the_field_as_it_was(qtbot, line_and_scanner):
    edit, heard = line_and_scanner
    QTest.keyClicks(edit, "Juno ", delay=50)
    qtbot.wait(60)
    QTest.keyClicks(edit, "]d20106154000012342")
    QTest.keyClick(edit, Qt.Key.Key_BracketRight, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, "10AB")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert heard == ["]d20106154000012342\x1d10AB"]
    QTest.keyClicks(edit, "Ltd", delay=50)
    qtbot.waitUntil(lambda: edit.text() == "Juno Ltd")


def test_fast_fingers_short_codes_and_other_keys_reach_the_field(qtbot, line_and_scanner):
    edit, heard = line_and_scanner
    QTest.keyClicks(edit, "12345")  # too short for a code
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QTest.keyClicks(edit, "abcdefgh")  # fast, but no Enter
    qtbot.waitUntil(lambda: edit.text() == "12345abcdefgh")
    QTest.keyClicks(edit, "xy")
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    assert edit.text() == "12345abcdefghx"
    assert heard == []
