"""The long form: ``python -m tests.ledger [steps] [seats] [seed]``; 10,000 steps on 32 seats unless said otherwise."""

import sys
import time
from pathlib import Path

import pytest

STEPS, SEATS = 10_000, 32


def test_long(clinic: object) -> None:
    """Runs with the suite's own servers; not collected by the suite, whose files are named test_*."""
    from tests.ledger.run import play, prepare

    numbers = [int(one) for one in sys.argv[1:4]]
    steps, seats, seed = (*numbers, *(STEPS, SEATS, int(time.time()))[len(numbers) :])
    started = time.monotonic()
    done = play(clinic, prepare(clinic, prescriptions=24), seats=seats, steps=steps, seed=seed, pause=1000)
    spent = time.monotonic() - started
    print(f"\n{steps} steps on {seats} seats, seed {seed}: every invariant held, {spent:.0f} s")
    print(", ".join(f"{name} {count}" for name, count in sorted(done.items())))


if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__)), "-q", "-s", "-p", "no:cacheprovider", "--timeout=0"]))
