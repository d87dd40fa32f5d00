"""Invented people for the demo clinic and for load tests: the same seed gives the same people."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from clinicdesk.demo.content import read_rows
from clinicdesk.resources import resource

T = TypeVar("T")
Row = Mapping[str, str]

ADULT_AGE = 18
MAX_PEOPLE = 9_000_000
DEFAULT_DAY = date(2026, 1, 1)
_FIRST_NUMBER = 1_000_000  # the numbers below belong to the demo clinic, its staff and suppliers
_STRIDE = 3_141_593  # shares no factor with MAX_PEOPLE, so nobody gets another person's number
_OWN_GROUP = 0.88  # given and family name from the same language
_HAS_EMAIL = 0.45
_LANGUAGES = {"Yoruba": "yo", "Igbo": "ig", "Hausa-Fulani": "ha"}
_HOOKED = str.maketrans({"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y"})  # NFKD keeps them
_CHILD_CONTACTS = ("mother", "father", "aunt", "uncle")
_ADULT_CONTACTS = ("spouse", "brother", "sister", "friend", "cousin")
_FEMALE_CONTACTS = frozenset(["mother", "aunt", "sister"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented person. ``gender`` is female or male; children have no phone, most people no e-mail."""

    index: int
    first_name: str
    last_name: str
    gender: str
    date_of_birth: date
    phone: str | None
    email: str | None
    address: Mapping[str, str]
    emergency_contact: Mapping[str, str]
    occupation: str
    language: str


@dataclass(frozen=True, slots=True)
class _Drawn(Generic[T]):
    """Things to draw from, with their running weights."""

    items: Sequence[T]
    totals: Sequence[int]

    @classmethod
    def of(cls, items: Sequence[T], weights: Sequence[int]) -> "_Drawn[T]":
        return cls(items, tuple(accumulate(weights)))

    def draw(self, random: Random) -> T:
        return random.choices(self.items, cum_weights=self.totals)[0]


class People:
    """``person(n)`` depends on the seed, the day and n alone, so parts of a big clinic can be made apart."""

    def __init__(self, seed: int, as_of: date = DEFAULT_DAY) -> None:
        self._seed, self._day = seed, as_of
        given, family = _table("given_names"), _table("family_names")
        groups = _table("groups")
        self._groups = _Drawn.of([row["group"] for row in groups], [int(row["weight"]) for row in groups])
        self._given = _by_key(given, lambda row: (row["group"], row["gender"]))
        self._family = _by_key(family, lambda row: (row["group"], ""))
        self._streets = [row["street"] for row in _table("streets")]
        areas = _table("areas")
        self._areas = _Drawn.of(areas, [int(row["weight"]) for row in areas])
        ages = _table("age_pyramid")
        self._ages = _Drawn.of(
            [(int(row["min_age"]), int(row["max_age"])) for row in ages], [int(row["share"]) for row in ages]
        )
        self._jobs = _table("occupations")
        self._jobs_by_age: dict[int, _Drawn[str]] = {}

    def take(self, count: int, start: int = 0) -> Iterator[Person]:
        """``count`` people from number ``start``."""
        return (self.person(index) for index in range(start, start + count))

    def person(self, index: int) -> Person:
        """Person number ``index``. Raises ValueError outside 0 to MAX_PEOPLE - 1."""
        if not 0 <= index < MAX_PEOPLE:
            raise ValueError(f"people are numbered 0 to {MAX_PEOPLE - 1}")
        random = Random(self._seed * MAX_PEOPLE + index)
        group, gender = self._groups.draw(random), random.choices(("female", "male"), (54, 46))[0]
        first, last = self._name(random, group, gender=gender)
        birth = self._birth(random)
        age = _years(birth, self._day)
        email = None
        if age >= ADULT_AGE and random.random() < _HAS_EMAIL:
            email = f"{_ascii(first)}.{_ascii(last)}.{index}@mail.invalid"
        return Person(
            index=index,
            first_name=first,
            last_name=last,
            gender=gender,
            date_of_birth=birth,
            phone=_phone(index) if age >= ADULT_AGE else None,
            email=email,
            address=self._address(random),
            emergency_contact=self._contact(
                random, group, index=index, last_name=last, child=age < ADULT_AGE
            ),
            occupation=self._occupation(random, age),
            language=_LANGUAGES.get(group, "en") if random.random() < 0.2 else "en",
        )

    def _name(self, random: Random, group: str, *, gender: str) -> tuple[str, str]:
        other = group if random.random() < _OWN_GROUP else self._groups.draw(random)
        return random.choice(self._given[group, gender]), random.choice(self._family[other, ""])

    def _birth(self, random: Random) -> date:
        youngest, oldest = self._ages.draw(random)
        days = random.randrange(int(youngest * 365.25), int((oldest + 1) * 365.25))
        return self._day - timedelta(days=days)

    def _address(self, random: Random) -> dict[str, str]:
        area = self._areas.draw(random)
        return {
            "line1": f"{random.randrange(1, 180)} {random.choice(self._streets)}",
            "town": area["town"],
            "lga": area["lga"],
            "state": area["state"],
            "country": "Nigeria",
        }

    def _contact(
        self, random: Random, group: str, *, index: int, last_name: str, child: bool
    ) -> dict[str, str]:
        relation = random.choice(_CHILD_CONTACTS if child else _ADULT_CONTACTS)
        gender = "female" if relation in _FEMALE_CONTACTS else "male"
        if relation in ("spouse", "friend", "cousin"):
            gender = random.choice(("female", "male"))
        first = random.choice(self._given[group, gender])
        return {"name": f"{first} {last_name}", "relationship": relation, "phone": _phone(index, block="728")}

    def _occupation(self, random: Random, age: int) -> str:
        if age not in self._jobs_by_age:
            fitting = [row for row in self._jobs if int(row["min_age"]) <= age <= int(row["max_age"])]
            names = [row["occupation"] for row in fitting] or [""]
            self._jobs_by_age[age] = _Drawn.of(names, [int(row["weight"]) for row in fitting] or [1])
        return self._jobs_by_age[age].draw(random)


def _table(name: str) -> list[Row]:
    return list(read_rows(resource("demo", f"{name}.csv")))


def _by_key(found: list[Row], key: Callable[[Row], tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    names: dict[tuple[str, str], list[str]] = {}
    for row in found:
        names.setdefault(key(row), []).append(row["name"])
    return names


def _phone(index: int, block: str = "729") -> str:
    """A number of the right shape in a block that is not given to subscribers; 729 own, 728 contacts."""
    return f"+234{block}{_FIRST_NUMBER + index * _STRIDE % MAX_PEOPLE:07d}"


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(_HOOKED))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _years(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
