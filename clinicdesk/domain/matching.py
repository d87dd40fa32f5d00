"""Is it the same person? Duplicate detection of spec 2.2, and ranking of misspelt names."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

PROBABLE = 0.92  # spec 2.2.5: creation stops
POSSIBLE = 0.80  # spec 2.2.5: the list is shown
BELOW_PROBABLE = 0.919
INITIAL = 0.85
SAME_NAME = 0.92  # two spellings of one given name; below, it is another name (twins)
SEX_PENALTY = 0.15
OTHER_ID_CAP = 0.6
WEIGHTS = {"name": 0.5, "dob": 0.35, "phone": 0.15}
TITLES = frozenset(["mr", "mrs", "ms", "miss", "alhaji", "alhaja", "chief", "dr", "pastor", "engr"])
_HOOKED = str.maketrans(
    {"ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ł": "l", "ø": "o", "đ": "d"}
)  # NFKD keeps them
_SOUNDEX = {c: str(d) for d, group in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for c in group}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is compared; empty strings and None are 'missing'. ``estimated`` is about the date of birth."""

    given: str
    family: str
    date_of_birth: date | None = None
    estimated: bool = False
    phone: str = ""
    gender: str = ""
    national_id: str = ""


def folded(text: str) -> str:
    """Lower case without marks, hooked letters as plain ones: for comparing and sorting what people read."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.lower().translate(_HOOKED)


@lru_cache(maxsize=8192)
def tokens(name: str) -> tuple[str, ...]:
    """The name's words, normalised by spec 2.2.1, sorted and unique: a set, since names get swapped."""
    words = ["".join(c for c in word if c.isalpha()) for word in re.split(r"[\s\-‐‑–/,]+", folded(name))]
    found = {word for word in words if word}
    return tuple(sorted(found - TITLES or found))


def jaro_winkler(a: str, b: str) -> float:
    """Jaro-Winkler similarity, 0..1, with prefix weight 0.1 over at most 4 letters."""
    if a == b:
        return 1.0 if a else 0.0
    left, right = _matched(a, b), _matched(b, a)
    common = len(left)
    if not common:
        return 0.0
    swapped = sum(x != y for x, y in zip(left, right, strict=True)) / 2
    jaro = (common / len(a) + common / len(b) + (common - swapped) / common) / 3
    prefix = next(
        (i for i, (x, y) in enumerate(zip(a[:4], b[:4], strict=False)) if x != y), min(4, len(a), len(b))
    )
    return jaro + prefix * 0.1 * (1 - jaro)


