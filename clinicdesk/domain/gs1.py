"""What a pack's bar code says (spec 5.9): GS1 element strings, and plain EAN, UPC and GTIN numbers."""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from clinicdesk.domain.errors import InvalidField

SEPARATOR = "\x1d"
_SYMBOLOGY = re.compile(r"\](?:d[1-6]|C[0-4]|Q[0-6]|e[0-3]|E[0-4])")
_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_BRACKETS = re.compile(r"\((\d{2,4})\)")
# AI -> number of digits that follow, always digits
_FIXED: Mapping[str, int] = {
    "00": 18, "01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2,
}  # fmt: skip
# AI -> most characters; they end at a separator or at the end
_VARIABLE: Mapping[str, int] = {
    "10": 20, "21": 20, "22": 20, "235": 28, "240": 30, "241": 30, "250": 30, "30": 8, "37": 8,
    "710": 20, "711": 20, "712": 20, "713": 20, "714": 20, "715": 20, "716": 20, "717": 20,
    "400": 30, "410": 13, "414": 13, "7003": 10, "8006": 18, "8026": 18,
    "90": 30, "91": 90, "92": 90, "93": 90, "94": 90, "95": 90, "96": 90, "97": 90, "98": 90, "99": 90,
}  # fmt: skip
_NUMERIC = frozenset({"30", "37"})
_CARRIERS = frozenset({"01", "02", "8006", "8026"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PackCode:
    """``gtin`` always has 14 digits; ``count`` is AI 30 or 37, units in the pack when the code says so."""

    gtin: str
    batch: str = ""
    expiry: date | None = None
    serial: str = ""
    made: date | None = None
    count: int | None = None


def check_digit(digits: str) -> str:
    """The last digit of a GS1 number whose other digits these are: weights 3, 1, 3... from the right."""
    total = sum(int(one) * (3 if place % 2 == 0 else 1) for place, one in enumerate(reversed(digits)))
    return str(-total % 10)


def is_gtin(digits: str) -> bool:
    """8, 12, 13 or 14 digits with the right check digit."""
    known = len(digits) in (8, 12, 13, 14) and digits.isascii() and digits.isdecimal()
    return known and check_digit(digits[:-1]) == digits[-1]


def parse(text: str, *, today: date) -> PackCode:
    """A scanner's string or a typed one, with or without brackets, separators, symbology id.

    Raises InvalidField('code', check_digit | gs1 {at} | gs1_date).
    """
    raw = (
        text.strip(" \t\r\n")
        .replace("\\x1d", SEPARATOR)
        .replace("<GS>", SEPARATOR)
        .replace("{GS}", SEPARATOR)
    )
    raw = _SYMBOLOGY.sub("", raw, count=1) if raw.startswith("]") else raw
    if raw.isascii() and raw.isdecimal() and len(raw) in (8, 12, 13, 14):
        if not is_gtin(raw):
            raise InvalidField("code", "code_check_digit")
        return PackCode(gtin=raw.zfill(14))
    elements = dict(_bracketed(raw) if raw.startswith("(") else _elements(raw))
    return _pack(elements, today=today)


def _elements(raw: str) -> Iterator[tuple[str, str]]:
    """AI and value, in the order of the code. Raises InvalidField with the position it stops at."""
    seen: dict[str, str] = {}
    at = 0
    while at < len(raw):
        if raw[at] == SEPARATOR:  # an extra one after a fixed length is tolerated
            at += 1
            continue
        ai = next((raw[at : at + size] for size in (2, 3, 4) if _known(raw[at : at + size])), "")
        if not ai:
            raise _stop(at)
        start = at + len(ai)
        if size := _FIXED.get(ai):
            value = raw[start : start + size]
            at = start + size
        else:
            ends = raw.find(SEPARATOR, start)
            value = raw[start : ends if ends >= 0 else len(raw)]
            at = start + len(value)
        _check(ai, value, start)
        if seen.setdefault(ai, value) != value:
            raise _stop(start)
        yield ai, value


def _bracketed(raw: str) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    marks = list(_BRACKETS.finditer(raw))
    if not marks or marks[0].start() != 0:
        raise _stop(0)
    for number, mark in enumerate(marks):
        ends = marks[number + 1].start() if number + 1 < len(marks) else len(raw)
        ai, value = mark.group(1), raw[mark.end() : ends].strip(f" {SEPARATOR}")
        if not _known(ai):
            raise _stop(mark.start())
        _check(ai, value, mark.end())
        if seen.setdefault(ai, value) != value:
            raise _stop(mark.end())
        yield ai, value


def _known(ai: str) -> bool:
    return ai in _FIXED or ai in _VARIABLE


def _check(ai: str, value: str, at: int) -> None:
    if size := _FIXED.get(ai):
        if len(value) != size or not (value.isascii() and value.isdecimal()):
            raise _stop(at)
    else:
        good = 1 <= len(value) <= _VARIABLE[ai] and _SET_82.fullmatch(value)
        if not good or (ai in _NUMERIC and not value.isdecimal()):
            raise _stop(at)


def _pack(elements: Mapping[str, str], *, today: date) -> PackCode:
    if not _CARRIERS & elements.keys() or ("21" in elements and "235" in elements):
        raise _stop(0)  # 10, 17 and 21 mean nothing without the product they belong to
    gtin = elements.get("01") or elements.get("02") or ""
    if not is_gtin(gtin):
        raise InvalidField("code", "code_check_digit")
    count = elements.get("30") or elements.get("37")
    return PackCode(
        gtin=gtin,
        batch=elements.get("10", ""),
        expiry=_day(elements["17"], today) if "17" in elements else None,
        serial=elements.get("21", ""),
        made=_day(elements["11"], today) if "11" in elements else None,
        count=int(count) if count else None,
    )


def _day(digits: str, today: date) -> date:
    """YYMMDD in the century of spec 5.9; day 00 is the last day of the month."""
    short, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    ahead = short - today.year % 100
    century = today.year // 100 + (-1 if ahead >= 51 else 1 if ahead <= -50 else 0)
    try:
        year = century * 100 + short
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        raise InvalidField("code", "gs1_date") from None


def _stop(at: int) -> InvalidField:
    return InvalidField("code", "gs1", {"at": str(at + 1)})
