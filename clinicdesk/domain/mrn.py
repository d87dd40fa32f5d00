"""Record numbers with a check digit: MRN (spec 2.1) and prescription number (spec 4.1)."""

import re

MAX_MRN = 9_999_999
MAX_RX = 999_999
_MRN = re.compile(r"CD([0-9]{7})([0-9])")
_RX = re.compile(r"RX-([0-9]{4}[0-9]{6})([0-9])")


def luhn(digits: str) -> str:
    """Check digit for a string of ASCII digits."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def make(n: int) -> str:
    """'CD' + 7 digits + check digit. ValueError outside 0..9,999,999."""
    if not 0 <= n <= MAX_MRN:
        raise ValueError("record counter out of range")
    digits = f"{n:07d}"
    return f"CD{digits}{luhn(digits)}"


def valid(text: str) -> bool:
    """Whether ``text`` is a record number in its stored form (see ``tidy``) with the right check digit."""
    return _checks(_MRN, text)


def tidy(text: str) -> str:
    """What was typed, as it would be stored: no spaces, upper case."""
    return re.sub(r"\s+", "", text).upper()


def make_rx(year: int, counter: int) -> str:
    """'RX-' + year + 6-digit clinic counter + check digit. ValueError out of range."""
    if not 1000 <= year <= 9999 or not 0 <= counter <= MAX_RX:
        raise ValueError("prescription counter or year out of range")
    digits = f"{year:04d}{counter:06d}"
    return f"RX-{digits}{luhn(digits)}"


def valid_rx(text: str) -> bool:
    """Whether ``text`` is a prescription number with the right check digit."""
    return _checks(_RX, text)


def _checks(pattern: re.Pattern[str], text: str) -> bool:
    match = pattern.fullmatch(text)
    return match is not None and luhn(match[1]) == match[2]
