"""A booking typed in one line: 'ade fri 10:30 follow-up dr obi'. Pure; what is unclear is kept open."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from clinicdesk.domain.appointments import AppointmentType
from clinicdesk.domain.people import Doctor

FILLERS = frozenset({"at", "on", "for", "with", "book", "the"})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PARTS = {"morning": "morning", "afternoon": "afternoon", "am": "morning", "pm": "afternoon"}
KINDS = {"video": "video_call", "call": "phone_call", "chat": "chat"}
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:h]([0-5]\d)")
_HALF = re.compile(r"(1[0-2]|[1-9])(?:[:.]?([0-5]\d))?(am|pm)")
_DIGITS = re.compile(r"([01]?\d|2[0-3])([0-5]\d)")
_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?\.?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LENGTH = re.compile(r"(\d{1,3})(?:m|min|mins)")
_AHEAD = re.compile(r"\+(?P<days>\d{1,3})d?|\+?(?P<weeks>\d{1,2})w(?:ks?|eeks?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One reading. Several days, times, doctors or types mean that the line leaves it open.

    ``starts`` are minutes from midnight; ``asks_next`` is 'the next free one'.
    """

    patient: str = ""
    days: tuple[date, ...] = ()
    starts: tuple[int, ...] = ()
    doctors: tuple[UUID, ...] = ()
    types: tuple[UUID, ...] = ()
    part_of_day: str = "any"
    kind: str = ""
    duration: int | None = None
    asks_next: bool = False
    unknown_doctor: str = ""

    @property
    def is_booking(self) -> bool:
        """Whether anything but a name was typed."""
        return bool(self.days or self.starts or self.asks_next or self.part_of_day != "any")


@dataclass(slots=True)
class _State:
    words: list[str]
    at: int = 0
    names: list[str] = field(default_factory=list)
    line: Line = field(default_factory=Line)
    dotted: list[tuple[date, int]] = field(default_factory=list)
    known: bool = False

    def has_patient(self) -> bool:
        return bool(self.names or (self.known and (self.line.days or self.line.starts)))

    def next_word(self, ahead: int = 1) -> str:
        place = self.at + ahead
        return fold(self.words[place]) if place < len(self.words) else ""


