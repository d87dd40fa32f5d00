"""Strength texts such as '500 mg', '125 mg/5 ml', '800/160 mg', read as exact numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_TO_MG: Mapping[str, Decimal] = {
    "mg": Decimal(1),
    "milligram": Decimal(1),
    "g": Decimal(1000),
    "gram": Decimal(1000),
    "mcg": Decimal("0.001"),
    "ug": Decimal("0.001"),
    "µg": Decimal("0.001"),
    "μg": Decimal("0.001"),
    "microgram": Decimal("0.001"),
}
_TO_IU: Mapping[str, Decimal] = {
    "iu": Decimal(1),
    "unit": Decimal(1),
    "mu": Decimal(1_000_000),
    "mega unit": Decimal(1_000_000),
    "million unit": Decimal(1_000_000),
    "million iu": Decimal(1_000_000),
}
_UNIT = (
    r"(?:mega units?|million (?:units?|iu)|micrograms?|milligrams?|grams?|mcg|µg|μg|ug|mg|g|iu|mu|units?|%)"
)
_AMOUNT = rf"[0-9]+(?:[.,][0-9]+)?\s*{_UNIT}?"
_STRENGTH = re.compile(
    rf"(?P<amounts>{_AMOUNT}(?:\s*[/+]\s*{_AMOUNT})*)"
    r"(?:\s*(?:/|per|in)\s*(?P<per>[0-9]*(?:\.[0-9]+)?)\s*(?P<of>ml|dose|actuation|puff|drop|tablet|capsule|vial))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """One amount per substance, in mg or IU, in ``per`` of ``per_unit`` ('mL', or '' for one piece)."""

    amounts: tuple[Decimal, ...]
    unit: str
    per: Decimal = Decimal(1)
    per_unit: str = ""


def amount_in_mg(value: Decimal, unit: str) -> Decimal | None:
    """mg for a mass unit, None for any other unit."""
    factor = _TO_MG.get(_singular(unit))
    return None if factor is None else value * factor


def amount_in_iu(value: Decimal, unit: str) -> Decimal | None:
    """International units, None for any other unit."""
    factor = _TO_IU.get(_singular(unit))
    return None if factor is None else value * factor


def _singular(unit: str) -> str:
    name = " ".join(unit.casefold().split())
    return name.removesuffix("s") if name.endswith(("grams", "units")) else name


def parse_strength(text: str) -> Strength | None:
    """The numbers in a strength text; None when it cannot be read with certainty."""
    cleaned = " ".join(text.casefold().replace("milliliter", "ml").replace("millilitre", "ml").split())
    cleaned = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", cleaned)
    match = _STRENGTH.fullmatch(cleaned)
    if match is None:
        return None
    parts = [
        re.fullmatch(rf"([0-9.,]+)\s*({_UNIT})?", p.strip()) for p in re.split(r"[/+]", match["amounts"])
    ]
    found = [(part[1], part[2]) for part in parts if part is not None]
    fallback = next((unit for _, unit in reversed(found) if unit), None)
    if fallback is None or len(found) != len(parts):
        return None
    return _strength([(value, unit or fallback) for value, unit in found], match["per"], of=match["of"])


def _strength(found: list[tuple[str, str]], per: str | None, *, of: str | None) -> Strength | None:
    numbers = [Decimal(value.replace(",", ".")) for value, _ in found]
    units = [unit for _, unit in found]
    if any(value <= 0 for value in numbers):
        return None
    if units == ["%"]:  # grams in 100 mL
        return Strength(amounts=(numbers[0] * 10,), unit="mg", per_unit="mL")
    for unit_name, convert in (("mg", amount_in_mg), ("IU", amount_in_iu)):
        amounts = [convert(value, unit) for value, unit in zip(numbers, units, strict=True)]
        known = tuple(value for value in amounts if value is not None)
        if len(known) == len(amounts):
            volume = Decimal(per or 1)
            if volume <= 0:
                return None
            return Strength(amounts=known, unit=unit_name, per=volume, per_unit="mL" if of == "ml" else "")
    return None
