"""Tasks of a receptionist's day without the mouse; the keys are counted and printed next to the goal (peers 4.1).

The goals are seconds at a keyboard. A key takes 0.28 s, a thought 1.35 s and an answer 0.3 s in the model they
were set with; each task here states its thoughts and answers, so that its keys give its seconds.
"""

from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.lockout import forget_failures
from tests.small_clinic import PASSWORD
from tests.ui.front_desk import FrontDesk, Stand, book, desk_of
from tests.ui.pc import Pc
from ui import theme
from ui.screens import arrivals, cashier, patients, schedule
from ui.widgets.calendar_layout import Slot

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier
A_KEY, A_THOUGHT, AN_ANSWER = 0.28, 1.35, 0.3


class Keyboard:
    """Presses keys and counts them; a chord counts for its two keys."""

    def __init__(self, stand: Stand) -> None:
        self._stand, self.count = stand, 0

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.count += 1 + (modifier is not Qt.KeyboardModifier.NoModifier)
        QTest.keyClick(focused(), key, modifier)
        self._stand.settle()

    def type(self, text: str) -> None:
        self.count += len(text)
        QTest.keyClicks(focused(), text)
        self._stand.settle()

    def report(self, task: str, goal: str, *, most: float, thoughts: int = 1, answers: int = 1) -> None:
        seconds = self.count * A_KEY + thoughts * A_THOUGHT + answers * AN_ANSWER
        print(f"{task}: {self.count} keys, {seconds:.1f} s by the keystroke model; goal {goal}")
        assert seconds <= most, (task, self.count, seconds)


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


@pytest.fixture
def stand(qtbot: Any, clinic: Any) -> Iterator[Stand]:
    made = Stand(qtbot, clinic)
    yield made
    made.close()


@pytest.fixture
def keys(stand: Stand) -> Keyboard:
    return Keyboard(stand)


def own(clinic: Any) -> FrontDesk:
    return desk_of(clinic.sessions[0])


def test_0735_print_the_day_sheets_of_three_doctors(stand, keys, clinic):
    view = stand.open(arrivals.build)
    book(clinic, own(clinic), start=time(14))
    book(clinic, own(clinic), start=time(15), patient=1, doctor_id=clinic.small.doctor2)
    view.table.setFocus()
    view.scan.setFocus()
    keys.press(Key.Key_P, Ctrl)
    assert view.paper.preview.page_count() == 2, "one page a doctor"
    keys.report("day sheets", "Ctrl+P once, <= 3 s", most=3)


def test_0750_work_off_the_call_list(stand, keys, clinic):
    nurse = desk_of(clinic.sign_in("nurse", seat="pc-2"))
    for n in range(4):
        book(clinic, nurse, patient=n, start=time(14 + n))
    view = stand.open(arrivals.build)
    view.show_page(3)
    stand.settle()
    for _ in range(4):
        keys.press(Key.Key_3)
    assert view.call_model.rowCount() == 0
    keys.count //= 4
    keys.report("call list, a row", "1 key, <= 2 s", most=2)


def test_0800_book_a_known_patient_on_the_phone(stand, keys, clinic, qtbot):
    view = stand.open(schedule.build)
    column = next(n for n, (_, key) in enumerate(view.calendar.layout_.columns) if key == clinic.small.doctor)
    view.calendar.set_slot(Slot(column, 15 * 60))
    view.calendar.setFocus()
    keys.press(Key.Key_N)
    keys.type("olatunji")
    qtbot.waitUntil(lambda: view.side.booking.patient.picker.model.rowCount() > 0, timeout=8000)
    qtbot.wait(150)
    stand.settle()
    keys.press(Key.Key_Return)
    keys.press(Key.Key_Return)
    qtbot.waitUntil(lambda: "Booked" in view.notice.text(), timeout=8000)
    assert keys.count <= 14
    keys.report("book a known patient", "<= 9 s, <= 14 keys", most=9, thoughts=2, answers=2)


