"""Tapers and named weekdays: typed, in words, counted, checked (spec 4.2, 4.3, 4.4, 4.7)."""

from datetime import date
from decimal import Decimal

import pytest

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Sig, TaperStep
from clinicdesk.domain.quantity import doses, in_units, quantity
from clinicdesk.domain.safety.amounts import doses_a_day
from clinicdesk.domain.sig import words, words_parts
from clinicdesk.services.prescribing_draft import sig_from_json, sig_to_json
from tests.domain.test_sig import read, refused


@pytest.mark.parametrize(
    ("text", "sentence", "count"),
    [
        (
            "8 tabs od 5d then 4 od 5d then 1 od 3d",
            "Take 8 tablets once a day for 5 days, then 4 tablets once a day for 5 days, "
            "then 1 tablet once a day for 3 days",
            63,
        ),
        (
            "1 1/2 tabs bd 3d, then 1/2 3d pc",
            "Take 1 and a half tablets twice a day for 3 days, then half a tablet twice a day for 3 days after food",
            12,
        ),
        ("half a tab od 3d then 1/4 od 2d", "Take half a tablet once a day for 3 days, then a quarter of a tablet "
         "once a day for 2 days", 2),
        ("1 tab mon wed fri 2 weeks", "Take 1 tablet once a day on Monday, Wednesday and Friday only for 14 days", 6),
        ("1 bd every saturday and sunday 7d", "Take 1 tablet twice a day on Saturday and Sunday only for 7 days", 4),
        ("1 on tue, thu 8d", "Take 1 tablet once a day on Tuesday and Thursday only for 8 days", 3),
    ],
)  # fmt: skip
def test_typed_tapers_and_weekdays_4_3_4_4(text, sentence, count):
    sig = read(text).sig
    assert words(sig) == sentence
    assert quantity(sig) == count
    assert sig_from_json(sig_to_json(sig)) == sig  # as a draft and in what is signed


@pytest.mark.parametrize(
    ("text", "rule", "token", "position"),
    [
        ("8 od 5d then 4 od", "taper_step", "4 od", 13),
        ("8 od 5d then bd 5d", "taper_step", "bd 5d", 13),
        ("8 5d then 4 5d", "taper_step", "8 5d", 0),
        ("8 od 5d then 1 prn max 3 per day 5d", "taper_step", "1 prn max 3 per day 5d", 13),
        ("8 tabs od 5d then 4 caps od 5d", "taper_units", "4 caps od 5d", 18),
        ("8 od 5d then 4 odd 5d", "unknown_word", "odd", 15),
        ("8 od 500d then 4 od 500d", "duration_range", "4 od 500d", 15),
        ("1 q8h mon wed 5d", "weekdays_with_other", "", 6),
        ("2 stat then 1 bd 5d", "dose_twice", "1", 12),
    ],
)
def test_refused_at_its_place_4_4(text, rule, token, position):
    assert refused(text) == (rule, token, position)


def test_more_than_eight_steps_are_refused_4_4():
    assert refused(" then ".join(["1 od 1d"] * 9))[0] == "taper_long"


def test_named_weekdays_are_counted_from_the_start_4_3():
    sig = Sig(dose=Decimal(1), times_per_day=1, weekdays=(0, 2), duration_days=8)
    assert doses(sig, start=date(2026, 11, 23)) == 3  # from a Monday: 23, 25, 30
    assert doses(sig, start=date(2026, 11, 26)) == 2  # from a Thursday: 30 and 2
    assert doses(sig) == 3  # not known when it begins: the day that needs most
    with pytest.raises(InvalidField):
        doses(Sig(dose=Decimal(1), weekdays=(0,), duration_days=8))


def test_the_checks_see_the_heaviest_day_of_a_taper_4_7():
    steps = (
        TaperStep(dose=Decimal(2), times_per_day=4, days=2),
        TaperStep(dose=Decimal(5), times_per_day=1, days=2),
    )
    sig = Sig(dose=Decimal(5), times_per_day=4, duration_days=4, steps=steps)
    daily = doses_a_day(sig)
    assert daily is not None
    assert daily * sig.dose == 8


def test_a_taper_in_milligrams_becomes_tablets_and_no_piece_of_a_capsule_4_3():
    sig = in_units(read("40mg od 2d then 30mg od 2d").sig, strength="5 mg", form="tablet")
    assert [step.dose for step in sig.steps] == [8, 6]
    assert words_parts(sig) == ("8, then 6 tablets", "in steps, see directions", "4 days")
    with pytest.raises(InvalidField):
        quantity(read("2 od 2d then 1/2 od 2d").sig, can_split=False)
    with pytest.raises(InvalidField):
        in_units(read("40mg od 2d then 33mg od 2d").sig, strength="5 mg", form="tablet")
