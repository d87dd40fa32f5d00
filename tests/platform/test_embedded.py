"""The private servers: started once, joined, recovered after a kill, refused with a sentence."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pymongo
import pytest
import redis

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.embedded import Addresses, EmbeddedError, EmbeddedServers, remove_data, running
from clinicdesk.embedded.errors import from_log
from clinicdesk.embedded.processes import is_alive
from clinicdesk.embedded.records import load_runtime, load_secrets, new_secrets, save_secrets

STORES = ("postgres", "mongo", "redis")


def quiet(sentence: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("embedded") / "data with a space"
    yield made
    remove_data(made)


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[EmbeddedServers]:
    with EmbeddedServers.start(folder, progress=quiet) as started:
        yield started


def works(found: Addresses) -> bool:
    assert found.mongo is not None
    assert found.redis is not None
    with psycopg.connect(found.postgres) as connection:
        connection.execute("SELECT 1")
    client: pymongo.MongoClient[dict[str, Any]]
    with pymongo.MongoClient(found.mongo, serverSelectionTimeoutMS=5000) as client:
        client["admin"].command("usersInfo", 1)
    with redis.Redis.from_url(found.redis) as cache:
        return bool(cache.ping())


def eventually(condition: Callable[[], bool], *, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except (psycopg.Error, pymongo.errors.PyMongoError, redis.RedisError):
            pass
        time.sleep(0.1)
    return False


def test_all_three_work_with_durable_settings(servers: EmbeddedServers):
    assert not servers.attached
    assert works(servers.addresses)
    with psycopg.connect(servers.addresses.postgres) as connection:

        def setting(name: str) -> str:
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            assert row is not None
            return str(row[0])

        assert setting("fsync") == "on"
        assert setting("synchronous_commit") == "on"
        assert setting("data_checksums") == "on"
        assert setting("server_encoding") == "UTF8"
        assert setting("log_parameter_max_length_on_error") == "0"
        assert setting("shared_preload_libraries") == "auth_delay"
        assert setting("listen_addresses") == "127.0.0.1"
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        letters = connection.execute("SELECT lower('ẸṢỌ') = 'ẹṣọ', 'Ọṣẹ' ~ '^[[:alpha:]]+$'").fetchone()
        assert letters == (True, True)
    with redis.Redis.from_url(servers.addresses.redis or "", decode_responses=True) as cache:
        assert cache.config_get("append*") | {
            "appendonly": "yes",
            "appendfsync": "everysec",
        } == cache.config_get("append*")


def test_nobody_gets_in_without_the_password(servers: EmbeddedServers):
    ports = {name: entry.port for name, entry in load_runtime(servers.data_dir).servers.items()}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://clinicdesk_owner:guess@127.0.0.1:{ports['postgres']}/clinicdesk")
    with redis.Redis(port=ports["redis"]) as cache, pytest.raises(redis.AuthenticationError):
        cache.get("x")
    client: pymongo.MongoClient[dict[str, Any]]
    with (
        pymongo.MongoClient(port=ports["mongo"], directConnection=True) as client,
        pytest.raises(pymongo.errors.OperationFailure),
    ):
        client["admin"].command("usersInfo", 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_secrets_are_readable_by_their_owner_only(servers: EmbeddedServers):
    for name in ("secrets.json", "runtime.json", "cache/users.acl"):
        assert (servers.data_dir / name).stat().st_mode & 0o077 == 0


def test_a_second_start_joins_and_leaves_them_running(servers: EmbeddedServers):
    joined = EmbeddedServers.start(servers.data_dir, progress=quiet)
    assert joined.attached
    assert joined.addresses == servers.addresses == running(servers.data_dir)
    joined.stop()
    assert works(servers.addresses)


@pytest.mark.parametrize("store", STORES)
def test_a_killed_server_comes_back_under_its_owner(servers: EmbeddedServers, store: str):
    victim = load_runtime(servers.data_dir).servers[store]
    os.kill(victim.pid, signal.SIGKILL)
    assert eventually(
        lambda: load_runtime(servers.data_dir).servers[store].pid != victim.pid and works(servers.addresses)
    )


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with one row of data whose servers do not run."""
    data = tmp_path_factory.mktemp("stopped") / "data of yesterday"
    with EmbeddedServers.start(data, progress=quiet) as first, psycopg.connect(first.addresses.postgres) as c:
        c.execute("CREATE TABLE kept AS SELECT 7 AS value")
    yield data
    remove_data(data)


