"""Spec 1.4.5, 1.5 and 1.6: when a doctor can be booked."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinicdesk.domain.errors import InvalidField, OutsideHours
from clinicdesk.domain.slots import (
    Busy,
    Hours,
    Leave,
    Plan,
    Session,
    Wish,
    clashes,
    cut,
    free_slots,
    merge,
    nearest,
    next_free,
    require_hours,
    working_windows,
)
from clinicdesk.domain.wall_clock import day_bounds, exists, instant, local_text, wall

DOCTOR = UUID(int=7)
LAGOS = ZoneInfo("Africa/Lagos")
MONDAY = date(2026, 11, 23)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def plan(*weekly: Hours, zone: ZoneInfo = LAGOS, **more) -> Plan:
    return Plan(doctor_id=DOCTOR, zone=zone, weekly=weekly, **more)


def hours(start: str, end: str, weekday: int = 1, **more) -> Hours:
    return Hours(weekday=weekday, start=m(start), end=m(end), **more)


def m(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def times(plan: Plan, day: date, *, duration: int = 30, busy=(), now=LONG_AGO, **more) -> list[str]:
    wish = Wish(duration=duration, **({"horizon": 10_000} | more))
    return [local_text(s.start, plan.zone) for s in free_slots(plan, day, wish=wish, busy=busy, now=now)]


def at(text: str, day: date = MONDAY, zone: ZoneInfo = LAGOS) -> datetime:
    return instant(day, m(text), zone=zone)


def test_windows_merge_and_breaks_cut():
    """1.5.1, 1.5.2: several breaks are several rows of the same day (0.2)."""
    p = plan(
        hours("09:00", "17:00", break_start=m("12:00"), break_end=m("13:00")),
        hours("09:00", "17:00", break_start=m("15:00"), break_end=m("15:10")),
        hours("17:00", "18:00"),
    )
    assert working_windows(p, MONDAY) == [(540, 720), (780, 900), (910, 1080)]
    assert working_windows(p, MONDAY + timedelta(days=1)) == []


def test_sunday_is_weekday_zero():
    assert working_windows(plan(hours("09:00", "10:00", weekday=0)), date(2026, 11, 22)) == [(540, 600)]


def test_grid_starts_at_the_window_after_cutting():
    """1.5.4: a 10:10 break end gives 10:10, 10:30."""
    p = plan(hours("09:00", "11:00", break_start=m("09:50"), break_end=m("10:10")))
    assert times(p, MONDAY, duration=20) == ["09:00", "09:20", "10:10", "10:30"]
    assert times(p, MONDAY, duration=30, step=15) == ["09:00", "09:15", "10:10", "10:25"]


def test_unavailable_rows_opening_hours_and_sessions():
    p = plan(
        hours("08:00", "18:00"),
        hours("11:00", "12:00", available=False),
        opening={1: ((m("09:00"), m("13:00")), (m("14:00"), m("17:00")))},
        sessions=(Session(day=MONDAY, start=m("18:00"), end=m("19:00")),),
    )
    assert working_windows(p, MONDAY) == [(540, 660), (720, 780), (840, 1020), (1080, 1140)]
    assert working_windows(plan(hours("08:00", "18:00"), opening={}), MONDAY) == []


def test_validity_leave_and_holidays():
    row = hours("08:00", "12:00", valid_from=MONDAY, valid_to=MONDAY + timedelta(days=7))
    assert working_windows(plan(row), MONDAY) == [(480, 720)]
    assert working_windows(plan(row), MONDAY + timedelta(days=14)) == []
    away = Leave(first_day=MONDAY - timedelta(days=3), last_day=MONDAY, end=m("10:00"))
    assert working_windows(plan(row, leave=(away,)), MONDAY) == [(600, 720)]
    assert working_windows(plan(row, holidays=frozenset({MONDAY})), MONDAY) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"start": 600, "end": 600},
        {"start": 1320, "end": 120},
        {"start": 0, "end": 1441},
        {"start": 500, "end": 600, "break_start": 550},
        {"start": 500, "end": 600, "break_start": 550, "break_end": 550},
    ],
)
def test_bad_rows_are_refused_at_entry(bad):
    with pytest.raises(InvalidField):
        Hours(weekday=1, **bad)


def test_too_long_a_wish_gives_an_empty_list():
    assert times(plan(hours("09:00", "10:00")), MONDAY, duration=61) == []


def test_back_to_back_is_legal_and_overlap_is_not():
    """1.4.1"""
    busy = (Busy(start=at("09:30"), end=at("10:00")),)
    assert times(plan(hours("09:00", "10:30")), MONDAY, busy=busy) == ["09:00", "10:00"]


def test_buffers_take_the_greater_not_the_sum():
    """1.4.5: max(A.buffer_after, B.buffer_before); buffers may lie outside the window."""
    busy = (Busy(start=at("09:30"), end=at("10:00"), buffer_after=10, buffer_before=5),)
    p = plan(hours("09:00", "11:00"))
    assert times(p, MONDAY, duration=25, step=5, busy=busy, buffer_before=15) == [
        "09:00",
        "10:15",
        "10:20",
        "10:25",
        "10:30",
        "10:35",
    ]
    assert times(p, MONDAY, duration=30, busy=busy, buffer_after=0) == ["10:30"]


def test_notice_and_horizon():
    """1.5.6"""
    p = plan(hours("09:00", "11:00"))
    now = at("09:10")
    assert times(p, MONDAY, now=now) == ["09:30", "10:00", "10:30"]
    assert times(p, MONDAY, now=at("09:30")) == ["09:30", "10:00", "10:30"]
    assert times(p, MONDAY, now=now, notice=60) == ["10:30"]
    assert times(p, MONDAY, now=at("10:00", MONDAY - timedelta(days=7)), horizon=7) == [
        "09:00",
        "09:30",
        "10:00",
    ]
    assert times(p, MONDAY + timedelta(days=91), now=now, horizon=90) == []


@pytest.mark.parametrize("name", ["Pacific/Pago_Pago", "Africa/Lagos", "Pacific/Kiritimati"])
def test_any_offset_gives_the_same_wall_clock(name):
    """1.6 at UTC-11, +1 and +14: the list is the clinic's wall clock, the instants are not."""
    zone = ZoneInfo(name)
    p = plan(hours("00:00", "01:00"), hours("23:00", "24:00"), zone=zone)
    assert times(p, MONDAY, duration=20) == ["00:00", "00:20", "00:40", "23:00", "23:20"]
    first = free_slots(p, MONDAY, wish=Wish(duration=20, horizon=10_000), busy=(), now=LONG_AGO)[0]
    offset = {"Pacific/Pago_Pago": -11, "Africa/Lagos": 1, "Pacific/Kiritimati": 14}[name]
    assert first.start == datetime(2026, 11, 23, tzinfo=UTC) - timedelta(hours=offset)


