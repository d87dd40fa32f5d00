"""Two doctors' windows on one chart: each reads the other's name in the status bar, and only as long as it is so."""

import pytest

from tests.journeys.seats import Building


@pytest.fixture
def building(qtbot, qapp, clinic):
    made = Building(qtbot, qapp, clinic)
    yield made
    made.close()


def test_who_else_has_the_chart_open_is_in_the_status_bar(building, clinic, monkeypatch):
    monkeypatch.setattr("ui.company.RENEW_SECONDS", 0.2)
    one, two = building.open("doctor", "pc-1"), building.open("nurse", "pc-2")
    patient = clinic.small.patients[0]
    for window in (one, two):
        window.room("chart").open_patient(patient)
        window.settle()
    for window, other in ((one, two), (two, one)):
        name = other.session.actor.name
        window.until(lambda window=window, name=name: name in window.seat.company.text.text())
        assert window.seat.company.text.isVisible()
    two.room("schedule")
    one.until(lambda: not one.seat.company.text.isVisible())
    two.room("chart")
    one.until(lambda: one.seat.company.text.isVisible())
    two.seat.lock()
    one.until(lambda: not one.seat.company.text.isVisible())