@pytest.mark.parametrize("store", STORES)
def test_the_next_start_repairs_what_died_with_its_parent(stopped: Path, store: str):
    script = (
        "import os, sys, pathlib; from clinicdesk.embedded import EmbeddedServers; "
        "EmbeddedServers.start(pathlib.Path(sys.argv[1]), progress=print); os._exit(9)"
    )
    parent = subprocess.run([sys.executable, "-c", script, str(stopped)], capture_output=True, check=False)
    assert parent.returncode == 9, parent.stderr
    orphans = load_runtime(stopped).servers
    os.kill(orphans[store].pid, signal.SIGKILL)
    with EmbeddedServers.start(stopped, progress=quiet) as adopted:
        assert not adopted.attached
        assert works(adopted.addresses)
        now = load_runtime(stopped).servers
        assert now[store].pid != orphans[store].pid
        assert {name for name in STORES if now[name] == orphans[name]} == set(STORES) - {store}
        with psycopg.connect(adopted.addresses.postgres) as c:
            assert c.execute("SELECT value FROM kept").fetchone() == (7,)
    assert not any(is_alive(entry) for entry in now.values())
    assert running(stopped) is None


def test_a_taken_port_is_left_to_its_taker(stopped: Path):
    with EmbeddedServers.start(stopped, progress=quiet):
        before = load_runtime(stopped).servers
    with contextlib.ExitStack() as taken:
        for entry in before.values():
            taken.enter_context(socket.create_server(("127.0.0.1", entry.port)))
        with EmbeddedServers.start(stopped, progress=quiet) as servers:
            assert works(servers.addresses)
            now = load_runtime(stopped).servers
            assert all(now[name].port != before[name].port for name in STORES)


def test_servers_end_even_when_their_folder_is_gone(tmp_path: Path):
    data = tmp_path / "deleted"
    servers = EmbeddedServers.start(data, progress=quiet)
    processes = load_runtime(data).servers.values()
    remove_data(data)
    servers.stop()
    assert not any(is_alive(entry) for entry in processes)


def test_lost_records_do_not_lose_the_servers(servers: EmbeddedServers):
    before = load_runtime(servers.data_dir)
    (servers.data_dir / "runtime.json").write_text("{cut off", encoding="utf-8")
    joined = EmbeddedServers.start(servers.data_dir, progress=quiet)
    assert load_runtime(servers.data_dir) == before
    assert works(joined.addresses)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can make a stranger's folder")
def test_a_strangers_folder_is_refused(tmp_path: Path):
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(EmbeddedError, match="another account") as refused:
        EmbeddedServers.start(tmp_path, progress=quiet)
    assert refused.value.kind == "foreign_folder"
    assert isinstance(refused.value, StoreUnavailable)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_refused(tmp_path: Path):
    (tmp_path / "data").write_text("not a folder", encoding="utf-8")
    with pytest.raises(EmbeddedError, match="is a file"):
        EmbeddedServers.start(tmp_path / "data", progress=quiet)


def test_data_of_a_newer_postgres_are_left_alone(tmp_path: Path):
    home = tmp_path / "newer home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("19\n", encoding="ascii")
    save_secrets(tmp_path, replace(new_secrets(), postgres_home=str(home)))
    with pytest.raises(EmbeddedError, match="PostgreSQL 19") as refused:
        EmbeddedServers.start(tmp_path, progress=quiet)
    assert refused.value.kind == "newer_data"
    assert (home / "data" / "PG_VERSION").read_text(encoding="ascii") == "19\n"
    assert load_runtime(tmp_path).servers == {}


def test_damaged_secrets_are_refused_not_replaced(tmp_path: Path):
    (tmp_path / "secrets.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EmbeddedError, match="damaged"):
        EmbeddedServers.start(tmp_path, progress=quiet)
    assert (tmp_path / "secrets.json").read_text(encoding="utf-8") == "{}"
    with pytest.raises(ValueError, match="fields"):
        load_secrets(tmp_path)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("FATAL: could not write to file: No space left on device", "disk_full"),
        ('could not bind IPv4 address "127.0.0.1": Address already in use', "port_taken"),
        ("something else", "failed"),
    ],
)
def test_last_words_become_a_sentence(words: str, kind: str):
    error = from_log("postgres", Path("/data"), words)
    assert error.kind == kind
    assert str(error).endswith(".")
