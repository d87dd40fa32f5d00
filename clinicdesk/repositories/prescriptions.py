"""Prescriptions, drafts and signing keys; cd.rx_write and cd.rx_sign decide what may be written."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import AlreadySigned, NotFound
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.repositories.patients import address_line
from clinicdesk.repositories.work import Row, Work

_PRESCRIPTIONS = """
SELECT p.id, p.prescription_number, p.patient_id, p.patient_name, p.patient_dob, n.mrn, p.doctor_id,
    p.doctor_name,
    p.doctor_license, p.clinic_id, p.appointment_id, p.diagnosis, coalesce(p.notes, '') AS notes,
    p.status::text AS status,
    p.issued_at, p.expiry_date, coalesce(p.doctor_signature, '') AS image,
    coalesce(p.digital_signature_hash, '') AS seal,
    p.row_version, p.checked_against, coalesce(p.qr_code, '') AS qr_code,
    (SELECT u.address FROM user_profiles u WHERE u.user_id = p.patient_id) AS address,
    ARRAY(SELECT a.substance || CASE WHEN a.reaction <> '' THEN ' (' || a.reaction || ')' ELSE '' END
      FROM patient_allergies a WHERE a.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id)))
      AND a.certainty <> 'refuted' ORDER BY a.substance) AS allergies,
    (SELECT w.value FROM patient_measures w
      WHERE w.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id))) AND w.kind = 'weight'
      ORDER BY w.measured_at DESC LIMIT 1) AS weight
  FROM prescriptions p JOIN patients n ON n.user_id = p.patient_id
"""
_ITEMS = """
SELECT prescription_id, id, line, medication_id, medication_name, strength, form, dosage, frequency,
    duration, duration_days,
    coalesce(quantity, 0) AS quantity, coalesce(instructions, '') AS instructions, directions, supplied,
    override_reason
  FROM prescription_items WHERE prescription_id = ANY (CAST(:ids AS uuid[])) ORDER BY prescription_id, line
"""
# What a patient still takes: signed within 90 days, not cancelled, course not over (spec 4.5).
_CURRENT = """
SELECT i.medication_id, i.medication_name, m.atc, i.strength, i.form, i.sig
  FROM prescriptions p JOIN prescription_items i ON i.prescription_id = p.id
      JOIN medications m ON m.id = i.medication_id
 WHERE p.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) AND p.status IN ('active', 'completed')
     AND p.digital_signature_hash IS NOT NULL
   AND p.issued_date > CAST(:today AS date) - 90 AND p.id <> :without
   AND (i.duration_days IS NULL OR p.issued_date + i.duration_days > CAST(:today AS date))
 ORDER BY p.issued_at, i.line
"""
_MEASURES = """
SELECT DISTINCT ON (kind) kind, value,
    (measured_at AT TIME ZONE :zone)::date AS on_day FROM patient_measures
 WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) ORDER BY kind, measured_at DESC
"""
_MATERIAL = """
SELECT cd.rx_payload(p.id) AS payload, coalesce(p.digital_signature_hash, '') AS seal, p.issued_at,
    k.public_key,
    k.revoked_at, coalesce(k.revoke_reason, '') AS revoke_reason, k.compromised_since
  FROM prescriptions p LEFT JOIN doctor_keys k
    ON k.kid = split_part(p.digital_signature_hash, '.', 2) AND k.doctor_id = p.doctor_id
 WHERE p.id = :id
"""
_SAVE_DRAFT = """
INSERT INTO prescription_drafts(id, clinic_id, patient_id, doctor_id, appointment_id, content, updated_at)
SELECT :id, :clinic, cd.canonical(:patient), cd.my_doctor(),
    CAST(:appointment AS uuid), CAST(:content AS jsonb), now()
 WHERE NOT EXISTS (SELECT 1 FROM prescriptions WHERE id = :id)
ON CONFLICT (id) DO UPDATE SET content = excluded.content, appointment_id = excluded.appointment_id,
    updated_at = now()
 WHERE prescription_drafts.patient_id IN (SELECT cd.same_person(excluded.patient_id))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What proves a prescription: the text that was signed, its seal, and the key with its fate."""

    payload: str
    seal: str
    issued_at: datetime
    public_key: bytes | None
    revoked_at: datetime | None
    revoke_reason: str
    compromised_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The newest value of one kind, and the clinic's date of it."""

    value: Any
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """The doctor's active key; ``wrapped`` None means its private part is not this login's."""

    kid: str
    public_key: bytes
    wrapped: bytes | None


