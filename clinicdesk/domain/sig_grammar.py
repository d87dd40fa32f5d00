"""The words of typed directions (spec 4.4): each takes its meaning or is refused at its place."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.clinical_rows import SigCode
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.sig_words import COUNT_WORDS

MAX_DOSE = Decimal(10_000)
MAX_DAYS = 730
_FRACTIONS: Mapping[str, Decimal] = {
    "½": Decimal("0.5"),
    "1/2": Decimal("0.5"),
    "half": Decimal("0.5"),
    "¼": Decimal("0.25"),
    "1/4": Decimal("0.25"),
    "¾": Decimal("0.75"),
    "3/4": Decimal("0.75"),
}
# No roman four: "iv" is a route.
_ROMAN: Mapping[str, int] = {
    "i": 1, "ii": 2, "iii": 3, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10, "one": 1,
}  # fmt: skip
_NUMBERS = {word: count for count, word in COUNT_WORDS.items() if count}
_COUNTS = _NUMBERS | {"once": 1, "twice": 2, "thrice": 3}
_UNITS: Mapping[str, str] = {
    "millilitre": "mL",
    "ointment application": "application",
    **{
        f"{unit}{s}": unit
        for unit in ("tablet", "capsule", "puff", "drop", "sachet", "ampoule")
        for s in ("", "s")
    },
    **{f"{unit}{s}": unit for unit in ("application", "spray", "lozenge", "dose") for s in ("", "s")},
    "pessary": "pessary",
    "pessaries": "pessary",
    "patch": "patch",
    "patches": "patch",
    "suppositories": "suppository",
    "mg": "mg",
    "g": "g",
    "mcg": "micrograms",
    "microgram": "micrograms",
    "micrograms": "micrograms",
    "unit": "units",
    "units": "units",
}
ROUTES: Mapping[str, str] = {
    "PO": "oral", "PR": "rectal", "PV": "vaginal", "IV": "intravenous", "IM": "intramuscular",
    "SC": "subcutaneous", "SL": "sublingual", "INH": "inhaled", "TOP": "topical",
}  # fmt: skip
_EYE_EAR_CODES = ("os", "ou", "ad", "as", "au")
_DAY = r"(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun)"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ANY_DAY = _DAY.replace("?P<day>", "?:")
_PER_DAY = r"(?:/\s*24\s*(?:h|hrs?|hours?)|/\s*day|(?:per|a|in a) day|daily|(?:in|per) 24\s*(?:h|hours))"
_END = r"(?![\w/])"
_DOSE_NUMBER = r"(?:[0-9]+ (?:1/2|1/4|3/4)|(?:1/2|1/4|3/4)(?![0-9])|[0-9]*[½¼¾]|[0-9]*\.?[0-9]+|half(?: a)?)"


@dataclass(slots=True)
class Draft:
    """What has been read so far. ``seen`` maps a part to the position where it stood."""

    dose: Decimal | None = None
    dose_max: Decimal | None = None
    unit: str = ""
    factor: Decimal = Decimal(1)
    route: str = ""
    times: int | None = None
    hours: int | None = None
    stat: bool = False
    alternate: bool = False
    weekly: bool = False
    weekdays: tuple[int, ...] = ()
    prn: bool = False
    reason: str = ""
    limit: int | None = None
    limit_in_units: bool = False
    timing: list[str] = field(default_factory=list)
    days: int | None = None
    directed: bool = False
    eye_code_at: int | None = None
    assumptions: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def once(self, part: str, at: int, *, token: str) -> None:
        """Refuses a second dose, frequency, duration..."""
        if part in self.seen:
            raise refusal(f"{part}_twice", token, at)
        self.seen[part] = at


def refusal(rule: str, token: str, at: int, **detail: str) -> InvalidField:
    """InvalidField naming the word and where it stands."""
    return InvalidField("sig", rule, {"token": token[:40], "position": str(at), **detail})


def scan(body: str, draft: Draft, *, data: ClinicalData, month_days: int) -> None:
    """Reads all words of ``body`` into ``draft``; raises at the first one without a meaning."""
    lowered = body.lower() if len(body.lower()) == len(body) else body
    at = 0
    while at < len(body):
        if body[at] in " \t\n,":
            at += 1
            continue
        for pattern, take in _PATTERNS:
            match = pattern.match(lowered, at)
            if match is not None:
                take(match, draft, month_days)
                at = match.end()
                break
        else:
            at = _word(lowered, at, draft, data)


def _word(lowered: str, at: int, draft: Draft, data: ClinicalData) -> int:
    """One token of the code table; returns where it ends."""
    match = re.compile(r"[^\s,]+").match(lowered, at)
    token = match.group() if match else lowered[at]
    if not draft.seen and (token in _ROMAN or token in _NUMBERS):
        draft.once("dose", at, token=token)
        draft.dose = Decimal(_ROMAN.get(token) or _NUMBERS[token])
        if token != "one":
            draft.assumptions.append(f"{token} read as {draft.dose}")
        return at + len(token)
    if re.match(r"\.[0-9]", token):
        raise refusal("leading_point", token, at)
    phrase = next((p for p in data.spellings if " " in p and re.match(re.escape(p) + _END, lowered[at:])), "")
    if phrase:
        _apply(data.spellings[phrase], phrase, at, draft=draft)
        return at + len(phrase)
    if token in _EYE_EAR_CODES:
        raise refusal("eye_abbreviation", token, at)
    code = data.spellings.get(token) or data.spellings.get(token.rstrip("."))
    unit = unit_of(token, data)
    if unit and "unit" not in draft.seen and not (code and code.kind == "forbidden"):
        draft.once("unit", at, token=token)
        draft.unit, draft.factor = unit
        return at + len(token)
    if code is None:
        raise refusal("unknown_word", token, at)
    _apply(code, token, at, draft=draft)
    return at + len(token)


def unit_of(token: str, data: ClinicalData) -> tuple[str, Decimal] | None:
    """Unit and how many of it one such spoon or tablet is."""
    code = data.spellings.get(token.rstrip("."))
    if code is not None and code.kind == "form":
        millilitres = re.fullmatch(r"([0-9]+) millilitres", code.meaning)
        if millilitres:
            return "mL", Decimal(millilitres[1])
        return _UNITS.get(code.meaning, code.meaning), Decimal(1)
    unit = _UNITS.get(token)
    return (unit, Decimal(1)) if unit else None


def _apply(code: SigCode, token: str, at: int, *, draft: Draft) -> None:
    if code.kind == "forbidden":
        raise refusal("forbidden_unit", token, at, write=code.meaning)
    if code.kind == "route":
        draft.once("route", at, token=token)
        draft.route = ROUTES[code.code]
    elif code.kind == "timing":
        draft.timing.append(code.meaning)
        if code.times_per_day and "frequency" not in draft.seen:
            draft.times = code.times_per_day
    elif code.kind == "frequency" and code.code == "PRN":
        draft.once("prn", at, token=token)
        draft.prn = True
    elif code.kind == "frequency":
        _frequency(code, token, at, draft=draft)
    else:
        raise refusal("unknown_word", token, at)


def _frequency(code: SigCode, token: str, at: int, *, draft: Draft) -> None:
    if code.code == "STAT":
        draft.once("stat", at, token=token)
        draft.stat = True
        return
    if code.code == "WEEKLY":
        raise refusal("weekly_needs_day", token, at)
    if token == "qod":
        raise refusal("write_alternate_days", token, at)
    draft.once("frequency", at, token=token)
    if code.code == "OD" and token in ("od", "o.d.", "o.d"):
        draft.eye_code_at = at
    draft.times = code.times_per_day


def _take_dose(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    token, at = match.group().strip(), match.start()
    draft.once("dose", at, token=token)
    draft.dose = _amount(match["low"], at)
    if match["high"]:
        draft.dose_max = _amount(match["high"], match.start("high"))
        if draft.dose_max <= draft.dose:
            raise refusal("range_backwards", token, at)


def _amount(text: str, at: int) -> Decimal:
    text = text.removesuffix(" a")
    if text.startswith("."):
        raise refusal("leading_point", text, at)
    if re.search(r"\.[0-9]*0$", text):
        raise refusal("trailing_zero", text, at)
    if text in _FRACTIONS:
        return _FRACTIONS[text]
    mixed = re.fullmatch(r"([0-9]+)\s*(1/2|1/4|3/4|[½¼¾])", text)
    value = Decimal(mixed[1]) + _FRACTIONS[mixed[2]] if mixed else Decimal(text)
    if not 0 < value <= MAX_DOSE:
        raise refusal("dose_range", text, at)
    return value


def _take_times(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("frequency", match.start(), token=match.group())
    times = _count(match["n"])
    if not 1 <= times <= 24:
        raise refusal("times_range", match.group(), match.start())
    draft.times = times


def _take_hours(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("frequency", match.start(), token=match.group())
    hours = _count(match["n"] or match["m"])
    if not 1 <= hours <= 72:
        raise refusal("interval_range", match.group(), match.start())
    draft.hours, draft.times = hours, None


def _count(text: str) -> int:
    return _COUNTS[text] if text in _COUNTS else int(text[:6])


def _take_alternate(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("frequency", match.start(), token=match.group())
    draft.alternate, draft.times = True, None


def _take_weekly(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("frequency", match.start(), token=match.group())
    day = next(day for day in _DAYS if day.startswith(match["day"]))
    draft.weekly, draft.times = True, None
    draft.timing.insert(0, f"on {day.capitalize()}")


def _take_weekdays(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("weekdays", match.start(), token=match.group())
    named = {
        next(n for n, day in enumerate(_DAYS) if day.startswith(word))
        for word in re.findall(rf"{_ANY_DAY}(?![a-z])", match.group())
    }
    draft.weekdays = tuple(sorted(named))
    if "frequency" not in draft.seen:
        draft.times = 1


def _take_duration(match: re.Match[str], draft: Draft, month_days: int) -> None:
    if (
        match["of"] and not match["bare"] and not draft.seen
    ):  # '5/7' in front of everything is neither a dose nor clearly a duration
        raise refusal("unknown_word", match.group(), match.start())
    draft.once("duration", match.start(), token=match.group())
    count = _count(match["n"] or match["m"])
    unit = {"7": "d", "52": "w", "12": "m"}[match["of"]] if match["of"] else match["unit"][0]
    days = count * {"d": 1, "w": 7, "m": month_days}[unit]
    if not 1 <= days <= MAX_DAYS:
        raise refusal("duration_range", match.group(), match.start(), limit=str(MAX_DAYS))
    if unit == "m":
        draft.assumptions.append(f"{count} month{'' if count == 1 else 's'} counted as {days} days")
    draft.days = days


def _take_max(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("maximum", match.start(), token=match.group())
    limit = int(match["n"][:6])
    if not 1 <= limit <= 1000:
        raise refusal("max_range", match.group(), match.start())
    draft.limit = limit
    draft.limit_in_units = bool(match["unit"]) and not match["unit"].startswith("dose")


def _take_timing(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    phrase = " ".join(match.group().split())
    phrase = phrase.replace("meals", "food").replace("meal", "food")
    daily = phrase in ("at night", "every night", "at bedtime", "in the morning", "every morning")
    draft.timing.append(phrase)
    if daily and "frequency" not in draft.seen:
        draft.times = 1


def _take_site(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("route", match.start(), token=match.group())
    draft.route = {"eye": "ocular", "ear": "otic", "nos": "nasal"}[match["place"][:3]]
    side = match["side"] or ""
    draft.timing.insert(
        0, f"in both {match['place']}" if side == "both" else f"in the {side} {match['place']}"
    )


def _take_directed(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("instruction", match.start(), token=match.group())
    draft.directed = True


def _take_reason(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("reason", match.start(), token=match.group())
    draft.reason = match["why"]


def _take_needed(match: re.Match[str], draft: Draft, _month_days: int) -> None:
    draft.once("prn", match.start(), token=match.group())
    draft.prn = True


def _ignore(_match: re.Match[str], _draft: Draft, _month_days: int) -> None:
    """Little words that carry nothing: 'then', 'and', 'take'."""


_Taker = Callable[[re.Match[str], Draft, int], None]
_UNIT_WORD = r"(?:tabs?|tablets?|caps?|capsules?|mls?|puffs?|drops?|doses?|sachets?)"
_N = r"[0-9]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_PATTERNS: tuple[tuple[re.Pattern[str], _Taker], ...] = tuple(
    (re.compile(pattern), take)
    for pattern, take in (
        (rf"max(?:imum)?\.?\s*(?P<n>[0-9]+)\s*(?P<unit>{_UNIT_WORD})?\s*{_PER_DAY}{_END}", _take_max),
        (rf"(?P<n>{_N}|once|twice|thrice)(?:\s+times?)?\s+(?:a|per|every)\s+day{_END}", _take_times),
        (rf"(?P<n>once|twice|thrice)\s+daily{_END}", _take_times),
        (rf"(?P<n>{_N})\s+times\s+daily{_END}", _take_times),
        (
            rf"(?:q|every)\s*(?P<n>{_N})\s*(?:h|hrs?|hours?|hourly){_END}|(?P<m>[0-9]+)\s*-?\s*hourly{_END}",
            _take_hours,
        ),
        (rf"(?:on\s+)?alternate\s+days?{_END}|every\s+other\s+day{_END}|alt\s+die{_END}", _take_alternate),
        (rf"(?:(?:once\s+)?weekly|once\s+a\s+week|every\s+week)\s+on\s+{_DAY}{_END}", _take_weekly),
        (
            rf"(?:every\s+|on\s+)?{_ANY_DAY}(?:(?:\s*[,&+/]\s*|\s+and\s+|\s+){_ANY_DAY})+{_END}",
            _take_weekdays,
        ),
        (rf"every\s+{_DAY}{_END}", _take_weekly),
        (
            r"(?P<bare>(?:x|for)?)\s*(?P<n>[0-9]+)\s*/\s*(?P<of>7|52|12)(?![0-9])(?!\s*/)"
            rf"|(?:x|for)?\s*(?P<m>{_N})\s*(?P<unit>days?|d|weeks?|wks?|w|months?|mths?){_END}",
            _take_duration,
        ),
        (r"(?:before|after|with)\s+(?:food|meals?)" + _END, _take_timing),
        (r"(?:at\s+(?:night|bedtime)|in\s+the\s+morning|every\s+(?:morning|night))" + _END, _take_timing),
        (r"on\s+an\s+empty\s+stomach" + _END, _take_timing),
        (
            r"(?:(?:in|into|to)\s+)?(?:the\s+)?(?:each\s+)?(?P<side>left|right|both|affected)?\s*"
            r"(?P<place>eyes?|ears?|nostrils?|nose)" + _END,
            _take_site,
        ),
        (r"(?:as\s+directed|ut\s+dict\.?|mdu|m\.d\.u\.?)" + _END, _take_directed),
        (r"(?:when|if|as)\s+(?:needed|required)" + _END, _take_needed),
        (
            r"for\s+(?P<why>pain|fever|itch(?:ing)?|cough|nausea|vomiting|wheeze|headache|sleep)" + _END,
            _take_reason,
        ),
        (r"(?:then|and|take|use|put|inhale|the)" + _END, _ignore),
        (rf"(?P<low>{_DOSE_NUMBER})(?:\s*(?:-|–|to)\s*(?P<high>{_DOSE_NUMBER}))?(?![0-9/.])", _take_dose),
    )
)
