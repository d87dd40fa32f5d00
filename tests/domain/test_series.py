"""Spec 1.11: the dates of a series."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.series import MOST, Freq, Rule, occurrences

MONDAY = date(2026, 11, 23)


def days(found):
    return [f"{day:%d.%m}" for day in found]


def test_daily_weekly_monthly():
    assert days(occurrences(Rule(freq=Freq.DAILY, every=2, times=3), MONDAY)) == ["23.11", "25.11", "27.11"]
    assert days(occurrences(Rule(freq=Freq.WEEKLY, times=3), MONDAY)) == ["23.11", "30.11", "07.12"]
    both = Rule(freq=Freq.WEEKLY, every=2, weekdays=frozenset({1, 4}), times=4)
    assert days(occurrences(both, MONDAY)) == ["23.11", "26.11", "07.12", "10.12"]
    assert days(occurrences(both, MONDAY + timedelta(days=1))) == ["26.11", "07.12", "10.12", "21.12"]
    monthly = Rule(freq=Freq.MONTHLY, until=date(2027, 2, 28))
    assert days(occurrences(monthly, MONDAY)) == ["23.11", "23.12", "23.01", "23.02"]


def test_the_thirty_first_skips_short_months():
    rule = Rule(freq=Freq.MONTHLY, times=4)
    assert days(occurrences(rule, date(2026, 12, 31))) == ["31.12", "31.01", "31.03", "31.05"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 0, "times": 3},
        {"every": 13, "times": 3},
        {"times": 53},
        {"times": 1},
        {},
        {"times": 3, "until": MONDAY},
        {"weekdays": frozenset({7}), "times": 3},
    ],
)
def test_impossible_rules(wrong):
    with pytest.raises(InvalidField):
        Rule(freq=Freq.WEEKLY, **wrong)


def test_an_end_before_the_start_or_after_a_year():
    for until in (MONDAY - timedelta(days=1), MONDAY + timedelta(days=367)):
        with pytest.raises(InvalidField):
            occurrences(Rule(freq=Freq.DAILY, until=until), MONDAY)
    with pytest.raises(InvalidField):  # Tuesdays only, and none before the end
        occurrences(Rule(freq=Freq.WEEKLY, weekdays=frozenset({2}), until=MONDAY), MONDAY)


@given(
    freq=st.sampled_from(Freq),
    every=st.integers(1, 12),
    weekdays=st.frozensets(st.integers(0, 6)),
    times=st.integers(2, MOST),
    first=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
)
def test_dates_rise_within_a_year_and_fit_the_rule(freq, every, weekdays, times, first):
    found = occurrences(Rule(freq=freq, every=every, weekdays=weekdays, times=times), first)
    assert found == sorted(set(found))
    assert len(found) <= times
    assert first <= found[0]
    assert found[-1] <= first + timedelta(days=366)
    for day in found:
        match freq:
            case Freq.DAILY:
                assert (day - first).days % every == 0
            case Freq.WEEKLY:
                assert day.isoweekday() % 7 in (weekdays or {first.isoweekday() % 7})
                monday = first - timedelta(days=first.weekday())
                assert (day - monday).days // 7 % every == 0
            case Freq.MONTHLY:
                assert day.day == first.day
