"""Quantity arithmetic: the table of spec 4.3, row by row."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Sig
from clinicdesk.domain.quantity import (
    bottles,
    dose_in_units,
    doses,
    drops_to_ml,
    in_units,
    issue_quantity,
    quantity,
    splittable,
    taper_quantity,
    weekday_doses,
)
from clinicdesk.domain.strengths import parse_strength


def sig(dose="1", **fields):
    return Sig(dose=Decimal(dose), **fields)


@pytest.mark.parametrize(
    ("directions", "expected"),
    [
        (sig(times_per_day=3, duration_days=7), 21),
        (sig("2", times_per_day=2, duration_days=5), 20),
        (sig("0.5", times_per_day=1, duration_days=5), 3),  # half tablets add up: 2.5 -> 3, not 5
        (sig("1.5", times_per_day=3, duration_days=1), 5),
        (sig(interval_hours=8, duration_days=5), 15),
        (sig(interval_hours=5, duration_days=1), 5),
        (sig(interval_hours=72, duration_days=1), 1),
        (sig(alternate_days=True, duration_days=7), 4),
        (sig(weekly=True, duration_days=28), 4),
        (sig(weekly=True, duration_days=8), 2),
        (sig("2", stat=True), 2),
        (sig("0.5", stat=True, duration_days=9), 1),
        (sig(stat=True, times_per_day=2, duration_days=5), 11),
        (sig(prn=True, max_per_day=4, duration_days=3), 12),
        (sig("1", dose_max=Decimal(2), prn=True, times_per_day=4, max_per_day=4, duration_days=3), 24),
        (sig("5", unit="mL", times_per_day=3, duration_days=5), 75),
        (sig("2.5", unit="mL", times_per_day=1, duration_days=5), 13),
        (sig(times_per_day=1), 30),  # ongoing: supply period
    ],
)
def test_table_4_3(directions, expected):
    assert quantity(directions) == expected


def test_supply_period_4_3():
    assert quantity(sig(times_per_day=2), supply_days=56) == 112


@pytest.mark.parametrize(
    ("directions", "rule"),
    [
        (sig(prn=True, duration_days=5), "prn_needs_max"),
        (sig(prn=True, max_per_day=0, duration_days=5), "prn_needs_max"),
        (sig(duration_days=5), "frequency_missing"),
        (sig("0", times_per_day=1, duration_days=5), "above_zero"),
        (sig("-1", times_per_day=1, duration_days=5), "above_zero"),
        (sig("NaN", times_per_day=1, duration_days=5), "above_zero"),
        (sig("Infinity", times_per_day=1, duration_days=5), "above_zero"),
        (sig(times_per_day=1, duration_days=0), "above_zero"),
        (sig(interval_hours=0, duration_days=5), "above_zero"),
        (sig("1e30", times_per_day=1, duration_days=5), "too_large"),
        (sig("500", unit="mg", times_per_day=3, duration_days=5), "needs_units"),
    ],
)
def test_refusals_4_3(directions, rule):
    with pytest.raises(InvalidField) as refused:
        quantity(directions)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("tablet", True),
        ("capsule", False),
        ("Tablet (modified release)", False),
        ("enteric-coated tablet", False),
        ("tablet SR", False),
        ("oral suspension", True),
    ],
)
def test_splittable_4_3(form, answer):
    assert splittable(form) is answer


def test_half_a_capsule_is_refused_4_3():
    with pytest.raises(InvalidField, match="not_splittable"):
        quantity(sig("0.5", times_per_day=2, duration_days=5), can_split=False)
    with pytest.raises(InvalidField, match="not_splittable"):
        quantity(sig("1", dose_max=Decimal("1.5"), times_per_day=2, duration_days=5), can_split=False)


quarters = st.integers(1, 80).map(lambda n: Decimal(n) / 4)


@given(quarters, st.integers(1, 12), st.integers(1, 365))
def test_rounded_up_once_at_the_end_4_3(dose, times, days):
    total = quantity(sig(str(dose), times_per_day=times, duration_days=days))
    assert total == ceil(Fraction(dose) * times * days)
    assert total <= sum(ceil(dose) for _ in range(times * days))


@given(st.integers(1, 72), st.integers(1, 365))
def test_hours_cover_the_course_4_3(hours, days):
    count = doses(sig(interval_hours=hours, duration_days=days))
    assert (count - 1) * hours < 24 * days <= count * hours


@given(quarters, st.integers(1, 12), st.integers(1, 100))
def test_longer_never_needs_less(dose, times, days):
    def one(n):
        return quantity(sig(str(dose), times_per_day=times, duration_days=n))

    assert one(days) <= one(days + 1)


def test_named_weekdays_4_3():
    monday = date(2026, 11, 23)
    assert weekday_doses(frozenset({0, 2}), monday, days=14) == 4
    assert weekday_doses(frozenset({6}), monday, days=6) == 0


def test_taper_4_3():
    assert taper_quantity([(Decimal(2), 5), (Decimal("1.5"), 5), (Decimal("0.5"), 5)]) == 20
    with pytest.raises(InvalidField):
        taper_quantity([])


@pytest.mark.parametrize(
    ("dose", "unit", "strength", "form", "expected"),
    [
        ("500", "mg", "250 mg", "capsule", "2"),
        ("1", "g", "500 mg", "tablet", "2"),
        ("12.5", "mg", "25 mg", "tablet", "0.5"),
        ("250", "mg", "125 mg/5 ml", "suspension", "10"),
        ("50", "micrograms", "0.1 mg", "tablet", "0.5"),
    ],
)
def test_dose_in_units_4_3(dose, unit, strength, form, expected):
    assert dose_in_units(Decimal(dose), unit, strength=strength, form=form) == Decimal(expected)


@pytest.mark.parametrize(
    ("dose", "strength", "form", "rule", "nearest"),
    [
        ("375", "250 mg", "capsule", "not_measurable", "2"),
        ("100", "300 mg", "tablet", "not_measurable", "0.25"),
        ("100", "", "tablet", "no_strength", None),
        ("100", "💊", "tablet", "no_strength", None),
    ],
)
def test_dose_is_never_rounded_by_itself_4_3(dose, strength, form, rule, nearest):
    with pytest.raises(InvalidField) as refused:
        dose_in_units(Decimal(dose), "mg", strength=strength, form=form)
    assert refused.value.rule == rule
    assert refused.value.detail.get("nearest") == nearest


def test_in_units_rewrites_milligrams():
    written = sig("500", unit="mg", times_per_day=3, duration_days=7)
    counted = in_units(written, strength="250 mg", form="capsule")
    assert (counted.dose, counted.unit, quantity(counted)) == (Decimal(2), "capsule", 42)


def test_bottles_4_3():
    assert bottles(Decimal(150), bottle_size=Decimal(100), days=10, in_use_days=None).count == 2
    assert bottles(Decimal(60), bottle_size=Decimal(100), days=10, in_use_days=7).count == 2


def test_drops_and_packs_4_3():
    assert drops_to_ml(41) == 3
    assert issue_quantity(21, mode="strip", pack=10) == 30
    assert issue_quantity(21, mode="pack", pack=28, controlled=True) == 21
    assert issue_quantity(21, mode="exact", pack=0) == 21


@pytest.mark.parametrize(
    ("text", "amounts", "unit", "per"),
    [
        ("500 mg", ("500",), "mg", "1"),
        ("125mg/5mL", ("125",), "mg", "5"),
        ("800/160 mg", ("800", "160"), "mg", "1"),
        ("20 mg + 120 mg", ("20", "120"), "mg", "1"),
        ("1 g", ("1000",), "mg", "1"),
        ("1%", ("10",), "mg", "1"),
        ("100 IU/mL", ("100",), "IU", "1"),
        ("1,000 mg", ("1000",), "mg", "1"),
    ],
)
def test_strengths(text, amounts, unit, per):
    parsed = parse_strength(text)
    assert parsed is not None
    assert parsed.amounts == tuple(Decimal(a) for a in amounts)
    assert (parsed.unit, parsed.per) == (unit, Decimal(per))


@given(st.text(max_size=40))
def test_strength_of_anything(text):
    parsed = parse_strength(text)
    assert parsed is None or all(value > 0 for value in parsed.amounts)
