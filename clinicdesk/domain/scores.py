"""Numbers worked out from measurements: BMI, NEWS2, pressure category, eGFR, body surface (spec 3, 4.7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from clinicdesk.domain.clinical_rows import NewsBand
from clinicdesk.domain.errors import InvalidField

_BMI_CLASSES = (
    (Decimal(40), "obese_3"),
    (Decimal(35), "obese_2"),
    (Decimal(30), "obese_1"),
    (Decimal(25), "pre_obese"),
    (Decimal("18.5"), "normal"),
    (Decimal(17), "mild_thinness"),
    (Decimal(16), "moderate_thinness"),
)
_NEWS_PARAMETERS: Mapping[str, str] = {
    "respiratory_rate": "respiratory rate",
    "spo2": "oxygen saturation",
    "on_oxygen": "air or oxygen",
    "systolic": "systolic pressure",
    "pulse": "pulse",
    "consciousness": "consciousness",
    "temperature": "temperature",
}
_NOT_POSITIVE = "not calculated: measurements must be above 0"
_ALERT = "alert"
_NOT_ALERT = ("confusion", "voice", "pain", "unresponsive")
_REASSESS: Mapping[str, str] = {
    "low_0": "12 h",
    "low": "4-6 h",
    "low_medium": "1 h",
    "medium": "1 h",
    "high": "continuous",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A calculated number, unrounded. ``note`` says why there is none, or no class."""

    value: Decimal | None = None
    label: str = ""
    note: str = ""

    def shown(self, places: int = 1) -> str:
        """The number rounded half up, or ''."""
        return "" if self.value is None else f"{_half_up(self.value, places):f}"


