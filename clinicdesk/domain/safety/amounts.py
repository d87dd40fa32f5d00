"""Milligrams per dose and per day of one substance in a product; Decimal only (spec 4.7)."""

from dataclasses import dataclass
from decimal import Decimal

from clinicdesk.domain.prescriptions import Sig
from clinicdesk.domain.quantity import DROPS_PER_ML
from clinicdesk.domain.safety.products import Product
from clinicdesk.domain.strengths import amount_in_iu, amount_in_mg, parse_strength

_PIECES = frozenset(
    {
        *(
            "tablet",
            "capsule",
            "sachet",
            "suppository",
            "pessary",
            "ampoule",
            "vial",
            "puff",
            "dose",
            "lozenge",
        ),
        *("patch", "spray", "piece", "unit"),
    }
)


@dataclass(frozen=True, slots=True)
class Amount:
    """In ``unit`` (mg, IU, tablet); ``daily`` is None when 'when needed' has no maximum."""

    single: Decimal
    daily: Decimal | None
    unit: str = "mg"


def doses_a_day(sig: Sig) -> Decimal | None:
    """Most doses in one day; PRN counts at its maximum. None when PRN has no maximum."""
    if sig.prn:
        return None if sig.max_per_day is None else Decimal(sig.max_per_day)
    if sig.steps:  # the heaviest day of the course, in its highest dose
        return max(step.dose * step.times_per_day for step in sig.steps) / sig.dose
    if sig.stat:
        return Decimal(1 + (sig.times_per_day or 0))
    if sig.weekly or sig.alternate_days:
        return Decimal(1)
    if sig.interval_hours:
        return max(Decimal(24) / sig.interval_hours, Decimal(1))
    return Decimal(sig.times_per_day) if sig.times_per_day else None


def single_units(sig: Sig) -> Decimal:
    """The higher dose of a range, in the unit it was written in."""
    return sig.dose if sig.dose_max is None else max(sig.dose, sig.dose_max)


def single_mg(product: Product, substance: str) -> Amount | None:
    """Dose of one substance in mg or IU; None when strength or unit cannot be read."""
    sig = product.sig
    if sig is None:
        return None
    dose = single_units(sig)
    times = doses_a_day(sig)
    for unit, value in (("mg", amount_in_mg(dose, sig.unit)), ("IU", amount_in_iu(dose, sig.unit))):
        if value is not None and (unit == "mg" or sig.unit.casefold() != "unit"):
            return _amount(value, times, unit)
    strength = parse_strength(product.strength)
    if strength is None or not product.parts:
        return None
    position = next((i for i, part in enumerate(product.parts) if substance in part), 0)
    if len(strength.amounts) > 1 and len(strength.amounts) != len(product.parts):
        return None
    content = strength.amounts[position if len(strength.amounts) > 1 else 0]
    unit = _piece(sig.unit)
    if unit in ("ml", "drop"):
        if strength.per_unit != "mL":
            return None
        volume = dose if unit == "ml" else dose / DROPS_PER_ML
        return _amount(content / strength.per * volume, times, strength.unit)
    if unit not in _PIECES or strength.per_unit == "mL":
        return None
    return _amount(content * dose, times, strength.unit)


def _piece(unit: str) -> str:
    return unit.casefold().removesuffix("s")


def tablets(product: Product) -> Amount | None:
    """The dose counted in pieces, for limits written in tablets."""
    if product.sig is None or _piece(product.sig.unit) not in _PIECES:
        return None
    return _amount(single_units(product.sig), doses_a_day(product.sig), "tablet")


def _amount(single: Decimal, times: Decimal | None, unit: str) -> Amount:
    return Amount(single, None if times is None else single * times, unit)
