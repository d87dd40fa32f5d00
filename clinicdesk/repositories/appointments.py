"""Appointments and the waiting list."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from uuid import UUID

from clinicdesk.domain.appointments import Appointment, AppointmentType, Status, WaitingEntry
from clinicdesk.domain.errors import NotAllowed, NotFound, StaleRecord
from clinicdesk.repositories.work import Row, Work

# spec 1.8: what was paid moves with the appointment; the ledger keeps its rows, so the chain is summed
_PAID = """coalesce((SELECT sum(y.amount) FROM payments y
  WHERE y.appointment_id = ANY (ARRAY(SELECT cd.promise(a.id)))), 0)"""
_FIELDS = """SELECT a.id, a.patient_id, btrim(u.first_name || ' ' || u.last_name) AS patient_name, p.mrn,
  a.doctor_id,
    btrim(du.first_name || ' ' || du.last_name) AS doctor_name, a.clinic_id, a.appointment_type_id
      AS type_id,
    coalesce(t.name, '') AS type_name, a.appointment_date AS day, a.start_time AS start, a.end_time
      AS "end",
    a.status::text AS status, a.consultation_type::text AS consultation_type,
    coalesce(a.chief_complaint, '') AS chief_complaint, a.fee, {paid} AS paid,
    a.payment_status::text AS payment_status, a.checked_in_at, a.started_at, a.completed_at, a.overbooked,
    a.row_version AS version, a.room_id, coalesce(r.name, '') AS room_name
  FROM {rows} a JOIN user_profiles u ON u.user_id = a.patient_id JOIN patients p
    ON p.user_id = a.patient_id JOIN doctor_profiles d ON d.id = a.doctor_id
    JOIN user_profiles du ON du.user_id = d.user_id
    LEFT JOIN appointment_types t ON t.id = a.appointment_type_id LEFT JOIN rooms r ON r.id = a.room_id """
_WITH_MONEY = _FIELDS.format(paid=_PAID, rows="appointments")
_WITHOUT_MONEY = _FIELDS.format(paid="0::numeric", rows="appointments")
_MADE = _FIELDS.format(paid="0::numeric", rows="made")


class Appointments:
    """``money``: whether the person may read payments; without it ``paid`` is zero."""

    def __init__(self, work: Work, *, money: bool) -> None:
        self._work = work
        self._fields = _WITH_MONEY if money else _WITHOUT_MONEY

    def on(self, clinic_id: UUID, day: date) -> tuple[Appointment, ...]:
        """Every appointment of the day, all statuses, by time."""
        return self.between(clinic_id, day, day)

    def between(self, clinic_id: UUID, first: date, last: date) -> tuple[Appointment, ...]:
        """Every appointment of the days, both ends included, all statuses, by day and time."""
        sql = "SELECT * FROM cd.schedule_range(:clinic, :first, :last)"
        return tuple(map(_appointment, self._work.all(sql, clinic=clinic_id, first=first, last=last)))

    def get(self, appointment_id: UUID) -> Appointment:
        """The newest snapshot. Raises NotFound."""
        row = self._work.first(self._fields + "WHERE a.id = :id", id=appointment_id)
        if row is None:
            raise NotFound
        return _appointment(row)

    def insert(self, values: dict[str, object]) -> Appointment:
        """A new row by column name, without what was paid for a row that it replaces.

        Raises SlotTaken, PastTime, OverbookingLimit, NotAllowed.
        """
        columns = ", ".join(values)
        marks = ", ".join(
            f"CAST(:{name} AS {_TYPES[name]})" if name in _TYPES else f":{name}" for name in values
        )
        sql = f"WITH made AS (INSERT INTO appointments({columns}) VALUES ({marks}) RETURNING *) {_MADE}"
        row = self._work.first(sql, **values)
        if row is None:  # nobody's reading right covers what was written
            raise NotAllowed
        return _appointment(row)

    def change(self, appointment: Appointment, sql: str, /, **values: object) -> None:
        """``UPDATE ... SET sql`` of the version that was read. Raises StaleRecord (spec 1.1.5)."""
        done = self._work.run(
            f"UPDATE appointments SET {sql} WHERE id = :id AND row_version = :version",
            id=appointment.id,
            version=appointment.version,
            **values,
        )
        if not done:
            raise StaleRecord

    def link(self, old_id: UUID, new_id: UUID) -> None:
        """Say in a rescheduled row which row replaced it."""
        self._work.run(
            "UPDATE appointments SET rescheduled_to_id = :new WHERE id = :old", old=old_id, new=new_id
        )

    def reschedules(self, appointment_id: UUID) -> int:
        """How often the promise was moved before."""
        return int(
            self._work.value("SELECT reschedule_count FROM appointments WHERE id = :id", id=appointment_id)
            or 0
        )

    def holder(
        self, doctor_id: UUID, day: date, *, start: time, end: time, but: UUID | None
    ) -> Mapping[str, Any] | None:
        """Who made the first occupying booking that overlaps: doctor, start_time, end_time, booked_by."""
        row = self._work.first(
            """SELECT btrim(du.first_name || ' ' || du.last_name) AS doctor, a.start_time, a.end_time,
                 coalesce(btrim(b.first_name || ' ' || b.last_name), '') AS booked_by
               FROM appointments a JOIN doctor_profiles d ON d.id = a.doctor_id
                 JOIN user_profiles du ON du.user_id = d.user_id LEFT JOIN user_profiles b
                   ON b.user_id = a.created_by
               WHERE a.doctor_id = :doctor AND a.appointment_date = :day AND a.start_time < :end
                 AND :start < a.end_time
                 AND a.status IN ('pending', 'confirmed', 'in_progress') AND a.id IS DISTINCT
                   FROM CAST(:but AS uuid)
               ORDER BY a.overbooked, a.start_time LIMIT 1""",
            doctor=doctor_id,
            day=day,
            start=start,
            end=end,
            but=but,
        )
        return dict(row) if row else None

    def worries(
        self,
        patient_id: UUID,
        doctor_id: UUID,
        *,
        day: date,
        start: time,
        end: time,
        since: date,
        but: UUID | None,
    ) -> Mapping[str, Any]:
        """overlaps, same_day: occupying ones of the patient that day; missed: no-shows since a day.

        no_guardian: a child without somebody who may consent (spec 2.4).
        """
        row = self._work.first(
            """SELECT coalesce(bool_or(a.start_time < :end AND :start < a.end_time)
              FILTER (WHERE occupying AND on_day), false) AS overlaps,
                 coalesce(bool_or(a.doctor_id = :doctor) FILTER (WHERE occupying AND on_day), false)
                   AS same_day,
                 count(*) FILTER (WHERE a.status = 'no_show' AND a.appointment_date >= :since) AS missed,
                 cd.lacks_guardian(:patient, :day) AS no_guardian
               FROM (SELECT x.*, x.status IN ('pending', 'confirmed', 'in_progress') AND x.id IS DISTINCT
                 FROM CAST(:but AS uuid) AS occupying,
                       x.appointment_date = :day AS on_day FROM appointments x
                         WHERE x.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient)))) a""",
            patient=patient_id,
            doctor=doctor_id,
            day=day,
            start=start,
            end=end,
            since=since,
            but=but,
        )
        return dict(row or {})  # an aggregate always answers

    def roll_up(self, clinic_id: UUID, day: date) -> None:
        """Bring the day's figures up to date (spec 7); a future day has none."""
        self._work.run("SELECT cd.roll_up_metrics(:clinic, :day)", clinic=clinic_id, day=day)

    def types(self) -> tuple[AppointmentType, ...]:
        """Active kinds of appointment, by name."""
        rows = self._work.all(
            "SELECT id, name, duration, price FROM appointment_types WHERE is_active ORDER BY name"
        )
        return tuple(AppointmentType(**row) for row in rows)