def test_nothing_ends_at_midnight_because_the_row_could_not_hold_it():
    """0.2: CHECK start_time < end_time."""
    assert times(plan(hours("23:00", "24:00")), MONDAY, duration=30) == ["23:00"]


def test_around_midnight_the_neighbouring_day_is_busy_too():
    busy = (Busy(start=at("23:30", MONDAY - timedelta(days=1)), end=at("00:20")),)
    assert times(plan(hours("00:00", "01:00")), MONDAY, duration=20, busy=busy) == ["00:20", "00:40"]


BERLIN, SPRING, AUTUMN = ZoneInfo("Europe/Berlin"), date(2026, 3, 29), date(2026, 10, 25)


def test_spring_gap_has_fewer_slots():
    """1.6.3, 1.6.4: 02:00 to 03:00 does not exist."""
    p = plan(hours("01:00", "04:00", weekday=0), zone=BERLIN)
    assert times(p, SPRING) == ["01:00", "01:30", "03:00", "03:30"]
    inside = plan(hours("02:15", "03:30", weekday=0), zone=BERLIN)
    assert times(inside, SPRING) == ["03:00"]
    assert times(plan(hours("02:10", "02:50", weekday=0), zone=BERLIN), SPRING, duration=10) == []
    assert not exists(SPRING, m("02:30"), zone=BERLIN)
    assert exists(SPRING, m("03:00"), zone=BERLIN)
    assert instant(SPRING, m("02:30"), zone=BERLIN) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_autumn_overlap_has_more_slots_and_shows_the_offset():
    """1.6.3, 1.6.4, 1.5.7; a slot whose wall clock runs backwards is skipped (0.2)."""
    p = plan(hours("01:30", "04:00", weekday=0), zone=BERLIN)
    assert times(p, AUTUMN) == [
        "01:30", "02:00 (UTC+02:00)", "02:00 (UTC+01:00)", "02:30 (UTC+01:00)", "03:00", "03:30",
    ]  # fmt: skip
    assert instant(AUTUMN, m("02:30"), zone=BERLIN, second=True) - instant(
        AUTUMN, m("02:30"), zone=BERLIN
    ) == timedelta(hours=1)


