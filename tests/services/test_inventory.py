"""Stock on the real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from clinicdesk.domain.errors import InvalidField, NotAllowed, NotFound
from clinicdesk.domain.stock import SupplyLine
from clinicdesk.services.inventory import Delivery, Inventory, expiry_from, status_of
from clinicdesk.services.pharmacy import Pharmacy
from tests.signed_prescription import Line, sign_prescription, stock


def inventory(clinic, who="pharmacist", seat="pc-1"):
    session = clinic.sign_in(who, seat=seat)
    return Inventory(session.open_work, session.actor, session.now)


def delivery(clinic, **changes):
    wanted = {
        "item_code": "T-AMO", "batch_number": "AMX-3", "expiry": clinic.small.today + timedelta(days=700),
        "quantity": 100, "unit_cost": Decimal("12.50"), "supplier": "Lagos Medical Stores",
    }  # fmt: skip
    return Delivery(**(wanted | changes))


def test_batches_of_one_code_are_one_product(clinic):
    found = {product.item_code: product for product in inventory(clinic).products()}
    assert list(found) == ["T-AML", "T-AMO", "T-AZI", "T-PAR"]
    amoxicillin = found["T-AMO"]
    assert (amoxicillin.stock, amoxicillin.batches, amoxicillin.minimum_stock) == (230, 2, 50)
    assert amoxicillin.value == Decimal(2300)
    assert amoxicillin.location == "Shelf A1"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("amox", ["T-AMO"]), ("500 tablet", ["T-AZI", "T-PAR"]), ("AMX-new", ["T-AMO"]), ("t-par", ["T-PAR"]),
        ("%", []), ("_", []), ("\\", []), ("  ", ["T-AML", "T-AMO", "T-AZI", "T-PAR"]), ("\x00amlo", ["T-AML"]),
    ],
)  # fmt: skip
def test_the_search_finds_every_word_in_name_code_batch(clinic, text, codes):
    assert [product.item_code for product in inventory(clinic).products(text)] == codes


def test_spec_5_7_filters_and_cards_agree(clinic):
    with clinic.owner() as owner:
        owner.execute("UPDATE inventory_items SET minimum_stock = 60 WHERE item_code = 'T-AZI'")
        owner.execute("UPDATE inventory_items SET state = 'recalled' WHERE item_code = 'T-PAR'")
        owner.execute("UPDATE inventory_items SET expiry_date = current_date - 3 WHERE item_code = 'T-AML'")
    room = inventory(clinic)
    shown = {
        key: [one.item_code for one in room.products(shown=key)] for key in ("all", "low", "expiring", "out")
    }
    assert shown["low"] == ["T-AZI"]
    assert shown["expiring"] == ["T-AML", "T-AMO"]
    assert shown["out"] == ["T-AML", "T-PAR"]  # neither expired nor recalled stock can be used
    counts = room.counts()
    assert (counts.tracked, counts.low, counts.expiring, counts.out) == tuple(
        len(shown[key]) for key in shown
    )
    states = {one.item_code: status_of(one, room.today()) for one in room.products()}
    assert states == {"T-AML": "out", "T-AMO": "expiring", "T-AZI": "low", "T-PAR": "out"}


def test_spec_5_3_stock_is_usable_through_its_expiry_date(clinic):
    room = inventory(clinic)
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE inventory_items SET expiry_date = %s WHERE item_code = 'T-AZI'", (room.today(),)
        )
        assert room.product("T-AZI").stock == 60
        owner.execute("UPDATE inventory_items SET expiry_date = expiry_date - 1 WHERE item_code = 'T-AZI'")
    assert room.product("T-AZI").stock == 0


def test_a_page_sorts_and_says_where_the_kept_product_stands(clinic):
    room = inventory(clinic)
    page = room.page(order="stock", descending=True, first=0, limit=2, keep="T-AZI")
    assert [product.item_code for product in page.rows] == ["T-PAR", "T-AMO"]
    assert (page.total, page.kept_row) == (4, 3)
    assert [product.item_code for product in room.page(order="expiry", first=1, limit=1).rows] == ["T-AML"]
    assert room.page(first=99).rows == ()


@pytest.mark.parametrize("order", ["name", "code", "location", "stock", "expiry", "status"])
def test_each_order_runs_both_ways(clinic, order):
    room = inventory(clinic)
    both = [{one.item_code for one in room.page(order=order, descending=down).rows} for down in (False, True)]
    assert both[0] == both[1]
    assert len(both[0]) == 4


def test_a_delivery_makes_a_batch_and_the_ledger_says_who(clinic):
    room = inventory(clinic)
    request = uuid4()
    made = [room.receive(request, delivery(clinic)) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].batch_number, made[0].current_stock, made[0].unit_cost) == (
        "AMX-3",
        100,
        Decimal("12.50"),
    )
    assert made[0].supplier_name == "Lagos Medical Stores"
    line = room.movements("T-AMO")[0]
    assert (line.quantity, line.balance, line.reference_type, line.performed_by, line.batch_number) == (
        100, 100, "purchase", "Chidi Okeke", "AMX-3",
    )  # fmt: skip
    assert [batch.batch_number for batch in room.batches("T-AMO")] == ["AMX-OLD", "AMX-NEW", "AMX-3"]
    assert room.product("T-AMO").stock == 330


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"batch_number": " "}, "batch_number"), ({"batch_number": "x" * 101}, "batch_number"),
        ({"expiry": None}, "expiry_date"), ({"expiry": date(2020, 1, 31)}, "expiry_date"),
        ({"expiry": date(9999, 1, 31)}, "expiry_date"), ({"quantity": None}, "quantity"),
        ({"quantity": 0}, "quantity"), ({"quantity": -5}, "quantity"), ({"quantity": 2**31}, "quantity"),
        ({"unit_cost": Decimal(-1)}, "unit_cost"), ({"unit_cost": Decimal("NaN")}, "unit_cost"),
        ({"unit_cost": Decimal("1.234")}, "unit_cost"), ({"unit_cost": Decimal("1e12")}, "unit_cost"),
        ({"supplier": "x" * 201}, "supplier"),
    ],
)  # fmt: skip
def test_a_wrong_delivery_names_its_field_and_changes_nothing(clinic, change, field):
    room = inventory(clinic)
    wrong = delivery(clinic, **change)
    assert [problem.field for problem in room.problems(wrong)] == [field]
    with pytest.raises(InvalidField) as caught:
        room.receive(uuid4(), wrong)
    assert caught.value.field == field
    assert sum(stock(clinic).values()) == 1380


def test_spec_5_2_the_same_batch_with_another_expiry_is_refused(clinic):
    room = inventory(clinic)
    room.receive(uuid4(), delivery(clinic))
    with pytest.raises(InvalidField) as caught:
        room.receive(uuid4(), delivery(clinic, expiry=clinic.small.today + timedelta(days=701)))
    assert caught.value.rule == "other_expiry"
    with pytest.raises(NotFound):
        room.receive(uuid4(), delivery(clinic, item_code="T-NONE"))


def test_the_ledger_pages_backwards_with_its_running_balance(clinic):
    room = inventory(clinic)
    for number in range(5):
        room.receive(uuid4(), delivery(clinic, quantity=number + 1))
    first = room.movements("T-AMO", 4)
    rest = room.movements("T-AMO", 4, before=first[-1].id)
    assert [line.quantity for line in first + rest] == [5, 4, 3, 2, 1, 200, 30]
    batch = first[0].inventory_item_id
    assert [line.balance for line in room.movements(batch)] == [15, 10, 6, 3, 1]


def test_a_supply_is_in_the_ledger_as_a_negative_line(clinic):
    session = clinic.sign_in("pharmacist", seat="pc-2")
    pharmacy = Pharmacy(session.open_work, session.actor, session.now)
    found = pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    pharmacy.dispense(uuid4(), found, [SupplyLine(prescription_item_id=found.items[0].id, quantity=21)])
    line = inventory(clinic).movements("T-AMO")[0]
    assert (line.quantity, line.balance, line.reference_type, line.batch_number) == (
        -21,
        9,
        "sale",
        "AMX-OLD",
    )


def test_deliveries_and_supplies_at_once_keep_stock_and_ledger_equal(clinic):
    rooms = [inventory(clinic, seat=f"pc-{number}") for number in range(3)]
    room = rooms[0]
    room.receive(uuid4(), delivery(clinic))

    def receive(number):
        return rooms[number % 3].receive(uuid4(), delivery(clinic, quantity=number + 1)).id

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(receive, range(9)))) == 1
    assert stock(clinic)["AMX-3"] == 100 + 45
    assert sum(line.quantity for line in room.movements("T-AMO")) == room.product("T-AMO").stock


def test_levels_hold_for_every_batch_and_for_the_next_delivery(clinic):
    room = inventory(clinic)
    room.set_levels("T-AMO", 300, maximum=900, location="  Cupboard  B2 ")
    room.receive(uuid4(), delivery(clinic, quantity=1))
    product = room.product("T-AMO")
    assert (product.minimum_stock, product.maximum_stock, product.location) == (300, 900, "Cupboard B2")
    for minimum, maximum in ((-1, None), (10, 5), (0, 2**31)):
        with pytest.raises(InvalidField):
            room.set_levels("T-AMO", minimum, maximum=maximum, location="")
    with pytest.raises(NotFound):
        room.set_levels("T-NONE", 1, maximum=None, location="")


def test_who_may_look_and_who_may_receive(clinic):
    admin = inventory(clinic, "admin")
    assert admin.counts().tracked == 4
    for call in (
        lambda: admin.receive(uuid4(), delivery(clinic)),
        lambda: admin.set_levels("T-AMO", 1, maximum=None, location=""),
        lambda: inventory(clinic, "receptionist").products(),
    ):
        with pytest.raises(NotAllowed):
            call()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31.12.2027", date(2027, 12, 31)), ("2027-12-31", date(2027, 12, 31)), ("1/2/28", date(2028, 2, 1)),
        ("12/2027", date(2027, 12, 31)), ("2.28", date(2028, 2, 29)), ("2027-02", date(2027, 2, 28)),
        ("Dec 2027", date(2027, 12, 31)), ("december 27", date(2027, 12, 31)), ("3 feb 2028", date(2028, 2, 3)),
        ("280200", date(2028, 2, 29)), ("271231", date(2027, 12, 31)), ("  ", None),
    ],
)  # fmt: skip
def test_spec_5_3_a_month_is_its_last_day(text, expected):
    assert expiry_from(text) == expected


@pytest.mark.parametrize("text", ["31.02.2027", "13/2027", "soon", "2027", "271331", "31 foo 2027", "0/2027"])
def test_a_date_that_cannot_be_is_refused(text):
    with pytest.raises(InvalidField) as caught:
        expiry_from(text)
    assert caught.value.field == "expiry_date"