def test_0810_register_a_new_patient(stand, keys, clinic, qtbot):
    view = stand.open(patients.build)
    qtbot.waitUntil(view.isActiveWindow, timeout=8000)
    view.box.setFocus()
    keys.press(Key.Key_N, Ctrl)
    for text in ("Lawal", "Zainab", "28.2.1990"):
        keys.type(text)
        keys.press(Key.Key_Tab)
    keys.press(Key.Key_F)
    keys.press(Key.Key_Tab)
    keys.type("08035551234")
    keys.press(Key.Key_Return)
    qtbot.waitUntil(lambda: "Registered" in view.notice.text(), timeout=8000)
    assert own(clinic).patients.search("zainab lawal")[0].phone == "+2348035551234"
    keys.report("register a new patient", "<= 35 s incl. duplicates", most=35, thoughts=6, answers=2)


def test_0820_arrive_a_patient_by_one_key_and_by_scan(stand, keys, clinic, qtbot):
    view = stand.open(arrivals.build, listen=True)
    first = book(clinic, own(clinic), start=time(14))
    second = book(clinic, own(clinic), start=time(15), patient=1)
    view.show_page(1)
    qtbot.waitUntil(lambda: view.model.rowCount() == 2, timeout=8000)
    stand.settle()
    view.table.setFocus()
    keys.press(Key.Key_I)
    assert own(clinic).scheduling.appointment(first.id).phase == "arrived"
    keys.report("arrive a patient", "1 key, <= 2 s", most=2)
    view.scan.setFocus()
    QTest.keyClicks(view.scan, second.mrn)  # the scanner's keys are nobody's
    QTest.keyClick(view.scan, Key.Key_Return)
    stand.settle()
    assert own(clinic).scheduling.appointment(second.id).phase == "arrived"


def test_0830_a_known_walk_in_has_a_numbered_slip(stand, keys, clinic, qtbot):
    view = stand.open(arrivals.build)
    view.scan.setFocus()
    keys.press(Key.Key_N, Ctrl)
    keys.type("olatunj")
    qtbot.waitUntil(lambda: view.walk_in.picker.model.rowCount() > 0, timeout=8000)
    qtbot.wait(150)
    stand.settle()
    keys.press(Key.Key_Return)
    keys.press(Key.Key_Return)
    assert "number 1" in view.notice.text()
    assert "1" in view.paper.preview.page_text(0)
    keys.report("walk-in, known", "<= 8 s to the slip", most=8, thoughts=2, answers=2)


def card_at_three(stand, clinic):
    """The schedule with a visit of 15:00 selected."""
    view = stand.open(schedule.build)
    made = book(clinic, own(clinic), start=time(15))
    view._presenter.load()
    stand.settle()
    view.calendar.select(made.id)
    view.calendar.setFocus()
    return view, made


def test_0900_take_cash_and_show_the_receipt(stand, keys, clinic, qtbot):
    view, made = card_at_three(stand, clinic)
    stand.settle()
    keys.press(Key.Key_P, Ctrl)
    keys.press(Key.Key_Return)
    qtbot.waitUntil(lambda: view.side.receipt.preview.page_count() == 1, timeout=8000)
    keys.press(Key.Key_Return)
    assert own(clinic).scheduling.appointment(made.id).payment_status == "paid"
    keys.report("take cash, receipt", "<= 10 s, receipt <= 2 s after", most=10, thoughts=2, answers=2)


def test_1000_move_a_visit_to_another_day(stand, keys, clinic, qtbot):
    view, made = card_at_three(stand, clinic)
    keys.press(Key.Key_X, Ctrl)
    keys.press(Key.Key_PageDown, Ctrl)
    qtbot.waitUntil(lambda: view._presenter.day == clinic.small.tomorrow, timeout=8000)
    stand.settle()
    keys.press(Key.Key_V, Ctrl)
    qtbot.waitUntil(
        lambda: bool(own(clinic).scheduling.day_sheet(clinic.small.tomorrow).appointments), timeout=8000
    )
    (moved,) = own(clinic).scheduling.day_sheet(clinic.small.tomorrow).appointments
    assert moved.patient_id == made.patient_id
    assert (moved.doctor_id, moved.start) == (made.doctor_id, made.start), "nothing else was asked for"
    keys.report("move to another day", "cut / go / paste, <= 5 s", most=5)


