"""Directions in words: never codes, never a trailing zero or a bare point (spec 4.2)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from clinicdesk.domain.prescriptions import Sig

COUNT_WORDS: Mapping[int, str] = dict(
    enumerate(
        (
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        )
    )
)
_MEASURED = ("mL", "g", "mg", "micrograms", "units")
_PLURALS: Mapping[str, str] = {"suppository": "suppositories", "pessary": "pessaries", "patch": "patches"}
_PARTS: Mapping[Fraction, tuple[str, str]] = {
    Fraction(1, 4): ("a quarter of a", "a quarter"),
    Fraction(1, 2): ("half a", "a half"),
    Fraction(3, 4): ("three quarters of a", "three quarters"),
}
_SPELLINGS: Mapping[str, str] = {
    "ml": "mL",
    "millilitre": "mL",
    "mcg": "micrograms",
    "ug": "micrograms",
    "microgram": "micrograms",
    "unit": "units",
    "iu": "units",
}
# route -> (verb, phrase after the dose)
_ROUTES: Mapping[str, tuple[str, str]] = {
    "oral": ("Take", ""),
    "sublingual": ("Dissolve", "under the tongue"),
    "ocular": ("Put", "in the eye"),
    "otic": ("Put", "in the ear"),
    "nasal": ("Use", "in the nose"),
    "topical": ("Apply", "to the skin"),
    "rectal": ("Insert", "into the rectum"),
    "vaginal": ("Insert", "into the vagina"),
    "inhaled": ("Inhale", ""),
    "intravenous": ("Inject", "into a vein"),
    "intramuscular": ("Inject", "into a muscle"),
    "subcutaneous": ("Inject", "under the skin"),
}
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WHOLE_DAY_TIMINGS = ("every morning", "every night", "at bedtime", "at night", "in the morning")


def number(value: Decimal) -> str:
    """'0.5', '2', '12.5': no trailing zero, no bare point, no exponent."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def unit_word(unit: str) -> str:
    """The unit as it may be printed: mL, micrograms, units, tablet."""
    return _SPELLINGS.get(unit.lower(), unit)


def amount(value: Decimal, unit: str) -> str:
    """'2 tablets', 'half a tablet', '1 and a half tablets', '2.5 mL'."""
    word = unit_word(unit)
    if word in _MEASURED:
        return f"{number(value)} {word}"
    whole, part = int(value), Fraction(value % 1)
    if part == 0:
        return f"{whole} {word if whole == 1 else _plural(word)}"
    if part not in _PARTS:
        return f"{number(value)} {_plural(word)}"
    alone, added = _PARTS[part]
    return f"{whole} and {added} {_plural(word)}" if whole else f"{alone} {word}"


def _plural(word: str) -> str:
    return _PLURALS.get(word, f"{word}s")


def _dose(sig: Sig) -> str:
    if sig.dose_max is None or sig.dose_max == sig.dose:
        return amount(sig.dose, sig.unit)
    return (
        f"{number(sig.dose)} to {amount(max(sig.dose_max, Decimal(2)), sig.unit)}"
        if sig.dose_max >= 2
        else (f"{amount(sig.dose, sig.unit)} to {amount(sig.dose_max, sig.unit)}")
    )


def times_a_day(times: int) -> str:
    """'once a day', 'three times a day'."""
    known = {1: "once a day", 2: "twice a day"}
    return known.get(times, f"{COUNT_WORDS.get(times, str(times))} times a day")


def _frequency(sig: Sig) -> str:
    """How often, without timing, duration or PRN."""
    if sig.stat:
        then = f", then {times_a_day(sig.times_per_day)}" if sig.times_per_day else ""
        return f"immediately as a single dose{then}"
    if sig.weekdays:
        return f"{times_a_day(sig.times_per_day or 1)} on {weekday_words(sig.weekdays)} only"
    if sig.weekly:
        return "once a week"
    if sig.alternate_days:
        return "every other day"
    if sig.interval_hours:
        return "every hour" if sig.interval_hours == 1 else f"every {sig.interval_hours} hours"
    if sig.times_per_day == 1 and sig.timing.split(", ")[0] in _WHOLE_DAY_TIMINGS:
        return ""
    return times_a_day(sig.times_per_day) if sig.times_per_day else ""


def weekday_words(days: Sequence[int]) -> str:
    """'Monday, Wednesday and Friday'."""
    *first, last = [DAY_NAMES[day] for day in sorted(days)]
    return f"{', '.join(first)} and {last}" if first else last


def _steps(sig: Sig) -> str:
    """'8 tablets once a day for 5 days, then 4 tablets once a day for 5 days'."""
    return ", then ".join(
        f"{amount(step.dose, sig.unit)} {times_a_day(step.times_per_day)} for {_day_count(step.days)}"
        for step in sig.steps
    )


def _day_count(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def _when_needed(sig: Sig) -> str:
    if not sig.prn:
        return ""
    reason = f" for {sig.prn_reason}" if sig.prn_reason else ""
    if sig.max_per_day is None:
        return f"when needed{reason}"
    doses = "1 dose" if sig.max_per_day == 1 else f"{sig.max_per_day} doses"
    total = amount((sig.dose_max or sig.dose) * sig.max_per_day, sig.unit)
    return f"when needed{reason}, no more than {doses} ({total}) in 24 hours"


def words_parts(sig: Sig) -> tuple[str, str, str]:
    """Dosage, frequency and duration for the three text columns of the prescription line."""
    if sig.steps:
        changing = ", then ".join(number(step.dose) for step in sig.steps[:-1])
        dosage = f"{changing}, then {amount(sig.steps[-1].dose, sig.unit)}"
        return dosage, "in steps, see directions", _day_count(sig.duration_days or 0)
    frequency = " ".join(part for part in (_frequency(sig), sig.timing, _when_needed(sig)) if part)
    if sig.duration_days is None:
        return _dose(sig), frequency, ""
    return _dose(sig), frequency, _day_count(sig.duration_days)


def words(sig: Sig) -> str:
    """'Take 2 tablets three times a day for 4 days'."""
    verb, place = _ROUTES.get(sig.route, ("Use", ""))
    if place.split(" ")[-1] in ("eye", "ear", "nose") and sig.timing.startswith(("in the ", "in both ")):
        place = ""
    dosage, frequency, duration = words_parts(sig)
    if sig.steps:
        dosage, frequency, duration = _steps(sig), sig.timing, ""
    if duration:
        duration = f"for {duration}"
    sentence = " ".join(part for part in (verb, dosage, place, frequency, duration) if part)
    return f"{sentence}. {sig.instructions}" if sig.instructions else sentence
