"""The rows that make up a clinic: read whole, changed field by field, never over another seat's change."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clinicdesk.domain.administration import Collision, FieldRule, Record, Value
from clinicdesk.domain.errors import NotFound, StaleRecord
from clinicdesk.repositories.work import Work
from clinicdesk.resources import resource


@dataclass(frozen=True, slots=True)
class Table:
    """Where a kind of record is kept, whose it is, and in which order it is read."""

    name: str
    owner: str
    order: str
    also: str = ""


TABLES = {
    "doctor": Table("doctor_profiles", "", "id"),
    "hours": Table("doctor_availability", "doctor", "(day_of_week + 6) % 7, start_time, id"),
    "session": Table("doctor_sessions", "doctor clinic", "day DESC, start_time, id"),
    "leave": Table("doctor_leave", "doctor", "first_day DESC, id", also=", state"),
    "holiday": Table("clinic_holidays", "clinic", "day DESC, id"),
    "type": Table("appointment_types", "", "is_active DESC, name, id"),
    "room": Table("rooms", "clinic", "is_active DESC, name, id"),
    "specialty": Table("medical_specialties", "", "is_active DESC, name, id"),
}


@lru_cache(maxsize=1)
def rules() -> Mapping[str, tuple[FieldRule, ...]]:
    """The fields of each kind of record, from the table of fields."""
    found: dict[str, list[FieldRule]] = {}
    with resource("administration.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rule = FieldRule(
                record=row["record"],
                field=row["field"],
                kind=row["kind"],
                required=row["required"] == "x",
                low=Decimal(row["low"]) if row["low"] else None,
                high=Decimal(row["high"]) if row["high"] else None,
                action=row["action"],
            )
            found.setdefault(rule.record, []).append(rule)
    return {record: tuple(fields) for record, fields in found.items()}


def columns(record: str) -> tuple[str, ...]:
    """The columns of a kind of record; a doctor's specialties are rows of their own."""
    return tuple(rule.field for rule in rules()[record] if rule.kind != "choices")


