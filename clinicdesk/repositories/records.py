"""Correcting a patient's record, its guardians, consents, photo and history; merging two records."""

import json
from collections.abc import Sequence
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.patients import (
    Alias,
    Change,
    Consent,
    Guardian,
    LinkedRecord,
    NewGuardian,
    NewPatient,
    PatientDetails,
)
from clinicdesk.repositories.patients import address_line, guardian_content
from clinicdesk.repositories.work import Work

_DETAILS = """SELECT p.user_id AS id, p.mrn, p.row_version AS version, u.first_name, u.last_name,
    coalesce(u.other_names, '') AS other_names, u.date_of_birth, p.dob_precision,
    coalesce(u.gender::text, '') AS gender, u.address,
    ARRAY(SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone'
      ORDER BY c.value) AS phones,
    CASE WHEN x.email LIKE '%@patient.invalid' THEN '' ELSE x.email END AS email,
    coalesce(u.date_of_birth > current_date - interval '18 years', false) AS child,
    (SELECT f.jpeg FROM patient_photos f WHERE f.patient_id = p.user_id) AS photo
  FROM patients p JOIN user_profiles u ON u.user_id = p.user_id JOIN users x ON x.id = p.user_id
  WHERE p.user_id = :id"""
_ALIASES = """SELECT a.id, a.loser_id, btrim(l.first_name || ' ' || l.last_name) AS loser_name,
    lp.mrn AS loser_mrn,
    a.survivor_id, btrim(s.first_name || ' ' || s.last_name) AS survivor_name, sp.mrn AS survivor_mrn,
    a.reason, a.state, a.asked_by, coalesce(btrim(w.first_name || ' ' || w.last_name), '') AS asked_name,
    coalesce(a.valid_from, a.asked_at) AS since
  FROM patient_aliases a JOIN user_profiles l ON l.user_id = a.loser_id JOIN patients lp
    ON lp.user_id = a.loser_id JOIN user_profiles s ON s.user_id = a.survivor_id JOIN patients sp
    ON sp.user_id = a.survivor_id LEFT JOIN user_profiles w ON w.user_id = a.asked_by """


