"""The long race, only by ``python -m tests.races``: pytest collects no file of this name by itself."""

import pytest

from tests.races import ROUNDS, SEATS, SLOTS, run


@pytest.mark.timeout(3600)
def test_the_long_race(clinic):  # spec 1.4.4
    race = run(clinic)
    print(f"\n{SEATS} seats, {SLOTS} slots: {race.words()}")
    assert race.winners == [SLOTS] * ROUNDS
    assert set(race.answers) == {"SlotTaken"}
    assert race.untold == 0
