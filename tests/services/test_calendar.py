"""The calendar's reads: ranges of days, why time is closed, a month's load, rooms."""

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.calendar import PHASES, shades
from clinicdesk.domain.errors import NotAllowed, RoomTaken, StaleRecord
from clinicdesk.domain.slots import Hours, Leave, Plan, Session, working_windows
from clinicdesk.domain.wall_clock import DAY
from clinicdesk.services.calendar import Calendar
from clinicdesk.services.scheduling import Scheduling


def services(clinic, who="receptionist"):
    session = clinic.sign_in(who)
    parts = (session.open_work, session.actor, session.now)
    return Calendar(*parts), Scheduling(*parts)


def book(clinic, scheduling, start, *, patient=0, day=None, doctor=None, kind="Consultation"):
    small = clinic.small
    return scheduling.book(
        Booking(
            patient_id=small.patients[patient],
            doctor_id=doctor or small.doctor,
            type_id=small.types[kind],
            day=day or small.tomorrow,
            start=start,
        )
    )


def test_a_range_brings_each_day_with_the_reasons_of_its_closed_time(clinic):
    calendar, scheduling = services(clinic)
    small = clinic.small
    first, second = small.tomorrow, small.tomorrow + timedelta(days=1)
    made = book(clinic, scheduling, time(9))
    later = book(clinic, scheduling, time(10), day=second, doctor=small.doctor2)
    room = uuid4()
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO rooms(id, clinic_id, name) VALUES (%s, %s, 'Room 1')", (room, small.clinic)
        )
        owner.execute(
            "INSERT INTO clinic_holidays(clinic_id, day, name) VALUES (%s, %s, 'Founders')",
            (small.clinic, first + timedelta(days=2)),
        )
        owner.execute(
            "INSERT INTO doctor_leave(doctor_id, first_day, last_day, start_time, end_time) VALUES (%s, %s, %s, '15:00', '17:00')",
            (small.doctor, first, first),
        )
        owner.execute(
            "INSERT INTO doctor_sessions(doctor_id, clinic_id, day, start_time, end_time) VALUES (%s, %s, %s, '19:00', '20:00')",
            (small.doctor, small.clinic, first),
        )
    found = calendar.sheets(first, first + timedelta(days=2))
    assert [sheet.day for sheet in found.sheets] == [first, second, first + timedelta(days=2)]
    assert [sheet.appointments for sheet in found.sheets] == [(made,), (later,), ()]
    own = [s for s in found.shades[first] if s.doctor_id == small.doctor]
    assert [(s.start, s.end, s.kind) for s in own] == [
        (0, 480, "off"),
        (780, 840, "break"),
        (900, 1020, "leave"),
        (1080, 1140, "off"),
        (1140, 1200, "session"),
        (1200, 1440, "off"),
    ]
    holiday = found.shades[first + timedelta(days=2)]
    assert {(s.kind, s.name) for s in holiday} == {("holiday", "Founders")}
    assert {s.doctor_id for s in holiday} == {None, small.doctor, small.doctor2}
    assert found.sheets[2].windows == ()
    frame = calendar.frame()
    assert [r.name for r in frame.rooms] == ["Room 1"]
    assert {d.id for d in frame.doctors} == {small.doctor, small.doctor2}
    with pytest.raises(ValueError, match="to"):
        calendar.sheets(first, first + timedelta(days=100))
    pharmacist, _ = services(clinic, "pharmacist")
    for call in (
        lambda: pharmacist.sheets(first, first),
        pharmacist.frame,
        lambda: pharmacist.load(first, first, phases=PHASES),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_the_load_counts_what_is_wanted_and_what_is_free(clinic):
    calendar, scheduling = services(clinic)
    small, day = clinic.small, clinic.small.tomorrow
    book(clinic, scheduling, time(9))
    gone = book(clinic, scheduling, time(10), patient=1)
    scheduling.cancel(gone, "patient_asked")
    book(clinic, scheduling, time(11), patient=2, kind="Follow-up", doctor=small.doctor2)
    (one,) = calendar.load(day, day, phases=PHASES)
    assert (one.number, one.booked, one.free, one.holiday) == (2, 50, 2 * 540 - 50, "")
    assert one.share == pytest.approx(50 / 1080)
    assert one.phases == (0, 2, 0, 0, 0, 0)
    (mine,) = calendar.load(day, day, doctors={small.doctor}, phases=PHASES)
    assert (mine.number, mine.booked, mine.free) == (1, 30, 510)
    (kind,) = calendar.load(day, day, types=[small.types["Follow-up"]], phases=PHASES)
    assert (kind.number, kind.booked, kind.free) == (1, 20, 1030)  # others occupy time all the same
    (none,) = calendar.load(day, day, phases=["pending"])
    assert (none.number, none.booked, none.free, sum(none.phases)) == (0, 0, 1030, 2)
    page = calendar.load(day - timedelta(days=20), day + timedelta(days=21), phases=PHASES)
    assert len(page) == 42
    assert sum(entry.number for entry in page) == 2


def test_a_room_is_an_edit_and_holds_one_appointment_at_a_time(clinic):  # spec 1.2.3, 1.4.3
    calendar, scheduling = services(clinic)
    small, room = clinic.small, uuid4()
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO rooms(id, clinic_id, name) VALUES (%s, %s, 'Room 1')", (room, small.clinic)
        )
    made, other = (
        book(clinic, scheduling, time(9)),
        book(clinic, scheduling, time(9), patient=1, doctor=small.doctor2),
    )
    placed = calendar.put_in_room(made, room)
    assert (placed.id, placed.room_id, placed.room_name, placed.version) == (
        made.id,
        room,
        "Room 1",
        made.version + 1,
    )
    with pytest.raises(RoomTaken):
        calendar.put_in_room(other, room)
    with pytest.raises(StaleRecord):
        calendar.put_in_room(made, None)
    assert calendar.put_in_room(placed, None).room_name == ""


DOCTOR = UUID(int=1)
MINUTE = st.integers(0, DAY)
SPAN = st.tuples(MINUTE, MINUTE).filter(lambda s: s[0] < s[1])


@given(
    weekly=st.lists(SPAN, max_size=3), lunch=SPAN, opening=st.lists(SPAN, max_size=2), leave=SPAN, extra=SPAN
)
def test_windows_and_shades_together_are_the_day(weekly, lunch, opening, leave, extra):
    day = date(2026, 11, 23)
    plan = Plan(
        doctor_id=DOCTOR,
        zone=ZoneInfo("Africa/Lagos"),
        weekly=tuple(
            Hours(weekday=1, start=a, end=b, break_start=lunch[0], break_end=lunch[1]) for a, b in weekly
        ),
        opening={1: tuple(opening)},
        sessions=(Session(day=day, start=extra[0], end=extra[1]),),
        leave=(Leave(first_day=day, last_day=day, start=leave[0], end=leave[1]),),
    )
    windows = working_windows(plan, day)
    closed = [s for s in shades(plan, day, windows) if s.kind != "session"]
    minutes = [0] * DAY
    for start, end in [*windows, *((s.start, s.end) for s in closed)]:
        for minute in range(start, end):
            minutes[minute] += 1
    assert set(minutes) == {1}
    assert all(
        any(a <= s.start and s.end <= b for a, b in windows)
        for s in shades(plan, day, windows)
        if s.kind == "session"
    )
    off = replace(plan, holidays=frozenset({day}))
    assert [(s.start, s.end, s.kind) for s in shades(off, day, [])] == [(0, DAY, "holiday")]
