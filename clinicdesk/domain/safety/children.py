"""Child doses by weight: S8 (spec 4.5, 4.7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import ChildDose
from clinicdesk.domain.prescriptions import Finding
from clinicdesk.domain.safety.amounts import Amount, single_mg, tablets
from clinicdesk.domain.safety.context import SafetyContext, effective
from clinicdesk.domain.safety.products import Product
from clinicdesk.domain.sig_words import number

ADULT_YEARS = 18
ADULT_KG = Decimal(50)
_ROUTES = {
    "intravenous": "IV",
    "intramuscular": "IM",
    "oral": "oral",
    "rectal": "rectal",
    "sublingual": "oral",
}


@dataclass(frozen=True, slots=True)
class _Breach:
    share: Decimal  # of the limit, 1 is the limit
    over_cap: bool
    text: str


def check_children(
    lines: Sequence[Product], context: SafetyContext, *, data: ClinicalData
) -> Iterator[Finding]:
    """S8 under 18 years and 50 kg. A missing weight blocks drugs that are dosed by weight."""
    years, weight = context.years, context.weight
    if years is None:
        yield _unchecked(0, "age missing, so child doses are not looked at")
        return
    if years >= ADULT_YEARS or (weight is not None and weight >= ADULT_KG):
        return
    for line in lines:
        if line.local or line.sig is None:
            continue
        rows = rows_for(line, context, data=data)
        if not rows:
            yield _unchecked(
                line.line, f"no child dose of {line.label} on file for this age, weight and route"
            )
        elif weight is None and any(_by_weight(row) for row in rows):
            yield _weight_missing(line, rows[0], context)
        else:
            yield from old_weight(line, rows, context)
            yield from _dose(line, rows, context)


def _unchecked(line: int, why: str) -> Finding:
    return Finding(
        rule="S8:not-checked", tier="inform", line=line, title=f"Not checked: {why}", checked=False
    )


def rows_for(line: Product, context: SafetyContext, *, data: ClinicalData) -> list[ChildDose]:
    """Rows of the medicine for this age, weight and route."""
    route = _ROUTES.get(line.sig.route, line.sig.route) if line.sig else ""
    names = list(line.whole) if any(n in data.children_by_drug for n in line.whole) else sorted(line.names)
    rows = {id(row): row for name in names for row in data.children_by_drug.get(name, ())}
    return [row for row in rows.values() if route in row.routes and _covers(row, context)]


def _covers(row: ChildDose, context: SafetyContext) -> bool:
    age, weight = context.age_days or 0, context.weight
    if age < row.from_days or (row.below_days is not None and age >= row.below_days):
        return False
    if weight is None or row.weight_bands:
        return True
    return (row.from_kg is None or weight >= row.from_kg) and (row.below_kg is None or weight < row.below_kg)


def _by_weight(row: ChildDose) -> bool:
    return row.high is not None or bool(row.weight_bands) or row.max_daily_per_kg is not None


def _weight_missing(line: Product, row: ChildDose, context: SafetyContext) -> Finding:
    return Finding(
        rule="S8:weight-missing",
        tier=effective("contraindicated", row.key, verified=row.verified, context=context),
        line=line.line,
        title=f"Not checked: weight missing; {line.label} is dosed by weight",
        effect="The dose for a child cannot be compared with anything",
        action="Weigh the child",
        source=row.source,
        checked=False,
    )


def old_weight(line: Product, rows: Sequence[ChildDose], context: SafetyContext) -> Iterator[Finding]:
    """The warning that the child must be weighed again, if so."""
    if not any(_by_weight(row) for row in rows):
        return
    allowed = 30 if (context.years or 0) < 2 else 90
    age = None if context.weight_on is None else (context.today - context.weight_on).days
    if age is None or age > allowed:
        when = "of unknown date" if age is None else f"{age} days old"
        yield Finding(
            rule="S8:weight-old",
            tier="major",
            line=line.line,
            title=f"{line.label} is dosed by weight, and the weight is {when}",
            effect=f"A child's weight counts for {allowed} days at this age",
            action="Weigh the child again",
            source="Clinic rule",
        )


def _dose(line: Product, rows: Sequence[ChildDose], context: SafetyContext) -> Iterator[Finding]:
    """The most generous row counts: which indication is meant is not known here."""
    judged = [(row, _breaches(line, row, context.weight)) for row in rows]
    readable = [(row, found) for row, found in judged if found is not None]
    if not readable:
        yield _unchecked(line.line, f"dose of {line.label} cannot be compared with the child dose")
        return
    row, found = min(readable, key=lambda entry: max((b.share for b in entry[1]), default=Decimal(0)))
    for breach in found:
        tier = _tier(breach)
        if tier:
            yield _finding(line, row, context, breach=breach, tier=tier)
    yield from _too_low(line, [r for r, _ in readable], context)


def _tier(breach: _Breach) -> str:
    if breach.share > Decimal("1.5"):
        return "contraindicated"
    return "major" if breach.share > (Decimal(1) if breach.over_cap else Decimal("1.1")) else ""


def _finding(line: Product, row: ChildDose, context: SafetyContext, *, breach: _Breach, tier: str) -> Finding:
    return Finding(
        rule=f"S8:{row.key}",
        tier=effective(tier, row.key, verified=row.verified, context=context),
        line=line.line,
        title=f"{line.label}: {breach.text}",
        action=row.notes,
        source=row.source,
    )


def _amount(line: Product, row: ChildDose) -> Amount | None:
    if row.unit == "tablet":
        return tablets(line)
    amount = single_mg(line, row.substance)
    return amount if amount is not None and amount.unit == row.unit else None


def _breaches(line: Product, row: ChildDose, weight: Decimal | None) -> list[_Breach] | None:
    """Every limit of the row with the share of it that is given; None when the dose cannot be read."""
    amount = _amount(line, row)
    if amount is None or (row.per_day and amount.daily is None):
        return None
    limits: list[tuple[Decimal, Decimal | None, bool, str]] = [
        (amount.single, row.max_single, True, "single dose")
    ]
    if amount.daily is not None:
        limits.append((amount.daily, row.max_daily, True, "daily dose"))
    if weight is not None:
        given = amount.daily if row.per_day and amount.daily is not None else amount.single
        per_kg = None if row.high is None else row.high * weight
        limits.append((given, per_kg, False, "daily dose by weight" if row.per_day else "dose by weight"))
        band = next((b for b in row.weight_bands if b[0] <= weight and (b[1] is None or weight < b[1])), None)
        limits.append((amount.single, band[2] if band else None, True, "dose for this weight"))
        if amount.daily is not None and row.max_daily_per_kg is not None:
            limits.append((amount.daily, row.max_daily_per_kg * weight, False, "daily dose by weight"))
    return [
        _Breach(
            given / limit, capped, f"{what} {number(given)} {row.unit}, limit {_rounded(limit)} {row.unit}"
        )
        for given, limit, capped, what in limits
        if limit is not None and limit > 0
    ]


def _rounded(limit: Decimal) -> str:
    return number(limit.quantize(Decimal("0.1")) if limit >= 10 else limit.quantize(Decimal("0.001")))


def _too_low(line: Product, rows: Sequence[ChildDose], context: SafetyContext) -> Iterator[Finding]:
    """Under the band of every row: the treatment may fail."""
    weight = context.weight
    if weight is None or any(row.low is None for row in rows):
        return
    for row in rows:
        amount = _amount(line, row)
        given = None if amount is None else amount.daily if row.per_day else amount.single
        capped = row.max_single is not None and given is not None and given >= row.max_single
        if given is None or row.low is None or capped or given >= row.low * weight * Decimal("0.9"):
            return
    low = min(row.low for row in rows if row.low is not None) * weight
    yield Finding(
        rule=f"S8:{rows[0].key}:low",
        tier="inform",
        line=line.line,
        title=f"{line.label}: below the child dose, usually at least {_rounded(low)} {rows[0].unit}",
        source=rows[0].source,
    )
