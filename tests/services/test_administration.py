"""Setting a clinic up: settings, own data, doctors, holidays, types, rooms; limits, other seats, the audit."""

import re
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from clinicdesk.domain.administration import FieldRule, checked, shown, typed_value
from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.errors import InvalidField, NotAllowed, NotFound, StaleRecord
from clinicdesk.repositories.administration import TABLES, rules
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.administration import DEFAULTS, Administration
from clinicdesk.services.calendar import Calendar
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.upkeep import IDLE_LONGEST, IDLE_MINUTES

TODAY = date(2026, 11, 23)


def service(clinic, who="admin", seat="pc-1"):
    session = clinic.sign_in(who, seat=seat)
    return Administration(session.open_work, session.actor, session.now)


def typed(row, **changes):
    return {**{name: shown(v) if not isinstance(v, bool) else v for name, v in row.values.items()}, **changes}


def rule(kind, *, low=None, high=None, required=False):
    return FieldRule(
        record="x",
        field="f",
        kind=kind,
        required=required,
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        action="clinic.manage",
    )


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("whole", " 12 ", 12),
        ("money", "₦5,000.50", Decimal("5000.50")),
        ("degrees", "-3.3947", Decimal("-3.3947")),
        ("time", "9", time(9)),
        ("time", "0930", time(9, 30)),
        ("day", "3.1.2027", date(2027, 1, 3)),
        ("spans", "08:00-12:30, 14–24:00", ((480, 750), (840, 1440))),
        ("lines", "a\n\n b ", ("a", "b")),
        ("zone", "Africa/Lagos", "Africa/Lagos"),
        ("phone", "+234 803 000 0001", "+234 803 000 0001"),
        ("email", "a@b.example", "a@b.example"),
        ("line", "", None),
        ("flag", True, True),
    ],
)
def test_what_is_typed_becomes_a_value_and_comes_back_as_text(kind, text, value):
    found = typed_value(rule(kind, low=-100, high=100000), text, TODAY)
    assert found == value
    if kind != "flag":
        assert typed_value(rule(kind, low=-100, high=100000), shown(found), TODAY) == value


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        ("whole", "1.5", "whole_number"),
        ("whole", "300", "range"),
        ("whole", "NaN", "number"),
        ("whole", "x", "number"),
        ("money", "1.234", "decimals"),
        ("degrees", "6,5", "ambiguous_comma"),
        ("time", "25:00", "time"),
        ("day", "31.2.2027", "date"),
        ("spans", "08:00", "format"),
        ("spans", "12:00-08:00", "after_start"),
        ("spans", "08:00-12:00, 11:00-13:00", "after_start"),
        ("zone", "Lagos", "format"),
        ("zone", "../etc/passwd", "format"),
        ("phone", "call me", "phone"),
        ("email", "nobody", "email"),
        ("line", "x" * 300, "too_long"),
        ("line", " ", "required"),
    ],
)
def test_what_cannot_be_names_its_rule(kind, text, wrong):
    with pytest.raises(InvalidField) as refused:
        typed_value(rule(kind, low=0, high=240, required=True), text, TODAY)
    assert (refused.value.field, refused.value.rule) == ("f", wrong)


@pytest.mark.parametrize(
    ("record", "values", "field"),
    [
        ("hours", {"start_time": time(9), "end_time": time(9)}, "end_time"),
        ("hours", {"break_start_time": time(9)}, "break_end_time"),
        ("hours", {"start_time": time(9), "end_time": time(12), "break_start_time": time(8), "break_end_time": time(10)}, "break_start_time"),
        ("hours", {"valid_from": TODAY, "valid_to": TODAY - timedelta(1)}, "valid_to"),
        ("leave", {"first_day": TODAY, "last_day": TODAY - timedelta(1)}, "last_day"),
        ("leave", {"first_day": TODAY, "last_day": TODAY, "start_time": time(9), "end_time": time(8)}, "end_time"),
        ("clinic", {"latitude": Decimal(6)}, "longitude"),
    ],
)  # fmt: skip
def test_fields_are_checked_against_each_other(record, values, field):
    """Spec 1.5: breaks inside hours, ends after starts."""
    with pytest.raises(InvalidField) as refused:
        checked(values, record=record)
    assert refused.value.field == field
    over_night = {
        "first_day": TODAY,
        "last_day": TODAY + timedelta(1),
        "start_time": time(12),
        "end_time": time(8),
    }
    checked(over_night, record="leave")