def test_a_day_that_never_was_has_no_slots():
    apia = ZoneInfo("Pacific/Apia")
    day = date(2011, 12, 30)
    p = plan(hours("08:00", "12:00", weekday=5), zone=apia)
    now = datetime(2011, 12, 1, tzinfo=UTC)
    assert times(p, day, now=now) == []
    assert times(p, date(2011, 12, 23), now=now)[0] == "08:00"


def test_day_bounds_have_23_and_25_hours():
    """1.6.5"""
    lengths = [day_bounds(day, BERLIN) for day in (SPRING, AUTUMN, MONDAY)]
    assert [(b - a) / timedelta(hours=1) for a, b in lengths] == [23, 25, 24]


def test_nearest_and_next_free():
    p = plan(hours("09:00", "12:00"))
    wish = Wish(duration=30)
    now = at("08:00")
    slots = free_slots(p, MONDAY, wish=wish, busy=(), now=now)
    assert [local_text(s.start, LAGOS) for s in nearest(slots, at("10:10"))] == ["09:30", "10:00", "10:30"]
    assert nearest([], at("10:10")) == ()
    full = (Busy(start=at("09:00"), end=at("12:00")),)
    found = next_free(p, MONDAY, wish=wish, busy=full, now=now)
    assert found is not None
    assert wall(found.start, LAGOS) == (MONDAY + timedelta(days=7), 540)
    assert next_free(plan(), MONDAY, wish=wish, busy=(), now=now) is None


def test_require_hours():
    p = plan(hours("09:00", "12:00", break_start=600, break_end=630))
    require_hours(p, MONDAY, start=540, end=600)
    for start, end in ((590, 620), (540, 540), (700, 730), (480, 500)):
        with pytest.raises(OutsideHours):
            require_hours(p, MONDAY, start=start, end=end)


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=8)


@given(spans, spans)
def test_cut_is_set_difference(windows, holes):
    minutes = {x for a, b in windows for x in range(a, b)} - {x for a, b in holes for x in range(a, b)}
    result = cut(windows, holes)
    assert {x for a, b in result for x in range(a, b)} == minutes
    assert result == merge(result)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(480, 1000), st.integers(5, 60), st.integers(0, 20), st.integers(0, 20)),
        max_size=8,
    ),
    st.integers(5, 60),
    st.integers(5, 40),
    st.integers(0, 20),
)
def test_no_slot_clashes_and_every_slot_lies_in_a_window(taken, duration, step, buffer):
    busy = [
        Busy(
            start=instant(MONDAY, s, zone=LAGOS),
            end=instant(MONDAY, s + d, zone=LAGOS),
            buffer_before=b,
            buffer_after=a,
        )
        for s, d, b, a in taken
    ]
    p = plan(hours("08:00", "16:00", break_start=720, break_end=780))
    wish = Wish(duration=duration, step=step, buffer_before=buffer, buffer_after=buffer, horizon=10_000)
    slots = free_slots(p, MONDAY, wish=wish, busy=busy, now=LONG_AGO)
    assert slots == sorted(set(slots), key=lambda s: s.start)
    for slot in slots:
        start, end = wall(slot.start, LAGOS)[1], wall(slot.end, LAGOS)[1]
        assert end - start == duration
        assert any(low <= start and end <= high for low, high in working_windows(p, MONDAY))
        assert not any(clashes(slot.start, slot.end, wish, b) for b in busy)
    steps = [t for low, high in ((480, 720), (780, 960)) for t in range(low, high - duration + 1, step)]
    spans = [(instant(MONDAY, t, zone=LAGOS), instant(MONDAY, t + duration, zone=LAGOS)) for t in steps]
    free = [start for start, end in spans if not any(clashes(start, end, wish, b) for b in busy)]
    assert [slot.start for slot in slots] == free, "none is left out"


