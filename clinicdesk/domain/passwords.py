"""What an own password must be: long, not common, not about its owner. No rules about kinds of signs."""

import re
import unicodedata
from collections.abc import Container, Sequence
from itertools import pairwise
from pathlib import Path

from clinicdesk.domain.errors import InvalidField

SHORTEST, LONGEST = 10, 128
FEWEST_SIGNS = 4
SHORTEST_PERSONAL = 4
PIN_SHORTEST, PIN_LONGEST = 4, 8
_LOOK_ALIKES = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_TAIL = re.compile(r"[\d\W_]+$")
_GAPS = re.compile(r"[\s._-]+")


def load_common(path: Path) -> frozenset[str]:
    """The list of common passwords, one a line, lower case."""
    return frozenset(path.read_text("utf-8").split())


def password_problems(
    password: str, *, personal: Sequence[str], common: Container[str]
) -> list[InvalidField]:
    """At most one refusal of the field ``password``; ``personal`` are name and e-mail."""
    if len(password) < SHORTEST:
        return [InvalidField("password", "password_short", {"min": str(SHORTEST)})]
    if len(password) > LONGEST:
        return [InvalidField("password", "too_long", {"max": str(LONGEST)})]
    folded = _plain(password)
    if any(part in folded for text in personal for part in _parts(text)):
        return [InvalidField("password", "password_personal")]
    if len(set(folded)) < FEWEST_SIGNS or any(form in common for form in _forms(folded)):
        return [InvalidField("password", "password_common")]
    return []


def pin_problems(pin: str) -> list[InvalidField]:
    """Refusals of the field ``pin``: 4 to 8 digits, no run (1234) and no repetition (1111, 1212)."""
    if not pin.isascii() or not pin.isdigit() or not PIN_SHORTEST <= len(pin) <= PIN_LONGEST:
        return [InvalidField("pin", "format", {"example": "4071"})]
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 or pin[:2] * (len(pin) // 2) == pin:
        return [InvalidField("pin", "password_common")]
    return []


def _plain(text: str) -> str:
    """Folded case, without marks: a guesser ignores both."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _parts(text: str) -> list[str]:
    """The words of a name or an e-mail that are long enough to count."""
    name, _, host = _plain(text).partition("@")  # 'clinic' of a host is a word like any other
    return [part for part in (*re.split(r"[\s.\-_']+", name), host) if len(part) >= SHORTEST_PERSONAL]


def _forms(folded: str) -> list[str]:
    """The text as guessers try it: as it is, without the digits at its end, with letters for look-alikes."""
    tight = _GAPS.sub("", folded)
    forms = [folded, tight, _TAIL.sub("", tight), tight.translate(_LOOK_ALIKES)]
    forms.append(_TAIL.sub("", tight).translate(_LOOK_ALIKES))
    half = len(tight) // 2
    if tight[:half] * 2 == tight:
        forms.append(tight[:half])
    return forms
