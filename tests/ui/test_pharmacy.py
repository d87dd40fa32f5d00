"""The pharmacy by key and mouse: real services, real database, really signed prescriptions."""

from functools import partial
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.stock import SupplyLine
from clinicdesk.printing import words
from clinicdesk.repositories.picking import PickBoard
from clinicdesk.services.pharmacy import Pharmacy
from tests.services.test_prescribing import draft_of, ink, pad
from tests.services.test_supplying import give_duty, put_morphine
from tests.signed_prescription import Line, sign_prescription, stock, tamper
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.accessibility import problems, tab_order
from tests.ui.room_seats import press, room_seats, type_in
from ui import theme
from ui.screens import pharmacy
from ui.screens.pharmacy.details import BACK, LABELS, PAY, SHEET, WITNESS
from ui.screens.pharmacy.model import FreshRole, SecondRole

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def seat(qapp, qtbot, clinic):
    """``seat("till-1")``: a pharmacy screen of its own session, with news from the real feed."""
    theme.apply(qapp, dark=False)
    with room_seats(qtbot, clinic) as seats:
        yield partial(seats.open, pharmacy.build, "pharmacist")


def cell(view, row, column):
    return view.queue.index(row, column).data()


def ready(qtbot, view, *, dispensable=True):
    qtbot.waitUntil(lambda: view.details.page() == SHEET and view.details.can_dispense() == dispensable)
    qtbot.waitUntil(lambda: not dispensable or any(card.plan_text() for card in view.details.cards))


def open_first(qtbot, view, *, dispensable=True):
    qtbot.waitUntil(lambda: len(view.queue.rows) >= 1)
    view.activateWindow()
    view.queue_table.setFocus()
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Return)
    ready(qtbot, view, dispensable=dispensable)


def test_three_items_by_keyboard(clinic, qtbot, seat):
    rx = sign_prescription(
        clinic, [Line("Amoxicillin", 42), Line("Paracetamol", 12), Line("Azithromycin", 3)]
    )
    view = seat("till-1")
    QAbstractItemModelTester(view.queue, view)
    open_first(qtbot, view)
    card = view.details.cards[0]
    assert QApplication.focusWidget() is card.box
    assert "AMX-OLD" in card.plan_text()
    assert "30 capsules" in card.plan_text()
    assert "AMX-NEW" in card.plan_text()
    assert view.details.seal.text() == "Signature checked: genuine"
    assert view.details.allergies.text() == "No known allergies"
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Handed out" in view.details.notice.text())
    assert "30 capsules Amoxicillin 500 mg capsule from batch AMX-OLD" in view.details.notice.text()
    assert stock(clinic)["AMX-OLD"] == 0
    qtbot.waitUntil(lambda: not view.queue.rows)
    press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.details.page() == LABELS)
    assert view.details.preview.page_count() >= 3
    assert "Amoxicillin 500 mg: 42 capsules" in view.details.preview.page_text(0).replace("\r\n", " ")
    press(Qt.Key.Key_Escape)
    assert view.details.page() == SHEET
    assert view.day.rows[0].prescription_id == rx


def test_a_new_prescription_arrives_by_itself_within_a_second_and_keeps_the_selection(clinic, qtbot, seat):
    first = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    qtbot.waitUntil(lambda: len(view.queue.rows) == 1)
    sign_prescription(clinic, [Line("Paracetamol", 12)], patient=1)
    qtbot.waitUntil(lambda: len(view.queue.rows) == 2, timeout=8000)
    assert view.queue.index(1, 0).data(FreshRole)
    assert cell(view, 1, 1) == "Chukwuẹmeka Nwosu"
    assert view.queue.rows[view.queue_table.currentIndex().row()].id == first


