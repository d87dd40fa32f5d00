"""The arrivals screen with keys, on a real database."""

from datetime import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, book, desk_of
from ui.screens import arrivals
from ui.screens.arrivals.model import CALLS, COMING, FINISHED, QUEUE


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def column(view, at):
    return [str(view.model.index(row, at).data()) for row in range(view.model.rowCount())]


def focused():
    found = QApplication.focusWidget()
    assert found is not None
    return found


def press(stand, key, to=None, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(to or focused(), key, modifier)
    stand.settle()


def test_a_day_at_the_board_with_one_key_a_step(stand, clinic, qtbot):
    view = stand.open(arrivals.build, listen=True)
    desk = desk_of(clinic.sessions[0])
    made = [book(clinic, desk, patient=n, start=time(14 + n)) for n in range(3)]
    view.show_page(COMING)
    qtbot.waitUntil(lambda: view.model.rowCount() == 3, timeout=8000)
    press(stand, Qt.Key.Key_I, view.table)
    assert "number 1" in view.notice.text()
    assert view.paper.preview.page_count() == 1
    press(stand, Qt.Key.Key_Escape, view.table)
    assert not view.side.isVisible()
    # a scanned card is typed by the scanner, with Enter at the end
    press(stand, Qt.Key.Key_F, view.table, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(focused(), made[1].mrn)
    press(stand, Qt.Key.Key_Return)
    assert "number 2" in view.notice.text()
    QTest.keyClicks(view.scan, "CD00000099")
    press(stand, Qt.Key.Key_Return, view.scan)
    assert "check digit" in view.scan_field.error()
    assert view.scan.text() == "CD00000099", "what was typed stays"
    view.show_page(QUEUE)
    stand.settle()
    assert column(view, 0) == ["1", "2"]
    assert column(view, 3) == ["Waiting", "Waiting"]
    assert "0 min" in column(view, 4)[0]
    press(stand, Qt.Key.Key_Return, view.table, Qt.KeyboardModifier.ControlModifier)
    assert column(view, 3) == ["Called", "Waiting"]
    press(stand, Qt.Key.Key_R, view.table)
    assert sorted(column(view, 3)) == ["Waiting", "Waiting"]
    view.table.selectRow(1)
    press(stand, Qt.Key.Key_U, view.table)
    assert "URGENT" in column(view, 1)[0]
    assert "2 waiting" in view.counts.text()
    assert problems(view) == []


def test_the_board_of_another_seat_follows_and_the_public_screen_shows_no_name(stand, clinic, qtbot):
    view = stand.open(arrivals.build, "doctor", listen=True)
    other = desk_of(clinic.sign_in("receptionist", seat="pc-2"))
    line = book(clinic, other, patient=0)
    other.scheduling.check_in(line)
    qtbot.waitUntil(lambda: view.model.rowCount() == 1, timeout=8000)
    assert view.call_next.isEnabled()
    view.open_screen()
    view.call_next.click()
    stand.settle()
    qtbot.waitUntil(lambda: column(view, 3) == ["Called"], timeout=8000)
    shown = " ".join(child.text() for child in view.serving.findChildren(type(view.counts)) if child.text())
    assert "1" in shown
    assert "Ada Obi" in shown
    assert line.patient_name.split()[0] not in shown
    view.serving.close()
    doctor = desk_of(clinic.sessions[0])
    doctor.scheduling.start_visit(doctor.scheduling.appointment(line.id))
    qtbot.waitUntil(lambda: column(view, 3) == ["In room"], timeout=8000)
    view.show_page(FINISHED)
    assert view.list.currentWidget() is view.empty


def test_a_walk_in_and_what_happens_when_nothing_is_free(stand, clinic, qtbot):
    view = stand.open(arrivals.build)
    press(
        stand,
        Qt.Key.Key_N,
        view.table if view.table.isVisible() else view,
        Qt.KeyboardModifier.ControlModifier,
    )
    QTest.keyClicks(focused(), "eniola adebayo")
    qtbot.waitUntil(lambda: view.walk_in.picker.model.rowCount() > 0, timeout=8000)
    stand.settle()
    qtbot.wait(150)
    stand.settle()
    press(stand, Qt.Key.Key_Return)
    press(stand, Qt.Key.Key_Return)
    assert "number 1" in view.notice.text()
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE doctor_availability SET end_time = '08:01', break_start_time = NULL, break_end_time = NULL"
        )
    view.start_walk_in()
    hits = desk_of(clinic.sessions[0]).patients.search("Musa")
    view.walk_in.take_patient(hits[0])
    press(stand, Qt.Key.Key_Return)
    assert "No time is free today" in view.walk_in.wrong.text()
    assert problems(view) == []
    press(stand, Qt.Key.Key_Return)
    assert "waiting list" in view.notice.text()


def test_the_call_list_is_worked_off_with_one_key_a_row(stand, clinic, qtbot):
    nurse = desk_of(clinic.sign_in("nurse", seat="pc-2"))
    for n in range(3):
        book(clinic, nurse, patient=n, start=time(14 + n))
    view = stand.open(arrivals.build)
    view.show_page(CALLS)
    stand.settle()
    assert view.call_model.rowCount() == 3
    for key, left in ((Qt.Key.Key_1, 3), (Qt.Key.Key_3, 2), (Qt.Key.Key_Delete, 1)):
        press(stand, key, view.call_table)
        stand.settle()
        assert view.call_model.rowCount() == left
    assert problems(view) == []
