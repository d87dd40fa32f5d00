"""Properties that hold for anything a doctor may write (spec 4.3, 4.5)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine, Sig
from clinicdesk.domain.quantity import bottles, doses, drops_to_ml, issue_quantity, quantity, taper_quantity
from clinicdesk.domain.safety import SafetyContext, check
from tests.domain.test_safety import DATA, TODAY

UNITS = ("tablet", "capsule", "mL", "puff", "sachet")
amounts = st.decimals("0.25", "50", places=2).filter(lambda value: value > 0)
days = st.integers(1, 730)
frequencies = st.one_of(
    st.builds(lambda n: {"times_per_day": n}, st.integers(1, 24)),
    st.builds(lambda n: {"interval_hours": n}, st.integers(1, 72)),
    st.builds(lambda n: {"prn": True, "max_per_day": n}, st.integers(1, 24)),
    st.builds(lambda n: {"stat": True, "times_per_day": n}, st.none() | st.integers(1, 8)),
    st.just({"alternate_days": True}),
    st.just({"weekly": True}),
)


@st.composite
def sigs(draw):
    low = draw(amounts)
    high = draw(st.none() | st.decimals("0.25", "50", places=2))
    return Sig(
        dose=low,
        dose_max=high if high is not None and high > low else None,
        unit=draw(st.sampled_from(UNITS)),
        duration_days=draw(days),
        **draw(frequencies),
    )


def taken(sig):
    """Doses counted one after the other on the clock, without the formula under test."""
    hours, length = 0, 24 * sig.duration_days
    if sig.prn:
        return sum(sig.max_per_day for _ in range(sig.duration_days))
    if sig.stat:
        return 1 + sum(sig.times_per_day or 0 for _ in range(sig.duration_days))
    step = 168 if sig.weekly else 48 if sig.alternate_days else sig.interval_hours
    if not step:
        return sum(sig.times_per_day for _ in range(sig.duration_days))
    count = 0
    while hours < length:
        count, hours = count + 1, hours + step
    return count


@given(sigs())
def test_quantity_is_never_below_need_and_never_a_whole_unit_above_4_3(sig):
    need = max(sig.dose, sig.dose_max or sig.dose) * taken(sig)
    made = quantity(sig)
    assert doses(sig) == taken(sig)
    assert need <= made < need + 1


@given(sigs(), st.integers(1, 100), st.sampled_from(["exact", "strip", "pack"]), st.booleans())
def test_packs_never_hold_less_than_the_need_4_3(sig, pack, mode, controlled):
    made = quantity(sig)
    issued = issue_quantity(made, mode=mode, pack=pack, controlled=controlled)
    assert issued >= made
    assert issued == made or (issued % pack == 0 and issued - made < pack and not controlled)


@given(st.lists(st.tuples(amounts, st.integers(1, 60)), min_size=1, max_size=8))
def test_a_taper_is_rounded_once_at_the_end_4_3(steps):
    need = sum((dose * count for dose, count in steps), Decimal(0))
    assert need <= taper_quantity(steps) < need + 1


@given(st.decimals("0.1", "5000", places=1), st.integers(1, 500), days, st.none() | st.integers(1, 90))
def test_bottles_hold_the_volume_and_outlast_the_days_4_3(volume, size, length, in_use):
    made = bottles(volume, bottle_size=Decimal(size), days=length, in_use_days=in_use)
    assert made.volume >= volume
    assert in_use is None or made.count * in_use >= length


@given(st.integers(1, 100_000))
def test_drops_never_run_out_4_3(drops):
    assert drops <= drops_to_ml(drops) * 20 < drops + 20


@given(sigs())
def test_an_uneven_piece_is_refused_where_it_cannot_be_split_4_3(sig):
    assume(sig.dose % 1 or (sig.dose_max or Decimal(1)) % 1)
    with pytest.raises(InvalidField, match="not_splittable"):
        quantity(sig, can_split=False)


# -- never silent

FULL = SafetyContext(
    age_days=40 * 365,
    sex="female",
    weight_kg=Decimal(64),
    weight_on=TODAY,
    today=TODAY,
    pregnancy="no",
    breastfeeding="no",
    egfr=Decimal(90),
    egfr_on=TODAY,
)
medicines = st.sampled_from(sorted(DATA.known)) | st.text(min_size=1, max_size=20)


def prescribed(name, sig):
    medicine = Medicine(
        medication_id=UUID(int=1), name=name, strength="", form="tablet", atc="", brand_names=(),
        controlled=False, stock=1, earliest_expiry=None, price=None,
    )  # fmt: skip
    return PrescriptionLine(medicine=medicine, sig=sig, quantity=1)


@settings(max_examples=60)
@given(medicines, sigs(), st.sampled_from(["age", "allergies", "pregnancy"]))
def test_what_is_missing_is_always_said_4_5(name, sig, missing):
    """Age, allergy answer or pregnancy not known: one finding at least says 'not checked' for it."""
    said = check([prescribed(name, sig)], without(missing), DATA)
    before = check([prescribed(name, sig)], FULL, DATA)
    unchecked = {one.title for one in said if not one.checked} - {one.title for one in before}
    if missing == "age":
        assert any("age" in title.casefold() for title in unchecked)
    elif missing == "allergies":
        assert any("allerg" in one.title.casefold() for one in said if not one.checked)
    else:
        assert any("pregnan" in title.casefold() for title in unchecked)


def without(missing):
    return {
        "age": replace(FULL, age_days=None),
        "allergies": FULL,  # never asked
        "pregnancy": replace(FULL, pregnancy="unknown"),
    }[missing]


@settings(max_examples=60)
@given(st.sampled_from(sorted(DATA.children_by_drug)), sigs(), st.integers(30, 17 * 365))
def test_a_child_without_a_weight_is_never_quiet_s8(name, sig, age):
    child = replace(FULL, age_days=age, weight_kg=None, weight_on=None)
    found = [one for one in check([prescribed(name, sig)], child, DATA) if one.rule.startswith("S8")]
    assert found, "neither a child dose, nor 'not checked', nor 'weight missing'"


@settings(max_examples=60)
@given(st.sampled_from(sorted(DATA.children_by_drug)), sigs(), st.integers(91, 3000))
def test_an_old_weight_of_a_child_is_said_where_the_dose_goes_by_weight_s8(name, sig, old):
    child = replace(FULL, age_days=5 * 365, weight_kg=Decimal(18), weight_on=TODAY - timedelta(days=old))
    rules = {one.rule for one in check([prescribed(name, sig)], child, DATA)}
    fresh = {
        one.rule
        for one in check([prescribed(name, sig)], replace(child, weight_on=TODAY), DATA)
    }  # fmt: skip
    by_weight = any(row.high is not None or row.weight_bands for row in DATA.children_by_drug[name])
    assert rules - fresh <= {"S8:weight-old"}
    assert (
        by_weight
        or "S8:weight-old" not in rules
        or any(row.max_daily_per_kg is not None for row in DATA.children_by_drug[name])
    )


@given(st.text(max_size=30))
def test_a_medicine_that_no_table_knows_is_named_as_not_checked_s10(name):
    assume(name.strip().casefold() not in DATA.known)
    found = check([prescribed(name, Sig(dose=Decimal(1), times_per_day=1))], FULL, DATA)
    assert any(not one.checked for one in found)