def test_a_part_is_supplied_and_the_rest_is_owed(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    QTest.keyClicks(view.details.cards[0].box, "10")
    qtbot.waitUntil(lambda: "10 capsules" in view.details.cards[0].plan_text())
    assert view.details.summary.text() == "Part fill: 11 will be owed."
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Still owing: 11" in view.details.notice.text())
    assert stock(clinic)["AMX-OLD"] == 20
    qtbot.waitUntil(lambda: cell(view, 0, 3) == "Owing")
    assert view.details.cards[0].box.value() == 11


def test_a_shortage_is_said_and_what_is_there_can_be_supplied(clinic, qtbot, seat):
    sign_prescription(
        clinic, [Line("Amoxicillin", 300, days=60, reason="benefit_outweighs", text="seen by ENT")]
    )
    view = seat("till-1")
    open_first(qtbot, view, dispensable=False)
    card = view.details.cards[0]
    qtbot.waitUntil(lambda: card.shortage_text() != "")
    assert card.shortage_text() == (
        "Not enough on the shelf: 200 of 300 are there. 30 more expire before the course ends and stay there."
    )
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert stock(clinic)["AMX-NEW"] == 200
    QTest.mouseClick(card._part, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(view.details.can_dispense)
    assert card.box.value() == 200


def test_spec_4_9_a_changed_prescription_is_marked_and_cannot_be_dispensed(clinic, qtbot, seat):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    tamper(clinic, rx, 200)
    view = seat("till-1")
    open_first(qtbot, view, dispensable=False)
    assert cell(view, 0, 3) == "Not genuine"
    assert view.details.seal.text() == "NOT genuine: do not dispense"
    assert not view.details.dispense_button.isEnabled()
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert stock(clinic)["AMX-OLD"] == 30


def test_a_second_seat_that_was_faster_is_said_and_seen(clinic, qtbot, seat):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    other = clinic.sign_in("pharmacist", seat="till-2")
    room = Pharmacy(other.open_work, other.actor, other.now)
    found = room.open(rx)
    room.dispense(uuid4(), found, [SupplyLine(prescription_item_id=found.items[0].id, quantity=21)])
    qtbot.waitUntil(lambda: "another seat" in view.details.notice.text(), timeout=8000)
    qtbot.waitUntil(lambda: "fully supplied" in view.details.seal.text())
    assert not view.details.can_dispense()
    qtbot.waitUntil(lambda: not view.queue.rows)
    assert stock(clinic)["AMX-OLD"] == 9


def test_a_connection_lost_in_mid_dispense_leaves_no_doubt(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    with clinic.owner() as owner:
        owner.execute(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        owner.execute("CREATE TRIGGER cut AFTER INSERT ON dispenses FOR EACH ROW EXECUTE FUNCTION cut()")
        press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(view.details.doubt.isVisible, timeout=10000)
        owner.execute("DROP TRIGGER cut ON dispenses")
    assert not view.details.can_dispense()
    QTest.mouseClick(view.details.doubt.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "It did not happen" in view.details.notice.text(), timeout=8000)
    ready(qtbot, view)
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Handed out" in view.details.notice.text())
    assert stock(clinic)["AMX-OLD"] == 9


def test_todays_list_opens_an_earlier_supply_for_its_labels(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(view.day.rows) == 1)
    again = seat("till-2")
    qtbot.waitUntil(lambda: len(again.day.rows) == 1)
    again.activateWindow()
    again.setFocus()
    QTest.keyClick(again, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "AMX-OLD" in again.details.notice.text())
    press(Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: again.details.page() == LABELS)


def test_named_reachable_and_nothing_scrolls_sideways(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21), Line("Paracetamol", 12)])
    view = seat("till-1")
    open_first(qtbot, view)
    assert problems(view) == []
    order = tab_order(view)
    assert all(card.box in order for card in view.details.cards)
    assert view.details.dispense_button in order
    assert view.minimumSizeHint().width() <= 1170
    assert view.minimumSizeHint().height() <= 660


def test_spec_4_10_the_checks_and_the_earlier_fill_stand_at_the_item(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21, days=10)])
    sign_prescription(clinic, [Line("Amoxicillin", 5)])
    view = seat("till-1")
    qtbot.waitUntil(lambda: len(view.queue.rows) == 2)
    open_first(qtbot, view)
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Handed out" in view.details.notice.text())
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, allergy_class, severity, certainty, coded) "
            "VALUES (%s, 'Amoxicillin', 'penicillins', 'severe', 'confirmed', true)",
            (clinic.small.patients[0],),
        )
    qtbot.waitUntil(lambda: len(view.queue.rows) == 1)
    view.queue_table.setFocus()
    press(Qt.Key.Key_Home)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Contraindicated" in view.details.summary.text())
    text = view.details.cards[0].checks_text()
    assert "Contraindicated: " in text
    assert (
        f"Filled before: 21 capsules on {words.day(clinic.small.today)} ({view.day.rows[0].number})" in text
    )
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert stock(clinic)["AMX-OLD"] == 9
    QTest.keyClicks(view.details.accepted, "Allergy disproved by a test")
    assert view.details.can_dispense()
    view.details.accepted.setFocus()
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stock(clinic)["AMX-OLD"] == 4)


def test_another_batch_is_taken_with_a_reason_and_passed_over_lots_say_why(clinic, qtbot, seat):
    with clinic.owner() as owner:
        owner.execute("INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, expiry_date, batch_number, strength, form) "
            "SELECT clinic_id, medication_id, item_name, item_code, current_date + 3, 'AMX-END', strength, form FROM inventory_items WHERE batch_number = 'AMX-OLD'")  # fmt: skip
        owner.execute("INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) SELECT id, 'in', 40, 'purchase' FROM inventory_items WHERE batch_number = 'AMX-END'")  # fmt: skip
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    card = view.details.cards[0]
    qtbot.waitUntil(lambda: card.batch.count() == 3)
    assert "AMX-END (40) ends on" in card.skipped_text()
    assert "before the last dose" in card.skipped_text()
    card.batch.setFocus()
    press(Qt.Key.Key_End)
    qtbot.waitUntil(lambda: "AMX-NEW" in card.plan_text())
    assert view.details.summary.text() == "Say why another batch is taken."
    assert QApplication.focusWidget() is card.reason
    type_in("box open")
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: stock(clinic)["AMX-NEW"] == 179)


