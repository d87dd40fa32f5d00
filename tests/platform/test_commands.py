"""``serve`` and ``check`` as a person runs them: own processes, real servers, signals."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from clinicdesk.cli import run
from clinicdesk.embedded import remove_data, running
from clinicdesk.migrations.run import HEAD

_DRIVER = "import sys; from clinicdesk.cli import run; sys.exit(run(sys.argv[1:]))"


def clinicdesk(*words: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _DRIVER, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)


@contextmanager
def serving(data: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    with subprocess.Popen(
        [sys.executable, "-c", _DRIVER, "serve", "--json", "--data-dir", str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        try:
            assert line, process.stderr.read()
            yield process, json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read()
            process.stderr.read()
            assert process.wait(60) == 0
            assert rest == ""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("commands") / "a clinic"
    yield folder
    remove_data(folder)


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX's")
def test_serve_check_join_and_stop(data: Path):
    with serving(data) as (_, uris):
        assert set(uris) == {"postgres", "mongo", "redis"}
        with psycopg.connect(uris["postgres"]) as connection:
            assert connection.execute("SELECT version_num FROM public.alembic_version").fetchone() == (HEAD,)
        checked = clinicdesk("check", "--data-dir", str(data))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert HEAD in checked.stdout
        assert "wrong" not in checked.stdout
        with serving(data) as (_, joined):
            assert joined == uris
        with redis.Redis.from_url(uris["redis"]) as cache:
            assert cache.ping()  # the one that joined has left them alone
    assert running(data) is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(uris["postgres"], connect_timeout=2)


def test_check_says_that_nothing_runs(tmp_path: Path):
    checked = clinicdesk("check", "--data-dir", str(tmp_path))
    assert checked.returncode == 1
    assert "nothing is running" in checked.stdout
    assert "Traceback" not in checked.stderr


def test_check_of_shared_servers_that_do_not_answer(tmp_path: Path):
    config = tmp_path / "deployment.toml"
    config.write_text('[postgres]\nhosts = "127.0.0.1:1"\nsslmode = "disable"\n', encoding="utf-8")
    checked = clinicdesk("check", "--config", str(config))
    assert checked.returncode == 1
    assert "no answer" in checked.stdout
    assert "not checked" in checked.stdout
    assert clinicdesk("check", "--config", str(tmp_path / "none.toml")).stderr.startswith(
        "clinicdesk check: There is"
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can make a stranger's folder")
def test_serve_refuses_a_strangers_folder_in_one_sentence(tmp_path: Path):
    os.chown(tmp_path, 65534, 65534)
    refused = clinicdesk("serve", "--data-dir", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith("clinicdesk serve: ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 10 characters"),
        ("x" * 129, "at most 128 characters"),
        ("password123", "easy to guess"),
        ("Passw0rd2026", "easy to guess"),
        ("aaaaaaaaaaaa", "easy to guess"),
        ("harbour-okafor-7", "name or e-mail"),
        ("tide.ngozi.tide", "name or e-mail"),
    ],
)
def test_the_first_administrator_s_password_meets_the_policy(password: str, words: str, monkeypatch, capsys):
    """The whole of it, before anything is asked of a server."""
    monkeypatch.setenv("CLINICDESK_ADMIN_PASSWORD", password)
    named = ("--clinic", "Bay Clinic", "--name", "Ngozi Okafor", "--email", "admin@bay.test")
    assert run(["admin", "create", "--postgres", "postgresql://nobody@127.0.0.1:1/none", *named]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert password not in said.err + said.out
