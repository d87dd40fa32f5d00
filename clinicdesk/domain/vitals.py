"""Vital signs: what is impossible, critical or alarming for the age (spec 3.1, 3.2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clinicdesk.domain.clinical_rows import Bound, VitalRange
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.measures import parse_measure, parse_pressure
from clinicdesk.domain.scores import (
    BpCategory,
    Egfr,
    News2,
    NewsInput,
    Result,
    blood_pressure_category,
    bmi,
    bmi_class,
    bsa,
    egfr,
    news2,
)
from clinicdesk.domain.visits import Vitals

__all__ = [
    "BpCategory",
    "Egfr",
    "News2",
    "NewsInput",
    "Result",
    "VitalFinding",
    "age_group",
    "blood_pressure_category",
    "bmi",
    "bmi_class",
    "bsa",
    "check_vitals",
    "completed_years",
    "egfr",
    "news2",
    "parse_measure",
    "parse_pressure",
    "refuse_impossible",
]

_PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "systolic": "systolic_bp",
    "diastolic": "diastolic_bp",
    "heart_rate": "heart_rate",
    "respiratory_rate": "respiratory_rate",
    "weight": "weight",
    "height": "height_length",
    "oxygen_saturation": "spo2",
}
# First day of each group (spec 3.1.1).
_GROUPS = (
    (0, "neonate"),
    (28, "infant"),
    (365, "toddler"),
    (1096, "preschool"),
    (2192, "school"),
    (4383, "adolescent"),
    (5844, "adult"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalFinding:
    """One value outside a range. ``level``: reject, critical, alert, or not_checked (no limits).

    ``low`` and ``high`` are the limits of that range, None where it is open. ``rule`` numbers the spec.
    """

    field: str
    level: str
    rule: str
    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    hint: str = ""
    suggestion: str = ""


def completed_years(age_days: int) -> int:
    """Completed years of an age in days (365.25 days each)."""
    return int(Decimal(age_days) / Decimal("365.25"))


def age_group(age_days: int) -> str:
    """Group of spec 3.1.1."""
    return next((name for first, name in reversed(_GROUPS) if age_days >= first), "neonate")


def check_vitals(
    vitals: Vitals, *, age_days: int, ranges: Sequence[VitalRange], scale_2: bool = False
) -> list[VitalFinding]:
    """Findings for measured values, worst level each. ``scale_2``: oxygen target 88-92 % (3.5.3)."""
    found: list[VitalFinding] = []
    for field, value in _measured(vitals):
        row = _range(ranges, _PARAMETERS[field], age_days=age_days, scale_2=scale_2)
        if row is None:
            found.append(VitalFinding(field=field, level="not_checked", rule="3.1", value=value))
            continue
        found += _compare(field, value, row=row, age_days=age_days)
        if field == "respiratory_rate" and not any(f.field == field and f.level != "alert" for f in found):
            found += _fast_breathing(value, ranges=ranges, age_days=age_days)
    return found + list(_pressure_order(vitals))


def refuse_impossible(vitals: Vitals, *, age_days: int, ranges: Sequence[VitalRange]) -> None:
    """Raises InvalidField when a value cannot be; detail: value, low, high, unit, hint, suggestion."""
    for finding in check_vitals(vitals, age_days=age_days, ranges=ranges):
        if finding.level == "reject":
            limits = {
                "value": _text(finding.value),
                "low": _text(finding.low),
                "high": _text(finding.high),
                "unit": finding.unit,
                "hint": finding.hint,
                "suggestion": finding.suggestion,
            }
            raise InvalidField(finding.field, finding.rule, {k: v for k, v in limits.items() if v})


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _measured(vitals: Vitals) -> Iterator[tuple[str, Decimal]]:
    for field in _PARAMETERS:
        value = getattr(vitals, field)
        if value is not None:
            yield field, Decimal(str(value))


def _range(
    ranges: Iterable[VitalRange], parameter: str, *, age_days: int, scale_2: bool = False
) -> VitalRange | None:
    rows = [row for row in ranges if row.parameter == parameter and row.covers(age_days)]
    if len(rows) > 1:  # only oxygen saturation has two rows for one age
        rows = [row for row in rows if ("scale 2" in row.age_group) == scale_2]
    return rows[0] if rows else None


def _compare(field: str, value: Decimal, *, row: VitalRange, age_days: int) -> list[VitalFinding]:
    years = completed_years(age_days)
    levels = (
        ("reject", row.hard_low, row.hard_high),
        ("critical", row.critical_low, row.critical_high),
        ("alert", row.alert_low, row.alert_high),
    )
    unchecked = []
    for level, lower, upper in levels:
        if (lower is not None and lower.z) or (upper is not None and upper.z):
            unchecked.append(VitalFinding(field=field, level="not_checked", rule="3.4", value=value))
            continue
        low, high = _at(lower, years), _at(upper, years)
        if not value.is_finite() or (low is not None and value < low) or (high is not None and value > high):
            hint, suggestion = _slip(field, value, row=row, years=years) if level == "reject" else ("", "")
            finding = VitalFinding(
                field=field,
                level=level,
                rule="3.1",
                value=value,
                low=low,
                high=high,
                unit=row.unit,
                hint=hint,
                suggestion=suggestion,
            )
            return [finding]
    return unchecked[:1]


def _at(bound: Bound | None, years: int) -> Decimal | None:
    return None if bound is None else bound.at(years)


def _fast_breathing(value: Decimal, *, ranges: Sequence[VitalRange], age_days: int) -> list[VitalFinding]:
    """Spec 3.1.6; said in addition to the plain range."""
    row = _range(ranges, "fast_breathing", age_days=age_days)
    limit = _at(row.alert_high, completed_years(age_days)) if row else None
    if row is None or limit is None or value <= limit:
        return []
    return [
        VitalFinding(
            field="respiratory_rate", level="alert", rule="3.1.6", value=value, high=limit, unit=row.unit
        )
    ]


def _pressure_order(vitals: Vitals) -> Iterator[VitalFinding]:
    """Spec 3.1.4: diastolic >= systolic cannot be; one of the two alone is only worth a warning."""
    low, high = vitals.diastolic, vitals.systolic
    if low is not None and high is not None and low >= high:
        yield VitalFinding(
            field="diastolic",
            level="reject",
            rule="3.1.4",
            value=Decimal(low),
            high=Decimal(high - 1),
            unit="mm[Hg]",
            hint="swapped" if low > high else "",
        )
    elif (low is None) != (high is None):
        field, value = ("systolic", high) if low is None else ("diastolic", low)
        yield VitalFinding(field=field, level="alert", rule="3.1.4", value=Decimal(value or 0), unit="mm[Hg]")


def _slip(field: str, value: Decimal, *, row: VitalRange, years: int) -> tuple[str, str]:
    """A likely unit slip and what the value would be then (spec 3.2); never applied by itself."""
    if not value.is_finite():
        return "", ""
    guesses: dict[str, list[tuple[str, Decimal, str]]] = {
        "temperature": [("fahrenheit", (value - 32) * 5 / 9, "0.1")],
        "height": [("metres", value * 100, "0.1"), ("millimetres", value / 10, "0.1")],
        "weight": [
            ("grams", value / 1000, "0.001"),
            ("decimal_point", value / 10, "0.1"),
            ("pounds", value * Decimal("0.45359237"), "0.1"),
        ],
    }
    low = _at(row.alert_low if row.alert_low and not row.alert_low.z else row.hard_low, years)
    high = _at(row.alert_high if row.alert_high and not row.alert_high.z else row.hard_high, years)
    for hint, guess, step in guesses.get(field, []):
        if (low is None or guess >= low) and (high is None or guess <= high):
            return hint, f"{guess.quantize(Decimal(step)):f}"
    return "", ""
