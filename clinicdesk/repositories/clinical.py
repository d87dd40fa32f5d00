"""Allergies, problems and measures: the structured lists beside the notes (spec 3.7, 3.8)."""

from collections.abc import Mapping
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.patients import Allergy, AllergyStatus, Problem
from clinicdesk.repositories.ehr import History
from clinicdesk.repositories.work import Work

_ALLERGIES = """
SELECT id, substance, allergy_class, reaction, severity, coded FROM patient_allergies
 WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) AND certainty <> 'refuted'
 ORDER BY array_position(ARRAY['severe','moderate','mild'], severity::text), recorded_at
"""
_PROBLEMS = """
SELECT id, code, description, clinical_status, onset FROM patient_problems
 WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(:patient)))
   AND certainty <> 'refuted' AND clinical_status IN ('active','recurrence')
 ORDER BY recorded_at
"""


class Clinical:
    """The clinical rows of patients."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def allergies(self, patient_id: UUID) -> tuple[Allergy, ...]:
        """Not refuted ones, worst first."""
        return tuple(Allergy(**row) for row in self._work.all(_ALLERGIES, patient=patient_id))

    def problems(self, patient_id: UUID) -> tuple[Problem, ...]:
        """Active ones."""
        return tuple(
            Problem(
                id=row["id"],
                code=row["code"],
                text=row["description"],
                status=row["clinical_status"],
                onset=row["onset"],
            )
            for row in self._work.all(_PROBLEMS, patient=patient_id)
        )

    def history(self, patient_id: UUID) -> History:
        """Display text for the seed's string lists (spec 0.2)."""
        status = self._work.value(
            "SELECT max(allergy_status) FILTER (WHERE allergy_status = 'none_known') FROM patients "
            "WHERE user_id = ANY (ARRAY(SELECT cd.same_person(:patient)))",
            patient=patient_id,
        )
        allergies = tuple(
            " - ".join(part for part in (one.substance, one.reaction, one.severity) if part)
            for one in self.allergies(patient_id)
        )
        if not allergies and status == AllergyStatus.NONE_KNOWN:
            allergies = ("No known allergies",)
        conditions = tuple(
            " ".join(part for part in (one.code, one.text) if part) for one in self.problems(patient_id)
        )
        return History(allergies=allergies, conditions=conditions)

    def add_allergy(self, patient_id: UUID, values: Mapping[str, object], *, by: UUID) -> None:
        """One row; ``values`` are the columns of patient_allergies."""
        self._work.run(
            "INSERT INTO patient_allergies(patient_id, substance, allergy_class, coded, kind, reaction, "
            "severity, recorded_by) VALUES (cd.canonical(:patient), :substance, :allergy_class, :coded, "
            ":kind, :reaction, :severity, :by)",
            patient=patient_id,
            by=by,
            **values,
        )

    def no_known_allergies(self, patient_id: UUID) -> None:
        """Record the answer 'none'. Raises StaleRecord when allergies are listed."""
        self._work.run("SELECT cd.no_known_allergies(:patient)", patient=patient_id)

    def add_problem(self, patient_id: UUID, *, code: str, text: str, by: UUID) -> None:
        """One active, confirmed problem."""
        self._work.run(
            "INSERT INTO patient_problems(patient_id, code, description, recorded_by) "
            "VALUES (cd.canonical(:patient), :code, :text, :by)",
            patient=patient_id,
            code=code,
            text=text,
            by=by,
        )

    def refute(self, table: str, patient_id: UUID, *, row_id: UUID) -> None:
        """Mark an allergy or problem as refuted. Raises NotFound."""
        sql = {
            "allergy": "UPDATE patient_allergies SET certainty = 'refuted' "
            "WHERE id = :id AND patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND certainty <> 'refuted'",
            "problem": "UPDATE patient_problems SET certainty = 'refuted' "
            "WHERE id = :id AND patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND certainty <> 'refuted'",
        }[table]
        if self._work.run(sql, id=row_id, patient=patient_id) != 1:
            raise NotFound
