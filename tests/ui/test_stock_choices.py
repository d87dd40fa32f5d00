"""What the pharmacist chooses: planning and price, suppliers, quantities, what goes to quarantine (spec 5.2, 5.7)."""

from datetime import timedelta
from decimal import Decimal

from PySide6.QtCore import Qt

from clinicdesk.domain.purchasing import ProductSettings
from tests.signed_prescription import stock
from tests.ui.room_seats import press, type_in
from tests.ui.test_stock_rooms import desk, room

__all__ = ["desk", "room"]
CTRL = Qt.KeyboardModifier.ControlModifier


def short(clinic):
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE inventory_items SET minimum_stock = 100, maximum_stock = 300 "
            "WHERE batch_number IN ('AML-1', 'AZI-1')"
        )


def test_the_worth_of_the_stock_and_what_is_set_for_a_product(clinic, desk, qtbot, room):
    view = room("worth")
    qtbot.waitUntil(lambda: view.products.rowCount() == len(desk.stock_care.worth()))
    total = sum((one.by_batch for one in desk.stock_care.worth()), Decimal(0))
    assert f"{total:,.2f} by batch" in view.total.text()
    heads, rows = view.list_as_seen()
    assert heads[2:4] == ["ABC", "VED"]
    assert {row[3] for row in rows} == {"E"}
    code = view.products.thing(0).item_code
    press(Qt.Key.Key_E, CTRL)
    qtbot.waitUntil(lambda: view.form() is view.settings_form)
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    for text in ("0", "731", "1e9"):
        type_in(text)
        press(Qt.Key.Key_Return)
    for field, text, right in (
        ("pack_size", "Must be between 1 and 100,000.", "28"),
        ("lead_days", "Must be between 0 and 730.", "21"),
        ("markup_percent", "Must be between 0 and 1,000.", "33.5"),
    ):
        qtbot.waitUntil(lambda field=field: view.settings_form.fields[field].error() != "")
        assert view.settings_form.fields[field].error() == text
        view.settings_form.put(**{field: right})
        view.settings_form.submit()
        qtbot.waitUntil(lambda: view.settings_form.save_button.isEnabled() or view.form() is None)
    qtbot.waitUntil(lambda: "Saved for" in view.notice._text.text())
    wanted = ProductSettings(ved="V", lead_days=21, pack_size=28, markup_percent=Decimal("33.50"))
    assert desk.ordering.product_settings(code) == wanted
    qtbot.waitUntil(lambda: view.products.index(0, 1).data().endswith("V"))


def test_a_quantity_is_changed_one_is_left_out_and_the_order_says_so(clinic, desk, qtbot, room):
    short(clinic)
    view = room("ordering")
    qtbot.waitUntil(lambda: view.suggestions.rowCount() == 2)
    press(Qt.Key.Key_F2)
    type_in("x")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    assert view.quantity_form.fields["quantity"].error() == "Enter a whole number."
    view.quantity_form.fields["quantity"].editor.selectAll()
    type_in("0")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    assert view.form() is None
    assert view.suggestions.index(0, 5).data() == "left out"
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_F2)
    for text in ("77", "Juno Ltd"):
        type_in(text)
        press(Qt.Key.Key_Return)
    kept = view.suggestions.thing(1).item_code
    view.presenter.read_soon()  # a sale elsewhere reads the list again: what was typed stays
    qtbot.wait(200)
    assert view.suggestions.index(1, 5).data() == "77"
    press(Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: view.orders.rowCount() == 1)
    order = desk.ordering.orders()[0]
    assert [(line.item_code, line.quantity) for line in order.lines] == [(kept, 77)]
    assert order.supplier_name == "Juno Ltd"


def test_suppliers_are_listed_added_and_changed(clinic, desk, qtbot, room):
    view = room("ordering")
    press(Qt.Key.Key_N, CTRL)
    for text in ("", "", "soon"):
        type_in(text)
        press(Qt.Key.Key_Return)
    assert view.supplier_form.fields["lead_days"].error() == "Enter a whole number."
    view.supplier_form.put(lead_days=5)
    view.supplier_form.submit()
    qtbot.waitUntil(lambda: view.supplier_form.fields["name"].error() != "")
    for text in ("Aba Medical", "+234 803 000 0009", ""):
        type_in(text)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.suppliers.rowCount() == 1)
    assert [view.suppliers.index(0, at).data() for at in range(3)] == [
        "Aba Medical",
        "+234 803 000 0009",
        "5 days",
    ]
    press(Qt.Key.Key_Return)
    assert view.form() is view.supplier_form
    for text in ("orders@aba.invalid", "9"):
        type_in(text)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.suppliers.index(0, 2).data() == "9 days")
    assert [(one.name, one.contact) for one in desk.ordering.suppliers()] == [
        ("Aba Medical", "orders@aba.invalid")
    ]
    view.supplier_table.setFocus()
    press(Qt.Key.Key_D, CTRL)
    qtbot.waitUntil(lambda: view.suppliers.index(0, 3).data() == "Out of use")
    assert desk.ordering.suppliers() == []
    press(Qt.Key.Key_D, CTRL)
    qtbot.waitUntil(lambda: view.suppliers.index(0, 3).data() == "In use")


def test_a_line_that_is_not_as_it_should_be_goes_to_quarantine(clinic, desk, qtbot, room):
    view = room("receiving")
    ends = clinic.small.today + timedelta(days=700)
    type_in("t-par")
    qtbot.wait(60)  # fingers, not a scanner
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.form() is view.line_form)
    for text in ("WET-1", f"{ends:%m/%Y}", "50", ""):
        type_in(text)
        qtbot.wait(60)
        press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.lines.rowCount() == 1)
    view.table.setFocus()
    press(Qt.Key.Key_M, CTRL)
    assert view.lines.index(0, 1).data() == "WET-1\nto quarantine"
    press(Qt.Key.Key_M, CTRL)
    press(Qt.Key.Key_M, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert view.form() is view.part_form
    for text, left in (("51", 1), ("20", 2)):
        view.part_form.put(quantity=text)
        view.part_form.submit()
        assert view.lines.rowCount() == left
    assert [view.lines.index(row, 3).data() for row in range(2)] == ["30", "20"]
    view.supplier.setText("Juno Ltd")
    press(Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: stock(clinic).get("WET-1") == 30)
    with clinic.owner() as owner:
        rows = owner.execute(
            "SELECT batch_number, state, current_stock FROM inventory_items "
            "WHERE batch_number LIKE 'WET-1%' ORDER BY 1"
        ).fetchall()
    assert rows == [("WET-1", "saleable", 30), ("WET-1 (quarantine)", "quarantine", 20)]
