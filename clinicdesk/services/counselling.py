"""What a label says besides the dose: sentences by ATC class from a table (spec 5.10)."""

import csv
from functools import lru_cache

from clinicdesk.resources import resource

MOST = 3


@lru_cache(maxsize=1)
def _sentences() -> tuple[tuple[str, str], ...]:
    with resource("counselling.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["atc"], row["sentence"]) for row in csv.DictReader(file))


def sentences(atc: str) -> tuple[str, ...]:
    """The most exact class first, at most three; none for an unknown medicine."""
    found = sorted((pair for pair in _sentences() if atc.startswith(pair[0])), key=lambda pair: -len(pair[0]))
    return tuple(dict.fromkeys(sentence for _, sentence in found))[:MOST]
