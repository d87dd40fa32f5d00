"""When doctors work, and what is booked: the inputs of slot generation (spec 1.5)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import WaitingEntry
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.slots import Busy, Hours, Leave, Plan, Session
from clinicdesk.domain.wall_clock import DAY, minutes
from clinicdesk.repositories.appointments import waiting_entry
from clinicdesk.repositories.work import Work

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
Opening = Mapping[int, tuple[tuple[int, int], ...]]

# one row of JSON: each part is small, and four round trips would cost more than the parsing
_DAYS = """SELECT cd.plans(:clinic, :first, :last, NULL) || jsonb_build_object(
  'waiting', (SELECT jsonb_agg(jsonb_build_object('id', w.id, 'patient_id', w.patient_id,
      'patient_name', btrim(u.first_name || ' ' || u.last_name),
      'phone', (SELECT c.value FROM contact_points c WHERE c.user_id = w.patient_id AND c.kind = 'phone'
        LIMIT 1),
      'doctor_id', w.doctor_id, 'type_id', w.appointment_type_id, 'type_name', t.name, 'earliest',
        w.earliest,
      'latest', w.latest, 'priority', w.priority, 'note', w.note) ORDER BY w.priority, w.created_at, w.id)
    FROM waiting_list w JOIN user_profiles u ON u.user_id = w.patient_id
      LEFT JOIN appointment_types t ON t.id = w.appointment_type_id
    WHERE w.clinic_id = :clinic AND w.status = 'waiting' AND w.latest >= :today AND w.earliest <= :last))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """Plans and bookings of some doctors over some days. ``duration`` in minutes, None: nothing says it."""

    plans: Mapping[UUID, Plan]
    busy: Mapping[UUID, tuple[tuple[UUID, Busy], ...]]
    duration: int | None
    buffer_before: int
    buffer_after: int

    def occupied(self, doctor_id: UUID, *, but: UUID | None = None) -> list[Busy]:
        """What occupies a doctor, leaving out one appointment (the one that is moved)."""
        return [busy for key, busy in self.busy.get(doctor_id, ()) if key != but]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When the clinic and its doctors work; ``opening`` None sets no limit; ``holidays`` with their names."""

    plans: Mapping[UUID, Plan]
    waiting: tuple[WaitingEntry, ...]
    opening: Opening | None
    holidays: Mapping[date, str]


class Availability:
    """Reads of one clinic."""

    def __init__(self, work: Work, clinic_id: UUID, zone: ZoneInfo) -> None:
        self._work, self._clinic, self._zone = work, clinic_id, zone

    def day(self, day: date, today: date) -> tuple[Mapping[UUID, Plan], tuple[WaitingEntry, ...]]:
        """Plans of every doctor for a day, and the waiting list."""
        found = self.span(day, day, today)
        return found.plans, found.waiting

    def span(self, first: date, last: date, today: date) -> Times:
        """Plans of every doctor for some days, the clinic's own times, and the waiting list."""
        found = self._work.value(_DAYS, clinic=self._clinic, first=first, last=last, today=today)
        return Times(
            plans=self._plans(found),
            waiting=tuple(map(waiting_entry, found["waiting"] or ())),
            opening=opening_hours(found["opening"]),
            holidays={date.fromisoformat(day): name for day, name in (found["holidays"] or {}).items()},
        )

    def agenda(self, first: date, last: date, *, doctor_id: UUID | None, type_id: UUID | None) -> Agenda:
        """What slot generation needs; ``doctor_id`` None takes every doctor of the clinic."""
        found = self._work.value(
            "SELECT cd.agenda(:clinic, :first, :last, CAST(:doctor AS uuid), CAST(:type AS uuid))",
            clinic=self._clinic,
            doctor=doctor_id,
            first=first,
            last=last,
            type=type_id,
        )
        kind = found["type"] or {}
        return Agenda(
            plans=self._plans(found),
            busy={UUID(doctor): tuple(map(_busy, rows)) for doctor, rows in (found["busy"] or {}).items()},
            duration=kind.get("duration") or found["duration"],
            buffer_before=kind.get("before") or 0,
            buffer_after=kind.get("after") or 0,
        )

    def doctors(self) -> tuple[Doctor, ...]:
        """The clinic's active doctors by family name: the scheduler's columns."""
        rows = self._work.all(
            """SELECT d.id, d.user_id, btrim(u.first_name || ' ' || u.last_name) AS name, d.license_number,
                 coalesce(d.consultation_duration, 30) AS duration,
                 coalesce((SELECT string_agg(m.name, ', ' ORDER BY m.name) FROM doctor_specialties ds
                   JOIN medical_specialties m ON m.id = ds.specialty_id WHERE ds.doctor_id = d.id), '')
                     AS specialty
               FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id JOIN user_profiles u
                 ON u.user_id = d.user_id
               WHERE s.clinic_id = :clinic AND s.is_active ORDER BY u.last_name, u.first_name, d.id""",
            clinic=self._clinic,
        )
        return tuple(Doctor(**row) for row in rows)

    def _plans(self, found: Mapping[str, Any]) -> dict[UUID, Plan]:
        opening = opening_hours(found["opening"])
        holidays = frozenset(map(date.fromisoformat, found["holidays"] or ()))
        weekly = _by_doctor(found["hours"], _hours)
        sessions = _by_doctor(found["sessions"], _session)
        leave = _by_doctor(found["leave"], _leave)
        return {
            doctor: Plan(
                doctor_id=doctor,
                zone=self._zone,
                weekly=tuple(weekly.get(doctor, ())),
                opening=opening,
                sessions=tuple(sessions.get(doctor, ())),
                leave=tuple(leave.get(doctor, ())),
                holidays=holidays,
            )
            for doctor in weekly.keys() | sessions.keys() | leave.keys()
        }


