"""Patients: search, summary, registration."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.matching import Identity
from clinicdesk.domain.patients import (
    Allergy,
    AllergyStatus,
    NewGuardian,
    NewPatient,
    PatientHit,
    PatientSummary,
    Problem,
)
from clinicdesk.repositories.work import Row, Work

ADDRESS_PARTS = ("line1", "street", "line2", "area", "town", "city", "lga", "state")
_ALERTS = """,
  (SELECT jsonb_agg(jsonb_build_object('id', x.id, 'substance', x.substance, 'class', x.allergy_class,
    'reaction', x.reaction,
      'severity', x.severity, 'coded', x.coded) ORDER BY x.severity DESC, x.substance)
    FROM patient_allergies x
      WHERE x.patient_id IN (SELECT cd.same_person(p.user_id)) AND x.certainty <> 'refuted') AS allergies,
  (SELECT jsonb_agg(jsonb_build_object('id', x.id, 'code', x.code, 'text', x.description, 'status',
    x.clinical_status,
      'onset', x.onset) ORDER BY x.clinical_status, x.recorded_at)
    FROM patient_problems x
      WHERE x.patient_id IN (SELECT cd.same_person(p.user_id)) AND x.certainty <> 'refuted') AS problems,
  (SELECT jsonb_build_object('value', x.value, 'at', x.measured_at AT TIME ZONE :zone)
    FROM patient_measures x WHERE x.patient_id IN (SELECT cd.same_person(p.user_id)) AND x.kind = 'weight'
      ORDER BY x.measured_at DESC LIMIT 1) AS weight"""
_SUMMARY = """SELECT p.user_id AS id, p.mrn, btrim(u.first_name || ' ' || u.last_name) AS name,
  u.date_of_birth,
    coalesce(u.gender::text, '') AS gender, u.address, p.allergy_status, p.restricted,
      p.deceased_at IS NOT NULL AS deceased,
    coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone'
      ORDER BY c.value LIMIT 1), '') AS phone,
    ARRAY(SELECT m.mrn FROM patients m WHERE m.merged_into = p.user_id ORDER BY m.mrn) AS former_mrns,
    (SELECT array_agg(DISTINCT m.allergy_status) FROM patients m WHERE m.merged_into = p.user_id)
      AS former_status{alerts}
  FROM patients p JOIN user_profiles u ON u.user_id = p.user_id
  WHERE p.user_id = (SELECT cd.canonical(:id))"""


class PatientRecords:
    """Reads and the one write of the front desk."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def search(self, text: str, limit: int) -> list[PatientHit]:
        """By name (misspelt too), MRN or phone, in the database's order."""
        return [_hit(row, row["score"]) for row in self._work.all(
            "SELECT * FROM cd.search_patients(:text, :limit)", text=text, limit=limit)]  # fmt: skip

    def candidates(self, new: NewPatient) -> list[tuple[Identity, PatientHit]]:
        """Who might be the same person (blocking, spec 2.2.2)."""
        rows = self._work.all(
            """SELECT c.*, p.mrn, p.restricted FROM cd.duplicate_candidates(:name, :dob, :phone) c
               JOIN patients p ON p.user_id = c.id""",
            name=f"{new.last_name} {new.first_name}".strip(),
            dob=new.date_of_birth,
            phone=new.phone.split(",")[0],
        )
        return [(_identity(row), _hit(row, 0.0)) for row in rows]

    def register(self, clinic_id: UUID, new: NewPatient) -> UUID:
        """A new patient with MRN and search entry. Raises InvalidField."""
        content = {
            "first_name": new.first_name,
            "last_name": new.last_name,
            "date_of_birth": new.date_of_birth.isoformat() if new.date_of_birth else None,
            "gender": new.gender,
            "phone": new.phone.split(",")[0],
            "email": new.email,
            "address": {"street": new.address} if new.address else None,
            "dob_precision": new.dob_precision,
            "duplicate_reason": new.duplicate_reason,
            "other_names": new.other_names,
            "phones": new.phone.split(","),
            "guardian": guardian_content(new.guardian) if new.guardian else None,
            "consents": [{"purpose": purpose, "given": True} for purpose in new.consents],
        }
        made: UUID = self._work.value(
            "SELECT cd.register_patient(:clinic, CAST(:content AS jsonb))",
            clinic=clinic_id,
            content=json.dumps({key: value for key, value in content.items() if value is not None}),
        )
        return made

    def summary(self, patient_id: UUID, zone: str, *, alerts: bool) -> PatientSummary:
        """``alerts``: whether the person may see allergies, problems and weight. Raises NotFound."""
        sql = _SUMMARY.format(alerts=_ALERTS if alerts else "")
        values = {"zone": zone} if alerts else {}
        row = self._work.first(sql, id=patient_id, **values)
        if row is None:
            raise NotFound
        return _summary(row)


