"""Favourites and order sets, and earlier lines in the same form."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from clinicdesk.repositories.work import Row, Work

_LINE = """jsonb_build_object('medication_id', i.medication_id, 'name', i.medication_name,
    'strength', i.strength, 'form', i.form, 'sig', i.sig, 'quantity', i.quantity)"""
_SIGNED = """p.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient)))
    AND p.digital_signature_hash IS NOT NULL AND p.status <> 'cancelled'"""
_LAST = f"""
SELECT {_LINE} AS line FROM prescription_items i WHERE i.prescription_id =
  (SELECT p.id FROM prescriptions p WHERE {_SIGNED} ORDER BY p.issued_at DESC, p.created_at DESC LIMIT 1)
 ORDER BY i.line
"""
_LONG = f"""
SELECT line FROM (
  SELECT DISTINCT ON (i.medication_id, i.strength, i.form) {_LINE} AS line, i.medication_name
    FROM prescriptions p JOIN prescription_items i ON i.prescription_id = p.id
   WHERE {_SIGNED} AND i.duration_days >= :days AND p.issued_date > CAST(:today AS date) - CAST(:back AS int)
   ORDER BY i.medication_id, i.strength, i.form, p.issued_at DESC, p.created_at DESC) newest
 ORDER BY medication_name
"""


class TemplateRepository:
    """One transaction's view; row security shows the own and the clinic's."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self, clinic: UUID) -> list[Row]:
        """Own first, then by name."""
        return self._work.all(
            "SELECT id, owner_id, name, content FROM rx_templates WHERE clinic_id = :clinic "
            "ORDER BY owner_id IS NULL, lower(name)",
            clinic=clinic,
        )

    def save(self, clinic: UUID, owner: UUID | None, name: str, *, content: Mapping[str, object]) -> UUID:
        """Insert, or replace the one of this name. Raises NotAllowed."""
        values = {"clinic": clinic, "owner": owner, "name": name, "content": json.dumps(content)}
        found: UUID | None = self._work.value(
            "UPDATE rx_templates SET name = :name, content = CAST(:content AS jsonb), updated_at = now() "
            "WHERE clinic_id = :clinic AND owner_id IS NOT DISTINCT FROM CAST(:owner AS uuid) "
            "AND lower(name) = lower(:name) RETURNING id",
            **values,
        )
        if found is not None:
            return found
        made: UUID = self._work.value(
            "INSERT INTO rx_templates(clinic_id, owner_id, name, content) "
            "VALUES (:clinic, CAST(:owner AS uuid), :name, CAST(:content AS jsonb)) RETURNING id",
            **values,
        )
        return made

    def remove(self, template: UUID) -> None:
        """Nothing happens when it is gone already, or is not one's own to remove."""
        self._work.run("DELETE FROM rx_templates WHERE id = :id", id=template)

    def last_lines(self, patient: UUID) -> list[Any]:
        """Lines of the newest signed prescription, in the form of a draft's."""
        return [row["line"] for row in self._work.all(_LAST, patient=patient)]

    def long_lines(self, patient: UUID, today: date, *, days: int, back: int) -> list[Any]:
        """The newest line of each product with a course of so many days."""
        rows = self._work.all(_LONG, patient=patient, today=today, days=days, back=back)
        return [row["line"] for row in rows]
