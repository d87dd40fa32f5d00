"""The program from its start: what this PC knows decides about the first page."""

import pytest

from clinicdesk import settings
from clinicdesk.opening import Opened
from tests.small_clinic import PASSWORD, STAFF
from ui.app import Program
from ui.preferences import PreferencesFile
from ui.screens.first_run import FirstRunView
from ui.screens.sign_in import SignInView


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "deployment.toml"
    monkeypatch.setenv("CLINICDESK_CONFIG", str(path))
    return path


@pytest.fixture
def program(qapp, qtbot):
    made = Program(qapp, PreferencesFile())
    yield made
    made.close()


def begin(program, **more):
    program.start(**{"demo": False, "role": None, "data_dir": None, **more})


def test_a_pc_that_knows_its_servers_begins_with_the_sign_in(program, config, clinic, qtbot):
    settings.save(clinic.deployment, config)
    begin(program)
    page = program.entry.page()
    assert isinstance(page, SignInView)  # the very first page: nothing else is built before it
    assert program.entry.isVisible()
    page.sign_in_asked.emit(STAFF["receptionist"][0], PASSWORD)
    qtbot.waitUntil(lambda: program.seat is not None, timeout=8000)
    assert not program.entry.isVisible()
    assert not program.seat.shell.notice.isVisible()  # nobody is told what only the demo says


def test_a_file_that_cannot_be_used_is_said_and_the_choices_are_there(program, config):
    config.write_text("[postgres", encoding="utf-8")
    begin(program)
    page = program.entry.page()
    assert isinstance(page, FirstRunView)
    assert "not valid TOML" in page.notice.text()
    assert page.demo_choice.isVisible()


def test_progress_in_the_terminal_and_a_window_when_the_clinic_is_there(
    program, clinic, qtbot, monkeypatch, config
):
    said: list[str] = []

    def built(_, say):
        say("Writing the appointment book")
        return Opened(clinic.deployment, demo=True)

    monkeypatch.setattr("ui.opening.open_demo", built)
    begin(program, demo=True, say=said.append)
    assert not program.entry.isVisible()
    qtbot.waitUntil(program.entry.isVisible, timeout=8000)
    assert said == ["Starting the servers", "Writing the appointment book"]
    page = program.entry.page()
    assert isinstance(page, SignInView)
