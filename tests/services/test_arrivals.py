"""Arrivals on a real database: scan, queue order, walk-ins, the call list (spec 1.3)."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from clinicdesk.domain.appointments import Booking, Status
from clinicdesk.domain.errors import InvalidField, NotAllowed, StaleRecord
from clinicdesk.domain.queue import QueueLine, next_up, serving
from clinicdesk.services.arrivals import Arrivals
from clinicdesk.services.scheduling import Scheduling

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def line(**more):
    values = {
        "id": UUID(int=1), "number": 4, "patient_id": UUID(int=2), "patient_name": "Ada", "mrn": "", "phone": "",
        "doctor_id": UUID(int=3), "doctor_name": "Obi", "type_name": "", "room": "Room 1", "start_at": NOW,
        "checked_in_at": NOW - timedelta(minutes=31), "state": "waiting", "since": NOW - timedelta(minutes=31),
        "urgent": False, "calls": 0, "place": 1, "version": 1, **more,
    }  # fmt: skip
    return QueueLine(**values)


def test_minutes_and_long_waits():
    assert (line().waited(NOW), line().strain(NOW)) == (31, "long")
    assert line(checked_in_at=NOW - timedelta(minutes=61)).strain(NOW) == "very_long"
    assert line(checked_in_at=NOW - timedelta(minutes=29, seconds=59)).strain(NOW) == ""
    assert line(state="in_room").strain(NOW) == ""
    assert line(checked_in_at=NOW + timedelta(minutes=3)).waited(NOW) == 0


def test_whom_to_call_and_what_the_waiting_room_sees():
    other = UUID(int=9)
    lines = [line(place=3), line(place=2, doctor_id=other), line(place=1, state="called", number=7)]
    assert [next_up(lines, doctor) for doctor in (None, UUID(int=3))] == [lines[1], lines[0]]
    assert next_up([], None) is None
    assert serving(lines) == [(7, "Room 1", "Obi", True)]
    assert "Ada" not in str(serving(lines))


def seat(clinic, who="receptionist", pc="pc-1"):
    session = clinic.sign_in(who, seat=pc)
    parts = (session.open_work, session.actor, session.now)
    scheduling = Scheduling(*parts)
    return scheduling, Arrivals(*parts, scheduling=scheduling)


def booked(clinic, scheduling, patient, start, doctor=None):
    small = clinic.small
    wish = Booking(
        patient_id=small.patients[patient], doctor_id=doctor or small.doctor, type_id=small.types["Follow-up"],
        day=small.today, start=start,
    )  # fmt: skip
    return scheduling.book(wish)


def test_spec_1_3_the_queue_from_scan_to_done(clinic):
    scheduling, arrivals = seat(clinic)
    first, second = booked(clinic, scheduling, 0, time(14)), booked(clinic, scheduling, 1, time(15))
    third = booked(clinic, scheduling, 2, time(16))
    assert [x.state for x in arrivals.board()] == ["expected"] * 3
    with pytest.raises(InvalidField, match="search: check_digit"):
        arrivals.scan("CD00000011")
    with pytest.raises(InvalidField, match="search: not_today"):
        arrivals.scan(_mrn(clinic, 5))
    slip = arrivals.scan(f" {second.mrn.lower()} ")
    assert (slip.number, slip.ahead, slip.doctor_name) == (1, 0, "Ada Obi")
    assert arrivals.scan(first.mrn).number == 2
    assert arrivals.scan(third.mrn).ahead == 2
    assert [x.number for x in arrivals.board()] == [2, 1, 3], "by the appointment's time, not by arrival"
    _, nurse = seat(clinic, "nurse", "pc-2")
    lines = {x.number: x for x in arrivals.board()}
    with pytest.raises(NotAllowed):
        arrivals.step(lines[2], "nurse")
    nurse.step(lines[2], "nurse")
    arrivals.step(lines[3], "urgent")
    assert [(x.number, x.state) for x in arrivals.board()] == [(3, "waiting"), (2, "nurse"), (1, "waiting")]
    doctors, doctor = seat(clinic, "doctor", "pc-3")
    called = next_up(doctor.board(), clinic.small.doctor)
    doctor.step(called, "call")
    doctor.step(called, "call")
    assert [(x.number, x.calls) for x in doctor.board() if x.state == "called"] == [(3, 2)]
    doctor.step(called, "not_urgent")
    doctor.step(called, "requeue")
    assert [(x.number, x.state) for x in doctor.board()] == [
        (2, "nurse"),
        (1, "waiting"),
        (3, "waiting"),
    ], "who was called in vain counts from then, or from the appointment's time"
    doctors.start_visit(scheduling.appointment(first.id))
    assert {x.number: x.state for x in arrivals.board()}[2] == "in_room"
    with pytest.raises(StaleRecord):
        arrivals.step(lines[2], "call")
    # taken back and moved: the number goes with the person
    moved = scheduling.move(
        scheduling.appointment(second.id),
        doctor_id=clinic.small.doctor2,
        day=clinic.small.today,
        start=1020,
        end=1040,
    )
    assert {x.id: x.number for x in arrivals.board()}[moved.id] == 1
    scheduling.undo_check_in(scheduling.appointment(moved.id))
    assert {x.id: x.state for x in arrivals.board()}[moved.id] == "expected"


def _mrn(clinic, patient):
    with clinic.owner() as owner:
        return owner.execute(
            "SELECT mrn FROM patients WHERE user_id = %s", (clinic.small.patients[patient],)
        ).fetchone()[0]


def test_spec_1_3_1_a_walk_in_is_booked_and_checked_in_at_once(clinic):
    scheduling, arrivals = seat(clinic)
    kind = clinic.small.types["Follow-up"]
    slip = arrivals.walk_in(clinic.small.patients[0], doctor_id=clinic.small.doctor, type_id=kind)
    assert slip.number == 1
    second = arrivals.walk_in(clinic.small.patients[1], doctor_id=clinic.small.doctor, type_id=kind)
    assert second.start > slip.start, "the first one is with the doctor: the next free time of today"
    third = arrivals.walk_in(clinic.small.patients[2], doctor_id=None, type_id=kind)
    assert third.doctor_name != slip.doctor_name, "whoever is free first"
    made = scheduling.day_sheet(clinic.small.today).appointments
    assert [x.phase for x in made] == ["arrived"] * 3
    with clinic.owner() as owner:
        assert owner.execute("SELECT DISTINCT source FROM appointments").fetchall() == [("walk_in",)]
        owner.execute(
            "UPDATE doctor_availability SET end_time = '08:01', break_start_time = NULL, break_end_time = NULL"
        )
    with pytest.raises(InvalidField, match="doctor: no_room_today"):
        arrivals.walk_in(clinic.small.patients[3], doctor_id=None, type_id=kind)
    arrivals.queue_up(clinic.small.patients[3], doctor_id=None, type_id=kind)
    (card,) = scheduling.day_sheet(clinic.small.today).waiting
    assert (card.earliest, card.latest) == (clinic.small.today, clinic.small.today)


def test_the_call_list_takes_one_key_a_row(clinic):
    scheduling, arrivals = seat(clinic)
    nurse, _ = seat(clinic, "nurse", "pc-2")
    small = clinic.small
    pending = [booked(clinic, nurse, n, time(14 + n)) for n in range(3)]
    sure, failed = booked(clinic, scheduling, 3, time(10)), booked(clinic, scheduling, 4, time(11))
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO notifications(user_id, type, title, content, data, state) VALUES (%s, 'sms', 't', 'c', jsonb_build_object('appointment_id', %s::text), 'dead')",
            (small.patients[4], failed.id),
        )
    listed = arrivals.calls()
    assert [(x.id, x.why) for x in listed] == [(failed.id, "reminder_failed")] + [
        (x.id, "unconfirmed") for x in pending
    ]
    assert sure.id not in {x.id for x in listed}
    arrivals.called(listed[1], "not_reached")
    arrivals.called(listed[2], "reached")
    arrivals.called(listed[3], "confirmed")
    arrivals.cancel_called(listed[0], "patient_asked")
    left = arrivals.calls()
    assert [(x.id, x.outcome, x.calls) for x in left] == [
        (pending[0].id, "not_reached", 1),
        (pending[1].id, "reached", 1),
    ]
    assert scheduling.appointment(pending[2].id).status is Status.CONFIRMED