class PrescriptionRepository:
    """One transaction's view of prescriptions."""

    def __init__(self, work: Work) -> None:
        self._work = work

    # -- reading

    def get(self, prescription_id: UUID) -> Prescription:
        """With its items. Raises NotFound."""
        found = self._read("WHERE p.id = :id", id=prescription_id)
        if not found:
            raise NotFound
        return found[0]

    def by_number(self, number: str) -> Prescription:
        """With its items. Raises NotFound."""
        found = self._read("WHERE p.prescription_number = :number", number=number)
        if not found:
            raise NotFound
        return found[0]

    def of_patient(self, patient_id: UUID, limit: int = 50) -> list[Prescription]:
        """Newest first."""
        return self._read(
            "WHERE p.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND p.digital_signature_hash IS NOT NULL "
            "ORDER BY p.issued_at DESC, p.created_at DESC LIMIT :limit",
            patient=patient_id,
            limit=limit,
        )

    def queue(self, clinic_id: UUID, limit: int = 200) -> list[Prescription]:
        """Signed, active and not fully supplied, oldest first."""
        return self._read(
            "WHERE p.clinic_id = :clinic AND p.status = 'active' AND p.digital_signature_hash IS NOT NULL "
            "AND EXISTS (SELECT 1 FROM prescription_items i "
            "WHERE i.prescription_id = p.id AND i.supplied < coalesce(i.quantity, 0)) "
            "ORDER BY p.issued_at LIMIT :limit",
            clinic=clinic_id,
            limit=limit,
        )

    def _read(self, condition: str, **values: object) -> list[Prescription]:
        rows = self._work.all(_PRESCRIPTIONS + condition, **values)
        items: dict[UUID, list[PrescriptionItem]] = {row["id"]: [] for row in rows}
        if rows:
            for row in self._work.all(_ITEMS, ids=[str(one) for one in items]):
                items[row["prescription_id"]].append(_item(row))
        return [_prescription(row, tuple(items[row["id"]])) for row in rows]

    def current(self, patient_id: UUID, *, today: date, without: UUID) -> list[Row]:
        """Rows of medicines still taken, except those of the prescription ``without``."""
        return self._work.all(_CURRENT, patient=patient_id, today=today, without=without)

    def measures(self, patient_id: UUID, *, zone: str) -> dict[str, Measure]:
        """Newest weight (kg), height (cm), creatinine (mg/dL), pregnant (1 or 0), by kind."""
        rows = self._work.all(_MEASURES, patient=patient_id, zone=zone)
        return {row["kind"]: Measure(value=row["value"], on=row["on_day"]) for row in rows}

    def material(self, prescription_id: UUID) -> Material:
        """What verifying needs. Raises NotFound."""
        row = self._work.first(_MATERIAL, id=prescription_id)
        if row is None:
            raise NotFound
        public = row["public_key"]
        return Material(**{**row, "public_key": None if public is None else bytes(public)})

    # -- keys

    def my_key(self) -> StoredKey | None:
        """The signed-in doctor's active key."""
        row = self._work.first(
            "SELECT k.kid, k.public_key, w.wrapped FROM doctor_keys k "
            "LEFT JOIN doctor_private_keys w ON w.kid = k.kid "
            "WHERE k.doctor_id = cd.my_doctor() AND k.revoked_at IS NULL"
        )
        if row is None:
            return None
        wrapped = row["wrapped"]
        return StoredKey(
            kid=row["kid"],
            public_key=bytes(row["public_key"]),
            wrapped=None if wrapped is None else bytes(wrapped),
        )

    def had_keys(self) -> bool:
        """Whether the signed-in doctor ever had a key."""
        return bool(
            self._work.value("SELECT EXISTS (SELECT 1 FROM doctor_keys WHERE doctor_id = cd.my_doctor())")
        )

    def add_key(self, public: bytes, wrapped: bytes) -> str:
        """A new active key; the one before is superseded. Returns its kid."""
        kid: str = self._work.value("SELECT cd.add_key(:public, :wrapped)", public=public, wrapped=wrapped)
        return kid

    def rewrap(self, kid: str, wrapped: bytes) -> None:
        """Store the private part under another password."""
        self._work.run(
            "UPDATE doctor_private_keys SET wrapped = :wrapped WHERE kid = :kid", wrapped=wrapped, kid=kid
        )

    # -- signing

    def take_turn(self, patient_id: UUID) -> None:
        """Until the end of the unit of work nobody else signs for this patient."""
        self._work.run("SELECT cd.rx_turn(:patient)", patient=patient_id)

    def canonical(self, patient_id: UUID) -> UUID:
        """The record that lives on after a merge."""
        found: UUID = self._work.value("SELECT cd.canonical(:patient)", patient=patient_id)
        return found

    def write(self, content: Mapping[str, object], issued: datetime, *, kid: str, image: str) -> str:
        """The rows, still unsigned, and the text to sign. Raises AlreadySigned, AllergyNotAsked."""
        payload: str = self._work.value(
            "SELECT cd.rx_write(CAST(:content AS jsonb), :issued, :kid, :image)",
            content=json.dumps(content),
            issued=issued,
            kid=kid,
            image=image,
        )
        return payload

    def sign(self, prescription_id: UUID, *, image: str, seal: str, code: str) -> None:
        """Must follow ``write`` in the same unit of work, or the commit is refused."""
        self._work.run(
            "SELECT cd.rx_sign(:id, :image, :seal, :code)",
            id=prescription_id,
            image=image,
            seal=seal,
            code=code,
        )

    def count_print(self, prescription_id: UUID) -> int:
        """Log one more paper; how many were printed before. Raises NotAllowed."""
        earlier: int = self._work.value("SELECT cd.rx_print(:id)", id=prescription_id)
        return earlier

    def cancel(self, prescription_id: UUID, reason: str) -> None:
        """Raises ReasonMissing, PrescriptionClosed, NotAllowed (not the prescriber)."""
        self._work.run("SELECT cd.rx_cancel(:id, :reason)", id=prescription_id, reason=reason)

    def log(self, patient_id: UUID, action: str, *, purpose: str) -> None:
        """One line of the access log (spec 3.11)."""
        self._work.run(
            "SELECT cd.log_access(:patient, :action, :purpose)",
            patient=patient_id,
            action=action,
            purpose=purpose,
        )

    # -- drafts

    def save_draft(
        self,
        draft_id: UUID,
        content: Mapping[str, object],
        *,
        clinic: UUID,
        patient: UUID,
        appointment: UUID | None,
    ) -> None:
        """Insert or replace. Raises AlreadySigned when the draft has become a prescription."""
        saved = self._work.run(
            _SAVE_DRAFT,
            id=draft_id,
            clinic=clinic,
            patient=patient,
            appointment=appointment,
            content=json.dumps(content),
        )
        if saved != 1:
            raise AlreadySigned

    def newest_draft(self, patient_id: UUID) -> Row | None:
        """The signed-in doctor's unsigned work for a patient."""
        return self._work.first(
            "SELECT d.id, d.appointment_id, d.content, d.updated_at FROM prescription_drafts d "
            "WHERE d.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND d.doctor_id = cd.my_doctor() "
            "AND NOT EXISTS (SELECT 1 FROM prescriptions p WHERE p.id = d.id) "
            "ORDER BY d.updated_at DESC LIMIT 1",
            patient=patient_id,
        )

    def drop_drafts(self, ids: Iterable[UUID]) -> None:
        """Throw drafts away."""
        self._work.run(
            "DELETE FROM prescription_drafts WHERE id = ANY (CAST(:ids AS uuid[]))",
            ids=[str(one) for one in ids],
        )