def _hit(row: Row, score: float) -> PatientHit:
    return PatientHit(
        id=row["id"],
        mrn=row["mrn"],
        name=f"{row['first_name']} {row['last_name']}".strip(),
        date_of_birth=row["date_of_birth"],
        gender=row["gender"] or "",
        phone=row["phone"],
        score=score,
        restricted=row["restricted"],
    )


def _identity(row: Row) -> Identity:
    return Identity(
        given=row["first_name"],
        family=row["last_name"],
        date_of_birth=row["date_of_birth"],
        estimated=row["dob_precision"] != "day",
        phone=row["phone"],
        gender=row["gender"] or "",
    )


def _summary(row: Row) -> PatientSummary:
    weight: Mapping[str, Any] | None = row.get("weight")
    return PatientSummary(
        id=row["id"],
        mrn=row["mrn"],
        name=row["name"],
        date_of_birth=row["date_of_birth"],
        gender=row["gender"],
        phone=row["phone"],
        address=address_line(row["address"]),
        allergy_status=_status(row),
        allergies=tuple(map(_allergy, row.get("allergies") or ())),
        problems=tuple(map(_problem, row.get("problems") or ())),
        weight_kg=float(weight["value"]) if weight else None,
        weight_on=date.fromisoformat(weight["at"][:10]) if weight else None,
        restricted=row["restricted"],
        deceased=row["deceased"],
        former_mrns=tuple(row["former_mrns"]),
    )


def _status(row: Row) -> AllergyStatus:
    """Of both records: an allergy of one outweighs 'none known' of the other (spec 2.3.4)."""
    known = {row["allergy_status"], *(row["former_status"] or ())}
    for status in (AllergyStatus.LISTED, AllergyStatus.NONE_KNOWN):
        if status in known:
            return status
    return AllergyStatus.NOT_ASKED


def guardian_content(guardian: NewGuardian) -> dict[str, object]:
    """As the database's function takes it."""
    return {
        "name": guardian.name,
        "relation": guardian.relation,
        "phone": guardian.phone,
        "proof": guardian.proof,
        "may_consent": guardian.may_consent,
        "may_collect": guardian.may_collect,
        "person_id": str(guardian.person_id) if guardian.person_id else None,
    }


def address_line(stored: Mapping[str, Any] | None) -> str:
    """The parts of an address in one line; nothing twice (a town may be its own local government area)."""
    parts = [str((stored or {}).get(key) or "") for key in ADDRESS_PARTS]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _allergy(row: Mapping[str, Any]) -> Allergy:
    return Allergy(
        id=UUID(row["id"]),
        substance=row["substance"],
        allergy_class=row["class"],
        reaction=row["reaction"],
        severity=row["severity"],
        coded=row["coded"],
    )


def _problem(row: Mapping[str, Any]) -> Problem:
    return Problem(
        id=UUID(row["id"]),
        code=row["code"],
        text=row["text"],
        status=row["status"],
        onset=date.fromisoformat(row["onset"]) if row["onset"] else None,
    )