def _matched(a: str, b: str) -> list[str]:
    """The letters of ``a`` that pair with a letter of ``b`` inside Jaro's window, in order."""
    reach = max(max(len(a), len(b)) // 2 - 1, 0)
    free, found = list(b), []
    for i, letter in enumerate(a):
        low, high = max(0, i - reach), i + reach + 1
        if letter in free[low:high]:
            free[free.index(letter, low)] = ""
            found.append(letter)
    return found


@lru_cache(maxsize=65536)
def _alike(a: str, b: str) -> float:
    if a[0] == b[0] and a != b and 1 in (len(a), len(b)):
        return INITIAL
    return jaro_winkler(a, b)


@lru_cache(maxsize=65536)
def _typed(query: str, word: str) -> float:
    """A possibly unfinished, possibly misspelt ``query`` against one word."""
    if word.startswith(query):
        return 1.0 if word == query else 0.97
    cut = word[: len(query) + 1]
    return max(jaro_winkler(query, word), 0.95 * jaro_winkler(query, cut))


def _best_pairing(short: Sequence[str], long: Sequence[str], alike: Callable[[str, str], float]) -> float:
    """The greatest sum over pairings of every word of ``short`` with a different word of ``long``."""
    if not short:
        return 0.0
    first, rest = short[0], short[1:]
    if len(long) > 6:  # nobody's name: do not try every pairing of a pasted text
        long = sorted(long, key=lambda word: -alike(first, word))[:6]
    return max(
        (
            alike(first, word) + _best_pairing(rest, [*long[:i], *long[i + 1 :]], alike)
            for i, word in enumerate(long)
        ),
        default=0.0,
    )


def same_name(a: str, b: str) -> float | None:
    """Spec 2.2.3: best average over token pairings; None when a name is missing."""
    short, long = sorted((tokens(a), tokens(b)), key=len)
    if not short:
        return None
    short = short[:6]
    return _best_pairing(short, long, _alike) / len(short)


def name_scorer(query: str) -> Callable[[str], float]:
    """How well one typed, perhaps misspelt or unfinished query fits a name, 0..1: ranks search results."""
    asked = tokens(query)[:6]

    def fits(name: str) -> float:
        words = tokens(name)
        if not asked or not words:
            return 0.0
        if len(asked) == len(words) == 2:  # nearly every search: two pairings, without the general way's cost
            (a, b), (x, y) = asked, words
            return max(_typed(a, x) + _typed(b, y), _typed(a, y) + _typed(b, x)) / 2
        if len(asked) > len(words):
            return _best_pairing(words, asked, lambda word, typed: _typed(typed, word)) / len(asked)
        return _best_pairing(asked, words, _typed) / len(asked)

    return fits


def same_birth(a: Identity, b: Identity) -> float | None:
    """Spec 2.2.3 for dates of birth; None when one is missing."""
    x, y = a.date_of_birth, b.date_of_birth
    if x is None or y is None:
        return None
    if x == y:
        return 1.0
    if (x.year, x.month, x.day) == (y.year, y.day, y.month):
        return 0.8
    if sum(p != q for p, q in zip(x.isoformat(), y.isoformat(), strict=True)) == 1:
        return 0.7
    return 0.5 if x.year == y.year and (a.estimated or b.estimated) else 0.0


def same_phone(a: str, b: str) -> float | None:
    """Spec 2.2.3 for phones, on the last ten digits (0803... is +234803...); None when one is missing."""
    x, y = ("".join(c for c in phone if c.isdigit())[-10:] for phone in (a, b))
    if not x or not y:
        return None
    if x == y:
        return 1.0
    if len(x) != len(y):
        return 0.0
    wrong = [i for i, (p, q) in enumerate(zip(x, y, strict=True)) if p != q]
    swapped = len(wrong) == 2 and x[wrong[0]] == y[wrong[1]] and x[wrong[1]] == y[wrong[0]]
    return 0.8 if len(wrong) == 1 or swapped else 0.0


def score(a: Identity, b: Identity) -> float:
    """How surely both are one person, 0..1 (spec 2.2.3 to 2.2.5)."""
    if a.national_id and a.national_id == b.national_id:
        return 1.0
    name = same_name(f"{a.given} {a.family}", f"{b.given} {b.family}")
    birth, phone = same_birth(a, b), same_phone(a.phone, b.phone)
    given = same_name(a.given, b.given)
    family = bool(tokens(a.family)) and tokens(a.family) == tokens(b.family)
    twins = birth == 1.0 and phone == 1.0 and family and given is not None and given < SAME_NAME
    if twins and name is not None and given is not None:
        name = min(name, given)
    total = _weighted({"name": name, "dob": birth, "phone": phone})
    if twins:  # spec 2.2.5: they land in 'possible', however alike or unlike the two names are
        total = min(max(total, POSSIBLE), BELOW_PROBABLE)
    known = {"male", "female"}
    if a.gender != b.gender and {a.gender, b.gender} <= known:
        total = max(0.0, total - SEX_PENALTY)
    if a.national_id and b.national_id:
        total = min(total, OTHER_ID_CAP)
    return total


def _weighted(fields: dict[str, float | None]) -> float:
    present = {key: value for key, value in fields.items() if value is not None}
    weight = sum(WEIGHTS[key] for key in present)
    return sum(WEIGHTS[key] * value for key, value in present.items()) / weight if weight else 0.0


def verdict(value: float) -> str:
    """'probable', 'possible' or '' (spec 2.2.5)."""
    if value >= PROBABLE:
        return "probable"
    return "possible" if value >= POSSIBLE else ""


def soundex(word: str) -> str:
    """The four-character code that may only widen candidates, never decide (spec 2.2)."""
    letters = "".join(tokens(word))
    if not letters:
        return ""
    code, last = letters[0].upper(), _SOUNDEX.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDEX.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":
            last = digit
    return (code + "000")[:4]


def is_candidate(a: Identity, b: Identity) -> bool:
    """Whether two records are worth scoring at all (blocking, spec 2.2.2)."""
    digits = ["".join(c for c in phone if c.isdigit())[-8:] for phone in (a.phone, b.phone)]
    if (a.national_id and a.national_id == b.national_id) or (len(digits[0]) == 8 and digits[0] == digits[1]):
        return True
    x, y = a.date_of_birth, b.date_of_birth
    if x is None or y is None:
        return False
    codes = [{soundex(word) for word in tokens(f"{one.given} {one.family}")} for one in (a, b)]
    return x == y or (abs(x.year - y.year) <= 2 and bool(codes[0] & codes[1]))
