"""The inventory by key and mouse, and a third window that updates by itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.stock import SupplyLine
from clinicdesk.services.inventory import Delivery, Inventory
from clinicdesk.services.pharmacy import Pharmacy
from tests.signed_prescription import Line, sign_prescription, stock
from tests.ui.accessibility import problems, tab_order
from tests.ui.room_seats import room_seats
from ui import theme
from ui.screens import inventory
from ui.screens.inventory.details import LEVELS, PRODUCT, RECEIVE

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def seat(qapp, qtbot, clinic):
    """``seat("store")``: an inventory screen of its own session, with news from the real feed."""
    theme.apply(qapp, dark=False)
    with room_seats(qtbot, clinic) as seats:

        def sit(name, who="pharmacist"):
            view = seats.open(inventory.build, who, seat=name)
            view.activateWindow()
            qtbot.waitUntil(lambda: view.products.rowCount() > 0)
            qtbot.waitUntil(lambda: view.details.page() == PRODUCT)
            return view

        yield sit


def names(view):
    return [view.products.index(row, 0).data() for row in range(view.products.rowCount())]


def row(view, name):
    return next((at for at, one in enumerate(names(view)) if one.startswith(name)), -1)


def shown_stock(view, name):
    return view.products.index(row(view, name), view.products.STOCK).data()


def choose(qtbot, view, name):
    at = row(view, name)
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Home, CONTROL)
    for _ in range(at):
        QTest.keyClick(view.table, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: view.details.product is not None and view.details.product.item_name.startswith(name)
    )


def lines(model):
    return [
        [model.index(at, column).data() for column in range(model.columnCount())]
        for at in range(model.rowCount())
    ]


def test_a_supply_on_another_seat_shows_by_itself_and_keeps_the_selection(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Amoxicillin")
    assert shown_stock(view, "Amoxicillin") == "230"
    till = clinic.sign_in("pharmacist", seat="till")
    pharmacy = Pharmacy(till.open_work, till.actor, till.now)
    found = pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 42)]))
    pharmacy.dispense(uuid4(), found, [SupplyLine(prescription_item_id=found.items[0].id, quantity=42)])
    qtbot.waitUntil(lambda: shown_stock(view, "Amoxicillin") == "188", timeout=8000)
    assert view.table.currentIndex().row() == row(view, "Amoxicillin")
    qtbot.waitUntil(lambda: len(lines(view.details.ledger)) == 4)
    newest = lines(view.details.ledger)[:2]
    assert sorted(line[2:] for line in newest) == [["AMX-NEW", "−12", "188"], ["AMX-OLD", "−30", "0"]]
    assert all(line[1] == "Dispensed\nChidi Okeke" for line in newest)
    assert lines(view.details.batches)[-1][3] == "Used up"


def test_a_delivery_by_keyboard_with_a_month_as_expiry(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Amoxicillin")
    QTest.keyClick(view.table, Qt.Key.Key_R, CONTROL)
    assert view.details.page() == RECEIVE
    year = clinic.small.today.year + 2
    for text in ("AMX-3", f"2/{year}", "1,200", "12.50", ""):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, text)
        QTest.keyClick(focus, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.details.page() == PRODUCT)
    assert view.details.notice.text() == "Received 1,200 into batch AMX-3. It now holds 1,200."
    qtbot.waitUntil(lambda: shown_stock(view, "Amoxicillin") == "1,430")
    qtbot.waitUntil(lambda: [line[0] for line in lines(view.details.batches)][2:] == ["AMX-3"])
    assert lines(view.details.batches)[2][2] in (f"28 Feb {year}", f"29 Feb {year}")


def test_every_wrong_field_is_named_and_what_was_typed_stays(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Amoxicillin")
    QTest.mouseClick(view.receive_button, Qt.MouseButton.LeftButton)
    form = view.details.receive_form
    form.expiry.setText("1/2020")
    form.quantity.setText("-5")
    QTest.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    errors = {key: field.error() for key, field in form.fields.items() if field.error()}
    assert errors == {
        "batch_number": "Please fill this in.",
        "expiry_date": "This is past its expiry date.",
        "quantity": "Enter a number above zero.",
    }
    assert form.quantity.text() == "-5"
    form.quantity.setText("2.5")
    QTest.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    assert form.fields["quantity"].error() == "Enter a whole number."
    assert sum(stock(clinic).values()) == 1380


def test_a_batch_with_another_expiry_is_refused_at_its_field(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Amoxicillin")
    QTest.mouseClick(view.receive_button, Qt.MouseButton.LeftButton)
    form = view.details.receive_form
    form.batch.setText("AMX-NEW")
    form.expiry.setText("12/2040")
    form.quantity.setText("5")
    QTest.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: form.fields["expiry_date"].error() != "")
    assert form.fields["expiry_date"].error() == "This batch is recorded with another expiry date."
    assert view.details.page() == RECEIVE


def test_a_form_that_is_being_filled_in_survives_news(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Amoxicillin")
    QTest.mouseClick(view.receive_button, Qt.MouseButton.LeftButton)
    QTest.keyClicks(view.details.receive_form.batch, "HALF")
    other = clinic.sign_in("pharmacist", seat="other")
    Inventory(other.open_work, other.actor, other.now).receive(
        uuid4(),
        Delivery(
            item_code="T-AMO", batch_number="B9", expiry=clinic.small.today + timedelta(days=500), quantity=7
        ),
    )
    qtbot.waitUntil(lambda: shown_stock(view, "Amoxicillin") == "237", timeout=8000)
    assert view.details.page() == RECEIVE
    assert view.details.receive_form.batch.text() == "HALF"
    assert view.details.receive_form.batch.hasFocus()


def test_cards_filter_search_finds_and_headers_sort(clinic, qtbot, seat):
    view = seat("store")
    QAbstractItemModelTester(view.products, view)
    assert view.cards["all"].figure() == "4"
    assert view.cards["expiring"].figure() == "1"
    QTest.mouseClick(view.cards["expiring"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: names(view) == ["Amoxicillin 500 mg capsule"])
    QTest.mouseClick(view.cards["all"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(names(view)) == 4)
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_F, CONTROL)
    QTest.keyClicks(view.search, "para")
    qtbot.waitUntil(lambda: names(view) == ["Paracetamol 500 mg tablet"])
    QTest.keyClicks(view.search, "zzz")
    qtbot.waitUntil(lambda: names(view) == [])
    view.search.clear()
    qtbot.waitUntil(lambda: len(names(view)) == 4)
    head = view.table.horizontalHeader()
    for _ in range(2):
        x = head.sectionPosition(view.products.STOCK) + 20
        QTest.mouseClick(
            head.viewport(), Qt.MouseButton.LeftButton, pos=head.rect().topLeft() + type(head.pos())(x, 10)
        )
    qtbot.waitUntil(lambda: names(view)[0].startswith("Paracetamol"))


def test_levels_are_changed_in_place(clinic, qtbot, seat):
    view = seat("store")
    choose(qtbot, view, "Azithromycin")
    QTest.mouseClick(view.details.levels_button, Qt.MouseButton.LeftButton)
    assert view.details.page() == LEVELS
    form = view.details.levels_form
    form.minimum.setText("80")
    form.maximum.setText("20")
    QTest.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: form.fields["maximum"].error() == "Must be 80 or more.")
    form.maximum.setText("400")
    QTest.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.details.page() == PRODUCT)
    qtbot.waitUntil(lambda: view.cards["low"].figure() == "1")
    at = row(view, "Azithromycin")
    qtbot.waitUntil(lambda: view.products.index(at, view.products.STATUS).data() == "Reorder")


def test_an_administrator_looks_and_changes_nothing(clinic, qtbot, seat):
    view = seat("office", "admin")
    assert not view.receive_button.isVisible()
    assert not view.details.levels_button.isVisible()
    assert "Receive delivery" not in [action.text() for action in view.actions()]


def test_thousands_of_products_are_read_page_by_page(clinic, qtbot, seat):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO inventory_items(clinic_id, item_name, item_code, unit_of_measure, batch_number, expiry_date) "
            "SELECT %s, 'Zinc ' || lpad(n::text, 5, '0'), 'Z' || n, 'tablet', 'B', current_date + 400 FROM generate_series(1, 3000) n",
            (clinic.small.clinic,),
        )
    view = seat("store")
    assert view.products.rowCount() == 3004
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_End, CONTROL)
    qtbot.waitUntil(lambda: view.products.index(3003, 0).data() == "Zinc 03000")
    qtbot.waitUntil(
        lambda: view.details.product is not None and view.details.product.item_name == "Zinc 03000"
    )
    with clinic.owner() as owner:
        owner.execute("DELETE FROM inventory_items WHERE item_code = 'Z7'")
    qtbot.waitUntil(lambda: view.products.rowCount() == 3003, timeout=8000)
    assert view.table.currentIndex().row() == 3002
    assert view.products.index(3002, 0).data() == "Zinc 03000"


def test_named_reachable_and_nothing_scrolls_sideways(clinic, qtbot, seat):
    view = seat("store")
    assert problems(view) == []
    order = tab_order(view)
    assert {view.search, view.receive_button, view.table} <= set(order)
    assert view.cards["all"] in order
    view.cards["all"].setFocus()
    QTest.keyClick(view.cards["all"], Qt.Key.Key_Right)  # the four figures are one choice
    qtbot.waitUntil(lambda: names(view) == [])
    assert view.cards["low"].isChecked()
    assert view.cards["low"].hasFocus()
    assert view.minimumSizeHint().width() <= 1170
    assert view.minimumSizeHint().height() <= 660
    QTest.mouseClick(view.receive_button, Qt.MouseButton.LeftButton)
    assert problems(view) == []


def test_the_curve_of_a_product_and_the_list_as_a_file(clinic):
    from clinicdesk.desk import desk_of
    from ui.screens.inventory.model import Query
    from ui.screens.inventory.presenter import exported

    stock = desk_of(clinic.sign_in("pharmacist", seat="pc-7")).inventory
    curve = stock.curve("T-AMO")
    assert [left for _, left in curve] == [0, 230]
    assert (curve[-1][0] - curve[0][0]).days == 1
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, notes) "
            "SELECT id, 'adjustment', -10, 'adjustment', 'breakage: x' FROM inventory_items WHERE batch_number = 'AMX-OLD'"
        )
    assert [left for _, left in stock.curve("T-AMO")] == [0, 220]
    text = exported(stock, Query(text="amox"), kind="csv").decode("utf-8-sig").splitlines()
    assert text[0].startswith("Item,Code,Place,Stock")
    assert len(text) == 2
    assert text[1].startswith("Amoxicillin 500 mg capsule,T-AMO,Shelf A1,220,")
    assert exported(stock, Query(), kind="xlsx")[:2] == b"PK"


def test_the_columns_are_remembered_for_the_person(clinic, qtbot, seat):
    view = seat("store")
    head = view.table.horizontalHeader()
    head.resizeSection(3, 201)
    head.moveSection(5, 2)
    view.hide()
    again = seat("store-2").table.horizontalHeader()
    assert (again.sectionSize(3), again.visualIndex(5)) == (201, 2)
    other = seat("office", who="admin").table.horizontalHeader()
    assert (other.sectionSize(3), other.visualIndex(5)) == (152, 5)
