"""Words survive kill -9 and a document server that is away, and come back to their own patient only."""

import json
import subprocess
import sys
import time
from pathlib import Path

from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.documents import DocumentStore
from tests.chart_stores import DEAD
from tests.services.test_local_store import on_disk

WORDS = "cough since the rains began"


def drafts() -> set[Path]:
    return set((default_data_dir() / "drafts").rglob("*.draft"))


def killed_while_typing(clinic, patient):
    """A second after the last key the process is killed the hard way."""
    told = {"postgres": clinic.addresses.postgres, "mongo": clinic.addresses.mongo, "redis": clinic.addresses.redis, "patient": str(patient), "words": WORDS}  # fmt: skip
    child = subprocess.Popen([sys.executable, "-m", "tests.ui.typing_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdin
    assert child.stdout
    child.stdin.write(json.dumps(told) + "\n")
    child.stdin.flush()
    assert child.stdout.readline() == "typed\n"
    time.sleep(1.0)
    child.kill()
    assert child.wait(10) == -9
    child.stdout.close()
    child.stdin.close()


def test_words_survive_kill_9_and_a_lost_document_server(clinic, seats):
    before = drafts()
    seat, (one, two) = seats(), clinic.small.patients[:2]
    seat.charts.begin(one)
    seat.charts.begin(two)
    killed_while_typing(clinic, one)
    assert len(drafts() - before) == 1
    assert WORDS.encode() not in on_disk(default_data_dir())
    assert WORDS not in seat.charts.open(one).visits[0].note.history
    nurse = seats("nurse", seat="pc-1")
    nurse.open(one)
    assert nurse.view.form.note.fields["history"].toPlainText() == ""
    again = seats()
    again.settle()
    again.open(two)
    assert again.view.form.note.fields["history"].toPlainText() == ""
    assert again.charts.open(two).visits[0].version == 1
    again.open(one)
    assert again.view.form.note.fields["history"].toPlainText() == WORDS
    again.settle()
    assert again.charts.open(one).visits[0].note.history == WORDS  # it went in by itself
    assert drafts() == before
    third = seats()
    third.open(one)
    assert again.charts.open(one).visits[0].version == 2


def test_words_go_in_when_the_document_server_is_back(clinic, seats, monkeypatch):
    monkeypatch.setattr("ui.screens.chart.drafting.RETRY_MS", 100)
    before = drafts()
    seat, patient = seats(), clinic.small.patients[0]
    seat.charts.begin(patient)
    seat.open(patient)
    working = seat.charts._documents
    seat.charts._documents = away = DocumentStore(DEAD, "clinicdesk")
    seat.type("history", WORDS)
    seat.qtbot.waitUntil(lambda: len(drafts() - before) == 1, timeout=8000)
    seat.charts._documents = working
    away.close()
    seat.settle()
    assert seat.charts.open(patient).visits[0].note.history == WORDS
    assert drafts() == before


def test_what_was_saved_but_not_answered_is_not_written_twice(clinic, seats, monkeypatch):
    """Killed between the server's commit and our removal: the same words on both sides are one text."""
    seat, patient = seats(), clinic.small.patients[0]
    seat.charts.begin(patient)
    seat.open(patient)
    monkeypatch.setattr("clinicdesk.services.local_store.LocalDrafts.remove", lambda *_: None)
    seat.type("history", WORDS)
    seat.settle()
    monkeypatch.undo()
    again = seats()
    again.settle()
    assert again.view.presenter.drafting._found
    again.open(patient)
    assert again.view.form.note.fields["history"].toPlainText() == WORDS
    again.settle()
    assert again.charts.open(patient).visits[0].version == 2
    assert not again.view.presenter.drafting._found


def test_an_amendment_being_written_is_kept_here_and_given_up_with_its_words(clinic, seats):
    before = drafts()
    seat, patient = seats(), clinic.small.patients[0]
    visit = seat.charts.begin(patient)
    seat.open(patient)
    seat.type("plan", "Rest")
    seat.settle()
    seat.charts.sign(seat.charts.open(patient).visits[0])
    seat.view.presenter.reload()
    seat.settle()
    seat.view.presenter.amend(visit.id)
    seat.type("plan", WORDS)
    seat.qtbot.waitUntil(lambda: len(drafts() - before) == 1, timeout=8000)
    seat.view.presenter.drop_amendment()
    seat.qtbot.waitUntil(lambda: drafts() == before, timeout=8000)
    assert seat.charts.open(patient).visits[0].note.plan == "Rest"
