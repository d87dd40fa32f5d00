"""Interactions (S3) and duplicates (S4, S5) of spec 4.5 and 4.6."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import InteractionRow, Member
from clinicdesk.domain.prescriptions import Finding
from clinicdesk.domain.safety.amounts import single_mg
from clinicdesk.domain.safety.context import SafetyContext, effective, rank
from clinicdesk.domain.safety.products import Product

_ONE_LESS = {"contraindicated": "major", "major": "moderate", "moderate": "inform", "inform": "inform"}


@dataclass(frozen=True, slots=True)
class _Hit:
    tier: str
    row: InteractionRow


def pairs_of(lines: Sequence[Product], current: Sequence[Product]) -> Iterator[tuple[Product, Product]]:
    """Each line with each later line and each current medicine; the first of a pair is a line."""
    yield from combinations(lines, 2)
    for line in lines:
        for other in current:
            yield line, other


def check_interactions(
    lines: Sequence[Product], current: Sequence[Product], context: SafetyContext, *, data: ClinicalData
) -> Iterator[Finding]:
    """S3: the most severe row for each pair of substances, inside one combination too."""
    for first, second in [*((line, line) for line in lines), *pairs_of(lines, current)]:
        hits: dict[str, _Hit] = {}
        for one, other in _substance_pairs(first, second):
            hit = _worst(one, other, pair=(first, second), context=context, data=data)
            if hit is not None and (hit.row.id not in hits or rank(hit.tier) > rank(hits[hit.row.id].tier)):
                hits[hit.row.id] = hit
        for hit in hits.values():
            yield _finding(hit, first, second)


def _substance_pairs(first: Product, second: Product) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    if first is second:
        yield from combinations(first.parts, 2)
        return
    for one in first.parts:
        for other in second.parts:
            if not one & other:
                yield one, other


def _worst(
    one: frozenset[str],
    other: frozenset[str],
    *,
    pair: tuple[Product, Product],
    context: SafetyContext,
    data: ClinicalData,
) -> _Hit | None:
    """The row that counts for two substances: overridden rows drop out, then the most severe."""
    rows: dict[str, InteractionRow] = {}
    for name in one:
        for row_id, sides in data.sides.get(name, {}).items():
            if any(_opposite(sides, data.sides.get(match, {}).get(row_id, "")) for match in other):
                rows[row_id] = data.interactions_by_id[row_id]
    replaced = {row.overrides_id for row in rows.values()}
    hits = [
        _Hit(_tier(row, one | other, pair=pair, context=context), row)
        for row in rows.values()
        if row.id not in replaced and (row.any_route or not (pair[0].local or pair[1].local))
    ]
    return max(hits, key=lambda hit: rank(hit.tier), default=None)


def _opposite(sides: str, other: str) -> bool:
    return ("a" in sides and "b" in other) or ("b" in sides and "a" in other)


def _tier(
    row: InteractionRow, names: frozenset[str], *, pair: tuple[Product, Product], context: SafetyContext
) -> str:
    tier = row.tier
    for member in (*row.members_a, *row.members_b):
        if member.substance in names and (member.min_single or member.min_daily):
            tier = _ONE_LESS[tier] if _below(member, pair) else tier
    if row.max_age_days is not None and context.age_days is not None and context.age_days > row.max_age_days:
        tier = "moderate"
    return effective(tier, row.id, verified=row.verified, context=context)


def _below(member: Member, pair: tuple[Product, Product]) -> bool:
    """Whether the dose is known and under the limits at which the row was written; an unknown dose is not."""
    product = next((p for p in pair if member.substance in p.names), None)
    dose = single_mg(product, member.substance) if product else None
    if product is None or dose is None:
        return False
    if member.min_single is not None and dose.single >= member.min_single:
        return False
    return member.min_daily is None or (dose.daily is not None and dose.daily < member.min_daily)


def _finding(hit: _Hit, first: Product, second: Product) -> Finding:
    title = first.label if first is second else f"{first.label} with {second.label}"
    return Finding(
        rule=f"S3:{hit.row.id}",
        tier=hit.tier,
        line=first.line,
        title=title,
        effect=hit.row.effect,
        action=hit.row.action,
        source=hit.row.source,
    )


def check_duplicates(lines: Sequence[Product], current: Sequence[Product]) -> Iterator[Finding]:
    """S4 and S5; medicines without an ATC code are compared by substance only, and that is said."""
    for first, second in pairs_of(lines, current):
        if first.local != second.local:
            continue
        same = first.atc[:7] if len(first.atc) >= 7 and first.atc[:7] == second.atc[:7] else ""
        shared = any(one & other for one in first.parts for other in second.parts)
        if same or shared:
            title = f"{first.label} and {second.label}: same substance"
            yield _duplicate("S4", title, line=first.line, effect="Twice the same medicine adds up")
        elif len(first.atc) >= 5 and first.atc[:5] == second.atc[:5]:
            title = f"{first.label} and {second.label}: same kind of medicine"
            yield _duplicate("S5", title, line=first.line, effect=f"Both belong to group {first.atc[:5]}")
    for line in lines:
        if len(line.atc) < 5:
            yield Finding(
                rule="S5:no-code",
                tier="inform",
                line=line.line,
                title=f"Not checked: {line.label} has no ATC code, so duplicates of its kind are not found",
                checked=False,
            )


def _duplicate(rule: str, title: str, *, line: int, effect: str) -> Finding:
    return Finding(
        rule=rule,
        tier="major",
        line=line,
        title=title,
        effect=effect,
        action="Stop one of them, or give a reason",
        source="ATC classification",
    )
