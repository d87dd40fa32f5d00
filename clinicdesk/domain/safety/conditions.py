"""Contraindications by condition, pregnancy, breastfeeding, age and kidney function: S6, S9 (spec 4.5)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import ConditionRow
from clinicdesk.domain.patients import Problem
from clinicdesk.domain.prescriptions import Finding
from clinicdesk.domain.safety.context import SafetyContext, effective
from clinicdesk.domain.safety.products import Product

EGFR_VALID_DAYS = 365  # spec 4.5 S9
FERTILE_YEARS = (12, 50)  # spec 3.7
_ACTIVE = ("active", "recurrence", "")
_NEVER = ("refuted", "entered_in_error")
_AGE_UNIT: Mapping[str, Decimal] = {"d": Decimal(1), "y": Decimal("365.25")}

# None: the rule applies. "": it does not. Any other text names what would have to be known.
_Verdict = str | None
_APPLIES: _Verdict = None
_NO = ""


def check_conditions(
    products: Sequence[Product], context: SafetyContext, *, data: ClinicalData
) -> Iterator[Finding]:
    """S6 and S9 for each line, and what could not be looked at."""
    fertile = context.years is None or FERTILE_YEARS[0] <= context.years <= FERTILE_YEARS[1]
    if context.sex != "male" and fertile and context.pregnancy not in ("yes", "no"):
        yield _unchecked("S10:pregnancy", 0, "pregnancy")
    if any(not p.code and p.status not in _NEVER for p in context.problems):
        yield _unchecked("S10:problem-free-text", 0, "a problem without a code")
    for product in products:
        missing: dict[str, str] = {}
        rows = {
            row.id: row for name in sorted(product.names) for row in data.conditions_by_drug.get(name, ())
        }
        for row in rows.values():
            verdict = _VERDICTS[row.kind](row, context)
            if verdict is _APPLIES:
                yield _finding(row, product, context)
            elif verdict:
                missing.setdefault(verdict, row.kind)
        for what, kind in missing.items():
            if what != "pregnancy":  # said once, above
                yield _unchecked(
                    f"{'S9' if kind == 'renal' else 'S6'}:{kind}", product.line, what, product.label
                )


def _unchecked(rule: str, line: int, what: str, label: str = "") -> Finding:
    title = f"Not checked: {label}, {what} not known" if label else f"Not checked: {what}"
    return Finding(rule=rule, tier="inform", line=line, title=title, checked=False)


def _finding(row: ConditionRow, product: Product, context: SafetyContext) -> Finding:
    tier = effective(row.tier, row.id, verified=row.verified, context=context)
    if product.local and not (product.ocular and row.kind == "condition"):
        tier = "inform"  # little is absorbed; eye drops still reach the lungs and the heart
    number = "S9" if row.kind == "renal" else "S6"
    return Finding(
        rule=f"{number}:{row.id}",
        tier=tier,
        line=product.line,
        title=f"{product.label}: {row.condition}",
        effect=row.effect,
        action=row.action,
        source=row.source,
    )


def _pregnancy(row: ConditionRow, context: SafetyContext) -> _Verdict:
    if context.sex == "male" or context.pregnancy == "no":
        return _NO
    if context.pregnancy != "yes" and not _recorded(row, context, history=False):
        fertile = context.years is None or FERTILE_YEARS[0] <= context.years <= FERTILE_YEARS[1]
        return "pregnancy" if fertile else _NO
    weeks = re.search(r"gestation>=([0-9]+) wk", row.rule)
    if weeks is None:
        return _APPLIES
    if context.gestation_weeks is None:
        return "weeks of pregnancy"
    return _APPLIES if context.gestation_weeks >= int(weeks[1]) else _NO


def _lactation(row: ConditionRow, context: SafetyContext) -> _Verdict:
    if context.breastfeeding == "yes" or _recorded(row, context, history=False):
        return _APPLIES
    fertile = context.years is None or FERTILE_YEARS[0] <= context.years <= FERTILE_YEARS[1]
    return "breastfeeding" if context.breastfeeding != "no" and context.sex != "male" and fertile else _NO


def _age(row: ConditionRow, context: SafetyContext) -> _Verdict:
    limit = re.fullmatch(r"age(<=|<)([0-9]+) ([dy])", row.rule)
    if limit is None or context.age_days is None:
        return "age"
    days = int(Decimal(limit[2]) * _AGE_UNIT[limit[3]])
    inside = context.age_days <= days if limit[1] == "<=" else context.age_days < days
    return _APPLIES if inside else _NO


def _renal(row: ConditionRow, context: SafetyContext) -> _Verdict:
    limit = re.fullmatch(r"egfr<([0-9]+)", row.rule)
    if limit is None:
        return "kidney function"
    fresh = context.egfr_on is not None and context.today - context.egfr_on <= timedelta(days=EGFR_VALID_DAYS)
    if context.filtration is not None and fresh:
        return _APPLIES if context.filtration < int(limit[1]) else _NO
    if _recorded(row, context, history=False):
        return _APPLIES
    return "kidney function (no creatinine in 12 months)"


def _condition(row: ConditionRow, context: SafetyContext) -> _Verdict:
    pregnant = context.pregnancy == "yes" and any(low in ("Z33", "Z34") for low, _ in row.codes)
    if not pregnant and not _recorded(row, context, history=_counts_history(row.rule)):
        return _NO
    age = re.search(r"age>=([0-9]+)", row.rule)
    if age is not None:
        if context.years is None:
            return "age"
        return _APPLIES if context.years >= int(age[1]) else _NO
    pressure = re.search(r"sbp>=([0-9]+) or dbp>=([0-9]+)", row.rule)
    if pressure is not None:
        if context.systolic is None or context.diastolic is None:
            return "latest blood pressure"
        high = context.systolic >= int(pressure[1]) or context.diastolic >= int(pressure[2])
        return _APPLIES if high else _NO
    return _APPLIES


_VERDICTS = {
    "pregnancy": _pregnancy,
    "lactation": _lactation,
    "age": _age,
    "renal": _renal,
    "condition": _condition,
}


def _counts_history(rule: str) -> bool:
    return rule.startswith(("history", "any age", "active or <12 months", "latest", "age>="))


def _recorded(row: ConditionRow, context: SafetyContext, *, history: bool) -> bool:
    """Whether the problem list has a code of this row (all of them for 'J45 with J33')."""
    recent = context.today - timedelta(days=365) if "<12 months" in row.rule else None
    problems = [p for p in context.problems if p.code and _counts(p, history=history)]
    if recent is not None:
        problems = [p for p in problems if p.status in _ACTIVE or p.onset is None or p.onset >= recent]
    hits = [any(_inside(p.code, pair) for p in problems) for pair in row.codes]
    return bool(hits) and (all(hits) if row.all_codes else any(hits))


def _counts(problem: Problem, *, history: bool) -> bool:
    return problem.status not in _NEVER and (history or problem.status in _ACTIVE)


def _inside(code: str, pair: tuple[str, str]) -> bool:
    """ICD-10 prefix match, dot or no dot; a pair is first and last of a range."""
    plain = code.upper().replace(".", "")
    low, high = (end.replace(".", "") for end in pair)
    return low <= plain[: len(low)] and plain[: len(high)] <= high