def fold(text: str) -> str:
    """Small letters without marks."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def read(
    text: str,
    *,
    today: date,
    doctors: Sequence[Doctor],
    types: Sequence[AppointmentType],
    known: bool = False,
) -> tuple[Line, ...]:
    """Every reading of the line; one, unless '10.11' may be a day as well as a time.

    ``known``: the patient is on show, so what follows a day or a time need not be a name.
    """
    state = _State(text.split(), known=known)
    while state.at < len(state.words):
        word = fold(state.words[state.at]).strip(",;")
        state.at += (
            _day(state, word, today)
            or _doctor(state, word, doctors)
            or _time(state, word)
            or _rest(state, word, types)
        )
    line = replace(state.line, patient=" ".join(state.names))
    return tuple(_resolved(line, state.dotted))


def _resolved(line: Line, dotted: list[tuple[date, int]]) -> Iterator[Line]:
    if not dotted:
        yield line
        return
    day, minute = dotted[0]
    if not line.days:
        yield replace(line, days=(day,))
    if not line.starts:
        yield replace(line, starts=(minute,))


# each of these says how many words it took


def _day(state: _State, word: str, today: date) -> int:
    following = word == "next"
    name = state.next_word() if following else word
    if (number := _weekday(name)) is not None:
        first = today + timedelta(days=(number - today.weekday()) % 7)
        # today's own name, and 'next', are said of two days: both are kept
        both = (first, first + timedelta(days=7))
        days = both if following or first == today else (first,)
        return _take(state, days=days, words=2 if following else 1)
    if word in ("today", "tod"):
        return _take(state, days=(today,))
    if word in ("tomorrow", "tom", "tmr"):
        return _take(state, days=(today + timedelta(days=1),))
    if found := _AHEAD.fullmatch(word):
        ahead = int(found["days"]) if found["days"] else 7 * int(found["weeks"])
        return _take(state, days=(today + timedelta(days=ahead),))
    return _month(state, word, today) or _numbers(state, word, today)


def _weekday(word: str) -> int | None:
    return next(
        (n for n, (short, full) in enumerate(zip(WEEKDAYS, LONG_DAYS, strict=True))
         if len(word) >= 3 and full.startswith(word) and word.startswith(short)), None,
    )  # fmt: skip


def _month(state: _State, word: str, today: date) -> int:
    number, month = word.rstrip("."), state.next_word()[:3]
    if month in MONTHS and number.isdecimal() and state.next_word().isalpha():
        day = _near_date(today, int(number), MONTHS.index(month) + 1)
        return _take(state, days=(day,), words=2) if day else 0
    return 0


def _numbers(state: _State, word: str, today: date) -> int:
    if found := _ISO.fullmatch(word):
        day = _near_date(today, int(found[3]), int(found[2]), int(found[1]))
        return _take(state, days=(day,)) if day else 0
    if not (found := _DATE.fullmatch(word)):
        return 0
    year = int(found[3]) + (2000 if len(found[3]) == 2 else 0) if found[3] else None
    day = _near_date(today, int(found[1]), int(found[2]), year)
    minute = int(found[1]) * 60 + int(found[2]) if int(found[1]) < 24 and len(found[2]) == 2 else None
    if "." in word and year is None and day and minute is not None and int(found[2]) < 60:
        state.dotted.append((day, minute))
        return 1
    return _take(state, days=(day,)) if day else 0


def _near_date(today: date, day: int, month: int, year: int | None = None) -> date | None:
    try:
        found = date(year or today.year, month, day)
        return found if year or found >= today else date(today.year + 1, month, day)
    except ValueError:
        return None


def _doctor(state: _State, word: str, doctors: Sequence[Doctor]) -> int:
    if word not in ("dr", "dr.", "doctor"):
        return 0
    fits, taken = list(doctors), 0
    while piece := state.next_word(taken + 1):
        left = [d for d in fits if any(part.startswith(piece) for part in fold(d.name).split())]
        if not left:
            break
        fits, taken = left, taken + 1
    if not taken:
        state.line = replace(state.line, unknown_doctor=state.next_word())
        return 2 if state.next_word() else 1
    state.line = replace(state.line, doctors=tuple(d.id for d in fits))
    return taken + 1


def _time(state: _State, word: str) -> int:
    if found := _HALF.fullmatch(word):
        hour = int(found[1]) % 12 + (12 if found[3] == "pm" else 0)
        return _take(state, starts=(hour * 60 + int(found[2] or 0),))
    if (found := _CLOCK.fullmatch(word)) or (
        len(word) in (3, 4) and word.isascii() and (found := _DIGITS.fullmatch(word))
    ):
        return _take(state, starts=(int(found[1]) * 60 + int(found[2]),))
    if re.fullmatch(r"\d{1,2}\.[0-5]\d", word) and int(word.split(".")[0]) < 24:
        left, right = word.split(".")
        return _take(state, starts=(int(left) * 60 + int(right),))
    if re.fullmatch(r"\d{1,2}", word) and 1 <= int(word) <= 23:
        hour = int(word)
        if state.next_word() in ("am", "pm") and hour <= 12:
            late = 12 if state.next_word() == "pm" else 0
            return _take(state, starts=((hour % 12 + late) * 60,), words=2)
        # a bare '2' is two at night as well as in the afternoon
        return _take(state, starts=(hour * 60, (hour + 12) * 60) if hour < 12 else (hour * 60,))
    return 0


def _rest(state: _State, word: str, types: Sequence[AppointmentType]) -> int:
    if word in FILLERS or not word:
        return 1
    if word in ("next", "free"):
        state.line = replace(state.line, asks_next=True)
    elif word in PARTS:
        state.line = replace(state.line, part_of_day=PARTS[word])
    elif word in KINDS and state.has_patient():
        state.line = replace(state.line, kind=KINDS[word])
    elif found := _LENGTH.fullmatch(word):
        state.line = replace(state.line, duration=int(found[1]))
    elif state.has_patient() and (fits := _types(word, types)):
        both = [kind for kind in fits if kind in state.line.types] or list(fits)
        state.line = replace(state.line, types=tuple(both))
    else:
        state.names.append(state.words[state.at])
    return 1


def _types(word: str, types: Sequence[AppointmentType]) -> tuple[UUID, ...]:
    """Types whose name begins with the word or has these initials: three letters, or all initials."""
    found = []
    for kind in types:
        parts = [part for part in re.split(r"[^a-z0-9]+", fold(kind.name)) if part]
        plain, typed = "".join(parts), re.sub(r"[^a-z0-9]", "", word)
        initials = "".join(part[0] for part in parts)
        if (len(typed) >= 3 and plain.startswith(typed)) or (len(initials) > 1 and typed == initials):
            found.append(kind.id)
    return tuple(found)


def _take(state: _State, *, days: tuple[date, ...] = (), starts: tuple[int, ...] = (), words: int = 1) -> int:
    state.line = replace(state.line, days=days or state.line.days, starts=starts or state.line.starts)
    return words
