"""What makes up a clinic, as an administrator types it: kinds of fields, their limits, their texts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.typed import line
from clinicdesk.domain.typed_dates import typed_day
from clinicdesk.domain.wall_clock import hhmm, minutes

Value = object
"""None, bool, int, Decimal, str, date, time, or a tuple: ids (choices), lines, or (start, end) in minutes."""

ORDERED = (("start_time", "end_time"), ("break_start_time", "break_end_time"), ("valid_from", "valid_to"))
_CLOCK = re.compile(r"([01]?\d|2[0-3])(?:[:.]?([0-5]\d))?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{5,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One field of a record. ``low`` and ``high`` limit numbers; of texts ``high`` is the length."""

    record: str
    field: str
    kind: str
    required: bool
    low: Decimal | None
    high: Decimal | None
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row as it was read; ``id`` None is not stored yet. ``state`` is that of a leave."""

    id: UUID | None
    values: Mapping[str, Value]
    name: str = ""
    active: bool = True
    state: str = ""
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collision:
    """A visit that lies in a leave; the clinic's wall clock."""

    day: date
    start: time
    patient: str
    phone: str


def typed_value(rule: FieldRule, typed: object, today: date) -> Value:
    """The value of what was typed, ticked or chosen. Raises InvalidField with the field's name."""
    if rule.kind == "flag":
        return bool(typed)
    if rule.kind == "choices":
        return tuple(sorted(typed)) if isinstance(typed, tuple) else ()
    text = str(typed if typed is not None else "").strip()
    if not text:
        if rule.required:
            raise InvalidField(rule.field, "required")
        return () if rule.kind in ("lines", "spans") else None
    if rule.kind == "day":
        try:
            return typed_day(text, today=today, shown=today)
        except InvalidField:
            raise InvalidField(rule.field, "date") from None
    return PARSERS[rule.kind](rule, text)


def checked(values: Mapping[str, Value], *, record: str) -> None:
    """Fields against each other (spec 1.5). Raises InvalidField."""
    if record == "leave":
        first, last = values.get("first_day"), values.get("last_day")
        assert isinstance(first, date)
        assert isinstance(last, date)
        if last < first:
            raise InvalidField("last_day", "after_start")
        if first < last:  # the start is of the first day, the end of the last one
            return
    if (values.get("break_start_time") is None) != (values.get("break_end_time") is None):
        raise InvalidField("break_end_time", "both_or_none")
    for start, end in ORDERED:
        _in_order(values, start, end)
    for part, low, high in (("break_start_time", "start_time", "end_time"),):
        _within(values.get(part), values.get(low), values.get(high), field=part)
        _within(values.get("break_end_time"), values.get(low), values.get(high), field="break_end_time")
    if (values.get("latitude") is None) != (values.get("longitude") is None):
        raise InvalidField("longitude", "both_or_none")


def shown(value: Value) -> str:
    """A value as the field shows it, to be typed again."""
    match value:
        case None:
            return ""
        case time():
            return f"{value:%H:%M}"
        case date():
            return f"{value:%d.%m.%Y}"
        case Decimal():
            return f"{value:f}"
        case tuple():
            spans = [row for row in value if isinstance(row, tuple)]
            if spans:
                return ", ".join(f"{hhmm(start)}-{hhmm(end)}" for start, end in spans)
            return "\n".join(map(str, value))
    return str(value)


def _in_order(values: Mapping[str, Value], start: str, end: str) -> None:
    first, last = values.get(start), values.get(end)
    if isinstance(first, time) and isinstance(last, time) and last <= first:
        raise InvalidField(end, "after_start")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        raise InvalidField(end, "after_start")


def _within(value: Value, low: Value, high: Value, *, field: str) -> None:
    if isinstance(value, time) and isinstance(low, time) and isinstance(high, time):
        limits = {"min": f"{low:%H:%M}", "max": f"{high:%H:%M}"}
        if not low <= value <= high:
            raise InvalidField(field, "range", limits)


def _limits(rule: FieldRule) -> dict[str, str]:
    return {
        "min": f"{rule.low:f}" if rule.low is not None else "",
        "max": f"{rule.high:f}" if rule.high else "0",
    }


def _number(rule: FieldRule, text: str) -> Decimal:
    try:
        found = Decimal(text.replace(" ", "").replace(",", ""))
    except InvalidOperation:
        raise InvalidField(rule.field, "number") from None
    if not found.is_finite():
        raise InvalidField(rule.field, "number")
    if (rule.low is not None and found < rule.low) or (rule.high is not None and found > rule.high):
        raise InvalidField(rule.field, "range", _limits(rule))
    return found


def _whole(rule: FieldRule, text: str) -> int:
    found = _number(rule, text)
    if found != found.to_integral_value():
        raise InvalidField(rule.field, "whole_number")
    return int(found)


def _decimals(rule: FieldRule, text: str, most: int) -> Decimal:
    found = _number(rule, text)
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most:
        raise InvalidField(rule.field, "decimals", {"max": str(most)})
    return found


def _money(rule: FieldRule, text: str) -> Decimal:
    return _decimals(rule, text.removeprefix("₦"), 2)


def _degrees(rule: FieldRule, text: str) -> Decimal:
    if "," in text:
        raise InvalidField(rule.field, "ambiguous_comma")
    return _decimals(rule, text, 7)


def _line(rule: FieldRule, text: str) -> str:
    return line(text, rule.field, limit=int(rule.high or 200))


def _matching(pattern: re.Pattern[str], name: str) -> Callable[[FieldRule, str], str]:
    def parse(rule: FieldRule, text: str) -> str:
        if not pattern.fullmatch(text):
            raise InvalidField(rule.field, name)
        return _line(rule, text)

    return parse


def _clock(rule: FieldRule, text: str) -> time:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise InvalidField(rule.field, "time")
    return time(int(match[1]), int(match[2] or 0))


def _spans(rule: FieldRule, text: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for part in text.split(","):
        ends = [piece.strip() for piece in re.split(r"[-–]", part)]
        if len(ends) != 2:
            raise InvalidField(rule.field, "format", {"example": "08:00-12:30, 14:00-18:00"})
        start = minutes(_clock(rule, ends[0]))
        end = 24 * 60 if ends[1] in ("24", "24:00") else minutes(_clock(rule, ends[1]))
        if end <= start or (found and start < found[-1][1]):
            raise InvalidField(rule.field, "after_start")
        found.append((start, end))
    return tuple(found)


def _lines(rule: FieldRule, text: str) -> tuple[str, ...]:
    return tuple(_line(rule, row) for row in text.splitlines() if row.strip())


def _zone(rule: FieldRule, text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise InvalidField(rule.field, "format", {"example": "Africa/Lagos"}) from None
    return text


PARSERS: Mapping[str, Callable[[FieldRule, str], Value]] = {
    "whole": _whole,
    "weekday": _whole,
    "money": _money,
    "degrees": _degrees,
    "line": _line,
    "lines": _lines,
    "email": _matching(_EMAIL, "email"),
    "phone": _matching(_PHONE, "phone"),
    "time": _clock,
    "spans": _spans,
    "zone": _zone,
}
