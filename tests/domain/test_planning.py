"""Planning and value (spec 5.7, 5.8), by figures worked out on paper."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinicdesk.domain.planning import (
    Held,
    Levels,
    Usage,
    category,
    classes,
    levels,
    monthly_consumption,
    moving_average,
    selling_price,
    to_order,
    usable,
)

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("usage", "amc"),
    [
        (Usage(issued=600, months=Decimal(6)), Decimal(100)),
        (Usage(issued=600, months=Decimal(6), days_out=61), Decimal(150)),  # two of six months without stock
        (Usage(issued=0, months=Decimal(6), days_out=183), None),  # out of stock the whole period: unknown
        (Usage(issued=0, months=Decimal(6)), Decimal(0)),
        (Usage(issued=5, months=Decimal(0)), None),
    ],
)
def test_spec_5_7_monthly_consumption_leaves_days_without_stock_out(usage, amc):
    assert monthly_consumption(usage) == amc


def test_spec_5_7_levels_follow_lead_time_and_hand_set_ones_override():
    one = Decimal(1)
    made = levels(Decimal(100), lead_days=61, interval_months=one, minimum=0, maximum=None)
    assert made == Levels(minimum=400, maximum=500, safety=200, computed=True)
    assert levels(Decimal(100), lead_days=61, interval_months=one, minimum=50, maximum=120).maximum == 120
    assert levels(None, lead_days=61, interval_months=one, minimum=0, maximum=None).maximum == 0
    assert levels(Decimal(1), lead_days=14, interval_months=one, minimum=90, maximum=20).maximum == 90


@pytest.mark.parametrize(
    ("now", "coming", "back", "pack", "wanted"),
    [(401, 0, 0, 1, 0), (400, 0, 0, 1, 100), (100, 0, 0, 30, 420), (100, 301, 0, 1, 0), (0, 0, 7, 10, 510)],
)
def test_spec_5_7_the_order_fills_up_to_the_maximum_in_whole_packs(now, coming, back, pack, wanted):
    level = Levels(minimum=400, maximum=500, safety=200, computed=True)
    assert to_order(level, usable_now=now, on_order=coming, back_orders=back, pack=pack) == wanted


def test_spec_5_7_what_ends_before_it_is_used_is_not_usable():
    months = timedelta(days=61)
    held = [Held(on_hand=500, expiry=TODAY + months), Held(on_hand=50, expiry=TODAY - timedelta(days=1))]
    assert usable(held, Decimal(100), TODAY) == 200
    assert usable(held, None, TODAY) == 500
    later = Held(on_hand=500, expiry=TODAY + 3 * months)
    assert usable([later, *held], Decimal(100), TODAY) == 200 + 400
    assert usable([Held(on_hand=9, expiry=None), Held(on_hand=1, expiry=TODAY)], Decimal(0), TODAY) == 9


def test_spec_5_7_abc_gives_the_item_that_crosses_a_border_to_the_higher_class():
    values = {"a": Decimal(60), "b": Decimal(20), "c": Decimal(12), "d": Decimal(5), "e": Decimal(3)}
    assert classes(values) == {"a": "A", "b": "A", "c": "B", "d": "C", "e": "C"}
    assert classes({"x": Decimal(0)}) == {"x": "C"}
    cells = {(a, v): category(a, v) for a in "ABC" for v in "VED"}
    assert [cells[one, "D"] for one in "ABC"] == ["I", "II", "III"]
    assert cells["C", "V"] == "I"
    assert cells["B", "E"] == cells["C", "E"] == "II"


def test_spec_5_8_the_average_moves_with_receipts_only():
    assert moving_average([(100, Decimal(10)), (-50, None), (50, Decimal(20))]) == (100, Decimal("15.0000"))
    assert moving_average([(3, Decimal(1)), (-3, None), (7, Decimal("2.5"))]) == (7, Decimal("2.5000"))
    assert moving_average([(3, Decimal(1)), (3, Decimal(0)), (3, Decimal(1))]) == (
        9,
        Decimal("0.6667"),
    )  # free goods count
    assert moving_average([]) == (0, Decimal(0))


@pytest.mark.parametrize(
    ("cost", "markup", "step", "price"),
    [
        ("10", "25", "5", "15.00"),
        ("8", "25", "5", "10.00"),
        ("0", "25", "5", "0.00"),
        ("8", "30", "0", "10.40"),
    ],
)
def test_spec_5_8_the_price_is_cost_and_mark_up_rounded_up_to_the_step(cost, markup, step, price):
    assert selling_price(Decimal(cost), markup_percent=Decimal(markup), step=Decimal(step)) == Decimal(price)
