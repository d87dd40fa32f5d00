"""The pharmacist asks, the prescriber answers or cancels: two rooms at two seats (spec 4.10)."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import InvalidField, NotAllowed, QuestionAnswered, QuestionOpen
from clinicdesk.domain.stock import SupplyLine
from tests.signed_prescription import Line, connect, sign_prescription, stock
from tests.ui.room_seats import press, room_seats, type_in
from tests.ui.test_pharmacy import open_first
from ui import theme
from ui.screens import pharmacy, prescription
from ui.screens.pharmacy.details import ASK

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def rooms(qapp, qtbot, clinic):
    """``rooms("pharmacist")`` and ``rooms("doctor")``: their room at a seat of their own, with the real feed."""
    theme.apply(qapp, dark=False)
    with room_seats(qtbot, clinic) as seats:

        def enter(who):
            build = pharmacy.build if who == "pharmacist" else prescription.build
            return seats.open(build, who, seat=f"pc-of-{who}")

        yield enter


def test_spec_4_10_a_question_stops_the_supply_until_the_prescriber_answers(clinic, qtbot, rooms):
    sign_prescription(clinic, [Line("Amoxicillin", 21)])
    pad, till = rooms("doctor"), rooms("pharmacist")
    assert pad.questions.isHidden()
    open_first(qtbot, till)
    press(Qt.Key.Key_J, CTRL)
    assert till.details.page() == ASK
    type_in("ok?")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "5" in till.details.ask_form.fields["question"].error())  # too short; it stays
    assert till.details.ask_form.value("question") == "ok?"
    type_in(" 21 capsules for a child of 9 kg?")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Nothing is handed out" in till.details.question.accessibleName())
    assert not till.details.can_dispense()
    qtbot.waitUntil(lambda: till.queue.index(0, 3).data() == "Asked")
    qtbot.waitUntil(lambda: not pad.questions.isHidden())
    assert "child of 9 kg" in pad.questions.banner.text()
    QTest.keyClick(pad.questions.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pad.questions.field.error() != "")  # an empty answer is none
    QTest.keyClicks(pad.questions.line, "Give half of it, twice a day")
    QTest.keyClick(pad.questions.line, Qt.Key.Key_Return)
    qtbot.waitUntil(pad.questions.isHidden)
    qtbot.waitUntil(lambda: "Give half of it" in till.details.question.accessibleName())
    qtbot.waitUntil(till.details.can_dispense)


def test_a_prescriber_cancels_instead_and_gives_the_reason(clinic, qtbot, rooms):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    desk = desk_of(clinic.sign_in("pharmacist", seat="till"))
    desk.questions.ask(rx, rx, "Is the dose meant like this?")
    pad = rooms("doctor")
    qtbot.waitUntil(lambda: not pad.questions.isHidden())
    pad.questions.cancel_button.click()
    assert "reason" in pad.questions.field.error()
    pad.questions.line.setText("Wrong dose, new one follows")
    pad.questions.cancel_button.click()
    qtbot.waitUntil(pad.questions.isHidden)
    assert desk.pharmacy.open(rx).status == "cancelled"


def test_spec_4_10_who_may_ask_and_answer_and_the_same_for_raw_sql(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    till = desk_of(clinic.sign_in("pharmacist", seat="till"))
    mine = desk_of(clinic.sign_in("doctor", seat="pc-1"))
    other = desk_of(clinic.sign_in("doctor2", seat="pc-2"))
    with pytest.raises(NotAllowed):
        mine.questions.ask(rx, rx, "May a doctor ask?")
    with pytest.raises(InvalidField):
        till.questions.ask(rx, rx, "  ?  ")
    till.questions.ask(rx, rx, "Is the dose meant like this?")
    till.questions.ask(rx, rx, "Is the dose meant like this?")  # the same press twice
    with pytest.raises(QuestionOpen):
        till.questions.ask(clinic.small.clinic, rx, "And another question?")
    assert till.questions.open_ones() == {rx}
    found = till.pharmacy.open(rx)
    before = stock(clinic)
    lines = [SupplyLine(prescription_item_id=item.id, quantity=1) for item in found.items]
    with pytest.raises(QuestionOpen):
        till.pharmacy.dispense(rx, found, lines)
    assert stock(clinic) == before
    (asked,) = mine.questions.for_me()
    assert other.questions.for_me() == ()
    with pytest.raises(NotAllowed):
        other.questions.answer(asked, "Somebody else's prescription")
    with connect(clinic, "pharmacist") as raw, pytest.raises(Exception, match="permission denied"):
        raw.execute("UPDATE rx_queries SET answer = 'yes', closed_at = now(), closed_by = asked_by")
    mine.questions.answer(asked, "Yes, as written")
    with pytest.raises(QuestionAnswered):
        till.questions.answer(asked, "Told on the phone")
    (closed,) = till.questions.of(rx)
    assert (closed.answer, closed.by_prescriber, closed.is_open) == ("Yes, as written", True, False)
    till.pharmacy.dispense(clinic.small.clinic, found, lines)
    with clinic.owner() as owner, pytest.raises(Exception, match="questions are kept"):
        owner.execute("UPDATE rx_queries SET answer = 'changed'")
