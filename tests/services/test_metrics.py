"""The figures of a day (spec 7), through the service."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from clinicdesk.domain.errors import InvalidField, NotAllowed
from clinicdesk.domain.metrics import DayMetrics
from clinicdesk.services.metrics import Metrics


@pytest.fixture
def metrics(sign_in) -> Metrics:
    session = sign_in("admin")
    return Metrics(session.open_work, session.actor, session.now)


def book(clinic, status: str, reason: str | None = None, *, patient: int = 0, hour: int = 8) -> None:
    small = clinic.small
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time, status, cancel_reason, fee) "
            "VALUES (%s, %s, %s, %s, make_time(%s, 0, 0), make_time(%s, 30, 0), %s, %s, 5000)",
            (small.patients[patient], small.doctor, small.clinic, small.today, hour, hour, status, reason),
        )


def test_a_day_nobody_counted_is_zeros(metrics, clinic):
    day = clinic.small.today - timedelta(days=3)
    assert metrics.day(day) == DayMetrics(day=day)
    assert metrics.today == clinic.small.today


def test_recompute_counts_the_facts(metrics, clinic):
    book(clinic, "completed", patient=0, hour=8)
    book(clinic, "completed", patient=0, hour=9)
    book(clinic, "no_show", patient=1, hour=10)
    book(clinic, "cancelled", "patient_ill", patient=2, hour=11)
    book(clinic, "cancelled", "duplicate", patient=2, hour=12)  # does not count
    book(clinic, "rescheduled", patient=3, hour=14)  # counts on its new day
    book(clinic, "confirmed", patient=4, hour=15)
    found = metrics.recompute(clinic.small.today)
    assert found == DayMetrics(
        day=clinic.small.today,
        total_appointments=5,
        completed_appointments=2,
        cancelled_appointments=1,
        no_show_appointments=1,
        total_patients=1,
        new_patients=1,
        revenue=Decimal("0.00"),
    )
    assert found.open_appointments == 1
    assert metrics.day(clinic.small.today) == found


def test_a_range_has_each_day_once_oldest_first(metrics, clinic):
    today = clinic.small.today
    metrics.recompute(today)
    found = metrics.range(today - timedelta(days=6), today)
    assert [one.day for one in found] == [today - timedelta(days=n) for n in range(6, -1, -1)]


def test_the_future_has_no_row(metrics, clinic):
    assert metrics.recompute(clinic.small.tomorrow) == DayMetrics(day=clinic.small.tomorrow)
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM clinic_metrics").fetchone() == (0,)


def test_reversed_and_endless_ranges_are_refused(metrics, clinic):
    today = clinic.small.today
    with pytest.raises(InvalidField):
        metrics.range(today, today - timedelta(days=1))
    with pytest.raises(InvalidField):
        metrics.range(today - timedelta(days=4000), today)


def test_the_right_is_asked_first(sign_in, clinic):
    session = sign_in("nurse")
    without = replace(session.actor, actions=frozenset())
    with pytest.raises(NotAllowed):
        Metrics(session.open_work, without, session.now).day(clinic.small.today)
