"""The index of visits in PostgreSQL: who, when, which document, and its digest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from clinicdesk.domain.visits import Visit
from clinicdesk.repositories.work import Row, Work

_COLUMNS = """
SELECT v.id, v.patient_id, v.doctor_id, v.clinic_id, v.appointment_id, v.visit_date, v.visit_type, v.status,
       v.version, v.document_id, v.sha256, btrim(p.first_name || ' ' || p.last_name) AS doctor_name
  FROM visits v
  JOIN doctor_profiles d ON d.id = v.doctor_id
  LEFT JOIN user_profiles p ON p.user_id = d.user_id
 WHERE v.status <> 'entered_in_error' AND """
_APPOINTMENT = """
SELECT a.id, a.patient_id, a.doctor_id, a.clinic_id, a.status::text AS status, a.checked_in_at,
       a.appointment_date, a.start_time, a.consultation_type::text AS consultation_type,
       a.chief_complaint, coalesce(t.name, '') AS type_name,
       btrim(p.first_name || ' ' || p.last_name) AS doctor_name
  FROM appointments a
  JOIN doctor_profiles d ON d.id = a.doctor_id
  LEFT JOIN user_profiles p ON p.user_id = d.user_id
  LEFT JOIN appointment_types t ON t.id = a.appointment_type_id
 WHERE """
_MEDICINES = """
SELECT i.medication_name, i.strength, i.form,
       coalesce(nullif(i.directions, ''), i.dosage || ' ' || i.frequency) AS words
  FROM prescriptions r JOIN prescription_items i ON i.prescription_id = r.id
 WHERE r.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient)))
   AND r.status = 'active' AND (r.expiry_date IS NULL OR r.expiry_date >= :today)
 ORDER BY r.issued_date DESC, r.created_at DESC, i.line
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """A row of the index: a visit without its content."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    clinic_id: UUID
    appointment_id: UUID | None
    visit_date: datetime
    visit_type: str
    status: str
    version: int
    document_id: str
    sha256: str
    doctor_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRow:
    """What a visit needs to know of its appointment; times are the clinic's wall clock."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    clinic_id: UUID
    status: str
    checked_in_at: datetime | None
    appointment_date: date
    start_time: time
    consultation_type: str
    chief_complaint: str | None
    type_name: str
    doctor_name: str

    @property
    def arrived(self) -> bool:
        """Checked in, or a remote consultation, which needs no check-in (spec 1.1 T7)."""
        return self.checked_in_at is not None or self.consultation_type != "in_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A saved version as PostgreSQL knows it."""

    visit_id: UUID
    version: int
    document_id: str
    sha256: str
    sealed_sha256: str | None = None
    """The digest of the sealed form, once there is one."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the access log, and the client's address as the server sees it ('' on a local socket)."""

    id: int
    address: str


