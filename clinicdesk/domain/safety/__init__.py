"""Safety checks before a prescription is signed (spec 4.5-4.7)."""

from clinicdesk.domain.safety.child_advice import ChildAdvice, child_advice
from clinicdesk.domain.safety.context import (
    MIN_REASON_TEXT,
    OVERRIDE_REASONS,
    CurrentMedicine,
    SafetyContext,
    needs_reason,
    override_refusal,
    rank,
    tiers_needing_reason,
)
from clinicdesk.domain.safety.engine import check

__all__ = [
    "MIN_REASON_TEXT",
    "OVERRIDE_REASONS",
    "ChildAdvice",
    "CurrentMedicine",
    "SafetyContext",
    "check",
    "child_advice",
    "needs_reason",
    "override_refusal",
    "rank",
    "tiers_needing_reason",
]
