"""How much to hand out (spec 4.3): Decimal throughout, rounded up once, at the end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Sig
from clinicdesk.domain.strengths import amount_in_mg, parse_strength

SUPPLY_DAYS = 30
DROPS_PER_ML = 20
MAX_QUANTITY = 1_000_000
_UNSPLITTABLE = re.compile(
    r"\b(?:capsules?|caps?|modified|extended|prolonged|sustained|slow|delayed|controlled|enteric|gastro-?resistant"
    r"|coated|xr|sr|mr|er|cr|ec)\b"
)


def splittable(form: str) -> bool:
    """Whether a piece of the form can be given: not a capsule, modified release or enteric coated."""
    return _UNSPLITTABLE.search(form.casefold()) is None


def doses(sig: Sig, *, supply_days: int = SUPPLY_DAYS, start: date | None = None) -> int:
    """Number of doses of one course; without a duration the supply period counts. Raises InvalidField.

    Named weekdays are counted from ``start``; without it from the day that needs most.
    """
    days = sig.duration_days if sig.duration_days is not None else supply_days
    if days < 1:
        raise InvalidField("duration", "above_zero")
    if sig.prn:
        if sig.max_per_day is None or sig.max_per_day < 1:
            raise InvalidField("max_per_day", "prn_needs_max")
        return sig.max_per_day * days
    if sig.stat:
        return 1 + (sig.times_per_day or 0) * (days if sig.times_per_day else 0)
    if sig.weekdays:
        return _on_weekdays(sig, start, days=days)
    return _regular(sig, days)


def _regular(sig: Sig, days: int) -> int:
    if sig.weekly:
        return -(-days // 7)
    if sig.alternate_days:
        return -(-days // 2)
    if sig.interval_hours is not None:
        if sig.interval_hours < 1:
            raise InvalidField("interval_hours", "above_zero")
        return -(-24 * days // sig.interval_hours)
    if sig.times_per_day is None or sig.times_per_day < 1:
        raise InvalidField("frequency", "frequency_missing")
    return sig.times_per_day * days


def _on_weekdays(sig: Sig, start: date | None, *, days: int) -> int:
    if sig.times_per_day is None or sig.times_per_day < 1:
        raise InvalidField("frequency", "frequency_missing")
    any_week = [date(2024, 1, day) for day in range(1, 8)]  # a Monday and the six days after it
    named = frozenset(sig.weekdays)
    return sig.times_per_day * max(
        weekday_doses(named, first, days=days) for first in ([start] if start else any_week)
    )


def quantity(
    sig: Sig, *, supply_days: int = SUPPLY_DAYS, can_split: bool = True, start: date | None = None
) -> int:
    """Whole dose units (tablets, mL...) for the course. Raises InvalidField when they cannot be counted."""
    unit_dose = _unit_dose(sig)
    if amount_in_mg(sig.dose, sig.unit) is not None:
        raise InvalidField("dose", "needs_units", {"unit": sig.unit})
    given = [sig.dose, sig.dose_max, *(step.dose for step in sig.steps)]
    if not can_split and any(_is_fraction(value) for value in given if value is not None):
        raise InvalidField("dose", "not_splittable", {"dose": f"{sig.dose:f}"})
    if sig.steps:
        return taper_quantity([(step.dose, step.times_per_day * step.days) for step in sig.steps])
    return _up(unit_dose * doses(sig, supply_days=supply_days, start=start))


def _unit_dose(sig: Sig) -> Decimal:
    highest = sig.dose if sig.dose_max is None else max(sig.dose, sig.dose_max)
    if not highest.is_finite() or highest <= 0:
        raise InvalidField("dose", "above_zero")
    return highest


def _is_fraction(value: Decimal) -> bool:
    return value != value.to_integral_value()


def _up(total: Decimal) -> int:
    if total > MAX_QUANTITY:
        raise InvalidField("quantity", "too_large", {"limit": str(MAX_QUANTITY)})
    return int(total.to_integral_value(rounding=ROUND_CEILING))


def weekday_doses(weekdays: frozenset[int], start: date, *, days: int) -> int:
    """Doses on named weekdays (0 is Monday) in the ``days`` days from ``start``."""
    return sum((start + timedelta(days=n)).weekday() in weekdays for n in range(days))


def taper_quantity(steps: Sequence[tuple[Decimal, int]]) -> int:
    """Whole units for a taper; each step is (units per dose, number of doses)."""
    if not steps or any(not unit.is_finite() or unit <= 0 or count < 1 for unit, count in steps):
        raise InvalidField("taper", "above_zero")
    return _up(sum((unit * count for unit, count in steps), Decimal(0)))


def dose_in_units(dose: Decimal, unit: str, *, strength: str, form: str) -> Decimal:
    """Tablets, or mL of a liquid, for a dose written in mg, g or micrograms.

    Raises InvalidField('dose', 'not_measurable', {nearest}) instead of rounding by itself.
    """
    milligrams = amount_in_mg(dose, unit)
    parsed = parse_strength(strength)
    if milligrams is None or parsed is None or parsed.unit != "mg":
        raise InvalidField("dose", "no_strength")
    liquid = parsed.per_unit == "mL"
    exact = milligrams / parsed.amounts[0] * (parsed.per if liquid else Decimal(1))
    step = Decimal("0.1") if liquid else Decimal("0.25") if splittable(form) else Decimal(1)
    nearest = max((exact / step).to_integral_value(rounding=ROUND_HALF_UP) * step, step)
    if nearest != exact:
        raise InvalidField(
            "dose", "not_measurable", {"nearest": f"{nearest:f}", "unit": "mL" if liquid else "unit"}
        )
    return nearest.normalize() if nearest % 1 else Decimal(int(nearest))


def in_units(sig: Sig, *, strength: str, form: str) -> Sig:
    """The same directions counted in tablets (capsules...) or mL, when they were written in mg or g."""
    if amount_in_mg(sig.dose, sig.unit) is None:
        return sig
    parsed = parse_strength(strength)
    unit = "mL" if parsed and parsed.per_unit == "mL" else (form.casefold().split() or ["dose"])[-1]
    highest = None
    if sig.dose_max is not None:
        highest = dose_in_units(sig.dose_max, sig.unit, strength=strength, form=form)
    dose = dose_in_units(sig.dose, sig.unit, strength=strength, form=form)
    steps = tuple(
        replace(step, dose=dose_in_units(step.dose, sig.unit, strength=strength, form=form))
        for step in sig.steps
    )
    return replace(sig, dose=dose, dose_max=highest, unit=unit, steps=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottles:
    """Bottles to hand out and the volume they hold, mL."""

    count: int
    volume: Decimal


def bottles(volume: Decimal, *, bottle_size: Decimal, days: int, in_use_days: int | None) -> Bottles:
    """Whole bottles of ``bottle_size`` mL, none of them used beyond ``in_use_days`` after opening."""
    if bottle_size <= 0:
        raise InvalidField("bottle_size", "above_zero")
    count = _up(volume / bottle_size)
    if in_use_days:
        count = max(count, -(-days // in_use_days))
    return Bottles(count=count, volume=bottle_size * count)


def drops_to_ml(drops: int) -> int:
    """Whole mL for a number of drops."""
    return -(-drops // DROPS_PER_ML)


def issue_quantity(units: int, *, mode: str, pack: int, controlled: bool = False) -> int:
    """``mode`` exact, strip or pack: up to whole multiples of ``pack``, except for controlled medicines."""
    if mode == "exact" or controlled:
        return units
    if pack < 1:
        raise InvalidField("pack", "above_zero")
    return -(-units // pack) * pack
