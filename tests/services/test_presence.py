"""Presence and soft locks: shown between seats, ended by themselves, taken over; without the cache nothing is shown."""

import time
from uuid import uuid4

import pytest

from clinicdesk.domain.errors import NotAllowed
from clinicdesk.repositories import presence as keys
from clinicdesk.repositories.presence import PresenceBoard
from clinicdesk.services.presence import Presence

DEAD = "redis://127.0.0.1:9/0"


@pytest.fixture
def seat(clinic):
    """``seat("doctor")``; ``uri`` for another cache."""
    boards = []

    def build(who, pc="pc-1", uri=""):
        session = clinic.sign_in(who, seat=pc)
        board = PresenceBoard(
            uri or session.cache_uri, prefix=session.cache_prefix, name=session.actor.name, seat=pc
        )
        boards.append(board)
        return Presence(board, session.actor, session.now)

    yield build
    for board in boards:
        board.close()


def names(company):
    return [one.name.split()[-1] for one in company]


def test_who_looks_at_a_chart_is_seen_by_the_others_until_they_leave(clinic, seat):
    chart, other = uuid4(), uuid4()
    doctor, nurse = seat("doctor"), seat("nurse", "pc-2")
    assert doctor.at("chart", chart) == []
    seen = nurse.at("chart", chart)
    assert [(one.name, one.seat) for one in seen] == [(doctor._actor.name, "pc-1")]
    assert names(doctor.at("chart", chart)) == [nurse._actor.name.split()[-1]]
    assert nurse.at("chart", other) == []
    nurse.leave("chart", chart)
    assert doctor.at("chart", chart) == []
    with pytest.raises(NotAllowed):
        seat("receptionist", "pc-3").at("chart", chart)


def test_a_seat_that_dies_is_gone_after_its_time(clinic, seat, monkeypatch):
    monkeypatch.setattr(keys, "STAY_MS", 300)
    monkeypatch.setattr(keys, "HOLD_MS", 300)
    place = uuid4()
    doctor, nurse = seat("doctor"), seat("nurse", "pc-2")
    nurse.at("chart", place)
    assert nurse.hold("appointment", place) is None
    assert names(doctor.at("chart", place)) != []
    assert doctor.hold("appointment", place) is not None
    time.sleep(0.4)
    assert doctor.at("chart", place) == []
    assert doctor.hold("appointment", place) is None


def test_a_held_thing_is_said_and_can_be_taken_over(clinic, seat):
    row = uuid4()
    doctor, nurse = seat("doctor"), seat("nurse", "pc-2")
    assert doctor.hold("appointment", row) is None
    assert doctor.hold("appointment", row) is None  # again: prolonged
    held = nurse.hold("appointment", row)
    assert held is not None
    assert (held.name, held.seat) == (doctor._actor.name, "pc-1")
    assert nurse.hold("appointment", row, take_over=True) is None
    assert doctor.hold("appointment", row) is not None
    doctor.release("appointment", row)  # it is not ours any more: nothing happens
    assert doctor.hold("appointment", row) is not None
    nurse.release("appointment", row)
    assert doctor.hold("appointment", row) is None
    doctor.release("appointment", row)


def test_more_people_than_places_are_no_error(clinic, seat, monkeypatch):
    monkeypatch.setattr(keys, "PLACES", 1)
    place = uuid4()
    doctor, nurse = seat("doctor"), seat("nurse", "pc-2")
    assert doctor.at("chart", place) == []
    assert len(nurse.at("chart", place)) == 1
    assert doctor.at("chart", place) == []  # one more than can be named
    doctor.leave("chart", place)
    nurse.at("chart", place)
    assert len(doctor.at("chart", place)) == 1


def test_without_the_cache_nobody_is_shown_and_nobody_is_held_up(clinic, seat):
    row, alone = uuid4(), seat("doctor", uri=DEAD)
    assert alone.at("chart", row) == []
    assert alone.hold("appointment", row) is None
    alone.leave("chart", row)
    alone.release("appointment", row)
    nowhere = Presence(None, alone._actor, lambda: pytest.fail("nobody asks for the time"))
    assert (nowhere.at("chart", row), nowhere.hold("appointment", row)) == ([], None)
