"""Rooms, series, replacements, waiting candidates and absences: what booking needs beside the appointment."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from clinicdesk.domain.appointments import WaitingEntry
from clinicdesk.domain.bookings import Event, Extras, Room
from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.series import Rule
from clinicdesk.repositories.appointments import waiting_entry
from clinicdesk.repositories.work import Work

OPEN = "('pending', 'confirmed')"
_FIT = """SELECT jsonb_build_object('id', w.id, 'patient_id', w.patient_id,
    'patient_name', btrim(u.first_name || ' ' || u.last_name),
    'phone', (SELECT c.value FROM contact_points c WHERE c.user_id = w.patient_id AND c.kind = 'phone'
      LIMIT 1),
    'doctor_id', w.doctor_id, 'type_id', w.appointment_type_id, 'type_name', t.name, 'earliest', w.earliest,
    'latest', w.latest, 'priority', w.priority, 'note', w.note) AS entry
  FROM waiting_list w JOIN user_profiles u ON u.user_id = w.patient_id
    LEFT JOIN appointment_types t ON t.id = w.appointment_type_id
  WHERE w.clinic_id = :clinic AND w.status = 'waiting' AND :day BETWEEN w.earliest AND w.latest
    AND (w.doctor_id IS NULL OR w.doctor_id = :doctor) AND w.patient_id <> :patient
    AND CASE w.part_of_day WHEN 'morning' THEN :start < time '12:00'
      WHEN 'afternoon' THEN :start >= time '12:00' ELSE true END
    AND coalesce(t.duration, 0) <= :minutes
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.patient_id = w.patient_id
      AND a.appointment_date = :day AND a.status IN ('pending', 'confirmed', 'in_progress')
      AND a.start_time < :end AND :start < a.end_time)
    AND NOT EXISTS (SELECT 1 FROM waiting_offers o JOIN waiting_list x ON x.id = o.waiting_id
      WHERE o.answer IS NULL AND cd.canonical(x.patient_id) = cd.canonical(w.patient_id))
    AND NOT EXISTS (SELECT 1 FROM waiting_offers o JOIN appointments a ON a.id = o.appointment_id
      WHERE o.waiting_id = w.id AND o.answer IN ('refused', 'lapsed') AND a.doctor_id = :doctor
        AND a.appointment_date = :day AND a.start_time = :start)
  ORDER BY w.priority, w.created_at, w.id LIMIT :most"""


class Bookings:
    """Reads and small writes of one clinic."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def rooms(self) -> tuple[Room, ...]:
        """Rooms in use, by name."""
        rows = self._work.all(
            "SELECT id, name FROM rooms WHERE clinic_id = :clinic AND is_active ORDER BY name",
            clinic=self._clinic,
        )
        return tuple(Room(**row) for row in rows)

    def taken_rooms(self, day: date, *, start: time, end: time, but: UUID | None) -> frozenset[UUID]:
        """Rooms that are booked in a span."""
        rows = self._work.all(
            """SELECT DISTINCT room_id FROM appointments WHERE clinic_id = :clinic AND appointment_date = :day
                 AND room_id IS NOT NULL AND status IN ('pending', 'confirmed', 'in_progress')
                 AND start_time < :end AND :start < end_time AND id IS DISTINCT FROM CAST(:but AS uuid)""",
            clinic=self._clinic, day=day, start=start, end=end, but=but,
        )  # fmt: skip
        return frozenset(row["room_id"] for row in rows)

    def extras(self, appointment_id: UUID) -> Extras:
        """What the card does not carry. Raises NotFound."""
        row = self._work.first(
            """SELECT a.room_id, coalesce(r.name, '') AS room, coalesce(a.meeting_link, '') AS meeting_link,
                 a.source, a.series_id, a.emergency, o.expires_at AS offered_until
               FROM appointments a LEFT JOIN rooms r ON r.id = a.room_id
                 LEFT JOIN waiting_offers o ON o.appointment_id = a.id AND o.answer IS NULL
               WHERE a.id = :id""",
            id=appointment_id,
        )
        if row is None:
            raise NotFound
        events = self._work.all(
            """SELECT e.at, e.to_status::text AS status, coalesce(e.reason, '') AS reason,
                 coalesce(e.source, '') AS source,
                 coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS who
               FROM appointment_events e LEFT JOIN user_profiles u ON u.user_id = e.actor_id
               WHERE e.appointment_id = :id ORDER BY e.at, e.id""",
            id=appointment_id,
        )
        made = tuple(Event(**event) for event in events)
        return Extras(**row, changed_by=made[-1].who if made else "", events=made)

    def carried(self, appointment_id: UUID) -> Mapping[str, Any]:
        """What a replacing row takes over from the old one."""
        row = self._work.first(
            """SELECT reschedule_count, room_id, meeting_link, source, series_id, occurrence_date, emergency
               FROM appointments WHERE id = :id""",
            id=appointment_id,
        )
        return dict(row or {})

    def waiting_again(self, appointment_id: UUID) -> None:
        """The card that was booked with an appointment waits again."""
        self._work.run(
            """UPDATE waiting_list SET status = 'waiting', appointment_id = NULL
               WHERE appointment_id = :id AND status = 'booked'""",
            id=appointment_id,
        )

    def candidates(
        self, doctor_id: UUID, day: date, *, start: time, end: time, patient_id: UUID, most: int
    ) -> tuple[WaitingEntry, ...]:
        """Whom a freed span fits, ranked (spec 1.10)."""
        minutes = (end.hour - start.hour) * 60 + end.minute - start.minute
        rows = self._work.all(
            _FIT, clinic=self._clinic, doctor=doctor_id, day=day, start=start, end=end,
            patient=patient_id, minutes=minutes, most=most,
        )  # fmt: skip
        return tuple(waiting_entry(row["entry"]) for row in rows)

    def phones(self, patients: Iterable[UUID]) -> dict[UUID, str]:
        """One phone of each patient that has one."""
        rows = self._work.all(
            """SELECT DISTINCT ON (user_id) user_id, value FROM contact_points
               WHERE kind = 'phone' AND user_id = ANY (:ids) ORDER BY user_id, value""",
            ids=list(patients),
        )
        return {row["user_id"]: row["value"] for row in rows}

    # offers (spec 1.10)

    def offer(self, waiting_id: UUID, appointment_id: UUID) -> datetime:
        """Hold a pending appointment for an answer; until when. Raises StaleRecord, OfferedElsewhere."""
        until: datetime = self._work.value(
            "SELECT cd.offer_slot(:waiting, :appointment)", waiting=waiting_id, appointment=appointment_id
        )
        return until

    def unanswered(self, since: datetime) -> list[UUID]:
        """Appointments whose offers lapsed since then; the slot is still free and ahead. Latest first."""
        rows = self._work.all(
            """SELECT a.id FROM waiting_offers o JOIN appointments a ON a.id = o.appointment_id
               WHERE o.clinic_id = :clinic AND o.answer = 'lapsed' AND o.answered_at >= :since
                 AND a.start_at > now() AND NOT EXISTS (SELECT 1 FROM appointments b
                   WHERE b.doctor_id = a.doctor_id AND b.appointment_date = a.appointment_date
                     AND b.status IN ('pending', 'confirmed', 'in_progress')
                     AND b.start_time < a.end_time AND a.start_time < b.end_time)
               ORDER BY o.answered_at DESC""",
            clinic=self._clinic,
            since=since,
        )
        return [row["id"] for row in rows]

    # series (spec 1.11)

    def add_series(self, series_id: UUID, patient_id: UUID, rule: Rule, *, first: date) -> None:
        """The rule; its appointments carry its id."""
        self._work.run(
            """INSERT INTO appointment_series(id, clinic_id, patient_id, freq, every, weekdays, times, until,
                 first_day)
               VALUES (:id, :clinic, :patient, :freq, :every, :weekdays, :times, :until, :first)""",
            id=series_id, clinic=self._clinic, patient=patient_id, freq=str(rule.freq), every=rule.every,
            weekdays=sorted(rule.weekdays), times=rule.times, until=rule.until, first=first,
        )  # fmt: skip

    def series_members(self, series_id: UUID, *, since: date) -> list[UUID]:
        """Pending and confirmed ones from a day on, by date: what an edit may still change."""
        rows = self._work.all(
            f"""SELECT id FROM appointments WHERE series_id = :series AND appointment_date >= :since
                 AND status IN {OPEN} ORDER BY appointment_date, start_time""",
            series=series_id,
            since=since,
        )
        return [row["id"] for row in rows]

    # a doctor is out (spec 1.9)

    def visits_of(self, doctor_id: UUID, day: date, *, start: time, end: time) -> list[UUID]:
        """Pending and confirmed visits of a doctor that touch a span, by time."""
        rows = self._work.all(
            f"""SELECT id FROM appointments WHERE doctor_id = :doctor AND appointment_date = :day
                 AND status IN {OPEN} AND start_time < :end AND :start < end_time ORDER BY start_time, id""",
            doctor=doctor_id, day=day, start=start, end=end,
        )  # fmt: skip
        return [row["id"] for row in rows]

    def away(
        self, doctor_id: UUID, day: date, *, start: time | None, end: time | None, note: str, settled: bool
    ) -> UUID:
        """Leave from today's desk. Raises NotAllowed, PastTime."""
        made: UUID = self._work.value(
            "SELECT cd.doctor_away(:doctor, :day, CAST(:start AS time), CAST(:end AS time), :note, :settled)",
            doctor=doctor_id, day=day, start=start, end=end, note=note, settled=settled,
        )  # fmt: skip
        return made

    def back(self, leave_id: UUID) -> None:
        """Take the leave away again. Raises CannotUndo."""
        self._work.run("SELECT cd.doctor_back(:id)", id=leave_id)


def lapse_holds(work: Work) -> int:
    """Cancel what nobody confirmed in time (spec 1.1 T4); how many."""
    return int(work.value("SELECT cd.lapse_holds()") or 0)


def close_days(work: Work) -> int:
    """End past days (spec 1.1.1, T8); how many appointments changed."""
    return int(work.value("SELECT cd.close_days()") or 0)
