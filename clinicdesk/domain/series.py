"""Recurring appointments (spec 1.11): a subset of iCalendar's RRULE, on the clinic's wall clock. Pure."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinicdesk.domain.errors import InvalidField

MOST = 52
LONGEST = timedelta(days=366)


class Freq(StrEnum):
    """How the dates repeat."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Scope(StrEnum):
    """Which of a series an edit is about; past and ended ones never change."""

    THIS = "this"
    LATER = "later"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``weekdays``: 0 is Sunday, for weekly ones; exactly one of ``times`` and ``until`` (included).

    Raises InvalidField.
    """

    freq: Freq
    every: int = 1
    weekdays: frozenset[int] = frozenset()
    times: int | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.every <= 12:
            raise InvalidField("every", "range", {"min": "1", "max": "12"})
        if not self.weekdays <= frozenset(range(7)):
            raise InvalidField("weekdays", "choose")
        if (self.times is None) == (self.until is None):
            raise InvalidField("times", "both_or_none")
        if self.times is not None and not 2 <= self.times <= MOST:
            raise InvalidField("times", "series_length", {"max": str(MOST)})


def occurrences(rule: Rule, first: date) -> list[date]:
    """The dates, ``first`` counted when the rule holds it. A month without the day is skipped, as RRULE does.

    Raises InvalidField for an end before the start or beyond twelve months, and for a rule with no date.
    """
    last = rule.until or first + LONGEST
    if rule.until is not None and not first <= rule.until <= first + LONGEST:
        raise InvalidField("until", "series_length", {"max": str(MOST)})
    found: list[date] = []
    for day in _dates(rule, first, last):
        if day > last or len(found) == (rule.times or MOST):
            break
        found.append(day)
    if not found:
        raise InvalidField("until", "series_none")
    return found


def _dates(rule: Rule, first: date, last: date) -> Iterator[date]:
    match rule.freq:
        case Freq.DAILY:
            day = first
            while day <= last:
                yield day
                day += timedelta(days=rule.every)
        case Freq.WEEKLY:
            yield from _weekly(rule, first, last)
        case Freq.MONTHLY:
            yield from _monthly(rule, first, last)


def _weekly(rule: Rule, first: date, last: date) -> Iterator[date]:
    wanted = rule.weekdays or {first.isoweekday() % 7}
    monday = first - timedelta(days=first.weekday())  # weeks begin on Monday, RRULE's WKST default
    while monday <= last:
        for offset in range(7):
            day = monday + timedelta(days=offset)
            if day >= first and day.isoweekday() % 7 in wanted:
                yield day
        monday += timedelta(weeks=rule.every)


def _monthly(rule: Rule, first: date, last: date) -> Iterator[date]:
    months = first.year * 12 + first.month - 1
    while (months // 12, months % 12 + 1) <= (last.year, last.month):
        with suppress(ValueError):  # spec 1.11: day 31 skips short months
            yield date(months // 12, months % 12 + 1, first.day)
        months += rule.every
