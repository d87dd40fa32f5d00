"""Spec 1.1: nothing outside the table happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.errors import IllegalTransition, InvalidField, NotAllowed, PastTime
from clinicdesk.domain.people import Role
from clinicdesk.domain.transitions import (
    CANCEL_REASONS,
    PATIENT,
    SYSTEM,
    TABLE,
    TERMINAL,
    Facts,
    late_cancel,
    possible,
    step,
)

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FACTS = Facts(now=START, start=START, zone=ZoneInfo("Africa/Lagos"), checked_in=True)


def test_every_pair_outside_the_table_is_refused():
    legal = {(row.source, row.target) for row in TABLE}
    sources = [None, *Status]
    refused = [pair for pair in product(sources, Status) if pair not in legal]
    assert len(legal) == 13
    for source, target in refused:
        for role in [*Role, PATIENT, SYSTEM]:
            with pytest.raises(IllegalTransition):
                step(source, target, role=role, reason="other")


def test_cancelled_and_rescheduled_never_come_back():
    """1.1.2; the other two terminal statuses have C1 and C2 only."""
    leaving = {row.source: row.rule for row in TABLE if row.source in TERMINAL}
    assert leaving == {Status.NO_SHOW: "C1", Status.COMPLETED: "C2"}


@pytest.mark.parametrize(
    ("source", "target", "rule", "roles"),
    [
        (None, "pending", "T1", {"patient", "receptionist", "doctor", "nurse"}),
        (None, "confirmed", "T2", {"receptionist", "doctor", "admin"}),
        ("pending", "confirmed", "T3", {"receptionist", "doctor", "admin", "system"}),
        ("pending", "cancelled", "T4", {"patient", "receptionist", "doctor", "admin", "system"}),
        ("confirmed", "cancelled", "T5", {"patient", "receptionist", "doctor", "admin"}),
        ("pending", "rescheduled", "T6", {"patient", "receptionist", "doctor", "admin"}),
        ("confirmed", "rescheduled", "T6", {"patient", "receptionist", "doctor", "admin"}),
        ("confirmed", "in_progress", "T7", {"doctor", "nurse"}),
        ("confirmed", "no_show", "T8", {"receptionist", "doctor", "system"}),
        ("in_progress", "completed", "T9", {"doctor"}),
        ("in_progress", "cancelled", "T10", {"doctor", "admin"}),
        ("no_show", "confirmed", "C1", {"receptionist", "admin"}),
        ("completed", "in_progress", "C2", {"doctor", "admin"}),
    ],
)
def test_who_may_take_each_step(source, target, rule, roles):
    source = None if source is None else Status(source)
    for role in [*Role, PATIENT, SYSTEM]:
        if role in roles:
            assert step(source, Status(target), role=role, reason="left_before_seen").rule == rule
        else:
            with pytest.raises(NotAllowed):
                step(source, Status(target), role=role, reason="left_before_seen")


def test_reasons():
    with pytest.raises(InvalidField):
        step(Status.CONFIRMED, Status.CANCELLED, role=Role.ADMIN)
    with pytest.raises(InvalidField):
        step(Status.CONFIRMED, Status.CANCELLED, role=Role.ADMIN, reason="because")
    for code in CANCEL_REASONS:
        assert step(Status.CONFIRMED, Status.CANCELLED, role=Role.ADMIN, reason=code).rule == "T5"
    with pytest.raises(InvalidField):  # T10 knows three reasons
        step(Status.IN_PROGRESS, Status.CANCELLED, role=Role.DOCTOR, reason="patient_asked")
    with pytest.raises(InvalidField):  # C2: admin with reason, the doctor without
        step(Status.COMPLETED, Status.IN_PROGRESS, role=Role.ADMIN)
    assert step(Status.COMPLETED, Status.IN_PROGRESS, role=Role.DOCTOR).rule == "C2"


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


@pytest.mark.parametrize(
    ("source", "target", "role", "good", "bad"),
    [
        (Status.PENDING, Status.CONFIRMED, Role.ADMIN, {}, {"hold_expires_at": START - minutes(1)}),
        (Status.CONFIRMED, Status.CANCELLED, PATIENT, {"now": START - minutes(1)}, {}),
        (Status.CONFIRMED, Status.IN_PROGRESS, Role.DOCTOR, {}, {"checked_in": False}),
        (
            Status.CONFIRMED,
            Status.IN_PROGRESS,
            Role.DOCTOR,
            {"checked_in": False, "remote": True},
            {"now": START + timedelta(days=1)},
        ),
        (
            Status.CONFIRMED,
            Status.NO_SHOW,
            Role.RECEPTIONIST,
            {"checked_in": False, "now": START + minutes(15)},
            {"checked_in": False, "now": START + minutes(14)},
        ),
        (
            Status.CONFIRMED,
            Status.NO_SHOW,
            SYSTEM,
            {"checked_in": False, "now": START + minutes(90)},
            {"now": START + minutes(90)},
        ),
        (Status.IN_PROGRESS, Status.COMPLETED, Role.DOCTOR, {}, {"has_visit": False}),
        (
            Status.NO_SHOW,
            Status.CONFIRMED,
            Role.ADMIN,
            {"now": START + minutes(600)},
            {"now": START + minutes(1000)},
        ),
        (
            Status.COMPLETED,
            Status.IN_PROGRESS,
            Role.DOCTOR,
            {"completed_at": START - minutes(1440)},
            {"completed_at": START - minutes(1441)},
        ),
        (
            Status.COMPLETED,
            Status.IN_PROGRESS,
            Role.DOCTOR,
            {"completed_at": START},
            {"completed_at": START, "own": False},
        ),
    ],
)
def test_guards(source, target, role, good, bad):
    assert step(source, target, role=role, reason="other", facts=replace(FACTS, **good))
    with pytest.raises(IllegalTransition):
        step(source, target, role=role, reason="other", facts=replace(FACTS, **bad))


def test_not_in_the_past():
    assert step(None, Status.CONFIRMED, role=Role.ADMIN, facts=FACTS).rule == "T2"
    with pytest.raises(PastTime):
        step(None, Status.CONFIRMED, role=Role.ADMIN, facts=replace(FACTS, now=START + minutes(1)))


def test_late_cancel():
    assert not late_cancel(START - timedelta(hours=24), START)
    assert late_cancel(START - timedelta(hours=24) + minutes(1), START)


def test_possible_steps_for_menus():
    assert [row.rule for row in possible(Status.CONFIRMED, Role.RECEPTIONIST)] == ["T5", "T6", "T8"]
    assert possible(Status.CANCELLED, Role.ADMIN) == ()
