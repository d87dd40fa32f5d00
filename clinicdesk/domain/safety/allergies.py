"""Allergy checks S1 and S2, and what of the allergies cannot be checked (spec 3.8, 4.5)."""

from collections.abc import Iterator, Sequence

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_parsing import plain
from clinicdesk.domain.clinical_rows import AllergyRow
from clinicdesk.domain.patients import Allergy, AllergyStatus
from clinicdesk.domain.prescriptions import Finding
from clinicdesk.domain.safety.context import SafetyContext, effective, rank
from clinicdesk.domain.safety.products import Product, canonical

_RISK_TIER = {"high": "contraindicated", "moderate": "major", "low": "inform", "varies": "contraindicated"}


def check_allergies(
    products: Sequence[Product], context: SafetyContext, *, data: ClinicalData
) -> Iterator[Finding]:
    """S1 and S2 for each line, one finding per allergy and line; S10 for what nobody can match."""
    if context.allergy_status is AllergyStatus.NOT_ASKED and not context.allergies:
        yield _unchecked("S10:allergy-not-asked", "allergies have not been asked")
    if context.allergy_status is AllergyStatus.LISTED and not context.allergies:
        yield _unchecked("S10:allergy-list-missing", "allergies are recorded, but the list could not be read")
    for allergy in context.allergies:
        if not allergy.coded:
            yield _unchecked("S10:allergy-free-text", f"allergy '{allergy.substance}' is free text")
            continue
        names = frozenset(canonical(allergy.substance, data)) if allergy.substance.strip() else frozenset()
        group = _group(allergy, data)
        if group is None and not names & data.known:
            what = f"allergy '{allergy.substance or allergy.allergy_class}' is in no allergy class"
            yield _unchecked("S10:allergy-unknown", what, action="Only the same substance is recognised")
        if any("not a drug class" in row.basis and names & row.members for row in data.allergies):
            yield _unchecked("S10:excipients", f"whether a product contains {allergy.substance}")
        for product in products:
            found = _match(product, allergy, names=names, group=group, context=context, data=data)
            if found is not None:
                yield found


def _unchecked(rule: str, what: str, action: str = "") -> Finding:
    return Finding(
        rule=rule, tier="inform", line=0, title=f"Not checked: {what}", action=action, checked=False
    )


def _group(allergy: Allergy, data: ClinicalData) -> AllergyRow | None:
    """The class an allergy is recorded as: by id, by name, or 'penicillin' typed as a substance."""
    wanted = {_tidy(allergy.allergy_class), _tidy(allergy.substance)} - {""}
    for row in data.allergies:
        short = row.name.split(",")[0].split(" (")[0]
        names = {row.id.casefold(), row.name, short, plain(row.name)}
        if wanted & names or {f"{word}s" for word in wanted} & {row.name, short}:
            return row
    return None


def _tidy(text: str) -> str:
    return " ".join(text.casefold().split())


def _match(
    product: Product,
    allergy: Allergy,
    *,
    names: frozenset[str],
    group: AllergyRow | None,
    context: SafetyContext,
    data: ClinicalData,
) -> Finding | None:
    if names & product.names:
        return Finding(
            rule="S1",
            tier="contraindicated",
            line=product.line,
            title=f"Allergy to {allergy.substance}: {product.label}",
            effect=_reaction(allergy),
            action="Choose another medicine",
            source="Recorded allergy",
        )
    specific = bool(names & data.known)
    best: tuple[int, AllergyRow, str] | None = None
    for row in data.allergies:
        by_class = group is row
        allergens = names if specific else (group.members if group else frozenset())
        tier = _row_tier(row, product, allergens=allergens, by_class=by_class)
        if tier:
            tier = effective(tier, row.id, verified=row.verified, context=context)
            if best is None or rank(tier) > best[0]:
                best = (rank(tier), row, tier)
    return None if best is None else _cross(product, allergy, row=best[1], tier=best[2])


def _reaction(allergy: Allergy) -> str:
    return ", ".join(part for part in (allergy.reaction, allergy.severity) if part)


def _cross(product: Product, allergy: Allergy, *, row: AllergyRow, tier: str) -> Finding:
    return Finding(
        rule=f"S2:{row.id}",
        tier=tier,
        line=product.line,
        title=f"Allergy to {allergy.substance or allergy.allergy_class}: {product.label} may cross-react",
        effect="; ".join(part for part in (_reaction(allergy), row.basis) if part),
        action=row.rule,
        source=row.source,
    )


def _row_tier(row: AllergyRow, product: Product, *, allergens: frozenset[str], by_class: bool) -> str:
    """Tier before verification is looked at; '' when the row says nothing about this product."""
    names = product.names
    if by_class and names & row.members:
        return _RISK_TIER[row.risk]
    if row.risk == "varies":
        return ""
    if by_class or allergens & row.members:
        if names & row.caution or _in_group(product, row.caution_atc):
            return "major"
        if names & row.targets or _in_group(product, row.target_atc):
            return _RISK_TIER[row.risk]
    reverse = not row.directed and allergens & row.targets and names & row.members
    return _RISK_TIER[row.risk] if reverse else ""


def _in_group(product: Product, prefixes: tuple[str, ...]) -> bool:
    return bool(product.atc) and product.atc.startswith(prefixes) if prefixes else False