def test_part_fill_prints_the_slip_takes_the_money_and_is_taken_back(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    view = seat("till-1")
    open_first(qtbot, view)
    QTest.keyClicks(view.details.cards[0].box, "10")
    qtbot.waitUntil(lambda: "10 capsules" in view.details.cards[0].plan_text())
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "Still owing: 11" in view.details.notice.text())
    press(Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.details.page() == LABELS)
    assert "11 capsules" in view.details.preview.page_text(0)
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.details.page() == PAY)
    form = view.details.pay_form
    assert form.value("amount") == "400.00"
    type_in("9000")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.fields["amount"].error() == "This is more than is owed.")
    form.start("amount")
    type_in("400")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.details.page() == LABELS)
    assert "Receipt RC-" in view.details.preview.page_text(0)
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.details.page() == BACK)
    form = view.details.back_form
    assert form.value("quantity") == "10"
    form.start("note")
    QTest.keyClicks(form.fields["note"].editor, "wrong person")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stock(clinic)["AMX-OLD"] == 30)
    qtbot.waitUntil(lambda: view.details.page() == SHEET and view.details.cards[0].box.value() == 21)


def test_spec_5_6_a_controlled_medicine_asks_for_the_witness_and_goes_on(clinic, qtbot, seat):
    put_morphine(clinic)
    give_duty(clinic)
    sign_prescription(clinic, [Line("Morphine", 10)])
    view = seat("till-1")
    open_first(qtbot, view)
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.details.page() == WITNESS)
    form = view.details.witness_form
    for text in (STAFF["nurse"][0], "wrong", "Bisi Ade"):
        type_in(text)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not right" in form.fields["password"].error())
    form.start("password")
    for text in (PASSWORD, ""):
        type_in(text)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Handed out" in view.details.notice.text())
    assert stock(clinic)["MOR-1"] == 90


def test_who_picks_at_the_other_seat_is_shown(clinic, qtbot, seat):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    one, two = seat("till-1"), seat("till-2")
    with clinic.owner() as owner:
        rx = owner.execute("SELECT id FROM prescriptions").fetchone()[0]
    session = clinic.sessions[0]
    board = PickBoard(session.cache_uri, prefix=session.cache_prefix, name="Zainab")
    board.take(rx)
    open_first(qtbot, two)
    qtbot.waitUntil(two.details.presence.isVisible)
    assert two.details.presence.text() == "Zainab is picking this at another seat"
    one._presenter._arrived("prescriptions", "")
    qtbot.waitUntil(lambda: one.queue.index(0, 1).data(SecondRole) == "Zainab is picking")
    board.close()


def test_spec_4_9_a_prescription_at_the_counter_is_scanned_proven_and_opened(clinic, qtbot, seat):
    doctor, patient = pad(clinic, "doctor"), clinic.small.patients[0]
    doctor.no_known_allergies(patient)
    made = doctor.sign(draft_of(doctor, patient, "paracetamol 2 tabs qds 3d"), signature_png=ink())
    sign_prescription(clinic, [Line("Amoxicillin", 10)], patient=1)
    view = seat("till-1")
    qtbot.waitUntil(lambda: len(view.queue.rows) == 2)
    assert view._count.text() == "2 waiting, all genuine"
    open_first(qtbot, view)
    view.details.cards[0].box.setFocus()
    type_in(made.qr_code)  # faster than fingers, in the middle of another prescription's quantity
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.details.shown_id == made.id and "Genuine" in view.details.notice.text())
    press(Qt.Key.Key_F, CTRL)
    wrong = made.qr_code[:60] + ("A" if made.qr_code[60] != "A" else "B") + made.qr_code[61:]
    type_in(wrong)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.notice.isVisible())
    assert view.notice.text().startswith("Altered: do not supply.")
    for text, said in (
        ("rx-nothing", "No prescription of this clinic"),
        (made.number.lower(), ""),
    ):
        press(Qt.Key.Key_F, CTRL)
        type_in(text)
        qtbot.wait(60)
        press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda said=said: view.notice.text().startswith(said))
    qtbot.waitUntil(lambda: view.code.text() == "")
    assert view.details.shown_id == made.id
    tamper(clinic, made.id, 99)
    view._presenter._read_soon("prescriptions")  # what went around the triggers told nobody
    qtbot.waitUntil(lambda: view._count.text() == "2 waiting, 1 NOT genuine")


def test_a_sound_is_off_until_it_is_wanted_and_kept_for_the_person(clinic, qtbot, seat, monkeypatch):
    heard = []
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append(1))
    view = seat("till-1")
    qtbot.waitUntil(lambda: view._known is not None)
    sign_prescription(clinic, [Line("Amoxicillin", 10)])
    qtbot.waitUntil(lambda: len(view.queue.rows) == 1)
    assert heard == []
    view.sound.action.trigger()
    assert view.notice.text() == "A new prescription is heard now."
    sign_prescription(clinic, [Line("Amoxicillin", 10)], patient=1)
    qtbot.waitUntil(lambda: heard == [1])
    again = seat("till-2")
    assert again.sound.action.isChecked()
    qtbot.waitUntil(lambda: again._known is not None and again._presenter._tasks.idle())
    again.sound.action.trigger()
    assert again.notice.text() == "The sound is off."
    qtbot.waitUntil(view._presenter._tasks.idle)