def test_1100_cancel_and_refill_the_slot(stand, keys, clinic, qtbot):
    desk_staff = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    made = book(clinic, desk_staff)
    desk_staff.scheduling.add_waiting(clinic.small.patients[3], latest=clinic.small.tomorrow, priority=1)
    view = stand.open(schedule.build)
    view.calendar.select(made.id)
    view.calendar.setFocus()
    stand.settle()
    keys.press(Key.Key_Delete)
    while focused() is not view.details.cancel_now:
        keys.press(Key.Key_Tab)
    keys.press(Key.Key_Return)
    qtbot.waitUntil(view.tools.refill.isVisible, timeout=8000)
    shown = [row.phone.text() for row in view.tools.refill.buttons if row.isVisible()]
    assert shown == ["+2348030000004"], "the phone stands there without a key more (spec 1.10)"
    keys.report("cancel, candidate with phone", "0 clicks, <= 6 s to dialling", most=6)
    keys.press(Key.Key_1)
    qtbot.waitUntil(
        lambda: [one.patient_id for one in view.model.appointments] == [clinic.small.patients[3]],
        timeout=8000,
    )


def test_1300_a_doctor_is_ill_and_fourteen_visits_find_a_place(stand, keys, clinic, qtbot):
    desk_staff, small = desk_of(clinic.sign_in("receptionist2", seat="pc-2")), clinic.small
    for number in range(14):
        start = time(9 + number // 3, number % 3 * 20) if number < 12 else time(14, (number - 12) * 20)
        kind = small.types["Follow-up"]
        book(clinic, desk_staff, number % 6, start, day=small.tomorrow, type_id=kind)
    view = stand.open(schedule.build)
    view.calendar.setFocus()
    keys.press(Key.Key_PageDown, Ctrl)
    keys.press(Key.Key_D, Ctrl | Qt.KeyboardModifier.ShiftModifier)
    panel = view.tools.out
    qtbot.waitUntil(panel.isVisible, timeout=8000)
    stand.settle()
    while panel.doctor.currentData() != small.doctor:
        keys.press(Key.Key_Down)
    qtbot.waitUntil(lambda: len(panel.rows) == 14, timeout=8000)
    while focused() is not panel.apply:
        keys.press(Key.Key_Tab)
    keys.press(Key.Key_Return)
    qtbot.waitUntil(
        lambda: {one.doctor_id for one in view.model.appointments} == {small.doctor2}, timeout=8000
    )
    assert view.tools.undo_bar.isVisible()
    keys.report("doctor is ill, 14 visits", "<= 60 s with preview and undo", most=60, thoughts=15, answers=4)


def test_1645_cash_up_and_hand_over(stand, keys, clinic, qtbot):
    view = stand.open(cashier.build)
    desk = own(clinic)
    for n in range(3):
        desk.payments.take(
            uuid4(), book(clinic, desk, start=time(14 + n), patient=n), amount=Decimal(5000), method="cash"
        )
    view.activate()
    stand.settle()
    view.table.setFocus()
    keys.press(Key.Key_E, Ctrl)
    keys.type("15")
    assert "agree" in view.shift.difference.text()
    while focused() is not view.shift.left:
        keys.press(Key.Key_Tab)
    keys.type("5000")
    keys.press(Key.Key_Tab)
    keys.press(Key.Key_Down)
    keys.press(Key.Key_Tab)
    keys.press(Key.Key_Return)
    qtbot.waitUntil(lambda: "Handed over" in view.notice.text(), timeout=8000)
    assert "Difference: ₦0.00" in view.notice.text()
    keys.report("cash-up and hand over", "<= 60 s, exact", most=60, thoughts=8, answers=2)


def test_0730_a_pin_opens_the_pc_on_a_day_that_is_there_already(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    book(
        clinic, desk_of(clinic.sign_in("receptionist2", seat="pc-2")), day=clinic.small.today, start=time(15)
    )
    pc = Pc(qtbot, clinic)
    seat = pc.at_work("receptionist")
    view = seat.shell.page("schedule")
    pc.until(lambda: view.model.rowCount() == 1)
    seat.vault.set_pin("4071", PASSWORD)
    pc.lock()
    pressed = "4071"
    pc.until(pc.page.pin.hasFocus)
    QTest.keyClicks(focused(), pressed)
    QTest.keyClick(focused(), Key.Key_Return)
    assert pc.wait_for_seat() is seat
    assert view.isVisible()
    assert view.model.rowCount() == 1
    seconds = (len(pressed) + 1) * A_KEY + AN_ANSWER
    print(f"07:30 unlock: {len(pressed) + 1} keys, {seconds:.1f} s by the keystroke model; goal PIN <= 3 s")
    assert seconds <= 3
    pc.close()
