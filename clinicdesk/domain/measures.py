"""Measurements as people type them, converted once into the stored unit (spec 3.2)."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from clinicdesk.domain.errors import InvalidField

_INCH = Decimal("2.54")
_NUMBER = r"(?P<n>[0-9]{1,6}(?:[.,][0-9]{1,4})?)"
_FEET = re.compile(
    r"(?P<ft>[0-9])\s*(?:ft|feet|foot|['’′])\s*"
    r"(?:(?P<inch>[0-9]{1,2}(?:[.,][0-9])?)\s*(?:in|inch|inches|[\"”″]|''|’’)?)?"
)
_METRES = re.compile(r"(?P<m>[0-2])\s*m\s*(?P<cm>[0-9]{2})")

# kind -> unit spelling -> (offset, factor): stored = (typed - offset) * factor
_UNITS: Mapping[str, Mapping[str, tuple[Decimal, Decimal]]] = {
    "temperature": {
        "": (Decimal(0), Decimal(1)),
        "c": (Decimal(0), Decimal(1)),
        "cel": (Decimal(0), Decimal(1)),
        "f": (Decimal(32), Decimal(5) / Decimal(9)),
    },
    "weight": {
        "": (Decimal(0), Decimal(1)),
        "kg": (Decimal(0), Decimal(1)),
        "kgs": (Decimal(0), Decimal(1)),
        "g": (Decimal(0), Decimal("0.001")),
        "lb": (Decimal(0), Decimal("0.45359237")),
        "lbs": (Decimal(0), Decimal("0.45359237")),
    },
    "height": {
        "": (Decimal(0), Decimal(1)),
        "cm": (Decimal(0), Decimal(1)),
        "m": (Decimal(0), Decimal(100)),
        "in": (Decimal(0), _INCH),
        "inch": (Decimal(0), _INCH),
        "inches": (Decimal(0), _INCH),
    },
    "pressure": {
        "": (Decimal(0), Decimal(1)),
        "mmhg": (Decimal(0), Decimal(1)),
        "mm[hg]": (Decimal(0), Decimal(1)),
        "kpa": (Decimal(0), Decimal("7.50062")),
    },
    "rate": {"": (Decimal(0), Decimal(1)), "/min": (Decimal(0), Decimal(1)), "bpm": (Decimal(0), Decimal(1))},
    "percent": {"": (Decimal(0), Decimal(1)), "%": (Decimal(0), Decimal(1))},
    "glucose": {
        "": (Decimal(0), Decimal(1)),
        "mmol/l": (Decimal(0), Decimal(1)),
        "mg/dl": (Decimal(0), Decimal(1) / Decimal("18.016")),
    },
    "creatinine": {
        "": (Decimal(0), Decimal(1)),
        "mg/dl": (Decimal(0), Decimal(1)),
        "umol/l": (Decimal(0), Decimal(1) / Decimal("88.4")),
        "µmol/l": (Decimal(0), Decimal(1) / Decimal("88.4")),
        "μmol/l": (Decimal(0), Decimal(1) / Decimal("88.4")),
    },
}
_STEP: Mapping[str, Decimal] = {
    "temperature": Decimal("0.1"),
    "weight": Decimal("0.001"),
    "height": Decimal("0.1"),
    "pressure": Decimal(1),
    "rate": Decimal(1),
    "percent": Decimal(1),
    "glucose": Decimal("0.1"),
    "creatinine": Decimal("0.01"),
}
_FAMILY: Mapping[str, str] = {
    "systolic": "pressure",
    "diastolic": "pressure",
    "heart_rate": "rate",
    "respiratory_rate": "rate",
    "oxygen_saturation": "percent",
}
_WHOLE = ("rate", "percent")


def parse_measure(kind: str, text: str) -> Decimal:
    """Stored value (Cel, kg, cm, mm[Hg], /min, %) of '98.6F', '37,2', '154 lb', '5ft7', '16 kPa'.

    ``kind`` is a field of Vitals, 'glucose' (mmol/L) or 'creatinine' (mg/dL). Raises InvalidField with rule
    empty, not_a_measure, unknown_unit, ambiguous_comma or whole_number.
    """
    family = _FAMILY.get(kind, kind)
    typed = " ".join(text.split())
    if not typed:
        raise InvalidField(kind, "empty")
    if family == "height":
        mixed = _mixed_height(typed)
        if mixed is not None:
            return _round(mixed, family)
    match = re.fullmatch(_NUMBER + r"\s*°?\s*(?P<unit>[^0-9.,\s]*)", typed)
    if match is None:
        raise InvalidField(kind, "not_a_measure")
    value = _number(kind, match["n"])
    unit = match["unit"].lower()
    if unit not in _UNITS[family]:
        raise InvalidField(kind, "unknown_unit", {"allowed": ", ".join(u for u in _UNITS[family] if u)})
    if family in _WHOLE and value != value.to_integral_value():
        raise InvalidField(kind, "whole_number")
    offset, factor = _UNITS[family][unit]
    return _round((value - offset) * factor, family)


def parse_pressure(text: str) -> tuple[Decimal, Decimal]:
    """Systolic and diastolic in mm[Hg] from '120/80', '120 over 80' or '16/10.6 kPa'. Raises InvalidField."""
    parts = re.split(r"\s*/\s*|\s+over\s+", text.strip(), maxsplit=1, flags=re.IGNORECASE)
    if len(parts) != 2:
        raise InvalidField("systolic", "not_a_measure")
    unit = re.sub(r"^[0-9.,\s]+", "", parts[1])
    upper = parts[0] if re.search(r"[a-zA-Z]", parts[0]) else f"{parts[0]} {unit}"
    return parse_measure("systolic", upper), parse_measure("diastolic", parts[1])


def _mixed_height(typed: str) -> Decimal | None:
    """cm from feet and inches or '1m72'; None when it is written otherwise."""
    metric = _METRES.fullmatch(typed.lower())
    if metric:
        return Decimal(metric["m"]) * 100 + Decimal(metric["cm"])
    match = _FEET.fullmatch(typed.lower())
    if match is None:
        return None
    inches = Decimal((match["inch"] or "0").replace(",", "."))
    if inches >= 12:
        raise InvalidField("height", "not_a_measure")
    return (Decimal(match["ft"]) * 12 + inches) * _INCH


def _number(kind: str, text: str) -> Decimal:
    if re.fullmatch(r"[0-9]+,[0-9]{3}", text):
        raise InvalidField(kind, "ambiguous_comma")
    return Decimal(text.replace(",", "."))


def _round(value: Decimal, family: str) -> Decimal:
    return value.quantize(_STEP[family], rounding=ROUND_HALF_UP)
