"""Rules whose source does not prove them: they inform only, until the clinical lead accepts them (spec 0)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.errors import NotAllowed, NotFound
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.acceptances import AcceptanceRepository
from clinicdesk.services.prescribing_keys import OpenWork


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenRule:
    """``tier`` is what it would be once accepted; ``accepted_by`` '' while it only informs."""

    id: str
    what: str
    tier: str
    source: str
    accepted_by: str = ""
    accepted_at: datetime | None = None


class RuleAcceptance:
    """rules.read to look, rules.accept and the duty of clinical lead to accept."""

    def __init__(self, open_work: OpenWork, actor: Actor, data: Callable[[], ClinicalData | None]) -> None:
        self._open_work, self._actor, self._data = open_work, actor, data

    def all(self) -> list[UnprovenRule]:
        """Interactions, conditions and allergy classes that are not verified; none without rule data."""
        self._actor.require("rules.read")
        with self._open_work() as work:
            accepted = AcceptanceRepository(work).accepted(self._actor.clinic.id)
        found = []
        for rule in _unproven(self._data()):
            who, at = accepted.get(rule.id, ("", None))
            found.append(
                UnprovenRule(
                    id=rule.id,
                    what=rule.what,
                    tier=rule.tier,
                    source=rule.source,
                    accepted_by=who,
                    accepted_at=at,
                )
            )
        return found

    def accept(self, rule_id: str) -> None:
        """From now on it warns with its own tier. Raises NotFound, NotAllowed."""
        self._actor.require("rules.accept")
        data = self._data()
        if data is None or rule_id not in {rule.id for rule in _unproven(data)}:
            raise NotFound
        with self._open_work() as work:
            AcceptanceRepository(work).accept(self._actor.clinic.id, rule_id, version=data.version)

    def withdraw(self, rule_id: str) -> None:
        """It informs only again. Raises NotAllowed."""
        self._actor.require("rules.accept")
        with self._open_work() as work:
            repository = AcceptanceRepository(work)
            known = rule_id in repository.rules(self._actor.clinic.id)
            if repository.withdraw(self._actor.clinic.id, rule_id) == 0 and known:
                raise NotAllowed("rules.accept")


def _unproven(data: ClinicalData | None) -> list[UnprovenRule]:
    if data is None:
        return []
    pairs = [
        UnprovenRule(id=row.id, what=f"{row.class_a} with {row.class_b}", tier=row.tier, source=row.source)
        for row in data.interactions
        if not row.verified
    ]
    conditions = [
        UnprovenRule(
            id=row.id,
            what=f"{row.condition}: {', '.join(sorted(row.drugs)[:6])}",
            tier=row.tier,
            source=row.source,
        )
        for row in data.conditions
        if not row.verified
    ]
    allergies = [
        UnprovenRule(id=row.id, what=f"allergy to {row.name}", tier=row.risk, source=row.source)
        for row in data.allergies
        if not row.verified
    ]
    limits = [
        UnprovenRule(
            id=row.key, what=f"dose limit of {row.key}, {row.route}", tier="major", source=row.source
        )
        for row in data.dose_limits
        if not row.verified
    ]
    return [*pairs, *conditions, *allergies, *limits]
