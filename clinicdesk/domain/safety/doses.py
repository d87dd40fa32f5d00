"""Single and daily dose against adult ceilings: S7, and S4 when duplicates add up (spec 4.5, 4.7)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import DoseLimit
from clinicdesk.domain.prescriptions import Finding
from clinicdesk.domain.safety.amounts import Amount, single_mg, tablets
from clinicdesk.domain.safety.context import SafetyContext, effective
from clinicdesk.domain.safety.products import Product
from clinicdesk.domain.sig_words import number

_FACTOR = {"mg": Decimal(1), "ug": Decimal("0.001"), "tablet": Decimal(1)}
_WORD = {"mg": "mg", "ug": "micrograms", "tablet": "tablets"}


def limits_for(product: Product, data: ClinicalData) -> list[tuple[str, DoseLimit]]:
    """The ceiling for each substance of a product, or for the combination as such, with its name."""
    for name in product.whole:
        rows = data.limits_by_drug.get(name, ())
        if rows:
            return [(name, row) for row in _of_release(rows, product)[:1]]
    found = []
    for part in product.parts:
        matches = ((name, row) for name in sorted(part) for row in data.limits_by_drug.get(name, ()))
        found += list(matches)[:1]
    return found


def _of_release(rows: Sequence[DoseLimit], product: Product) -> list[DoseLimit]:
    wanted = "extended" if product.extended else "immediate"
    return [row for row in rows if not row.release or row.release == wanted] or list(rows)


def amount_for(product: Product, name: str, *, unit: str) -> Amount | None:
    """The dose in the unit of a limit, or None when it cannot be read."""
    if unit == "tablet":
        return tablets(product)
    amount = single_mg(product, name)
    return amount if amount is not None and amount.unit == "mg" else None


def check_doses(
    lines: Sequence[Product], current: Sequence[Product], context: SafetyContext, *, data: ClinicalData
) -> Iterator[Finding]:
    """S7 for each line. The daily dose includes the same substance in other lines and current medicines."""
    found = {id(product): limits_for(product, data) for product in (*lines, *current)}
    for line in lines:
        sig = line.sig
        if sig is None or line.local:
            continue
        limits = [(n, row) for n, row in found[id(line)] if row.route == sig.route]
        if not limits:
            yield _unchecked(line, "no dose limit on file")
        for name, row in limits:
            yield from _frequency_lock(line, row, context)
            amount = amount_for(line, name, unit=row.unit)
            if amount is None:
                yield _unchecked(line, "strength and dose cannot be compared with the limit")
                continue
            yield from _compare(
                line, row, context, amount=amount, others=_others(line, row, found, lines=(*lines, *current))
            )


def _unchecked(line: Product, why: str) -> Finding:
    return Finding(
        rule="S7:not-checked",
        tier="inform",
        line=line.line,
        title=f"Not checked: dose of {line.label}, {why}",
        checked=False,
    )


def _frequency_lock(line: Product, row: DoseLimit, context: SafetyContext) -> Iterator[Finding]:
    sig = line.sig
    if row.weekly and sig is not None and not sig.weekly and not (sig.stat and not sig.times_per_day):
        tier = effective("contraindicated", row.key, verified=row.verified, context=context)
        yield Finding(
            rule=f"S7:{row.key}:frequency",
            tier=tier,
            line=line.line,
            title=f"{line.label} is taken once a week, not every day",
            effect="Daily use has killed patients",
            action=row.notes,
            source=row.source,
        )


def _others(
    line: Product, row: DoseLimit, found: dict[int, list[tuple[str, DoseLimit]]], *, lines: Sequence[Product]
) -> tuple[Decimal, bool]:
    """Daily amount of the same substance elsewhere, and whether all of it is known."""
    total, complete = Decimal(0), True
    for other in lines:
        if other is line or other.local or (other.sig is not None and other.sig.route != row.route):
            continue
        for name, limit in found[id(other)]:
            if limit.substance == row.substance:
                amount = amount_for(other, name, unit=row.unit)
                if amount is None or amount.daily is None:
                    complete = False
                else:
                    total += amount.daily
    return total, complete


def _compare(
    line: Product, row: DoseLimit, context: SafetyContext, *, amount: Amount, others: tuple[Decimal, bool]
) -> Iterator[Finding]:
    factor = _FACTOR[row.unit]
    added, complete = others
    if not complete:
        yield _unchecked(line, "what other medicines add is not known")
    checks = [("single", amount.single, row.max_single)]
    if amount.daily is None:
        yield _unchecked(line, "no maximum for 'when needed'")
    else:
        checks.append(("weekly" if row.weekly else "daily", amount.daily + added, row.max_daily))
    for kind, given, limit in checks:
        if limit is None or given <= limit * factor:
            continue
        tier = "contraindicated" if given > limit * factor * Decimal("1.5") else "major"
        duplicate = kind == "daily" and added > 0
        yield Finding(
            rule=f"S4:{row.key}:daily" if duplicate else f"S7:{row.key}:{kind}",
            tier=effective(
                "contraindicated" if duplicate else tier, row.key, verified=row.verified, context=context
            ),
            line=line.line,
            title=_title(line, row, kind, given=given, limit=limit),
            effect="Together with the same substance in other medicines" if duplicate else "",
            action=row.notes,
            source=row.source,
        )


def _title(line: Product, row: DoseLimit, kind: str, *, given: Decimal, limit: Decimal) -> str:
    unit = _WORD[row.unit]
    return (
        f"{line.label}: {kind} dose {number(given / _FACTOR[row.unit])} {unit}, limit {number(limit)} {unit}"
    )