ZONES = ("Pacific/Pago_Pago", "Africa/Lagos", "Pacific/Kiritimati")


@pytest.mark.parametrize("name", ZONES)
def test_bookings_now_and_notice_are_instants_whatever_the_offset(name):
    """1.5.5, 1.5.6 at UTC-11, +1 and +14: the same wall clock gives the same list."""
    zone = ZoneInfo(name)
    p = plan(hours("00:00", "02:00"), hours("22:00", "24:00"), zone=zone)
    busy = (
        Busy(start=instant(MONDAY, m("00:30"), zone=zone), end=instant(MONDAY, m("01:00"), zone=zone)),
        Busy(start=instant(MONDAY, m("22:50"), zone=zone), end=instant(MONDAY, m("23:20"), zone=zone)),
    )
    now = instant(MONDAY, m("00:20"), zone=zone)
    assert times(p, MONDAY, busy=busy, now=now) == ["01:00", "01:30", "22:00"]
    assert times(p, MONDAY, busy=busy, now=now, notice=60) == ["01:30", "22:00"]
    tuesday = MONDAY + timedelta(days=1)
    assert times(p, tuesday, busy=busy, now=now) == []  # Monday's rows are not Tuesday's


@pytest.mark.parametrize("name", ZONES)
def test_leave_and_sessions_hold_on_the_clinics_day(name):
    """1.5.1, 1.5.2, 1.6.5: a day's leave begins and ends at local midnight."""
    zone = ZoneInfo(name)
    p = plan(
        hours("22:00", "24:00"),
        zone=zone,
        sessions=(Session(day=MONDAY + timedelta(days=1), start=0, end=m("01:00")),),
        leave=(Leave(first_day=MONDAY, last_day=MONDAY, start=m("23:00")),),
    )
    assert times(p, MONDAY) == ["22:00", "22:30"]
    assert times(p, MONDAY + timedelta(days=1)) == ["00:00", "00:30"]


def test_an_instant_of_a_clock_change_is_never_given_twice():
    """1.5.7: sorted and unique; 1.6.3 over a midnight change (Cairo, Beirut begin summer time at midnight)."""
    for name, day in (("Africa/Cairo", date(2026, 4, 24)), ("Asia/Beirut", date(2026, 3, 29))):
        zone = ZoneInfo(name)
        p = plan(hours("00:00", "03:00", weekday=day.isoweekday() % 7), zone=zone)
        now = datetime(2026, 3, 1, tzinfo=UTC)
        found = free_slots(p, day, wish=Wish(duration=30), busy=(), now=now)
        starts = [slot.start for slot in found]
        assert starts == sorted(set(starts))
        assert [wall(start, zone)[1] for start in starts] == [60, 90, 120, 150], name
        assert {wall(start, zone)[0] for start in starts} == {day}


def test_breaks_and_bookings_in_the_hour_that_comes_twice():
    """1.6.4: of a wall time that exists twice a break means both ends by their first instant."""
    p = plan(hours("01:00", "04:00", weekday=0, break_start=m("02:00"), break_end=m("02:30")), zone=BERLIN)
    found = times(p, AUTUMN, now=datetime(2026, 10, 1, tzinfo=UTC))
    assert found[:2] == ["01:00", "01:30"]
    assert found[-2:] == ["03:00", "03:30"]
    first, second = (instant(AUTUMN, m("02:30"), zone=BERLIN, second=late) for late in (False, True))
    busy = (Busy(start=second, end=second + timedelta(minutes=30)),)
    left = times(p, AUTUMN, now=datetime(2026, 10, 1, tzinfo=UTC), busy=busy)
    assert "02:30 (UTC+01:00)" not in left
    assert second - first == timedelta(hours=1)
