"""Samples of our path and of its floor, taken in turns, so that both meet the same noise."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from clinicdesk.repositories.work import Work

Call = Callable[[int], object]
WARM = 7  # the driver prepares a statement at its sixth execution
LIMIT = 3.0  # times the floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Milliseconds; ``floor`` None where there is nothing to compare with."""

    operation: str
    median: float
    p95: float
    floor: float | None = None
    statements: int | None = None
    note: str = ""
    unit: str = "ms"

    @property
    def ratio(self) -> float | None:
        return self.median / self.floor if self.floor else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


@dataclass(slots=True)
class Sheet:
    """The results so far; ``samples`` is how many of each are taken."""

    samples: int
    results: list[Result] = field(default_factory=list)

    def compare(
        self, operation: str, ours: Call, floor: Call | None = None, *, samples: int = 0, note: str = ""
    ) -> None:
        """Both get the sample's number, warm-up included, so that a write can take a fresh place each time."""
        count = samples or self.samples
        mine: list[float] = []
        bare: list[float] = []
        with counted() as statements:
            ours(0)
        for number in range(1, WARM + count):
            spent = _timed(ours, number)
            beside = _timed(floor, number) if floor else 0.0
            if number >= WARM:
                mine.append(spent)
                bare.append(beside)
        self.results.append(
            Result(
                operation=operation,
                median=statistics.median(mine),
                p95=percentile(mine, 0.95),
                floor=statistics.median(bare) if floor else None,
                statements=statements[0] or None,
                note=note,
            )
        )
        print(row(self.results[-1]), flush=True)

    def add(self, result: Result) -> None:
        self.results.append(result)
        print(row(result), flush=True)


def _timed(call: Call, number: int) -> float:
    gc.collect(0)  # ours and the floor start alike
    started = time.perf_counter()
    call(number)
    return (time.perf_counter() - started) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[round((len(values) - 1) * share)]


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many SQL statements the units of work send meanwhile, as the only element."""
    found = [0]
    ask = Work._asked

    def count(work: Work, *given: Any) -> Any:
        found[0] += 1
        return ask(work, *given)

    Work._asked = count  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        Work._asked = ask  # type: ignore[method-assign]


def needed(samples: int) -> int:
    """Places that a writing operation needs for all its calls."""
    return WARM + samples


HEADER = f"{'operation':<52} {'median':>9} {'p95':>9} {'floor':>9} {'ratio':>7} {'SQL':>4}  note"


def row(one: Result) -> str:
    floor = "" if one.floor is None else f"{one.floor:.2f}"
    ratio = "" if one.ratio is None else f"{one.ratio:.1f}x{'!' if one.ratio > LIMIT else ''}"
    statements = "" if one.statements is None else str(one.statements)
    note = f"{one.note}{'' if one.unit == 'ms' else f' [{one.unit}]'}"
    return f"{one.operation:<52} {one.median:>9.2f} {one.p95:>9.2f} {floor:>9} {ratio:>7} {statements:>4}  {note}".rstrip()