def test_every_setting_on_show_is_read_by_the_program():
    """A setting that nothing reads is not shown; its default and limits are those of the reader."""
    source = "".join(
        path.read_text("utf-8")
        for path in Path("clinicdesk").rglob("*")
        if path.suffix in (".py", ".sql") and path.stem not in ("administration", "0016_administration")
    )
    shown_keys = {one.field: one for one in rules()["setting"]}
    assert set(shown_keys) == set(DEFAULTS)
    for key in shown_keys:
        assert re.search(rf"'{key}'", source), key
    idle = shown_keys["idle_lock_minutes"]
    assert (idle.low, idle.high) == (Decimal(1), Decimal(IDLE_LONGEST))
    assert DEFAULTS["idle_lock_minutes"] == IDLE_MINUTES


def test_settings_are_changed_audited_and_never_over_another_seat(clinic):
    admin, other = service(clinic), service(clinic, seat="pc-2")
    mine = {one.rule.field: one for one in admin.settings()}
    theirs = {one.rule.field: one for one in other.settings()}
    assert (mine["idle_lock_minutes"].value, mine["idle_lock_minutes"].stored) == (5, None)
    admin.set_setting(mine["idle_lock_minutes"], "12")
    with pytest.raises(StaleRecord):  # both saw the default
        other.set_setting(theirs["idle_lock_minutes"], "3")
    seen = {one.rule.field: one for one in other.settings()}
    admin.set_setting(mine["care_relation_required"], typed=True)
    admin.set_setting({one.rule.field: one for one in admin.settings()}["idle_lock_minutes"], "8")
    with pytest.raises(StaleRecord):
        other.set_setting(seen["idle_lock_minutes"], "9")
    kept = {one.rule.field: one.value for one in other.settings()}
    assert (kept["idle_lock_minutes"], kept["care_relation_required"]) == (8, True)
    with pytest.raises(InvalidField):
        admin.set_setting(mine["idle_lock_minutes"], "0")
    with clinic.owner() as owner:
        lines = owner.execute(
            "SELECT count(*) FROM audit_log WHERE tab = 'clinic_settings' AND row_id = 'idle_lock_minutes'"
        ).fetchone()
        assert lines == (2,)
        with pytest.raises(psycopg.errors.CheckViolation):  # any seat, any driver
            owner.execute("UPDATE clinic_settings SET value = '900' WHERE key = 'idle_lock_minutes'")


def test_the_clinic_s_own_data_keep_what_the_form_does_not_show(clinic):
    admin, other = service(clinic), service(clinic, seat="pc-2")
    with clinic.owner() as owner:
        owner.execute('UPDATE clinics SET address = address || \'{"post_box": "12"}\'')
    row, seen = admin.clinic(), other.clinic()
    assert (row.values["street"], row.values["monday"], row.values["latitude"]) == (
        "1 Lantern Road",
        (),
        None,
    )
    admin.save(
        "clinic",
        row,
        typed(row, city="Ibadan", latitude="6.4541", longitude="3.3947", monday="08:00-12:00, 14:00-18:00", services="Lab\nX-ray"),
    )  # fmt: skip
    now = admin.clinic()
    assert (now.values["latitude"], now.values["longitude"]) == (Decimal("6.4541"), Decimal("3.3947"))
    assert now.values["monday"] == ((480, 720), (840, 1080))
    assert now.values["services"] == ("Lab", "X-ray")
    with clinic.owner() as owner:
        stored = owner.execute("SELECT address FROM clinics").fetchone()[0]
        assert stored == {"street": "1 Lantern Road", "city": "Ibadan", "post_box": "12"}
    other.save("clinic", seen, typed(seen, phone="0803 123 4567"))  # another field: both changes stay
    with pytest.raises(StaleRecord):
        other.save("clinic", seen, typed(seen, city="Abuja"))
    assert admin.clinic().values["city"] == "Ibadan"


