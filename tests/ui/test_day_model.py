"""The schedule's item model, and the lanes its overlaps are put in."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.wall_clock import hhmm
from tests.ui.calendar_day import AISHA, DOCTORS, SHEET, appointment, sheet, wall
from ui.screens.schedule.filters import Filters
from ui.screens.schedule.model import AccessibleTextRole, AppointmentRole, DayModel
from ui.widgets.calendar_canvas import LEAST_ZOOM, MOST_ZOOM
from ui.widgets.calendar_layout import CalendarLayout, lanes, source_of


@pytest.fixture
def model(qapp):
    made = DayModel()
    made.set_sheet([sheet()], DOCTORS)
    return made


def test_model_keeps_the_rules_of_qt(model):
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    later = replace(AISHA, start=wall("15:00"), end=wall("15:20"), version=2)
    model.set_sheet([sheet((*SHEET[:1], *SHEET[2:], later, appointment(9, "08:00", "08:30")))], DOCTORS)
    starts = [a.start for a in model.appointments]
    assert starts == sorted(starts)
    assert model.rowCount() == 7
    model.replace(replace(later, start=wall("08:10"), end=wall("08:20")))
    model.replace(appointment(10, "16:00", "16:30"))
    model.replace(replace(SHEET[0], status=Status.CANCELLED))
    model.set_filters(Filters(hidden_phases=frozenset({"completed"})))
    assert [a.start for a in model.appointments] == sorted(a.start for a in model.appointments)
    assert all(a.phase not in {"completed", "cancelled"} for a in model.appointments)
    assert model.phase_counts()["cancelled"] == 2
    model.set_sheet([], ())
    assert (model.rowCount(), tester.model()) == (0, model)


def test_model_texts(model):
    row = model.row_of(AISHA.id)
    cells = [model.data(model.index(row, c)) for c in range(model.columnCount())]
    assert cells == [
        "11:00–11:20",
        "Aisha Ito",
        "Follow-up",
        "Dr S. Rahman",
        "Arrived",
        "Mon 23 Nov",
        "Follow-up",
        "",
    ]
    spoken = model.data(model.index(row, 0), AccessibleTextRole)
    assert spoken == "Aisha Ito, Follow-up, Mon 23 Nov 11:00 to 11:20, Dr S. Rahman, arrived"
    assert model.data(model.index(row, 0), AppointmentRole) is AISHA
    model.set_pending(AISHA.id, on=True)
    assert model.data(model.index(row, 0), AccessibleTextRole).endswith("arrived, being saved")
    model.set_pending(AISHA.id, on=False)
    assert model.pending == frozenset()


def test_an_unchanged_sheet_gives_no_signal_and_a_changed_one_only_its_row(model):
    spies = [
        QSignalSpy(s) for s in (model.modelReset, model.rowsInserted, model.rowsRemoved, model.rowsMoved)
    ]
    changed, columns = QSignalSpy(model.dataChanged), QSignalSpy(model.columns_changed)
    model.set_sheet([sheet()], DOCTORS)
    assert [s.count() for s in [*spies, changed, columns]] == [0] * 6
    newer = replace(AISHA, status=Status.IN_PROGRESS, version=2)
    model.set_sheet([sheet([newer if a.id == AISHA.id else a for a in SHEET])], DOCTORS)
    assert [s.count() for s in spies] == [0] * 4
    assert [changed.at(0)[0].row(), changed.count()] == [model.row_of(AISHA.id), 1]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 40)), max_size=30))
def test_lanes_never_overlap_and_never_waste(raw):
    spans = [(a, a + d) for a, d in raw]
    placed = lanes(spans)
    for i, (a, b) in enumerate(spans):
        lane, count = placed[i]
        assert 0 <= lane < count
        for j, (c, d) in enumerate(spans[:i]):
            if a < d and c < b:
                assert placed[j][0] != lane
                assert placed[j][1] == count
    for lane, count in placed:
        assert lane == 0 or any(other == (lane - 1, count) for other in placed)
    deepest = max((sum(a <= t < b for a, b in spans) for t in range(140)), default=0)
    assert max((count for _, count in placed), default=0) == deepest


START = st.integers(0, 1434)
MOST_LANES = 20  # in the narrowest column; more than that is no clinic's day


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), START, st.sampled_from([5, 10, 15, 20, 30, 60, 240])), max_size=25
    ),
    scale=st.floats(LEAST_ZOOM, MOST_ZOOM),
    width=st.integers(300, 1600),
    rtl=st.booleans(),
)
def test_no_two_cards_cover_each_other_and_all_lie_in_their_column(rows, scale, width, rtl):  # spec 1.4.1
    model = DayModel()
    booked = [
        appointment(n, hhmm(start), hhmm(min(start + length, 1439)), doctor=DOCTORS[doctor])
        for n, (doctor, start, length) in enumerate(rows)
    ]
    model.set_sheet([sheet(booked)], DOCTORS)
    layout = CalendarLayout()
    layout.rtl, layout.scale = rtl, scale
    layout.read(source_of(model))
    layout.fit(width, least=96)
    seen: list[QRect] = []
    for row in range(len(booked)):
        place, card = layout.places[row], layout.card_rect(row)
        assert place is not None
        if place.lanes <= MOST_LANES:
            assert layout.column_rect(place.column, start=place.start, end=place.end).contains(card)
            assert layout.row_at(card.center()) == row
            assert not any(card.intersects(other) for other in seen)
            seen.append(card)
