"""All checks before signing, in one pure function (spec 4.5)."""

from collections.abc import Iterator, Sequence

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.prescriptions import Finding, PrescriptionLine
from clinicdesk.domain.safety.allergies import check_allergies
from clinicdesk.domain.safety.children import check_children
from clinicdesk.domain.safety.conditions import check_conditions
from clinicdesk.domain.safety.context import SafetyContext, rank
from clinicdesk.domain.safety.doses import check_doses
from clinicdesk.domain.safety.pairs import check_duplicates, check_interactions
from clinicdesk.domain.safety.products import Product, from_current, from_line


def check(
    lines: Sequence[PrescriptionLine], context: SafetyContext, data: ClinicalData
) -> tuple[Finding, ...]:
    """Findings S1-S10, worst first. Findings about the whole prescription stand at line 0."""
    if not lines:
        return ()
    new = [from_line(line, index, data=data) for index, line in enumerate(lines)]
    current = [from_current(medicine, data=data) for medicine in context.current]
    found = [
        *check_allergies(new, context, data=data),
        *check_interactions(new, current, context, data=data),
        *check_duplicates(new, current),
        *check_conditions(new, context, data=data),
        *check_doses(new, current, context, data=data),
        *check_children(new, context, data=data),
        *_unknown(new, current),
    ]
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=lambda finding: (-rank(finding.tier), finding.line, not finding.checked)))


def _unknown(new: Sequence[Product], current: Sequence[Product]) -> Iterator[Finding]:
    """S10: medicines that stand in none of the tables."""
    for product in new:
        if not product.known:
            yield _not_in_tables(product.line, product.label)
    for product in current:
        if not product.known:
            yield _not_in_tables(0, f"{product.label} (already taken)")


def _not_in_tables(line: int, label: str) -> Finding:
    return Finding(
        rule="S10:unknown-medicine",
        tier="inform",
        line=line,
        title=f"Not checked: {label} stands in no interaction, allergy or dose table",
        checked=False,
    )