class WaitingList:
    """Cards of people who want an earlier or any slot (spec 1.10)."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, values: dict[str, object]) -> UUID:
        """A new entry by column name."""
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        made: UUID = self._work.value(
            f"INSERT INTO waiting_list({columns}) VALUES ({marks}) RETURNING id", **values
        )
        return made

    def withdraw(self, entry_id: UUID) -> None:
        """Take an entry off the list. Raises StaleRecord when it is not waiting any more."""
        done = self._work.run(
            "UPDATE waiting_list SET status = 'withdrawn' WHERE id = :id AND status = 'waiting'", id=entry_id
        )
        if not done:
            raise StaleRecord

    def booked(self, entry_id: UUID, appointment_id: UUID) -> None:
        """The entry got its appointment. Raises StaleRecord when it is not waiting any more."""
        done = self._work.run(
            """UPDATE waiting_list SET status = 'booked', appointment_id = :appointment
               WHERE id = :id AND status = 'waiting'""",
            id=entry_id,
            appointment=appointment_id,
        )
        if not done:
            raise StaleRecord


_COLUMNS = (
    *("id", "patient_id", "patient_name", "mrn", "doctor_id", "doctor_name", "clinic_id", "type_id"),
    *("type_name", "day", "start", "end", "status", "consultation_type", "chief_complaint", "fee", "paid"),
    *("payment_status", "checked_in_at", "started_at", "completed_at", "overbooked", "version"),
    *("room_id", "room_name"),
)
_STATUS = {str(status): status for status in Status}
_TYPES = {"status": "appointment_status", "consultation_type": "consultation_type"}


def _appointment(row: Row) -> Appointment:
    # by position: looking up 25 names a row costs as much as the query
    values: dict[str, Any] = dict(zip(_COLUMNS, row.values(), strict=True))
    values["status"] = _STATUS[values["status"]]
    return Appointment(**values)


def waiting_entry(row: dict[str, Any]) -> WaitingEntry:
    """An entry as ``availability`` packs it."""
    return WaitingEntry(
        id=UUID(row["id"]),
        patient_id=UUID(row["patient_id"]),
        patient_name=row["patient_name"],
        phone=row["phone"] or "",
        doctor_id=UUID(row["doctor_id"]) if row["doctor_id"] else None,
        type_id=UUID(row["type_id"]) if row["type_id"] else None,
        type_name=row["type_name"] or "",
        earliest=date.fromisoformat(row["earliest"]),
        latest=date.fromisoformat(row["latest"]),
        priority=row["priority"],
        note=row["note"],
    )
