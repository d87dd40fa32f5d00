"""What people type, made fit to be stored: no control characters, one normal form, a length."""

import re
import unicodedata
from datetime import date

from clinicdesk.domain.errors import InvalidField


def line(text: str, field: str, *, limit: int) -> str:
    """One line: letters, marks and signs kept as typed (spec 2.1), spaces single. Raises InvalidField."""
    return _fit(" ".join(_printable(text).split()), field, limit)


def passage(text: str, field: str, *, limit: int) -> str:
    """Several lines. Raises InvalidField."""
    rows = (" ".join(_printable(row).split()) for row in text.splitlines())
    return _fit("\n".join(rows).strip(), field, limit)


def _printable(text: str) -> str:
    # PostgreSQL refuses NUL, and lone surrogates cannot be sent; joiners (Cf) belong to some scripts
    plain = unicodedata.normalize("NFC", text)
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in plain)


def _fit(text: str, field: str, limit: int) -> str:
    if len(text) > limit:
        raise InvalidField(field, "too_long", {"max": str(limit)})
    return text


def birth(text: str, today: date) -> tuple[date | None, str]:
    """Date of birth and its precision from '14.2.1984', '1984-02-14', '2.1984', '1984' or an age: '40'.

    An age becomes 1 July of its year, estimated (spec 2.1). Empty gives None. Raises InvalidField.
    """
    typed = text.strip().strip("~ ")
    if not typed:
        return None, "day"
    numbers = [int(part) for part in re.split(r"[^0-9]+", typed) if part]
    try:
        match numbers:
            case [int(age)] if age <= 120 and len(typed) <= 3:
                return date(today.year - age, 7, 1), "estimated"
            case [int(year)] if len(typed) == 4:
                return date(year, 7, 1), "year"
            case [int(month), int(year)] if year > 31:
                return date(year, month, 1), "month"
            case [int(year), int(month), int(day)] if year > 31:
                return date(year, month, day), "day"
            case [int(day), int(month), int(year)] if year > 999:
                return date(year, month, day), "day"
    except ValueError:
        pass
    raise InvalidField("date_of_birth", "date")
