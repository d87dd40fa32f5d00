"""Which unproven rules a named clinician accepted for a clinic."""

from datetime import datetime
from uuid import UUID

from clinicdesk.repositories.work import Work


class AcceptanceRepository:
    """One transaction's view; only the clinic's clinical lead writes."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def accepted(self, clinic: UUID) -> dict[str, tuple[str, datetime]]:
        """By rule: who accepted it, and when."""
        rows = self._work.all(
            "SELECT a.rule, u.first_name || ' ' || u.last_name AS who, a.accepted_at FROM rule_acceptances a "
            "JOIN user_profiles u ON u.user_id = a.accepted_by WHERE a.clinic_id = :clinic",
            clinic=clinic,
        )
        return {row["rule"]: (row["who"], row["accepted_at"]) for row in rows}

    def rules(self, clinic: UUID) -> frozenset[str]:
        """The accepted rules."""
        rows = self._work.all("SELECT rule FROM rule_acceptances WHERE clinic_id = :clinic", clinic=clinic)
        return frozenset(row["rule"] for row in rows)

    def accept(self, clinic: UUID, rule: str, *, version: str) -> None:
        """Raises NotAllowed for anybody but the clinical lead; twice is once."""
        self._work.run(
            "INSERT INTO rule_acceptances(clinic_id, rule, data_version) VALUES (:clinic, :rule, :version) "
            "ON CONFLICT (clinic_id, rule) DO NOTHING",
            clinic=clinic,
            rule=rule,
            version=version,
        )

    def withdraw(self, clinic: UUID, rule: str) -> int:
        """How many were taken back: none when it is not one's to do."""
        return self._work.run(
            "DELETE FROM rule_acceptances WHERE clinic_id = :clinic AND rule = :rule",
            clinic=clinic,
            rule=rule,
        )