def _half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _decimal(value: Decimal | float | int | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _missing(**values: object) -> str:
    names = [name.replace("_", " ") for name, value in values.items() if value is None or value == ""]
    return f"not calculated: {', '.join(names)} missing" if names else ""


def bmi(
    weight_kg: Decimal | float | None,
    height_cm: Decimal | float | None,
    *,
    age_years: int | None = None,
    pregnant: bool = False,
) -> Result:
    """kg/m2 with its adult class (spec 3.3)."""
    weight, height = _decimal(weight_kg), _decimal(height_cm)
    if weight is None or height is None or weight <= 0 or height <= 0:
        return Result(
            note=_missing(weight=weight, height=height) or "not calculated: measurements must be above 0"
        )
    value = weight / (height / 100) ** 2
    if pregnant:
        return Result(value=value, note="no class in pregnancy")
    if age_years is None:
        return Result(value=value, note="no class: age missing")
    if age_years < 20:
        return Result(value=value, note="no class under 20 years: growth tables not loaded")
    return Result(value=value, label=bmi_class(value))


def bmi_class(value: Decimal) -> str:
    """Adult class of an unrounded BMI (spec 3.3)."""
    return next((name for limit, name in _BMI_CLASSES if value >= limit), "severe_thinness")


def bsa(weight_kg: Decimal | float | None, height_cm: Decimal | float | None) -> Result:
    """Body surface in m2 (spec 4.7)."""
    weight, height = _decimal(weight_kg), _decimal(height_cm)
    if weight is None or height is None or weight <= 0 or height <= 0:
        return Result(
            note=_missing(weight=weight, height=height) or "not calculated: measurements must be above 0"
        )
    return Result(value=(height * weight / 3600).sqrt())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsInput:
    """``consciousness``: alert, confusion, voice, pain, unresponsive. None is missing."""

    respiratory_rate: Decimal | int | None = None
    spo2: Decimal | int | None = None
    on_oxygen: bool | None = None
    systolic: Decimal | int | None = None
    pulse: Decimal | int | None = None
    consciousness: str | None = None
    temperature: Decimal | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News2:
    """``total`` is None when incomplete or not applicable; ``minimum`` is the sum of what is there."""

    total: int | None = None
    minimum: int | None = None
    band: str = ""
    reassess: str = ""
    parts: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    note: str = ""


def news2(
    values: NewsInput,
    bands: Sequence[NewsBand],
    *,
    age_years: int | None,
    pregnant: bool = False,
    scale_2: bool = False,
) -> News2:
    """Spec 3.5. ``pregnant`` includes six weeks after birth. Raises InvalidField for decimals (3.5.1)."""
    if age_years is None:
        return News2(note="not calculated: age missing")
    if age_years < 16 or pregnant:
        return News2(note="not calculated: under 16 years" if age_years < 16 else "not calculated: pregnancy")
    parts = _news_parts(values, bands, scale_2=scale_2)
    missing = tuple(name for key, name in _NEWS_PARAMETERS.items() if key not in parts)
    partial = sum(parts.values())
    if missing:
        note = f"incomplete: {', '.join(missing)} missing"
        return News2(minimum=partial, parts=parts, missing=missing, note=note)
    band = _news_band(partial, parts.values())
    key = "low_0" if partial == 0 else band
    return News2(total=partial, minimum=partial, band=band, reassess=_REASSESS[key], parts=parts)


def _news_band(total: int, parts: Iterable[int]) -> str:
    """Spec 3.5.4."""
    if total >= 7:
        return "high"
    if total >= 5:
        return "medium"
    return "low_medium" if 3 in parts else "low"


def _news_parts(values: NewsInput, bands: Sequence[NewsBand], *, scale_2: bool) -> dict[str, int]:
    parts: dict[str, int] = {}
    numbers = {
        "respiratory_rate": ("respiratory_rate", _whole("respiratory_rate", values.respiratory_rate)),
        "spo2": ("spo2_scale2" if scale_2 else "spo2_scale1", _whole("spo2", values.spo2)),
        "systolic": ("systolic_bp", _whole("systolic", values.systolic)),
        "pulse": ("pulse", _whole("pulse", values.pulse)),
    }
    temperature = _decimal(values.temperature)
    if temperature is not None:
        numbers["temperature"] = ("temperature", _half_up(temperature, 1))
    air = None if values.on_oxygen is None else ("on oxygen" if values.on_oxygen else "on air")
    for key, (parameter, number) in numbers.items():
        if number is not None:
            rows = [r for r in bands if r.parameter == parameter and r.condition in ("any", air)]
            scores = [r.score for r in rows if _inside(number, r)]
            if scores:  # scale 2 from 93 % on has no score until air or oxygen is known
                parts[key] = scores[0]
    if air is not None:
        parts["on_oxygen"] = next(
            r.score for r in bands if r.parameter == "air_or_oxygen" and r.condition == air
        )
    if values.consciousness is not None:
        parts["consciousness"] = _consciousness(values.consciousness, bands)
    return parts


def _inside(number: Decimal, row: NewsBand) -> bool:
    return (row.low is None or number >= row.low) and (row.high is None or number <= row.high)


def _whole(name: str, value: Decimal | int | None) -> Decimal | None:
    number = _decimal(value)
    if number is not None and (not number.is_finite() or number != number.to_integral_value()):
        raise InvalidField(name, "whole_number")
    return number


def _consciousness(value: str, bands: Sequence[NewsBand]) -> int:
    if value != _ALERT and value not in _NOT_ALERT:
        raise InvalidField("consciousness", "unknown_value")
    rows = [row for row in bands if row.parameter == "consciousness"]
    return next(row.score for row in rows if row.condition.startswith(_ALERT) == (value == _ALERT))


@dataclass(frozen=True, slots=True, kw_only=True)
class BpCategory:
    """Category of the mean. ``provisional``: fewer than two readings."""

    label: str = ""
    systolic: Decimal | None = None
    diastolic: Decimal | None = None
    provisional: bool = False
    note: str = ""


def blood_pressure_category(
    readings: Sequence[tuple[int, int]], *, age_years: int | None, label_set: str = "acc_aha_2017"
) -> BpCategory:
    """Category of the mean of the readings (spec 3.6); ``label_set`` acc_aha_2017 or 140_90. mm[Hg]."""
    if not readings or age_years is None:
        return BpCategory(note=_missing(readings=readings or None, age=age_years))
    high = Decimal(sum(r[0] for r in readings)) / len(readings)
    low = Decimal(sum(r[1] for r in readings)) / len(readings)
    if age_years < 13:
        return BpCategory(systolic=high, diastolic=low, note="percentile table not loaded")
    if label_set == "140_90" and age_years >= 18:
        label = "treatment_threshold" if high >= 140 or low >= 90 else "below_treatment_threshold"
        if high > 180 or low > 120:
            label = "crisis_prompt"
    else:
        label = _acc_aha(high, low, crisis=age_years >= 18)
    return BpCategory(label=label, systolic=high, diastolic=low, provisional=len(readings) < 2)


def _acc_aha(high: Decimal, low: Decimal, *, crisis: bool) -> str:
    if crisis and (high > 180 or low > 120):
        return "crisis_prompt"
    if high >= 140 or low >= 90:
        return "stage_2"
    if high >= 130 or low >= 80:
        return "stage_1"
    return "elevated" if high >= 120 else "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Egfr:
    """mL/min/1.73 m2, unrounded; ``other`` is the value for the other sex when the sex is unknown."""

    value: Decimal | None = None
    stage: str = ""
    other: Decimal | None = None
    note: str = ""

    @property
    def shown(self) -> str:
        """Integer, half up."""
        return "" if self.value is None else f"{_half_up(self.value, 0):f}"


_STAGES = ((90, "G1"), (60, "G2"), (45, "G3a"), (30, "G3b"), (15, "G4"))


def egfr(
    creatinine_mg_dl: Decimal | float | None, *, age_years: int | None, sex: str, pregnant: bool = False
) -> Egfr:
    """CKD-EPI 2021 (spec 4.7). With unknown sex the lower of both values counts."""
    creatinine = _decimal(creatinine_mg_dl)
    if creatinine is None or age_years is None:
        return Egfr(note=_missing(creatinine=creatinine, age=age_years))
    if age_years < 18 or pregnant:
        return Egfr(note="not applicable: under 18 years" if age_years < 18 else "not applicable: pregnancy")
    if creatinine <= 0 or not creatinine.is_finite():
        raise InvalidField("creatinine", "above_zero")
    male, female = _ckd_epi(creatinine, age_years, female=False), _ckd_epi(creatinine, age_years, female=True)
    known = {"male": male, "female": female}
    value = known.get(sex, min(male, female))
    return Egfr(
        value=value,
        stage=next((name for limit, name in _STAGES if value >= limit), "G5"),
        other=None if sex in known else max(male, female),
        note="" if sex in known else "sex unknown: the lower value counts",
    )


def _ckd_epi(creatinine: Decimal, age_years: int, *, female: bool) -> Decimal:
    kappa = Decimal("0.7") if female else Decimal("0.9")
    alpha = Decimal("-0.241") if female else Decimal("-0.302")
    ratio = creatinine / kappa
    value = (
        Decimal(142)
        * min(ratio, Decimal(1)) ** alpha
        * max(ratio, Decimal(1)) ** Decimal("-1.200")
        * Decimal("0.9938") ** age_years
    )
    return value * Decimal("1.012") if female else value
