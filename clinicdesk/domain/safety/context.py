"""What a prescription is checked against, and who may override what (spec 4.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinicdesk.domain.patients import Allergy, AllergyStatus, Problem
from clinicdesk.domain.prescriptions import Finding, Sig

MIN_REASON_TEXT = 15
OVERRIDE_REASONS: tuple[str, ...] = (
    "benefit_outweighs",
    "monitored",
    "already_tolerates",
    "specialist_advice",
    "wrong_data",
    "other",
)
_RANK: Mapping[str, int] = {"inform": 0, "moderate": 1, "major": 2, "contraindicated": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentMedicine:
    """A medicine the patient already takes: an active prescription or a recorded home medicine."""

    name: str
    atc: str = ""
    strength: str = ""
    form: str = ""
    sig: Sig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyContext:
    """The patient at the moment of checking. None, '' and 'unknown' mean not known, never normal.

    ``pregnancy`` and ``breastfeeding``: yes, no, unknown. ``egfr`` mL/min/1.73 m2. ``accepted_rules``:
    unverified rows this clinic has accepted (spec 0).
    """

    age_days: int | None
    sex: str
    weight_kg: Decimal | float | None
    weight_on: date | None
    today: date
    allergies: tuple[Allergy, ...] = ()
    allergy_status: AllergyStatus = AllergyStatus.NOT_ASKED
    problems: tuple[Problem, ...] = ()
    pregnancy: str = "unknown"
    gestation_weeks: int | None = None
    breastfeeding: str = "unknown"
    egfr: Decimal | float | None = None
    egfr_on: date | None = None
    systolic: int | None = None
    diastolic: int | None = None
    current: tuple[CurrentMedicine, ...] = ()
    accepted_rules: frozenset[str] = frozenset()

    @property
    def years(self) -> int | None:
        """Completed years."""
        return None if self.age_days is None else int(Decimal(self.age_days) / Decimal("365.25"))

    @property
    def weight(self) -> Decimal | None:
        """kg; None when there is no usable weight."""
        return _positive(self.weight_kg)

    @property
    def filtration(self) -> Decimal | None:
        """eGFR; None when there is no usable value."""
        return _positive(self.egfr)


def _positive(number: Decimal | float | None) -> Decimal | None:
    value = None if number is None else Decimal(str(number))
    return value if value is not None and value.is_finite() and value > 0 else None


def rank(tier: str) -> int:
    """0 (inform) to 3 (contraindicated)."""
    return _RANK[tier]


def effective(tier: str, rule_id: str, *, verified: bool, context: SafetyContext) -> str:
    """Unverified rows only inform until the clinic accepts them (spec 0)."""
    return tier if verified or rule_id in context.accepted_rules else "inform"


def tiers_needing_reason() -> frozenset[str]:
    """Tiers that cannot be signed without a coded reason (spec 4.5)."""
    return frozenset({"contraindicated", "major"})


def needs_reason(finding: Finding) -> bool:
    """A contraindication always, a major warning unless it was answered within 180 days (spec 4.5)."""
    return finding.tier in tiers_needing_reason() and not (finding.remembered and finding.tier == "major")


def override_refusal(finding: Finding, reason: str, *, text: str) -> str:
    """'' when the finding may be signed over, else reason_missing, unknown_reason or text_too_short."""
    if not needs_reason(finding):
        return ""
    if not reason:
        return "reason_missing"
    if reason not in OVERRIDE_REASONS:
        return "unknown_reason"
    needed = MIN_REASON_TEXT if finding.tier == "contraindicated" else 1 if reason == "other" else 0
    return "text_too_short" if len(text.strip()) < needed else ""