class Visits:
    """Reads and writes the index; content never passes through here."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def log_access(self, patient_id: UUID, *, action: str, purpose: str) -> Logged:
        """Append to the access log. Raises GlassNeeded, NotAllowed."""
        row = self._work.first(
            "SELECT cd.log_access(:patient, :action, :purpose) AS id, "
            "coalesce(host(inet_client_addr()), '') AS address",
            patient=patient_id,
            action=action,
            purpose=purpose,
        )
        assert row is not None
        return Logged(row["id"], str(row["address"]))

    def chart_keys(self, access_id: int) -> dict[tuple[str, str], bytes]:
        """The keys of a chart by patient and clinic, for a line of the log that is committed already."""
        rows = self._work.all(
            "SELECT patient_id, clinic_id, key FROM cd.chart_key(CAST(:id AS bigint))", id=access_id
        )
        return {(str(row["patient_id"]), str(row["clinic_id"])): bytes(row["key"]) for row in rows}

    def seals_charts(self, clinic_id: UUID) -> bool:
        """Whether documents of that clinic are to be sealed now."""
        found: bool = self._work.value(
            "SELECT EXISTS (SELECT 1 FROM clinic_settings WHERE clinic_id = :clinic "
            "AND key = 'sealed_charts' AND value = CAST('true' AS jsonb))",
            clinic=clinic_id,
        )
        return found

    def note_sealed(self, visit: Visit, sha256: str) -> None:
        """The digest of the sealed form of the version just saved, in the same unit of work."""
        self._work.run(
            "SELECT cd.note_sealed(:visit, :version, :sha256)",
            visit=visit.id,
            version=visit.version,
            sha256=sha256,
        )

    def of_patient(self, patient_id: UUID) -> list[VisitRow]:
        """Of both records after a merge, newest first."""
        order = (
            "v.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "ORDER BY v.visit_date DESC, v.created_at DESC"
        )
        return [_visit(row) for row in self._work.all(_COLUMNS + order, patient=patient_id)]

    def records(self, patient_id: UUID) -> tuple[UUID, dict[UUID, str]]:
        """The record that lives on, and those merged into it with their numbers (spec 2.3)."""
        rows = self._work.all(
            "SELECT s.id, s.id = cd.canonical(:patient) AS stays, coalesce(p.mrn, '') AS mrn "
            "FROM cd.same_person(:patient) AS s(id) LEFT JOIN patients p ON p.user_id = s.id ORDER BY p.mrn",
            patient=patient_id,
        )
        (stays,) = (row["id"] for row in rows if row["stays"])
        return stays, {row["id"]: row["mrn"] for row in rows if not row["stays"]}

    def one(self, visit_id: UUID) -> VisitRow | None:
        """One visit of the clinics the person works in."""
        row = self._work.first(_COLUMNS + "v.id = :id", id=visit_id)
        return _visit(row) if row else None

    def of_appointment(self, appointment_id: UUID) -> VisitRow | None:
        """The visit of an appointment, if one was begun."""
        row = self._work.first(_COLUMNS + "v.appointment_id = :id", id=appointment_id)
        return _visit(row) if row else None

    def versions(self, patient_id: UUID) -> dict[UUID, int]:
        """Visit -> its newest version."""
        rows = self._work.all(
            "SELECT id, version FROM visits WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND status <> 'entered_in_error'",
            patient=patient_id,
        )
        return {row["id"]: row["version"] for row in rows}

    def save(self, visit: Visit, *, document_id: str, sha256: str, reason: str = "") -> int:
        """Refer to a document and lock the visit; ``visit.version`` is the new number.

        Raises StaleRecord, AlreadySigned.
        """
        content = {
            "id": str(visit.id),
            "clinic_id": str(visit.clinic_id),
            "patient_id": str(visit.patient_id),
            "doctor_id": str(visit.doctor_id),
            "appointment_id": str(visit.appointment_id) if visit.appointment_id else None,
            "visit_date": visit.visit_date.isoformat(),
            "visit_type": visit.visit_type,
            "status": visit.status,
            "expected_version": visit.version - 1,
            "document_id": document_id,
            "sha256": sha256,
            "weight": visit.vitals.weight,
            "reason": reason or None,
        }
        made: int = self._work.value(
            "SELECT cd.save_visit(CAST(:content AS jsonb))", content=json.dumps(content)
        )
        return made

    def references(self, pairs: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Reference]:
        """(visit id, version) -> the reference, for those that exist in this person's clinics."""
        rows = self._work.all(
            "SELECT r.visit_id, r.version, r.document_id, r.sha256, s.sha256 AS sealed_sha256 "
            "FROM visit_versions r "
            "JOIN unnest(CAST(:visits AS uuid[]), CAST(:versions AS int[])) AS w(visit_id, version) "
            "ON r.visit_id = w.visit_id AND r.version = w.version "
            "LEFT JOIN sealed_documents s ON s.visit_id = r.visit_id AND s.version = r.version",
            visits=[pair[0] for pair in pairs],
            versions=[pair[1] for pair in pairs],
        )
        return {(str(row["visit_id"]), row["version"]): Reference(**row) for row in rows}

    def references_after(
        self, last: tuple[UUID, int] | None, *, clinic_id: UUID, size: int = 500
    ) -> list[Reference]:
        """A page of all references in key order."""
        rows = self._work.all(
            "SELECT visit_id, version, document_id, sha256 FROM visit_versions WHERE clinic_id = :clinic "
            "AND (CAST(:visit AS uuid) IS NULL "
            "OR (visit_id, version) > (CAST(:visit AS uuid), CAST(:version AS int))) "
            "ORDER BY visit_id, version LIMIT :size",
            clinic=clinic_id,
            visit=last[0] if last else None,
            version=last[1] if last else None,
            size=size,
        )
        return [Reference(**row) for row in rows]

    def begin_check(self, clinic_id: UUID) -> bool:
        """Whether this seat shall make today's check of the documents."""
        return bool(self._work.value("SELECT cd.begin_check(:clinic)", clinic=clinic_id))

    def end_check(self, clinic_id: UUID, *, sound: bool, counts: Mapping[str, int]) -> None:
        """Keep the result of a check."""
        self._work.run(
            "SELECT cd.end_check(:clinic, :sound, CAST(:counts AS jsonb))",
            clinic=clinic_id,
            sound=sound,
            counts=json.dumps(dict(counts)),
        )

    def appointment(self, appointment_id: UUID) -> AppointmentRow | None:
        """One appointment."""
        row = self._work.first(_APPOINTMENT + "a.id = :id", id=appointment_id)
        return AppointmentRow(**row) if row else None

    def open_appointment(
        self, patient_id: UUID, *, day: date, doctor_id: UUID | None
    ) -> AppointmentRow | None:
        """The patient's appointment of that day that is under way or next; the doctor's own first."""
        row = self._work.first(
            _APPOINTMENT
            + "a.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) AND a.appointment_date = :day "
            "AND a.status IN ('confirmed','in_progress') "
            "ORDER BY (a.doctor_id = CAST(:doctor AS uuid)) IS NOT TRUE, a.status DESC, "
            "a.checked_in_at IS NULL, a.start_time LIMIT 1",
            patient=patient_id,
            day=day,
            doctor=doctor_id,
        )
        return AppointmentRow(**row) if row else None

    def set_status(self, appointment_id: UUID, status: str) -> None:
        """One step of spec 1.1; the database's guards decide."""
        self._work.run(
            "UPDATE appointments SET status = CAST(:status AS appointment_status) WHERE id = :id",
            id=appointment_id,
            status=status,
        )

    def roll_up(self, clinic_id: UUID, day: date) -> None:
        """Count the day's figures again (spec 7)."""
        self._work.run("SELECT cd.roll_up_metrics(:clinic, :day)", clinic=clinic_id, day=day)

    def medicines(self, patient_id: UUID, today: date) -> tuple[str, ...]:
        """Lines of active prescriptions in words, newest first."""
        return tuple(
            " ".join(part for part in (row["medication_name"], row["strength"], row["form"]) if part)
            + f": {row['words']}"
            for row in self._work.all(_MEDICINES, patient=patient_id, today=today)
        )

    def next_appointment(self, patient_id: UUID, today: date) -> date | None:
        """The day of the next booked one after today."""
        found: date | None = self._work.value(
            "SELECT min(appointment_date) FROM appointments "
            "WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND appointment_date > :today AND status IN ('pending','confirmed')",
            patient=patient_id,
            today=today,
        )
        return found

    def date_of_birth(self, patient_id: UUID) -> date | None:
        """For limits by age."""
        found: date | None = self._work.value(
            "SELECT date_of_birth FROM user_profiles WHERE user_id = :patient", patient=patient_id
        )
        return found


def _visit(row: Row) -> VisitRow:
    values: dict[str, Any] = dict(row)
    return VisitRow(**values)
