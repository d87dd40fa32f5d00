"""Writes ``tests/data/misspellings.csv``: how people at a desk really mistype names they hear (peers 3.6).

``python -m tests.misspellings``. Kept apart from the search: neither reads the other's rules.
"""

import csv
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

from clinicdesk.demo.names import People, Person

PLACE = Path(__file__).parent / "data" / "misspellings.csv"
PEOPLE, WANTED, DAY = 1_500, 500, date(2026, 11, 1)
_HOOKS = str.maketrans({"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y"})
# what is heard and written otherwise: Yoruba, Igbo, Hausa
HEARD = (
    ("ṣ", "sh"), ("s", "sh"), ("gb", "b"), ("kp", "p"), ("ọ", "or"), ("ẹ", "eh"), ("i", "ee"), ("u", "oo"), ("o", "or"), ("w", "u"),
    ("ch", "sh"), ("kw", "qu"), ("nw", "w"), ("y", "i"), ("j", "dj"), ("k", "c"), ("ph", "f"), ("f", "ph"), ("z", "s"),
    ("ts", "s"), ("sh", "s"), ("bd", "bad"), ("mm", "m"), ("aa", "a"), ("h", ""), ("ke", "kay"), ("ye", "yeh"),
)  # fmt: skip


def plain(text: str) -> str:
    """Without marks, lower case: what most people type."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_HOOKS))
    return "".join(c for c in folded if not unicodedata.combining(c))


def swapped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def missing(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def doubled(word: str, random: Random) -> str:
    at = random.randrange(1, len(word))
    return word[:at] + word[at - 1] + word[at:]


def neighbour(word: str, random: Random) -> str:
    """The key beside the one that was meant."""
    rows = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    at = random.randrange(1, len(word))
    row = next((r for r in rows if word[at] in r), "")
    if len(row) < 2:
        return doubled(word, random)
    near = row.index(word[at])
    return word[:at] + row[near - 1 if near else 1] + word[at + 1 :]


def heard(word: str, random: Random) -> str:
    low = unicodedata.normalize("NFC", word.lower())
    fitting = [pair for pair in HEARD if pair[0] in low or pair[0] in plain(word)]
    old, new = random.choice(fitting or [("a", "ah")])
    return plain(low.replace(old, new, 1) if old in low else plain(word).replace(old, new, 1))


def spoil(kind: str, person: Person, random: Random) -> str:
    """A query as it would be typed."""
    first, last = plain(person.first_name), plain(person.last_name)
    longer = last if len(last) >= len(first) else first
    other = first if longer is last else last
    makers = {"swapped": swapped, "missing": missing, "doubled": doubled, "neighbour": neighbour}
    match kind:
        case "swapped" | "missing" | "doubled" | "neighbour":
            return f"{makers[kind](longer, random)} {other}"
        case "heard":
            source = person.last_name if longer is last else person.first_name
            return f"{heard(source, random)} {other}"
        case "both":
            return f"{missing(longer, random)} {swapped(other, random) if len(other) > 3 else other}"
        case "marks":
            return f"{person.first_name} {last}"
        case "order":
            return f"{last} {first}"
        case "unfinished":
            return f"{first} {last[: max(3, len(last) - 2)]}"
        case "year":
            return f"{missing(longer, random)} {person.date_of_birth.year}"
        case _:
            return numbers(kind, person, random, other=other)


def numbers(kind: str, person: Person, random: Random, *, other: str) -> str:
    """A query with a phone or a record number in it."""
    digits = (person.phone or "")[1:]
    match kind:
        case "tail":
            return f"{other} {digits[-4:]}"
        case "phone":
            return "0" + digits[3:]
        case "phone_slip":
            at = random.randrange(5, 11)
            local = "0" + digits[3:]
            return local[:at] + local[at + 1] + local[at] + local[at + 2 :] if at < 10 else local[:-1]
        case "mrn":
            return f"cd {person.index + 1:07d}"
        case _:
            return f"CD{person.index + 1:07d}"[:8].replace("0", "O", 1)


KINDS = (
    *("swapped", "missing", "doubled", "neighbour", "heard") * 5,
    *("both", "marks", "order", "unfinished", "year", "tail") * 2,
    *("phone", "phone_slip", "mrn"),
)  # fmt: skip


def rows() -> list[tuple[str, str, int]]:
    """(kind, what is typed, number of the person meant)."""
    random, people = Random(500), list(People(6, DAY).take(PEOPLE))
    names = Counter(frozenset(plain(f"{p.first_name} {p.last_name}").split()) for p in people)
    alone = [p for p in people if names[frozenset(plain(f"{p.first_name} {p.last_name}").split())] == 1]
    grown = [p for p in alone if p.phone]
    made: list[tuple[str, str, int]] = []
    for number in range(WANTED):
        kind = KINDS[number % len(KINDS)]
        usable = grown if kind in ("tail", "phone", "phone_slip") else alone
        person = random.choice([p for p in random.sample(usable, 40) if len(plain(p.last_name)) > 4])
        made.append((kind, spoil(kind, person, random), person.index))
    return made


if __name__ == "__main__":
    with PLACE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "typed", "person"))
        writer.writerows(rows())
