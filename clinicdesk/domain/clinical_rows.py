"""Rows of the clinical rule tables. Every number of a rule lives in the CSV files, not here (spec 0)."""

from dataclasses import dataclass
from decimal import Decimal

TIERS = ("inform", "moderate", "major", "contraindicated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A substance of an interaction row. Below both dose limits (mg) the row counts one tier less."""

    substance: str
    min_single: Decimal | None = None
    min_daily: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRow:
    """One class pair (spec 4.6). Above ``max_age_days`` the pair counts as moderate."""

    id: str
    class_a: str
    class_b: str
    members_a: tuple[Member, ...]
    members_b: tuple[Member, ...]
    tier: str
    effect: str
    action: str
    overrides_id: str
    source: str
    verified: bool
    any_route: bool
    max_age_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllergyRow:
    """One allergy class (spec 4.5 S2). ``caution_atc`` warns, the rest follows ``risk``."""

    id: str
    name: str
    members: frozenset[str]
    targets: frozenset[str]
    target_atc: tuple[str, ...]
    caution: frozenset[str]
    caution_atc: tuple[str, ...]
    directed: bool
    risk: str
    basis: str
    rule: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    """One contraindication (spec 4.5 S6, S9). ``codes`` are (first, last) ICD-10 prefixes."""

    id: str
    condition: str
    kind: str
    codes: tuple[tuple[str, str], ...]
    all_codes: bool
    rule: str
    drugs: frozenset[str]
    tier: str
    effect: str
    action: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseLimit:
    """Adult ceiling (spec 4.7). ``weekly`` rows lock the frequency to once a week."""

    key: str
    substance: str
    release: str
    atc: str
    route: str
    max_single: Decimal | None
    max_daily: Decimal | None
    weekly: bool
    unit: str
    notes: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildDose:
    """Child dose band (spec 4.7). Ages in days, half open; ``per_day``: the band is per day, not per dose.

    ``weight_bands``: (from kg, below kg or None, amount per dose).
    """

    key: str
    substance: str
    routes: frozenset[str]
    from_days: int
    below_days: int | None
    from_kg: Decimal | None
    below_kg: Decimal | None
    low: Decimal | None
    high: Decimal | None
    per_day: bool
    times_per_day: int | None
    max_single: Decimal | None
    max_daily_per_kg: Decimal | None
    max_daily: Decimal | None
    weight_bands: tuple[tuple[Decimal, Decimal | None, Decimal], ...]
    unit: str
    notes: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A limit that may grow with completed years; ``z`` limits need growth tables."""

    base: Decimal = Decimal(0)
    per_year: Decimal = Decimal(0)
    fixed_from_years: int | None = None
    fixed: Decimal = Decimal(0)
    z: bool = False

    def at(self, years: int) -> Decimal:
        """The limit at an age in completed years."""
        if self.fixed_from_years is not None and years >= self.fixed_from_years:
            return self.fixed
        return self.base + self.per_year * years


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalRange:
    """Three nested ranges of one measure for one age group (spec 3.1); None is 'no check'."""

    parameter: str
    unit: str
    age_group: str
    age_min_days: int
    age_max_days: int | None
    hard_low: Bound | None
    hard_high: Bound | None
    alert_low: Bound | None
    alert_high: Bound | None
    critical_low: Bound | None
    critical_high: Bound | None
    verified: bool

    def covers(self, age_days: int) -> bool:
        """Whether a person of this age is in the group."""
        return self.age_min_days <= age_days and (self.age_max_days is None or age_days <= self.age_max_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsBand:
    """One scoring band of NEWS2 (spec 3.5)."""

    parameter: str
    condition: str
    low: Decimal | None
    high: Decimal | None
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SigCode:
    """A code people type in directions (spec 4.4), with the spellings accepted for it."""

    code: str
    kind: str
    meaning: str
    times_per_day: int | None
    interval_hours: int | None
    spellings: tuple[str, ...]