class RecordDesk:
    """What the desk keeps about a person besides the appointments."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def details(self, patient_id: UUID) -> PatientDetails:
        """Raises NotFound."""
        row = self._work.first(_DETAILS, id=patient_id)
        if row is None:
            raise NotFound
        guardians = self._work.all(
            """SELECT id, name, relation, phone, proof, may_consent, may_collect, valid_to
               FROM patient_guardians
               WHERE patient_id = :id ORDER BY valid_to NULLS FIRST, recorded_at, id""",
            id=patient_id,
        )
        consents = self._work.all(
            """SELECT DISTINCT ON (purpose) id, purpose, given, given_by, method, recorded_at, withdrawn_at
               FROM patient_consents WHERE patient_id = :id ORDER BY purpose, recorded_at DESC, id""",
            id=patient_id,
        )
        values = dict(row)
        values |= {
            "address": address_line(values["address"]),
            "phones": tuple(values["phones"]),
            "photo": bytes(values["photo"] or b""),
            "guardians": tuple(Guardian(**one) for one in guardians),
            "consents": tuple(Consent(**one) for one in consents),
        }
        return PatientDetails(**values)

    def correct(self, details: PatientDetails, new: NewPatient) -> None:
        """Raises StaleRecord when another seat was faster, InvalidField."""
        content: dict[str, object] = {
            "first_name": new.first_name,
            "last_name": new.last_name,
            "other_names": new.other_names,
            "date_of_birth": new.date_of_birth.isoformat() if new.date_of_birth else None,
            "dob_precision": new.dob_precision,
            "gender": new.gender,
            "phones": [phone for phone in new.phone.split(",") if phone],
            "email": new.email,
        }
        if new.address != details.address:  # its parts stay apart unless the line was changed
            content["address"] = {"street": new.address} if new.address else None
        self._work.value(
            "SELECT cd.correct_patient(:id, :version, CAST(:content AS jsonb))",
            id=details.id,
            version=details.version,
            content=json.dumps(content),
        )

    def add_guardian(self, patient_id: UUID, guardian: NewGuardian) -> None:
        """Raises InvalidField."""
        self._work.value(
            "SELECT cd.add_guardian(:id, CAST(:content AS jsonb))",
            id=patient_id,
            content=json.dumps(guardian_content(guardian)),
        )

    def end_guardian(self, guardian_id: UUID) -> None:
        """From today on not a guardian any more."""
        self._work.value("SELECT cd.end_guardian(:id)", id=guardian_id)

    def consent(
        self,
        clinic_id: UUID,
        patient_id: UUID,
        purpose: str,
        *,
        given: bool,
        guardian: UUID | None,
        method: str,
    ) -> None:
        """One more answer; the newest holds."""
        content = {
            "purpose": purpose,
            "given": given,
            "method": method,
            "guardian_id": str(guardian) if guardian else None,
        }
        self._work.value(
            "SELECT cd.record_consent(:clinic, :id, CAST(:content AS jsonb))",
            clinic=clinic_id,
            id=patient_id,
            content=json.dumps(content),
        )

    def withdraw(self, consent_id: UUID) -> None:
        """Stops future use (spec 2.5)."""
        self._work.value("SELECT cd.withdraw_consent(:id)", id=consent_id)

    def photo(self, patient_id: UUID, jpeg: bytes | None) -> None:
        """Put or remove. Raises InvalidField."""
        self._work.value("SELECT cd.set_photo(:id, :jpeg)", id=patient_id, jpeg=jpeg)

    def history(self, patient_id: UUID) -> list[Change]:
        """Newest first."""
        rows = self._work.all("SELECT * FROM cd.patient_history(:id)", id=patient_id)
        return [
            Change(
                at=row["at"],
                person=row["person"],
                table=row["tab"],
                op=row["op"],
                old=row["old"] or {},
                new=row["new"] or {},
            )
            for row in rows
        ]


class Merges:
    """Aliases (spec 2.3)."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def linked(self, patient_id: UUID) -> list[LinkedRecord]:
        """Everything that names this patient. Raises NeedsRecords."""
        return self._linked("SELECT * FROM cd.linked_records(:id)", patient_id)

    def since(self, alias_id: UUID) -> list[LinkedRecord]:
        """What came to the survivor after the merge (spec 2.3.3)."""
        return self._linked("SELECT * FROM cd.since_merge(:id)", alias_id)

    def merge(self, survivor: UUID, loser: UUID, reason: str) -> Alias:
        """Merged, or proposed when a second person must confirm. Raises MergedAlready, NeedsRecords."""
        made = self._work.value(
            "SELECT cd.merge_patients(:survivor, :loser, :reason)",
            survivor=survivor,
            loser=loser,
            reason=reason,
        )
        return self.get(made)

    def confirm(self, alias_id: UUID, *, yes: bool) -> None:
        """By a second person. Raises SecondPersonNeeded, NeedsRecords, StaleRecord."""
        self._work.value("SELECT cd.confirm_merge(:id, :yes)", id=alias_id, yes=yes)

    def unmerge(self, alias_id: UUID, reason: str, theirs: Sequence[UUID]) -> None:
        """``theirs``: what came later and belongs to the record that is set free."""
        self._work.value(
            "SELECT cd.unmerge_patients(:id, :reason, CAST(:theirs AS uuid[]))",
            id=alias_id,
            reason=reason,
            theirs=list(theirs),
        )

    def get(self, alias_id: UUID) -> Alias:
        """Raises NotFound."""
        row = self._work.first(_ALIASES + "WHERE a.id = :id", id=alias_id)
        if row is None:
            raise NotFound
        return Alias(**row)

    def open(self) -> list[Alias]:
        """Proposed and merged ones, newest first."""
        rows = self._work.all(
            _ALIASES + "WHERE a.state <> 'closed' ORDER BY a.state DESC, a.asked_at DESC LIMIT 200"
        )
        return [Alias(**row) for row in rows]

    def may(self) -> bool:
        """Whether this person holds the duty, or is an administrator."""
        return bool(self._work.value("SELECT cd.my_role() = 'admin' OR cd.has_duty('records')"))

    def _linked(self, sql: str, key: UUID) -> list[LinkedRecord]:
        return [LinkedRecord(**row) for row in self._work.all(sql, id=key)]