def opening_hours(stored: Mapping[str, Any] | None) -> Opening | None:
    """``clinics.operating_hours``: day names to [open, close], to several such pairs, or to nothing.

    None, or nothing readable, sets no limit; a day that is left out is closed.
    """
    if not stored:
        return None
    found = {number: _spans(stored.get(name)) for number, name in enumerate(WEEKDAYS)}
    return found if any(found.values()) else None


def _spans(value: object) -> tuple[tuple[int, int], ...]:
    clocks = [int(hour) * 60 + int(minute) for hour, minute in _CLOCK.findall(str(value or ""))]
    pairs = zip(clocks[::2], clocks[1::2], strict=False)
    return tuple((start, min(end, DAY)) for start, end in pairs if start < end)


def _by_doctor(rows: list[dict[str, Any]] | None, convert: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows or ():
        found.setdefault(UUID(row["doctor"]), []).append(convert(row))
    return found


def _minute(text: str | None) -> int | None:
    return None if text is None else DAY if text.startswith("24:") else minutes(time.fromisoformat(text))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _hours(row: dict[str, Any]) -> Hours:
    return Hours(
        weekday=row["weekday"],
        start=_minute(row["start"]) or 0,
        end=_minute(row["end"]) or 0,
        available=row["available"],
        break_start=_minute(row["break_start"]),
        break_end=_minute(row["break_end"]),
        valid_from=_day(row["valid_from"]),
        valid_to=_day(row["valid_to"]),
    )


def _session(row: dict[str, Any]) -> Session:
    return Session(
        day=date.fromisoformat(row["day"]), start=_minute(row["start"]) or 0, end=_minute(row["end"]) or 0
    )


def _leave(row: dict[str, Any]) -> Leave:
    end = _minute(row["end"])
    return Leave(
        first_day=date.fromisoformat(row["first"]),
        last_day=date.fromisoformat(row["last"]),
        start=_minute(row["start"]) or 0,
        end=DAY if end is None else end,
    )


def _busy(row: tuple[str, int, int, int, int]) -> tuple[UUID, Busy]:
    key, start, end, before, after = row
    return UUID(key), Busy(
        start=datetime.fromtimestamp(start, UTC),
        end=datetime.fromtimestamp(end, UTC),
        buffer_before=before,
        buffer_after=after,
    )