class Setup:
    """Statements of one unit of work in one clinic."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    # -- settings

    def settings(self) -> dict[str, Value]:
        """What was chosen; a key that is missing has its default."""
        rows = self._work.all(
            "SELECT key, value FROM clinic_settings WHERE clinic_id = :clinic", clinic=self._clinic
        )
        return {row["key"]: row["value"] for row in rows}

    def set_setting(self, key: str, value: Value, *, before: Value) -> None:
        """``before`` None: nobody chose yet. Raises StaleRecord."""
        if before is None:  # another seat's first choice meets the primary key: StaleRecord
            self._work.run(
                "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (:clinic, :key, :value)",
                clinic=self._clinic,
                key=key,
                value=Jsonb(value),
            )
            return
        changed = self._work.run(
            "UPDATE clinic_settings SET value = :value WHERE clinic_id = :clinic AND key = :key "
            "AND value = :before",
            clinic=self._clinic,
            key=key,
            value=Jsonb(value),
            before=Jsonb(before),
        )
        if not changed:
            raise StaleRecord

    # -- records

    def records(self, record: str, doctor_id: UUID | None) -> list[Record]:
        """All rows of a kind, of this clinic or this doctor."""
        table = TABLES[record]
        rows = self._work.all(
            f"SELECT id, {', '.join(columns(record))}{table.also} FROM {table.name}{self._owned(table)} "
            f"ORDER BY {table.order}",
            clinic=self._clinic,
            doctor=doctor_id,
        )
        return [_record(row) for row in rows]

    def doctors(self) -> list[Record]:
        """Everybody with the role, by name; ``id`` None: without a profile still."""
        listed = ", ".join(f"d.{column}" for column in columns("doctor"))
        rows = self._work.all(
            f"""SELECT d.id, s.user_id, btrim(u.first_name || ' ' || u.last_name) AS name,
                  s.is_active AS works,
                  {listed}, ARRAY(SELECT x.specialty_id FROM doctor_specialties x WHERE x.doctor_id = d.id
                    ORDER BY x.specialty_id) AS specialties
                FROM clinic_staff s JOIN users a ON a.id = s.user_id
                  JOIN user_profiles u ON u.user_id = s.user_id
                  LEFT JOIN doctor_profiles d ON d.user_id = s.user_id
                WHERE s.clinic_id = :clinic AND a.role = 'doctor'
                ORDER BY s.is_active DESC, u.last_name, u.first_name, s.user_id""",
            clinic=self._clinic,
        )
        fields = (*columns("doctor"), "specialties")
        return [
            Record(
                id=row["id"],
                user_id=row["user_id"],
                name=row["name"],
                active=bool(row["works"]),
                values={name: _plain(row[name]) for name in fields},
            )
            for row in rows
        ]

    def add(self, record: str, values: Mapping[str, Value], *, doctor_id: UUID | None) -> UUID:
        """The new row's id."""
        table = TABLES[record]
        owner = {f"{part}_id": self._whose(part, doctor_id) for part in table.owner.split()}
        made: UUID = self._insert(table.name, {**values, **owner})
        return made

    def add_doctor(self, user_id: UUID, values: Mapping[str, Value]) -> UUID:
        """The profile of an account that has none."""
        return self._insert("doctor_profiles", {**values, "user_id": user_id, "clinic_id": self._clinic})

    def change(
        self, record: str, row_id: UUID, changed: Mapping[str, Value], *, before: Mapping[str, Value]
    ) -> None:
        """Only what was changed. Raises NotFound, and StaleRecord when one of it is not as it was read."""
        names = list(changed)
        if not names:
            return
        table = TABLES[record].name
        found = self._work.first(
            f"SELECT {', '.join(names)} FROM {table} WHERE id = :id FOR UPDATE", id=row_id
        )
        if found is None:
            raise NotFound
        if any(found[name] != before.get(name) for name in names if name in before):
            raise StaleRecord
        self._work.run(
            f"UPDATE {table} SET {', '.join(f'{name} = :{name}' for name in names)} WHERE id = :id",
            id=row_id,
            **changed,
        )

    def set_specialties(self, doctor_id: UUID, chosen: tuple[UUID, ...]) -> None:
        """Replace a doctor's specialties."""
        self._work.run(
            "DELETE FROM doctor_specialties WHERE doctor_id = :doctor "
            "AND specialty_id <> ALL (CAST(:chosen AS uuid[]))",
            doctor=doctor_id,
            chosen=list(chosen),
        )
        self._work.run(
            "INSERT INTO doctor_specialties SELECT :doctor, s FROM unnest(CAST(:chosen AS uuid[])) s "
            "ON CONFLICT DO NOTHING",
            doctor=doctor_id,
            chosen=list(chosen),
        )

    def remove(self, record: str, row_id: UUID) -> None:
        """Hours, sessions, leave and holidays: nothing refers to them. Raises NotFound."""
        if record == "holiday":
            self._work.run("SELECT cd.drop_holiday(:id)", id=row_id)
        elif not self._work.run(f"DELETE FROM {TABLES[record].name} WHERE id = :id", id=row_id):
            raise NotFound

    def collisions(self, doctor_id: UUID, leave: Mapping[str, Value]) -> list[Collision]:
        """Visits of the doctor that lie in a leave, in order."""
        rows = self._work.all(
            """SELECT a.appointment_date AS day, a.start_time AS start,
                 btrim(u.first_name || ' ' || u.last_name) AS patient,
                 coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = a.patient_id
                   AND c.kind = 'phone' ORDER BY c.value LIMIT 1), '') AS phone
               FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id
               WHERE a.doctor_id = :doctor AND a.status IN ('pending', 'confirmed', 'in_progress')
                 AND a.appointment_date BETWEEN :first_day AND :last_day
                 AND a.appointment_date + a.end_time > CAST(:first_day AS date)
                   + coalesce(CAST(:start_time AS time), '00:00')
                 AND a.appointment_date + a.start_time < CAST(:last_day AS date)
                   + coalesce(CAST(:end_time AS time), '24:00')
               ORDER BY 1, 2, a.id""",
            doctor=doctor_id,
            **{name: leave.get(name) for name in ("first_day", "last_day", "start_time", "end_time")},
        )
        return [Collision(**row) for row in rows]

    def _owned(self, table: Table) -> str:
        parts = [f"{part}_id = :{part}" for part in table.owner.split()]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _whose(self, part: str, doctor_id: UUID | None) -> UUID | None:
        return doctor_id if part == "doctor" else self._clinic

    def _insert(self, table: str, values: Mapping[str, Value]) -> UUID:
        names = list(values)
        made: UUID = self._work.value(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) "
            "RETURNING id",
            **values,
        )
        return made


def _record(row: dict[str, Any]) -> Record:
    return Record(
        id=row["id"],
        values={name: _plain(value) for name, value in row.items() if name not in ("id", "state")},
        state=str(row.get("state") or ""),
        name=str(row.get("name") or ""),
        active=row.get("is_active") is not False,
    )


def _plain(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value