def test_another_time_zone_keeps_the_clock_time_of_booked_visits(clinic):
    """Spec 1.6.1: the wall clock is the clinic's; the instants follow."""
    admin = service(clinic)
    desk = clinic.sign_in("receptionist")
    small = clinic.small
    made = Scheduling(desk.open_work, desk.actor, desk.now).book(
        Booking(
            patient_id=small.patients[0],
            doctor_id=small.doctor,
            type_id=small.types["Consultation"],
            day=small.tomorrow + timedelta(1),
            start=time(10),
        )
    )
    row = admin.clinic()
    admin.save("clinic", row, typed(row, timezone="Asia/Tokyo"))
    with clinic.owner() as owner:
        found = owner.execute(
            "SELECT start_time, (start_at AT TIME ZONE 'Asia/Tokyo')::time FROM appointments WHERE id = %s",
            (made.id,),
        ).fetchone()
    assert found == (time(10), time(10))


def test_rooms_types_and_specialties_are_taken_out_of_use_and_never_deleted(clinic):
    admin = service(clinic)
    admin.save("room", None, {"name": "Room 1", "is_active": True})
    with pytest.raises(InvalidField, match="name: taken"):
        admin.save("room", None, {"name": "Room 1", "is_active": True})
    room = admin.records("room")[0]
    admin.save("room", room, {"name": "Room A", "is_active": False})
    assert [(one.name, one.active) for one in admin.records("room")] == [("Room A", False)]
    desk = clinic.sign_in("receptionist")
    calendar = Calendar(desk.open_work, desk.actor, desk.now)
    assert calendar.frame().rooms == ()
    kind = next(one for one in admin.records("type") if one.name == "Follow-up")
    assert kind.values["grace_minutes"] == 15  # spec 1.3.2
    admin.save(
        "type", kind, typed(kind, price="3500", buffer_after="10", grace_minutes="20", is_active=False)
    )
    assert [one.name for one in calendar.frame().types] == ["Consultation"]
    with pytest.raises(StaleRecord):
        admin.save("type", kind, typed(kind, price="4000"))
    with pytest.raises(InvalidField, match="duration: range"):
        admin.save("type", kind, typed(kind, duration="0"))
    with pytest.raises(InvalidField, match="grace_minutes"):
        admin.save("type", kind, typed(kind, grace_minutes="121"))
    with pytest.raises(InvalidField, match="name: taken"):
        admin.save("specialty", None, {"name": "General practice", "is_active": True})
    with pytest.raises(ValueError, match="room"):
        admin.remove("room", room)


