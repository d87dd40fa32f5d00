"""Vital signs as typed: parsed, checked, and worked out, in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.visits import Vitals
from clinicdesk.domain.vitals import (
    NewsInput,
    VitalFinding,
    blood_pressure_category,
    bmi,
    check_vitals,
    completed_years,
    news2,
    parse_measure,
    parse_pressure,
)

translate = QCoreApplication.translate
PRESSURE = ("systolic", "diastolic")
INPUTS = (
    "temperature",
    "pressure",
    "heart_rate",
    "respiratory_rate",
    "oxygen_saturation",
    "weight",
    "height",
)
_WHOLE = {"systolic", "diastolic", "heart_rate", "respiratory_rate", "oxygen_saturation"}
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said about one input; kinds: error, critical, warn."""

    input: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """``vitals`` is what may be saved: refused and unconfirmed values stay as they were before."""

    vitals: Vitals
    remarks: tuple[Remark, ...] = ()
    confirmed: bool = False

    def open(self) -> tuple[Remark, ...]:
        """What keeps a value from being saved."""
        return tuple(one for one in self.remarks if one.kind in ("error", "critical"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What limits depend on; ``rules`` None: not loaded."""

    age_days: int | None
    rules: ClinicalData | None = field(repr=False)

    @property
    def years(self) -> int | None:
        """Completed years."""
        return None if self.age_days is None else completed_years(self.age_days)


def titles() -> dict[str, tuple[str, str]]:
    """Input -> title with its Alt letter, unit."""
    return {
        "temperature": (translate("vitals", "&Temp"), "°C"),
        "pressure": (translate("vitals", "&BP"), "mmHg"),
        "heart_rate": (translate("vitals", "P&ulse"), "/min"),
        "respiratory_rate": (translate("vitals", "&Resp"), "/min"),
        "oxygen_saturation": (translate("vitals", "Sp&O₂"), "%"),
        "weight": (translate("vitals", "&Weight"), "kg"),
        "height": (translate("vitals", "&Height"), "cm"),
    }


def names() -> dict[str, str]:
    """Input or field -> its name in a sentence."""
    return {
        "temperature": translate("vitals", "Temperature"),
        "pressure": translate("vitals", "Blood pressure"),
        "systolic": translate("vitals", "Systolic pressure"),
        "diastolic": translate("vitals", "Diastolic pressure"),
        "heart_rate": translate("vitals", "Pulse"),
        "respiratory_rate": translate("vitals", "Respiration"),
        "oxygen_saturation": translate("vitals", "Oxygen saturation"),
        "weight": translate("vitals", "Weight"),
        "height": translate("vitals", "Height"),
    }


def input_of(field_name: str) -> str:
    """The input a field of Vitals is typed into."""
    return "pressure" if field_name in PRESSURE else field_name


def texts_of(vitals: Vitals) -> dict[str, str]:
    """What stands in the inputs for stored values."""
    found = {name: _plain(getattr(vitals, name)) for name in INPUTS if name != "pressure"}
    high, low = _plain(vitals.systolic), _plain(vitals.diastolic)
    found["pressure"] = f"{high}/{low}" if high or low else ""
    return found


def check(
    texts: Texts, *, accepted: Vitals, person: Person, confirmed: frozenset[tuple[str, str]]
) -> Checked:
    """Parse and check what was typed.

    ``confirmed``: input and text of critical values that are right (spec 3.1.2); stored ones were confirmed.
    """
    values: dict[str, Decimal | None] = {}
    remarks: list[Remark] = []
    for name in INPUTS:
        text = texts.get(name, "").strip()
        try:
            values |= _parsed(name, text)
        except InvalidField as wrong:
            remarks.append(Remark(name, "error", _refusal(name, wrong)))
            values |= _before(name, accepted)
    findings = _findings(values, person)
    for one in findings:
        place = input_of(one.field)
        if one.level == "reject":
            remarks.append(Remark(place, "error", reject_words(one)))
        elif one.level == "critical" and not _known(one, texts, accepted=accepted, confirmed=confirmed):
            remarks.append(Remark(place, "critical", _critical_words(one)))
        elif one.level == "critical" or one.level == "alert":
            remarks.append(Remark(place, "warn", _alert_words(one)))
    for remark in remarks:
        if remark.kind in ("error", "critical"):
            values |= _before(remark.input, accepted)
    return Checked(
        vitals=_vitals(values),
        remarks=tuple(remarks),
        confirmed=any(one.level == "critical" for one in findings),
    )


def reject_words(one: VitalFinding) -> str:
    """'Weight 700 kg cannot be: 0.2 to 350 kg. Did you mean 70 (a misplaced point)?'"""
    unit = titles().get(input_of(one.field), ("", ""))[1]
    name, value = names()[one.field], f"{_plain(float(one.value))} {unit}"
    if one.rule == "3.1.4":
        return translate("vitals", "The upper pressure must be above the lower one.")
    text = translate("vitals", "{name} {value} cannot be ({limits}).").format(
        name=name, value=value, limits=_limits(one, unit)
    )
    hints = {
        "fahrenheit": translate("vitals", "If that is Fahrenheit, type {typed}F: {suggestion} °C."),
        "metres": translate("vitals", "If that is metres, type {typed} m: {suggestion} cm."),
        "millimetres": translate("vitals", "Did you mean {suggestion} cm?"),
        "grams": translate("vitals", "If that is grams, type {typed} g: {suggestion} kg."),
        "decimal_point": translate("vitals", "Did you mean {suggestion} kg?"),
        "pounds": translate("vitals", "If that is pounds, type {typed} lb: {suggestion} kg."),
    }
    if one.hint in hints:
        typed = _plain(float(one.value))
        text += " " + hints[one.hint].format(typed=typed, suggestion=one.suggestion)
    return text


def read_outs(vitals: Vitals, person: Person) -> tuple[tuple[str, str], ...]:
    """(name, words) of what is worked out from the values."""
    found = [
        ("BMI", _bmi_words(vitals, person)),
        (translate("vitals", "BP"), _pressure_words(vitals, person)),
    ]
    if person.rules is not None:
        found.append(("NEWS2", _news_words(vitals, person)))
    return tuple(found)


def reading(vitals: Vitals) -> str:
    """'36.8 °C · BP 120/80 mmHg · Pulse 72 /min', or that nothing was measured."""
    texts = texts_of(vitals)
    parts = []
    for name, (title, unit) in titles().items():
        if texts[name]:
            parts.append(f"{title.replace('&', '')} {texts[name]} {unit}")
    return " · ".join(parts) or translate("vitals", "No vital signs")


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _known(
    one: VitalFinding, texts: Texts, *, accepted: Vitals, confirmed: frozenset[tuple[str, str]]
) -> bool:
    place, stored = input_of(one.field), getattr(accepted, one.field)
    same = stored is not None and Decimal(str(stored)) == one.value
    return same or (place, texts.get(place, "").strip()) in confirmed


def _parsed(name: str, text: str) -> dict[str, Decimal | None]:
    if name == "pressure":
        if not text:
            return {"systolic": None, "diastolic": None}
        high, low = parse_pressure(text)
        return {"systolic": high, "diastolic": low}
    return {name: parse_measure(name, text) if text else None}


def _before(name: str, accepted: Vitals) -> dict[str, Decimal | None]:
    fields = PRESSURE if name == "pressure" else (name,)
    return {one: None if (value := getattr(accepted, one)) is None else Decimal(str(value)) for one in fields}


def _vitals(values: Mapping[str, Decimal | None]) -> Vitals:
    return Vitals(
        **{
            name: None if value is None else int(value) if name in _WHOLE else float(value)  # type: ignore[arg-type]
            for name, value in values.items()
        }
    )


def _findings(values: Mapping[str, Decimal | None], person: Person) -> list[VitalFinding]:
    if person.rules is None:
        return []
    age = 30 * 365 if person.age_days is None else person.age_days
    return check_vitals(_vitals(values), age_days=max(age, 0), ranges=person.rules.vital_ranges)


def _refusal(name: str, wrong: InvalidField) -> str:
    examples = {"pressure": "120/80", "temperature": "36.8", "height": "172", "weight": "70.5"}
    example = examples.get(name, "72")
    if wrong.rule == "unknown_unit":
        allowed = wrong.detail.get("allowed", "")
        return translate("vitals", "{name}: units are {allowed}.").format(name=names()[name], allowed=allowed)
    if wrong.rule == "whole_number":
        return translate("vitals", "{name}: a whole number.").format(name=names()[name])
    return translate("vitals", "{name}: type it as {example}.").format(name=names()[name], example=example)


def _limits(one: VitalFinding, unit: str) -> str:
    if one.low is None or one.high is None:
        word = translate("vitals", "at most") if one.low is None else translate("vitals", "at least")
        return f"{word} {one.high if one.low is None else one.low} {unit}"
    return translate("vitals", "{low} to {high} {unit}").format(low=one.low, high=one.high, unit=unit)


def _critical_words(one: VitalFinding) -> str:
    unit = titles()[input_of(one.field)][1]
    value = f"{_plain(float(one.value))} {unit}"
    text = translate("vitals", "{name} {value} is critical. Is the value right?")
    return text.format(name=names()[one.field], value=value)


def _alert_words(one: VitalFinding) -> str:
    unit = titles()[input_of(one.field)][1]
    if one.rule == "3.1.4":
        return translate("vitals", "Only one of the two pressures.")
    if one.rule == "3.1.6":
        return translate("vitals", "Fast breathing for the age (over {high} /min).").format(high=one.high)
    high = one.high is not None and one.value > one.high
    text = translate("vitals", "{name} high: {value}") if high else translate("vitals", "{name} low: {value}")
    return text.format(name=names()[one.field], value=f"{_plain(float(one.value))} {unit}")


def _bmi_words(vitals: Vitals, person: Person) -> str:
    result = bmi(vitals.weight, vitals.height, age_years=person.years)
    if result.value is None:
        return result.note
    about = result.label.replace("_", " ") or result.note
    return f"{result.shown()} kg/m², {about}" if about else f"{result.shown()} kg/m²"


def _pressure_words(vitals: Vitals, person: Person) -> str:
    if vitals.systolic is None or vitals.diastolic is None:
        return translate("vitals", "not calculated: blood pressure missing")
    found = blood_pressure_category([(vitals.systolic, vitals.diastolic)], age_years=person.years)
    if not found.label:
        return found.note
    words = found.label.replace("_", " ")
    return translate("vitals", "{words} (one reading)").format(words=words) if found.provisional else words


def _news_words(vitals: Vitals, person: Person) -> str:
    if person.rules is None:
        return ""
    values = NewsInput(
        respiratory_rate=vitals.respiratory_rate,
        spo2=vitals.oxygen_saturation,
        systolic=vitals.systolic,
        pulse=vitals.heart_rate,
        temperature=vitals.temperature,
    )
    found = news2(values, person.rules.news2, age_years=person.years)
    if found.total is not None:
        return f"{found.total}, {found.band.replace('_', '-')}"
    if found.minimum is None or not found.parts:
        return found.note
    return translate("vitals", "at least {minimum}; {note}").format(minimum=found.minimum, note=found.note)
