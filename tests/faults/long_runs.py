"""The long form, only by ``make soak``: pytest collects no file of this name by itself."""

import pytest

from tests.faults.feed_cuts import run


@pytest.mark.timeout(7200)
def test_a_hundred_cuts_of_the_feed(clinic):
    report = run(clinic, rounds=100)
    print(f"\n{report.words()}")
    assert report.committed > 1000
    assert (report.missed, report.told_again) == (0, 0)
