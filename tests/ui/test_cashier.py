"""The till with keys, on a real database (spec 1.8)."""

from datetime import time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.ledger import Part, amount_of, parts_of
from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, book, desk_of
from ui.screens import cashier, schedule
from ui.screens.cashier.view import RECEIPT


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def focused():
    found = QApplication.focusWidget()
    assert found is not None
    return found


def press(stand, key, modifier=Qt.KeyboardModifier.NoModifier, to=None):
    QTest.keyClick(to or focused(), key, modifier)
    stand.settle()


def type_on(text):
    QTest.keyClicks(focused(), text)


@pytest.mark.parametrize(
    ("amount", "method", "parts"),
    [
        ("5000", "cash", [("5000", "cash")]),
        ("₦2,000.50 + 3000", "card+cash", [("2000.50", "card"), ("3000", "cash")]),
        ("5000+", "card+cash", [("5000", "card")]),
    ],
)
def test_amounts_as_typed(amount, method, parts):
    assert parts_of(amount, method) == tuple(Part(amount=Decimal(a), method=m) for a, m in parts)
    assert amount_of("") == 0


def test_refund_void_and_reprint_with_keys(stand, clinic):
    view = stand.open(cashier.build)
    desk = desk_of(clinic.sessions[0])
    made = book(clinic, desk, day=clinic.small.today + timedelta(days=3))
    desk.payments.take(uuid4(), made, amount=Decimal(5000), method="cash")
    view.activate()
    stand.settle()
    assert view.model.rowCount() == 1
    view.table.setFocus()
    press(stand, Qt.Key.Key_P)
    assert "COPY 1" in view.receipt.preview.page_text(0)
    assert "copy 1" in view.receipt.title.text()
    view.receipt.paper.setCurrentIndex(2)
    assert "COPY 1" in view.receipt.preview.page_text(0)
    press(stand, Qt.Key.Key_Escape, to=view)
    press(stand, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert "gives back ₦0.00" in view.back.rule.text()
    press(stand, Qt.Key.Key_Return)
    assert view.back.reason_field.error()
    assert problems(view) == []
    type_on("asked politely")
    press(stand, Qt.Key.Key_Return)
    assert "cashier lead" in view.notice.text(), "beyond the rule"
    assert view.back.reason.text() == "asked politely"
    view.back.void.click()
    stand.settle()
    assert view.side.currentIndex() == RECEIPT
    assert [str(view.model.index(row, 5).data()) for row in range(2)] == ["Void", "Given back"]
    assert desk.scheduling.appointment(made.id).payment_status == "pending"


def test_the_shift_is_counted_by_notes_and_handed_over(stand, clinic):
    view = stand.open(cashier.build)
    desk = desk_of(clinic.sessions[0])
    press(stand, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier, to=view)
    type_on("1,500")
    press(stand, Qt.Key.Key_Return)
    assert view.shift.shift.opening_float == 1500
    desk.payments.take(uuid4(), book(clinic, desk, start=time(15)), amount=Decimal(3000), method="cash")
    view.activate()
    stand.settle()
    press(stand, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier, to=view)
    assert problems(view) == []
    type_on("4")
    press(stand, Qt.Key.Key_Tab)
    assert view.shift.counts["cash"].text() == "4000"
    assert "Cash: ₦500.00 missing" in view.shift.difference.text()
    view.shift.submit()
    stand.settle()
    assert view.shift.fields["reason"].error()
    type_on("")
    view.shift.notes[500].setFocus()
    type_on("1")
    assert "agree" in view.shift.difference.text()
    view.shift.left.setText("1500")
    view.shift.to.setCurrentIndex(view.shift.to.findText("Ìfẹ́ Ojo"))
    view.shift.left.setFocus()
    press(stand, Qt.Key.Key_Return)
    assert "Difference: ₦0.00" in view.notice.text()
    assert "Ìfẹ́ Ojo" in view.notice.text()
    other = stand.open(cashier.build, "receptionist2", seat="pc-2")
    assert other.shift.handed.isVisible()
    other.shift.handed.button.click()
    stand.settle()
    assert other.shift.shift.expected["cash"] == 1500
    assert problems(other) == []


def test_a_visit_is_paid_in_two_ways(stand, clinic, qtbot):
    view = stand.open(schedule.build)
    made = book(clinic, desk_of(clinic.sessions[0]), start=time(15))
    view._presenter.load()
    stand.settle()
    view.calendar.select(made.id)
    view.details.ask("pay")
    view.side.payment.amount.setText("2000")
    view.side.payment.split.click()
    assert view.side.payment.second.text() == "3000.00"
    press(stand, Qt.Key.Key_Return)
    assert "Paid (cash)" in view.side.receipt.preview.page_text(0)
    assert "Paid (card)" in view.side.receipt.preview.page_text(0)
    assert desk_of(clinic.sessions[0]).scheduling.appointment(made.id).payment_status == "paid"
