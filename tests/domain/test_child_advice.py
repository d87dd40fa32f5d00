"""The dose of a child by weight, before it is typed (spec 4.7)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine, Sig
from clinicdesk.domain.safety import SafetyContext, check, child_advice
from tests.domain.test_safety import DATA, TODAY

CHILD = SafetyContext(age_days=4 * 365, sex="female", weight_kg=Decimal(16), weight_on=TODAY, today=TODAY)


def medicine(name, strength, form):
    return Medicine(
        medication_id=UUID(int=1), name=name, strength=strength, form=form, atc="", brand_names=(), controlled=False,
        stock=0, earliest_expiry=None, price=None,
    )  # fmt: skip


SYRUP = medicine("Paracetamol", "120 mg/5 mL", "syrup")


def test_a_syrup_says_millilitres_inside_the_band_4_7():
    (one,) = child_advice(SYRUP, "oral", context=CHILD, data=DATA)
    assert (one.low, one.high, one.unit, one.times) == (Decimal(160), Decimal(240), "mg", 4)
    assert one.volume == (Decimal(7), Decimal(10))  # 6.67 mL goes up to the next half, 10 mL stays
    assert one.verified


@pytest.mark.parametrize("weight", [6, 9, 13, 20, 27, 41])
def test_what_is_advised_passes_its_own_check_s8(weight):
    context = replace(CHILD, weight_kg=Decimal(weight))
    for one in child_advice(SYRUP, "oral", context=context, data=DATA):
        assert one.volume is not None
        for dose in one.volume:
            line = PrescriptionLine(
                medicine=SYRUP,
                sig=Sig(dose=dose, unit="mL", times_per_day=one.times, duration_days=3),
                quantity=100,
            )
            assert not [found for found in check([line], context, DATA) if found.rule.startswith("S8")]


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_kg": None},
        {"weight_on": TODAY - timedelta(days=91)},
        {"age_days": None},
        {"age_days": 19 * 366},
        {"weight_kg": Decimal(50)},
    ],
)
def test_without_a_fresh_weight_of_a_child_nothing_is_advised_4_7(changes):
    assert child_advice(SYRUP, "oral", context=replace(CHILD, **changes), data=DATA) == ()


def test_an_unknown_medicine_and_a_cream_have_no_advice_4_7():
    assert child_advice(medicine("Nonesuch", "5 mg", "tablet"), "oral", context=CHILD, data=DATA) == ()
    assert child_advice(medicine("Ibuprofen", "5 %", "gel"), "topical", context=CHILD, data=DATA) == ()