def test_a_doctor_s_profile_hours_sessions_and_specialties(clinic):
    admin = service(clinic)
    admin.save(
        "specialty", None, {"name": "Paediatrics", "category": "", "description": "", "is_active": True}
    )
    both = tuple(sorted(one.id for one in admin.records("specialty")))
    ada = next(one for one in admin.records("doctor") if one.name == "Ada Obi")
    before = {**typed(ada), "specialties": ada.values["specialties"]}
    admin.save(
        "doctor", ada, {**before, "specialties": both, "consultation_fee": "7500", "max_overbook": "2"}
    )
    now = next(one for one in admin.records("doctor") if one.name == "Ada Obi")
    assert (now.values["consultation_fee"], now.values["max_overbook"]) == (Decimal(7500), 2)
    assert now.values["specialties"] == both
    with pytest.raises(StaleRecord):
        admin.save("doctor", ada, {**before, "specialties": ()})
    with pytest.raises(InvalidField, match="license_number: taken"):
        admin.save("doctor", now, {**before, "specialties": both, "license_number": "MDCN-T2"})
    with pytest.raises(InvalidField, match="max_overbook: range"):  # spec 1.7
        admin.save("doctor", now, {**before, "max_overbook": "4"})
    sunday = {
        "day_of_week": 0,
        "start_time": "8",
        "end_time": "12:30",
        "break_start_time": "",
        "break_end_time": "",
    }
    rows = admin.records("hours", ada.id)
    assert [one.values["day_of_week"] for one in rows] == [1, 2, 3, 4, 5, 6, 0]
    admin.save("hours", rows[-1], {**typed(rows[-1]), **sunday})
    changed = admin.records("hours", ada.id)[-1].values
    assert (changed["end_time"], changed["break_start_time"]) == (time(12, 30), None)
    admin.save("session", None, {"day": shown(clinic.small.tomorrow), "start_time": "19", "end_time": "20"}, doctor_id=ada.id)  # fmt: skip
    session = admin.records("session", ada.id)[0]
    assert session.values["end_time"] == time(20)
    admin.remove("session", session)
    with pytest.raises(NotFound):
        admin.remove("session", session)
    assert admin.records("session", ada.id) == []


def test_an_account_without_a_profile_gets_one(clinic):
    admin = service(clinic)
    with clinic.owner() as owner:
        owner.execute("DELETE FROM doctor_specialties WHERE doctor_id = %s", (clinic.small.doctor2,))
        owner.execute("DELETE FROM doctor_availability WHERE doctor_id = %s", (clinic.small.doctor2,))
        owner.execute("DELETE FROM doctor_profiles WHERE id = %s", (clinic.small.doctor2,))
    empty = next(one for one in admin.records("doctor") if one.id is None)
    admin.save(
        "doctor",
        empty,
        {"license_number": "MDCN-NEW", "consultation_duration": "20", "max_overbook": "0", "specialties": (), "is_verified": True, "is_available_online": False},
    )  # fmt: skip
    assert all(one.id is not None for one in admin.records("doctor"))


def test_leave_names_the_visits_in_it_before_and_marks_the_clash(clinic):
    """Spec 1.9: visits in a leave stay booked; somebody moves them."""
    admin = service(clinic)
    small, desk = clinic.small, clinic.sign_in("receptionist")
    scheduling = Scheduling(desk.open_work, desk.actor, desk.now)
    for start in (time(9), time(15)):
        scheduling.book(
            Booking(
                patient_id=small.patients[0],
                doctor_id=small.doctor,
                type_id=small.types["Consultation"],
                day=small.tomorrow,
                start=start,
            )
        )
    day = shown(small.tomorrow)
    whole = {"first_day": day, "last_day": day, "start_time": "", "end_time": "", "note": "Course"}
    assert [one.start for one in admin.collisions(small.doctor, whole)] == [time(9), time(15)]
    noon = {**whole, "start_time": "12"}
    found = admin.collisions(small.doctor, noon)
    assert [(one.start, one.patient, one.phone) for one in found] == [
        (time(15), "Ẹniọlá Adébáyọ̀", "+2348030000001")
    ]
    assert admin.collisions(small.doctor2, whole) == []
    admin.save("leave", None, noon, doctor_id=small.doctor)
    admin.save("leave", None, whole, doctor_id=small.doctor2)
    with clinic.owner() as owner:
        states = owner.execute("SELECT doctor_id, state FROM doctor_leave ORDER BY state").fetchall()
    assert states == [(small.doctor2, "approved"), (small.doctor, "approved_with_conflicts")]


