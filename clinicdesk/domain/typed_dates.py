"""A day as people type it: 'today', 'fri', '+2w', '12 dec', '3.1', '2027-01-05'."""

import re
from datetime import date, timedelta

from clinicdesk.domain.calendar import add_months
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.matching import tokens

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
_WORDS = {"today": 0, "tod": 0, "now": 0, "tomorrow": 1, "tom": 1, "tmr": 1, "yesterday": -1, "yes": -1}
_STEP = re.compile(r"([+-])\s*(\d{1,4})\s*([dwmy]?)[a-z]*")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})(?:[./ -]+(\d{1,2})(?:[./ -]+(\d{2}|\d{4}))?)?\.?")
_HORIZON = 3660  # days: ten years either way is a slip of the finger


def typed_day(text: str, *, today: date, shown: date) -> date:
    """The day meant. Steps count from ``shown``; weekdays and days without a year are the next from today on.

    'fri' is today when today is one, 'next fri' a week later. Day before month. Raises InvalidField.
    """
    plain = " ".join(text.strip().lower().split())
    found = (
        _named(plain, today) or _stepped(plain, shown) or _numbered(plain, today) or _with_month(plain, today)
    )
    if found is None or abs((found - today).days) > _HORIZON:
        raise InvalidField("day", "date")
    return found


def _named(plain: str, today: date) -> date | None:
    if plain in _WORDS:
        return today + timedelta(days=_WORDS[plain])
    words = plain.split()
    later = len(words) == 2 and words[0] in ("next", "nxt")
    number = _position(words[-1], WEEKDAYS) if words and (len(words) == 1 or later) else None
    if number is None:
        return None
    ahead = (number - today.weekday()) % 7
    return today + timedelta(days=ahead + (7 if later else 0))


def _position(word: str, names: tuple[str, ...]) -> int | None:
    """The one name that begins so; two letters at least ('mo', but not the 'ma' of two months)."""
    plain = "".join(tokens(word))
    found = [n for n, name in enumerate(names) if name.startswith(plain)] if len(plain) > 1 else []
    return found[0] if len(found) == 1 else None


def _stepped(plain: str, shown: date) -> date | None:
    match = _STEP.fullmatch(plain)
    if match is None:
        return None
    count = int(match[2]) * (-1 if match[1] == "-" else 1)
    if abs(count) > _HORIZON:
        return None
    if match[3] in ("m", "y"):
        months = count * (12 if match[3] == "y" else 1)
        return add_months(shown, months) if abs(months) <= _HORIZON // 30 else None
    return shown + timedelta(days=count * (7 if match[3] == "w" else 1))


def _numbered(plain: str, today: date) -> date | None:
    if match := _ISO.fullmatch(plain):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    match = _NUMBERS.fullmatch(plain)
    if match is None:
        return None
    day = int(match[1])
    if match[2] is None:
        return _next_with(day, today)
    return _of_month(day, int(match[2]), match[3], today)


def _next_with(day: int, today: date) -> date | None:
    """The next day of that number, from today on."""
    first = today.replace(day=1)
    for months in range(3):
        month = add_months(first, months)
        found = _date(month.year, month.month, day)
        if found is not None and found >= today:
            return found
    return None


def _with_month(plain: str, today: date) -> date | None:
    """'12 dec', 'dec 12', '12 dec 2027', '12dec'."""
    words = re.findall(r"\d+|[^\d\s.,/-]+", plain)
    months = [number for word in words if (number := _position(word, MONTHS)) is not None]
    numbers = [word for word in words if word.isdigit()]
    if len(months) != 1 or not 1 <= len(numbers) <= 2 or len(words) != len(numbers) + 1:
        return None
    return _of_month(int(numbers[0]), months[0] + 1, numbers[1] if len(numbers) == 2 else None, today)


def _of_month(day: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _date(today.year, month, day)
    if found is None or found >= today - timedelta(days=31):  # last week's list is looked up, too
        return found or _date(today.year + 1, month, day)
    return _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
