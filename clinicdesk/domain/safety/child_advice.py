"""What one dose of a child may be, by weight (spec 4.7): shown before it is typed, checked by S8 after."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import ChildDose
from clinicdesk.domain.prescriptions import Medicine, Sig
from clinicdesk.domain.safety.children import ADULT_KG, ADULT_YEARS, old_weight, rows_for
from clinicdesk.domain.safety.context import CurrentMedicine, SafetyContext
from clinicdesk.domain.safety.products import Product, from_current
from clinicdesk.domain.strengths import parse_strength


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildAdvice:
    """One row for this weight: ``low`` to ``high`` in ``unit`` a dose, mL where the product is a liquid.

    ``times`` a day; ``verified`` False: its source does not prove it.
    """

    about: str
    weight: Decimal
    low: Decimal
    high: Decimal
    unit: str
    volume: tuple[Decimal, Decimal] | None
    times: int
    source: str
    verified: bool


def child_advice(
    medicine: Medicine, route: str, *, context: SafetyContext, data: ClinicalData
) -> tuple[ChildAdvice, ...]:
    """() for adults, without a weight, with one that is too old, and where no row gives a band."""
    weight, years = context.weight, context.years
    if weight is None or years is None or years >= ADULT_YEARS or weight >= ADULT_KG:
        return ()
    current = CurrentMedicine(
        name=medicine.name,
        atc=medicine.atc,
        strength=medicine.strength,
        form=medicine.form,
        sig=Sig(dose=Decimal(1), route=route),
    )
    product = from_current(current, data=data)
    rows = rows_for(product, context, data=data)
    if product.local or any(old_weight(product, rows, context)):
        return ()
    found = (_advice(row, weight, product) for row in rows)
    return tuple(one for one in found if one is not None)


def _advice(row: ChildDose, weight: Decimal, product: Product) -> ChildAdvice | None:
    times = row.times_per_day
    if row.low is None or row.high is None or not times or row.unit != "mg":
        return None
    parts = Decimal(times if row.per_day else 1)
    caps = [row.high * weight / parts]
    if row.max_single is not None:
        caps.append(row.max_single)
    if row.max_daily is not None:
        caps.append(row.max_daily / times)
    if row.max_daily_per_kg is not None:
        caps.append(row.max_daily_per_kg * weight / times)
    high = min(caps)
    low = min(row.low * weight / parts, high)
    return ChildAdvice(
        about=row.key,
        weight=weight,
        low=low,
        high=high,
        unit=row.unit,
        volume=_volume(low, high, product.strength),
        times=times,
        source=row.source,
        verified=row.verified,
    )


def _volume(low: Decimal, high: Decimal, strength: str) -> tuple[Decimal, Decimal] | None:
    """mL that can be measured, rounded inwards so that they stay in the band (spec 4.7)."""
    parsed = parse_strength(strength)
    if parsed is None or parsed.per_unit != "mL" or parsed.unit != "mg":
        return None
    bounds = [milligrams / parsed.amounts[0] * parsed.per for milligrams in (low, high)]
    smallest, largest = (
        (exact / _step(exact)).to_integral_value(rounding=rounding) * _step(exact)
        for exact, rounding in zip(bounds, (ROUND_CEILING, ROUND_FLOOR), strict=True)
    )
    return (smallest, largest) if 0 < smallest <= largest else None


def _step(volume: Decimal) -> Decimal:
    return Decimal("0.5") if volume >= 5 else Decimal("0.1") if volume >= 1 else Decimal("0.01")
