"""Orders and deliveries on the real database: suggested, ordered, scanned, counted up, received once."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import (
    DeliveryKnown,
    InvalidField,
    NotAllowed,
    NotFound,
    OrderClosed,
    SupplierInUse,
)
from clinicdesk.services.receiving import count_up, differences
from tests.printing.papers import text_of
from tests.services.test_supplying import desk
from tests.signed_prescription import stock

GS = "\x1d"
GTIN = "06154000012342"


def coded(clinic, batch="AMX-26", days=700, gtin=GTIN, serial=""):
    ends = clinic.small.today + timedelta(days=days)
    return f"]d201{gtin}17{ends:%y%m%d}10{batch}" + (f"{GS}21{serial}" if serial else "")


def test_a_scanned_pack_becomes_a_line_and_the_same_batch_counts_up(clinic):
    at = desk(clinic)
    with pytest.raises(InvalidField) as caught:
        at.receiving.scan(coded(clinic))
    assert (caught.value.rule, caught.value.detail) == ("no_such_product", {"gtin": GTIN})
    with pytest.raises(NotFound):
        at.receiving.link(GTIN, "NOBODY")
    at.receiving.link(GTIN, "T-AMO")
    with clinic.owner() as owner:
        owner.execute("INSERT INTO product_settings(clinic_id, item_code, pack_size, markup_percent) VALUES (%s, 'T-AMO', 21, 30)", (clinic.small.clinic,))  # fmt: skip
    found = at.receiving.scan(coded(clinic, serial="S1"))
    assert (found.arrival.item_code, found.arrival.batch_number, found.arrival.quantity) == (
        "T-AMO",
        "AMX-26",
        21,
    )
    assert found.arrival.selling_price == Decimal("15.00")  # 10 and 30 percent, up to the next 5
    assert at.receiving.scan("t-amo").arrival.batch_number == ""
    lines = count_up([], found.arrival, None)
    lines = count_up(lines, at.receiving.scan(coded(clinic, serial="S1")).arrival, None)
    assert lines[0].quantity == 21  # the very same pack
    lines = count_up(lines, at.receiving.scan(coded(clinic, serial="S2")).arrival, None)
    assert [line.quantity for line in lines] == [42]
    assert at.receiving.receive(uuid4(), lines, supplier="Juno Supplies", invoice="J-1") == 1
    assert stock(clinic)["AMX-26"] == 42
    with clinic.owner() as owner:
        row = owner.execute("SELECT selling_price, supplier_name, unit_cost FROM inventory_items WHERE batch_number = 'AMX-26'").fetchone()  # fmt: skip
    assert row == (Decimal("15.00"), "Juno Supplies", Decimal("10.00"))


def test_the_same_delivery_twice_is_noticed_with_and_without_an_invoice(clinic):
    at = desk(clinic)
    line = replace(at.receiving.scan("T-PAR").arrival, batch_number="P-9", expiry=clinic.small.today + timedelta(days=400), quantity=100)  # fmt: skip
    request = uuid4()
    for _ in range(2):  # the same press
        at.receiving.receive(request, [line], supplier="Juno", invoice="INV-7")
    with pytest.raises(DeliveryKnown):
        at.receiving.receive(uuid4(), [replace(line, id=uuid4())], supplier="juno", invoice=" inv-7 ")
    with pytest.raises(DeliveryKnown):
        at.receiving.receive(uuid4(), [replace(line, id=uuid4())], supplier="Juno")
    assert stock(clinic)["P-9"] == 100
    at.receiving.receive(uuid4(), [replace(line, id=uuid4())], supplier="Juno", again=True)
    assert stock(clinic)["P-9"] == 200


def test_spec_5_2_a_delivery_is_all_or_nothing_and_bad_lines_are_refused(clinic):
    at = desk(clinic)
    good = replace(at.receiving.scan("T-PAR").arrival, batch_number="P-9", expiry=clinic.small.today + timedelta(days=400), quantity=5)  # fmt: skip
    bad = {
        "expiry_date": replace(good, id=uuid4(), expiry=clinic.small.today),
        "batch_number": replace(good, id=uuid4(), batch_number=" "),
        "quantity": replace(good, id=uuid4(), quantity=-3),
        "unit_cost": replace(good, id=uuid4(), unit_cost=Decimal("NaN")),
    }
    for field, line in bad.items():
        with pytest.raises(InvalidField) as caught:
            at.receiving.receive(uuid4(), [good, line], supplier="Juno")
        assert caught.value.field == field
    other = replace(good, id=uuid4(), item_code="T-AMO", batch_number="AMX-OLD")  # known with another expiry
    with pytest.raises(InvalidField) as caught:
        at.receiving.receive(uuid4(), [good, other], supplier="Juno")
    assert caught.value.rule == "other_expiry"
    assert "P-9" not in stock(clinic)
    at.receiving.receive(uuid4(), [replace(good, quarantine=True)], supplier="Juno")
    with clinic.owner() as owner:
        assert owner.execute("SELECT state FROM inventory_items WHERE batch_number = 'P-9'").fetchone() == ("quarantine",)  # fmt: skip


def test_spec_5_7_what_is_short_becomes_one_order_a_supplier_and_the_rest_is_computed(clinic):
    at = desk(clinic)
    with clinic.owner() as owner:  # 90 amlodipine left, the level is 100
        owner.execute("UPDATE inventory_items SET minimum_stock = 100, maximum_stock = 300 WHERE batch_number = 'AML-1'")  # fmt: skip
        owner.execute("UPDATE inventory_items SET supplier_name = 'Other House', minimum_stock = 100, maximum_stock = 160 WHERE batch_number = 'AZI-1'")  # fmt: skip
    found = {one.item_code: one for one in at.ordering.suggestions()}
    assert {code: (one.quantity, one.supplier_name) for code, one in found.items()} == {
        "T-AML": (210, "Test Supplies"), "T-AZI": (100, "Other House"),
    }  # fmt: skip
    requests = {"Test Supplies": uuid4(), "Other House": uuid4()}
    orders = at.ordering.draft_all(requests, list(found.values()))
    assert [one.id for one in at.ordering.draft_all(requests, list(found.values()))] == [
        one.id for one in orders
    ]
    assert [(one.supplier_name, one.status, len(one.lines)) for one in orders] == [("Other House", "draft", 1), ("Test Supplies", "draft", 1)]  # fmt: skip
    assert at.ordering.suggestions() == []  # it is on its way
    order = at.ordering.set_status(orders[1].id, "sent")
    assert "T-AML" in text_of(at.ordering.order_pdf(order))
    rows = list(csv.reader(io.StringIO(at.ordering.order_csv(order).decode("utf-8-sig"))))
    assert rows[1][:5] == [order.number, "1", "T-AML", "Amlodipine 5 mg tablet", "210"]
    line = replace(at.receiving.scan("T-AML").arrival, batch_number="AML-2", expiry=clinic.small.today + timedelta(days=400), quantity=150)  # fmt: skip
    lines = count_up([], line, order)
    assert (lines[0].order_line, lines[0].ordered) == (order.lines[0].id, 210)
    assert differences(lines, order) == {"T-AML": -60}
    at.receiving.receive(uuid4(), lines, supplier="Test Supplies", invoice="1", order_id=order.id)
    half = next(one for one in at.receiving.open_orders() if one.id == order.id)
    assert (half.lines[0].received, half.lines[0].remaining) == (150, 60)
    rest = count_up([], replace(line, id=uuid4(), batch_number="AML-3", quantity=80), half)
    assert differences(rest, half) == {"T-AML": 20}
    at.receiving.receive(uuid4(), rest, supplier="Test Supplies", invoice="2", order_id=order.id)
    assert next(one for one in at.ordering.orders() if one.id == order.id).status == "closed"
    with pytest.raises(OrderClosed):
        at.receiving.receive(uuid4(), [replace(rest[0], id=uuid4())], supplier="Test Supplies", invoice="3", order_id=order.id)  # fmt: skip
    assert stock(clinic)["AML-3"] == 80


def test_only_the_pharmacist_orders(clinic):
    at = desk(clinic, "doctor")
    for call in (at.ordering.suggestions, at.ordering.orders, at.receiving.open_orders):
        with pytest.raises(NotAllowed):
            call()


def test_a_delivery_note_as_a_file_becomes_lines_or_names_the_row(clinic):
    at = desk(clinic)
    ends = (clinic.small.today + timedelta(days=300)).isoformat()
    good = f"code,batch,expiry,qty,cost\nT-AMO,N1,{ends},40,9.5\nT-PAR,N2,{ends},10,\n".encode()
    lines = at.receiving.delivery_note("note.csv", good)
    assert [(one.item_code, one.batch_number, one.quantity, one.unit_cost) for one in lines] == [
        ("T-AMO", "N1", 40, Decimal("9.5")), ("T-PAR", "N2", 10, Decimal("10.00")),
    ]  # fmt: skip
    for bad in ("T-AMO,N1,2020-01-01,4,", f"NOBODY,N1,{ends},4,", f"T-AMO,N1,{ends},2.5,", f"T-AMO,,{ends},4,", f"T-AMO,N1,{ends},4,x"):  # fmt: skip
        with pytest.raises(InvalidField) as caught:
            at.receiving.delivery_note("note.csv", good + bad.encode())
        assert (caught.value.rule, caught.value.detail) == ("note_row", {"row": "4"})
    with pytest.raises(InvalidField) as caught:
        at.receiving.delivery_note("note.csv", b"code,qty\nT-AMO,1\n")
    assert caught.value.rule == "column"


def test_a_supplier_with_an_open_order_stays_in_use_and_one_out_of_use_gets_no_order(clinic):
    with clinic.owner() as owner:
        owner.execute("UPDATE inventory_items SET minimum_stock = 100, maximum_stock = 300 WHERE batch_number = 'AML-1'")  # fmt: skip
    ordering = desk_of(clinic.sign_in("pharmacist")).ordering
    found = ordering.suggestions()
    (order,) = ordering.draft_all({one.supplier_name: uuid4() for one in found}, found)
    (supplier,) = ordering.suppliers()
    with pytest.raises(SupplierInUse):
        ordering.retire_supplier(supplier)
    ordering.set_status(order.id, "cancelled")
    ordering.retire_supplier(supplier)
    assert ordering.suppliers() == []
    assert [one.is_active for one in ordering.suppliers(retired=True)] == [False]
    with pytest.raises(InvalidField) as wrong:
        ordering.draft_all({one.supplier_name: uuid4() for one in found}, found)
    assert wrong.value.field == "supplier"


def test_spec_5_2_what_is_not_as_it_should_be_never_joins_the_good_part_of_its_batch(clinic):
    desk = desk_of(clinic.sign_in("pharmacist"))
    line = desk.receiving.scan("T-PAR").arrival
    good = replace(line, batch_number="LOT-9", expiry=clinic.small.today + timedelta(days=500), quantity=10)
    desk.receiving.receive(uuid4(), [good], supplier="Juno", invoice="1")
    bad = replace(good, id=uuid4(), quantity=4, quarantine=True)
    desk.receiving.receive(uuid4(), [bad], supplier="Juno", invoice="2")
    found = {one.batch_number: (one.state, one.current_stock) for one in desk.inventory.batches("T-PAR")}
    assert found["LOT-9"] == ("saleable", 10)
    assert found["LOT-9 (quarantine)"] == ("quarantine", 4)
    other = replace(bad, id=uuid4(), expiry=clinic.small.today + timedelta(days=501))
    with pytest.raises(InvalidField):
        desk.receiving.receive(uuid4(), [other], supplier="Juno", invoice="3")


def test_shelf_tags_of_products_with_their_price(clinic):
    inventory = desk_of(clinic.sign_in("pharmacist")).inventory
    rows = inventory.products()
    page = inventory.shelf_tags(rows, kind="zpl").decode()
    assert page.count("^XA") == len(rows)
    assert all(one.item_code in page for one in rows)
    assert inventory.shelf_tags(rows[:1]).startswith(b"%PDF")
    with pytest.raises(InvalidField):
        inventory.shelf_tags([])