def test_the_clinic_lead_changes_settings_hours_and_holidays_and_nothing_else(clinic):
    session = clinic.sign_in("admin")
    accounts = Accounts(session.open_work, session.actor, session.now)
    nurse = next(one for one in accounts.staff() if one.name == "Hauwa Sani")
    accounts.set_duty(nurse, "clinic_lead", held=True)
    lead = service(clinic, "nurse")
    found = {one.rule.field: one for one in lead.settings()}
    idle, guard = found["idle_lock_minutes"], found["care_relation_required"]
    lead.set_setting(idle, "9")
    with pytest.raises(NotAllowed):
        lead.set_setting(guard, typed=True)
    row = lead.clinic()
    lead.save("clinic", row, typed(row, tuesday="8-16"))
    with pytest.raises(NotAllowed):
        lead.save("clinic", row, typed(row, name="Ours"))
    lead.save("holiday", None, {"day": "1.1.2027", "name": "New Year"})
    holiday = lead.records("holiday")[0]
    lead.save("holiday", holiday, {"day": "1.1.2027", "name": "New Year's Day"})
    with pytest.raises(InvalidField, match="day: taken"):
        lead.save("holiday", None, {"day": "1.1.2027", "name": "Again"})
    lead.remove("holiday", holiday)
    assert lead.records("holiday") == []
    for kind in ("room", "type", "specialty"):
        with pytest.raises(NotAllowed):
            lead.save(kind, None, {"name": "X", "duration": "20", "is_active": True})


def test_a_receptionist_is_refused_by_the_program_and_by_the_database(clinic):
    with pytest.raises(NotAllowed):
        service(clinic, "receptionist").settings()
    session = clinic.sign_in("receptionist")
    statements = [
        "INSERT INTO clinic_settings(clinic_id, key, value) SELECT id, 'idle_lock_minutes', '200' FROM clinics",
        "INSERT INTO clinic_holidays(clinic_id, day, name) SELECT id, '2027-01-01', 'x' FROM clinics",
        "INSERT INTO rooms(clinic_id, name) SELECT id, 'x' FROM clinics",
        "UPDATE clinics SET name = 'x'",
        *(f"UPDATE {table.name} SET id = id" for table in TABLES.values()),
        *(f"DELETE FROM {table.name}" for table in TABLES.values()),
        "DELETE FROM doctor_specialties",
        "DELETE FROM clinic_settings",
    ]
    for statement in statements:
        with pytest.raises(NotAllowed), session.open_work() as work:
            work.run(statement)
    with session.open_work() as work:  # everybody holds the grant of the duty: the row policy decides
        assert work.run("UPDATE clinics SET phone = '1'") == 0


def test_every_change_is_told_and_audited(clinic):
    """A hint reaches the open seats, and the audit names the seat and the table."""
    admin = service(clinic)
    with clinic.owner() as owner:
        start = owner.execute("SELECT coalesce(max(seq), 0) FROM change_feed").fetchone()[0]
    admin.save("room", None, {"name": "R", "is_active": True})
    admin.save("holiday", None, {"day": "1.1.2027", "name": "N"})
    admin.save("type", None, {"name": "T", "duration": "15", "is_active": True})
    admin.save("session", None, {"day": "2.1.2027", "start_time": "8", "end_time": "9"}, doctor_id=clinic.small.doctor)  # fmt: skip
    row = admin.clinic()
    admin.save("clinic", row, typed(row, state="Lagos"))
    admin.set_setting(admin.settings()[0], "9")
    with clinic.owner() as owner:
        told = owner.execute("SELECT count(*) FROM change_feed WHERE topic = 'setup' AND seq > %s", (start,)).fetchone()  # fmt: skip
        tabs = owner.execute("SELECT DISTINCT tab FROM audit_log WHERE seat = 'pc-1' AND op IN ('I', 'U')").fetchall()  # fmt: skip
    assert told == (6,)
    assert {row[0] for row in tabs} >= {"rooms", "clinic_holidays", "appointment_types", "doctor_sessions", "clinics", "clinic_settings"}  # fmt: skip
