"""The short form of the runs with a cut line; ``make soak`` is the long one."""

from clinicdesk.repositories import changes
from tests.faults.feed_cuts import run


def test_no_commit_is_missed_whatever_happens_to_the_line(clinic, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_EVERY", 0.3)
    report = run(clinic, rounds=4)
    print(report.words())
    assert report.committed > 20
    assert report.reconnections > 0
    assert (report.missed, report.told_again) == (0, 0)