def expire(work: Work) -> int:
    """End prescriptions whose validity has passed in the person's clinics; how many (spec 4.8)."""
    return int(work.value("SELECT cd.rx_expire()") or 0)


def _item(row: Row) -> PrescriptionItem:
    return PrescriptionItem(**{key: value for key, value in row.items() if key != "prescription_id"})


def _prescription(row: Row, items: tuple[PrescriptionItem, ...]) -> Prescription:
    return Prescription(
        id=row["id"],
        number=row["prescription_number"],
        patient_id=row["patient_id"],
        patient_name=row["patient_name"] or "",
        patient_dob=row["patient_dob"],
        mrn=row["mrn"],
        doctor_id=row["doctor_id"],
        doctor_name=row["doctor_name"] or "",
        doctor_license=row["doctor_license"] or "",
        clinic_id=row["clinic_id"],
        appointment_id=row["appointment_id"],
        diagnosis=row["diagnosis"],
        notes=row["notes"],
        status=row["status"],
        issued_at=row["issued_at"],
        expiry_date=row["expiry_date"],
        items=items,
        signature_png=row["image"],
        seal=row["seal"],
        version=row["row_version"],
        patient_allergies=tuple(row["allergies"]),
        patient_weight_kg=None if row["weight"] is None else float(row["weight"]),
        checked_against=row["checked_against"],
        qr_code=row["qr_code"],
        patient_address=address_line(row["address"]),
    )
