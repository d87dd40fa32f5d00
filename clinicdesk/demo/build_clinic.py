"""The demo clinic itself: rooms, types, people with logins, hours, leave and holidays."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from clinicdesk.demo.content_types import DemoContent, DoctorDetails, StaffMember
from clinicdesk.demo.people import DEMO_PASSWORD
from clinicdesk.demo.world import DAYS_AHEAD, DAYS_BACK, DemoDoctor, World
from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.people import Role
from clinicdesk.domain.slots import Hours, Leave, Plan, Session, working_windows
from clinicdesk.domain.wall_clock import clock, minutes
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.availability import opening_hours
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.formulary import specialty_id

_CLINIC = UUID("0f1e2d3c-4b5a-5697-8879-6a5b4c3d2e1f")
_EXTRA_START, _EXTRA_END = 9 * 60, 14 * 60  # the session of a day on which nobody works


def build_clinic(bulk: Bulk, content: DemoContent, rules: ClinicalData, *, now: datetime) -> World:
    """Everything that has to be there before the first patient."""
    zone = ZoneInfo(content.clinic.timezone)
    today = now.astimezone(zone).date()
    _clinic(bulk, content, today)
    rooms = {room.name: uuid5(_CLINIC, room.name) for room in content.rooms}
    bulk.copy("rooms", "id clinic_id name", ((key, _CLINIC, name) for name, key in rooms.items()))
    bulk.copy(
        "clinic_holidays",
        "id clinic_id day name",
        ((uuid5(_CLINIC, str(day)), _CLINIC, day, name) for day, name in content.holidays),
    )
    users = {person.email: _staff(bulk, person, today) for person in content.staff}
    doctors = [
        _doctor(bulk, person, details, user=users[person.email], rooms=rooms, content=content, today=today)
        for person in content.staff
        if (details := person.doctor) is not None
    ]
    _templates(bulk, content)

    def of(role: Role) -> tuple[UUID, ...]:
        return tuple(users[person.email] for person in content.staff if person.role is role)

    bulk.run("UPDATE clinic_staff SET may_overbook = true WHERE user_id = %s", of(Role.RECEPTIONIST)[0])
    return World(
        content=content,
        rules=rules,
        now=now,
        zone=zone,
        random=Random(f"demo clinic {today}"),
        clinic=_CLINIC,
        doctors=tuple(_never_empty(bulk, doctors, today)),
        receptionists=of(Role.RECEPTIONIST),
        nurses=of(Role.NURSE),
        pharmacists=of(Role.PHARMACIST),
        admin=of(Role.ADMIN)[0],
    )


def _clinic(bulk: Bulk, content: DemoContent, today: date) -> None:
    one = content.clinic
    hours = {day: list(span) for day, span in one.operating_hours.items()}
    bulk.copy(
        "clinics",
        "id name description phone email website address coordinates operating_hours services license_number "
        "is_verified timezone currency created_at",
        [
            (
                *(
                    _CLINIC,
                    one.name,
                    one.description,
                    one.phone,
                    one.email,
                    one.website,
                    address(one.address),
                ),
                *(f"({one.longitude},{one.latitude})", hours, _json_list(one.services), one.license_number),
                *(True, one.timezone, one.currency, today - timedelta(days=2000)),
            )
        ],
    )


def address(found: Any) -> dict[str, str]:
    """The parts that screens and papers print, each said once."""
    area = found["lga"] if found["lga"] != found["town"] else ""
    parts = {"street": found["line1"], "area": area, "city": found["town"], "state": found["state"]}
    return {key: value for key, value in {**parts, "country": found["country"]}.items() if value}


def _json_list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _staff(bulk: Bulk, person: StaffMember, today: date) -> UUID:
    user: UUID = bulk.create_login(
        email=person.email,
        first=person.first_name,
        last=person.last_name,
        role=str(person.role),
        password=DEMO_PASSWORD,
        clinic=_CLINIC,
    )
    joined = today - timedelta(days=400)
    bulk.run(
        "UPDATE users SET phone = %s, email_verified = true, profile_completed = true, created_at = %s "
        "WHERE id = %s",
        *(person.phone, joined, user),
    )
    bulk.run("UPDATE user_profiles SET gender = %s WHERE user_id = %s", person.gender, user)
    bulk.run("UPDATE clinic_staff SET joined_at = %s WHERE user_id = %s", joined, user)
    return user


def _doctor(
    bulk: Bulk,
    person: StaffMember,
    details: DoctorDetails,
    *,
    user: UUID,
    rooms: dict[str, UUID],
    content: DemoContent,
    today: date,
) -> DemoDoctor:
    doctor = uuid5(_CLINIC, person.email)
    bulk.copy(
        "doctor_profiles",
        "id user_id license_number medical_degree years_of_experience consultation_fee bio "
        "consultation_duration is_verified clinic_id max_overbook",
        [
            (
                *(doctor, user, details.license_number, details.degree, details.years_of_experience),
                *(details.fee, details.bio, details.duration, True, _CLINIC, details.max_overbook),
            )
        ],
    )
    bulk.copy(
        "doctor_specialties",
        "doctor_id specialty_id",
        ((doctor, specialty_id(name)) for name in details.specialties),
    )
    bulk.copy(
        "doctor_availability",
        "doctor_id day_of_week start_time end_time break_start_time break_end_time",
        ((doctor, h.day, h.start, h.end, h.break_start, h.break_end) for h in details.hours),
    )
    leave = [
        (today + timedelta(days=one.starts_in_days), one.days, one.state, one.reason) for one in details.leave
    ]
    bulk.copy(
        "doctor_leave",
        "doctor_id first_day last_day state note",
        ((doctor, day, day + timedelta(days=n - 1), state, note) for day, n, state, note in leave),
    )
    hours = {day: list(span) for day, span in content.clinic.operating_hours.items()}
    return DemoDoctor(
        id=doctor,
        user_id=user,
        login=login_name(person.email),
        name=f"{person.first_name} {person.last_name}",
        details=details,
        room=rooms[details.room],
        plan=Plan(
            doctor_id=doctor,
            zone=ZoneInfo(content.clinic.timezone),
            weekly=tuple(_hours(details)),
            opening=opening_hours(hours),
            leave=tuple(
                Leave(first_day=day, last_day=day + timedelta(days=n - 1))
                for day, n, state, _ in leave
                if state == "approved"
            ),
            holidays=frozenset(
                day for day, _ in content.holidays if abs((day - today).days) <= DAYS_BACK + DAYS_AHEAD
            ),
        ),
    )


def _hours(details: DoctorDetails) -> list[Hours]:
    return [
        Hours(
            weekday=one.day,
            start=minutes(one.start),
            end=minutes(one.end),
            break_start=minutes(one.break_start) if one.break_start else None,
            break_end=minutes(one.break_end) if one.break_end else None,
        )
        for one in details.hours
    ]


def _never_empty(bulk: Bulk, doctors: list[DemoDoctor], today: date) -> list[DemoDoctor]:
    """On a Sunday three doctors hold an extra session: whoever opens the demo sees a clinic at work."""
    if today in doctors[0].plan.holidays or any(working_windows(one.plan, today) for one in doctors):
        return doctors
    made = []
    for number, one in enumerate(doctors):
        session = Session(day=today, start=_EXTRA_START, end=_EXTRA_END)
        if number >= 3:
            made.append(one)
            continue
        bulk.copy(
            "doctor_sessions",
            "doctor_id clinic_id day start_time end_time",
            [(one.id, _CLINIC, today, clock(session.start), clock(session.end))],
        )
        made.append(_with_session(one, session))
    return made


def _with_session(doctor: DemoDoctor, session: Session) -> DemoDoctor:
    return replace(doctor, plan=replace(doctor.plan, sessions=(session,)))


def _templates(bulk: Bulk, content: DemoContent) -> None:
    bulk.copy(
        "notification_templates",
        "id name type subject content variables",
        (
            (
                *(uuid5(_CLINIC, f"template {one.name}"), one.name, one.type, one.subject or None),
                *(one.content, _json_list(one.variables)),
            )
            for one in content.templates
        ),
    )
