"""Days as they are typed into the date picker."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.calendar import add_months, month_page, week_of
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.typed_dates import typed_day

TODAY, SHOWN = date(2026, 11, 25), date(2026, 11, 20)  # a Wednesday, a Friday


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("today", TODAY),
        (" TOM ", date(2026, 11, 26)),
        ("fri", date(2026, 11, 27)),
        ("wed", TODAY),
        ("next wed", date(2026, 12, 2)),
        ("tuesday", date(2026, 12, 1)),
        ("+2w", date(2026, 12, 4)),
        ("+3", date(2026, 11, 23)),
        ("-1d", date(2026, 11, 19)),
        ("+1 month", date(2026, 12, 20)),
        ("+1y", date(2027, 11, 20)),
        ("12 dec", date(2026, 12, 12)),
        ("dec 12", date(2026, 12, 12)),
        ("12dec", date(2026, 12, 12)),
        ("12 December 2027", date(2027, 12, 12)),
        ("3 jan", date(2027, 1, 3)),
        ("20 nov", date(2026, 11, 20)),
        ("3.1", date(2027, 1, 3)),
        ("3/1/27", date(2027, 1, 3)),
        ("3.1.2028", date(2028, 1, 3)),
        ("2027-1-5", date(2027, 1, 5)),
        ("30", date(2026, 11, 30)),
        ("3", date(2026, 12, 3)),
        ("31", date(2026, 12, 31)),
    ],
)
def test_a_typed_day(text, wanted):
    assert typed_day(text, today=TODAY, shown=SHOWN) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ma",
        "t",
        "32",
        "31 nov 2026",
        "12 13",
        "29.2.2027",
        "+99999d",
        "+9999m",
        "1.1.1950",
        "12 dec x",
    ],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(InvalidField):
        typed_day(text, today=TODAY, shown=SHOWN)


@given(st.text(max_size=12))
def test_any_text_gives_a_near_day_or_a_refusal(text):
    try:
        found = typed_day(text, today=TODAY, shown=SHOWN)
    except InvalidField:
        return
    assert abs((found - TODAY).days) <= 3660


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(-500, 500))
def test_months_and_pages(day, months):
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1
    first, last = month_page(day)
    assert first.weekday() == 0
    assert (last - first).days == 41
    assert first <= day.replace(day=1) <= day <= last
    assert week_of(day)[0] <= day <= week_of(day)[1]
