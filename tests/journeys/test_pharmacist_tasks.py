"""The pharmacist's working day (the thirteen tasks we measure ourselves by), by keyboard and scanner, keys counted."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt

from clinicdesk.desk import desk_of
from tests.journeys.keys import Keyboard, focus
from tests.services.test_supplying import give_duty, put_morphine
from tests.signed_prescription import Line, sign_prescription, stock
from tests.small_clinic import PASSWORD, STAFF
from ui import theme
from ui.news import News
from ui.screens import board, controlled, ordering, pharmacy, receiving, stocktake
from ui.screens.pharmacy.details import LABELS, PAY
from ui.tasks import TaskRunner

ROOMS: dict[str, Callable[..., Any]] = {
    "pharmacy": pharmacy.build,
    "board": board.build,
    "receiving": receiving.build,
    "ordering": ordering.build,
    "stocktake": stocktake.build,
    "controlled": controlled.build,
}
Key = Qt.Key
GS = "\x1d"
GTIN = "06154000012342"


@pytest.fixture
def room(qapp, qtbot, clinic):
    """``room("board")``: that room on show, with its own session and the real feed, and a counting keyboard."""
    theme.apply(qapp, dark=False)
    opened: list[Any] = []

    def enter(name):
        session = clinic.sign_in("pharmacist", seat=f"till-{len(opened)}")
        tasks, news = TaskRunner(workers=2), News()
        view = ROOMS[name](desk_of(session), tasks, news)
        view.resize(1170, 660)
        qtbot.addWidget(view)
        session.changes.start(news.announce)
        opened.append((session, tasks, view))
        view.show()
        view.activateWindow()
        view.activate()
        qtbot.waitUntil(tasks.idle)
        qtbot.wait(120)
        qtbot.waitUntil(tasks.idle)
        first = view.first_focus() if hasattr(view, "first_focus") else view.queue_table
        first.setFocus()
        return view, Keyboard(qtbot)

    yield enter
    for session, tasks, view in opened:
        view.hide()
        session.changes.stop()
        qtbot.waitUntil(tasks.idle)
        tasks.close()


def report(number, task, keys, *, most, started):
    """Prints the count of a task, and holds it to its limit."""
    spent = time.monotonic() - started
    print(f"task {number:>2}: {keys.pressed:>3} keys, {keys.scans} scans, {spent:4.1f} s of machine  {task}")
    assert keys.pressed <= most, (task, keys.pressed)


def test_1_the_morning_board_has_nothing_to_press(clinic, room):
    started = time.monotonic()
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view, keys = room("board")
    keys.until(lambda: view.figures["d60"].text() == "1")
    assert view.figures["waiting"].text() == "1"
    assert view.batches.index(0, 1).data() == "AMX-OLD"
    assert view.batches.index(0, 3).data() == "40 days"
    sign_prescription(clinic, [Line("Paracetamol", 10)], patient=1)
    keys.until(lambda: view.figures["waiting"].text() == "2")  # live
    report(1, "morning board", keys, most=0, started=started)


def test_2_to_9_from_a_signed_prescription_to_paid_labels(clinic, room):
    started = time.monotonic()
    view, keys = room("pharmacy")
    sign_prescription(clinic, [Line("Amoxicillin", 40), Line("Paracetamol", 12), Line("Azithromycin", 3)])
    signed = time.monotonic()
    keys.until(lambda: view.queue.rows)
    report(2, "a new prescription appears", keys, most=0, started=signed)
    keys.press(Key.Key_Return)
    keys.until(lambda: view.details.can_dispense())
    report(3, "open it", keys, most=1, started=signed)
    assert view.details.seal.text() == "Signature checked: genuine"
    report(4, "genuine and unfilled, by itself", keys, most=1, started=signed)
    keys.until(lambda: view.details._review.against)
    assert view.details.allergies.text() == "No known allergies"
    report(5, "clinical check in one pane", keys, most=1, started=signed)
    keys.until(lambda: all(card.plan_text() for card in view.details.cards))
    assert "AMX-OLD" in view.details.cards[0].plan_text()
    assert "AMX-NEW" in view.details.cards[0].plan_text()
    report(6, "batches of three items", keys, most=1, started=signed)
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: "Handed out" in view.details.notice.text())
    asked = time.monotonic()
    keys.ctrl(Key.Key_L)
    keys.until(lambda: view.details.page() == LABELS)
    print(f"labels {time.monotonic() - asked:4.2f} s after the key")
    assert view.details.preview.page_count() >= 3
    report(7, "dispense three items and all labels", keys, most=3, started=signed)
    keys.press(Key.Key_Escape)
    keys.ctrl(Key.Key_P)
    keys.until(lambda: view.details.page() == PAY)
    keys.press(Key.Key_Return)
    keys.press(Key.Key_Return)
    keys.until(lambda: view.details.page() == LABELS)
    assert "Receipt" in view.details.preview.page_text(0)
    report(9, "pay and hand over", keys, most=7, started=started)


def test_8_part_fill_with_the_owed_slip(clinic, room):
    sign_prescription(clinic, [Line("Amoxicillin", 260)])
    started = time.monotonic()
    view, keys = room("pharmacy")
    keys.until(lambda: view.queue.rows)
    keys.press(Key.Key_Return)
    keys.until(lambda: view.details.cards and view.details.cards[0].shortage_text())
    keys.press(Key.Key_Tab)  # to the batch, then 'Supply 230'
    while focus() is not view.details.cards[0]._part:
        keys.press(Key.Key_Tab)
    keys.press(Key.Key_Space)
    keys.until(lambda: view.details.can_dispense())
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: "Still owing: 30" in view.details.notice.text())
    keys.ctrl(Key.Key_O)
    keys.until(lambda: view.details.page() == LABELS)
    assert "30 capsules" in view.details.preview.page_text(0)
    report(8, "part fill, owed slip printed", keys, most=8, started=started)


def test_10_receive_twenty_lines_by_scan_even_into_another_field(clinic, room):
    with clinic.owner() as owner:
        owner.execute("INSERT INTO product_codes(clinic_id, gtin, item_code) VALUES (%s, %s, 'T-PAR')", (clinic.small.clinic, GTIN))  # fmt: skip
        owner.execute("INSERT INTO product_settings(clinic_id, item_code, pack_size) VALUES (%s, 'T-PAR', 100)", (clinic.small.clinic,))  # fmt: skip
    ends = clinic.small.today + timedelta(days=700)
    started = time.monotonic()
    view, keys = room("receiving")
    for number in range(20):
        keys.scan(f"]d201{GTIN}10P-{number}{GS}17{ends:%y%m%d}")
        keys.until(lambda done=number + 1: view.lines.rowCount() == done)
    assert view.code.text() == ""
    view.supplier.setFocus()
    keys.type("Juno ")
    keys.scan(f"]d201{GTIN}10P-3{GS}17{ends:%y%m%d}")  # in the middle of typing in another field
    keys.until(lambda: view.presenter.lines[3].quantity == 200)
    view.supplier.setFocus()
    keys.press(Key.Key_End)
    keys.type("Ltd")
    assert view.supplier.text() == "Juno Ltd"
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: "20 lines are on the shelf" in view.notice._text.text())
    assert stock(clinic)["P-3"] == 200
    report(10, "receive 20 lines", keys, most=13, started=started)


def test_10b_typing_a_line_and_what_differs_from_the_order(clinic, room):
    with clinic.owner() as owner:
        owner.execute("UPDATE inventory_items SET minimum_stock = 100, maximum_stock = 300 WHERE batch_number = 'AML-1'")  # fmt: skip
    at = desk_of(clinic.sign_in("pharmacist", seat="pc-9"))
    found = at.ordering.suggestions()
    at.ordering.draft_all({one.supplier_name: clinic.small.clinic for one in found}, found)
    started = time.monotonic()
    view, keys = room("receiving")
    view.order.setFocus()
    keys.press(Key.Key_Down)
    keys.until(lambda: view.supplier.text() == "Test Supplies")
    view.code.setFocus()
    keys.type("t-aml")
    keys.press(Key.Key_Return)
    keys.until(lambda: view.form() is view.line_form)
    for text in ("AML-7", "12/2029", "200", ""):
        keys.type(text)
        keys.press(Key.Key_Return)
    keys.until(lambda: view.lines.rowCount() == 1)
    assert view.lines.index(0, 4).data() == "10 missing"
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: stock(clinic).get("AML-7") == 200)
    report(10, "one typed line against an order", keys, most=27, started=started)


def test_11_draft_orders_of_what_is_short(clinic, room):
    with clinic.owner() as owner:
        owner.execute("UPDATE inventory_items SET minimum_stock = 100, maximum_stock = 300 WHERE batch_number IN ('AML-1', 'AZI-1')")  # fmt: skip
    started = time.monotonic()
    view, keys = room("ordering")
    keys.until(lambda: view.suggestions.rowCount() == 2)
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: view.orders.rowCount() == 1 and view.preview.isVisible())
    keys.until(lambda: view.suggestions.rowCount() == 0)
    assert "T-AML" in view.preview.page_text(0)
    report(11, "draft the orders", keys, most=1, started=started)


def test_12_count_a_shelf_blind_while_open(clinic, room):
    started = time.monotonic()
    view, keys = room("stocktake")
    keys.ctrl(Key.Key_N)
    keys.until(lambda: view.form() is view.count_form)
    rows = [view.to_count.thing(row) for row in range(view.to_count.rowCount())]
    there = stock(clinic)
    wrong = {"AMX-NEW": there["AMX-NEW"] - 1}
    for one in rows:
        assert "200" not in "".join(str(view.to_count.index(0, at).data()) for at in range(4))  # blind
        keys.type(str(wrong.get(one.batch_number, there[one.batch_number])))
        keys.press(Key.Key_Return)
        keys.until(lambda batch=one: f"{batch.batch_number} is counted" in view.notice._text.text())
        keys.until(lambda: view.presenter._tasks.idle())
    keys.ctrl(Key.Key_2)
    keys.until(lambda: view.lines.rowCount() == len(rows))
    assert {view.lines.index(row, 1).data(): view.lines.index(row, 4).data() for row in range(len(rows))}["AMX-NEW"] == "-1"  # fmt: skip
    keys.ctrl(Key.Key_Return)
    keys.until(lambda: stock(clinic)["AMX-NEW"] == 199)
    report(12, f"cycle count of {len(rows)} lines", keys, most=4 * len(rows) + 8, started=started)


def test_13_the_controlled_register_at_the_end_of_the_day(clinic, room):
    put_morphine(clinic)
    give_duty(clinic)
    started = time.monotonic()
    view, keys = room("controlled")
    keys.until(lambda: view.lines.rowCount() == 1)
    keys.ctrl(Key.Key_E)
    keys.until(lambda: view.form() is view.check_form)
    for text in ("100", STAFF["nurse"][0], PASSWORD, ""):
        keys.type(text)
        keys.press(Key.Key_Return)
    keys.until(lambda: "The balance is exact" in view.notice._text.text())
    keys.until(lambda: view.lines.rowCount() == 2)
    assert [view.lines.index(0, at).data() for at in (2, 6)] == ["Balance check", "100"]
    typed = len("100") + len(STAFF["nurse"][0]) + len(PASSWORD)
    report(13, "register checked with a witness", keys, most=typed + 5, started=started)
