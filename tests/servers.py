"""The servers that the tests run against: three given ones, or private ones started for the session.

CLINICDESK_TEST_POSTGRES, CLINICDESK_TEST_MONGO and CLINICDESK_TEST_REDIS are URIs with owner credentials.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clinicdesk.embedded import Addresses, EmbeddedServers, remove_data

VARIABLES = ("CLINICDESK_TEST_POSTGRES", "CLINICDESK_TEST_MONGO", "CLINICDESK_TEST_REDIS")


def given() -> Addresses | None:
    """None where PostgreSQL is not given."""
    postgres, mongo, redis = (os.environ.get(name) or None for name in VARIABLES)
    return Addresses(postgres, mongo, redis) if postgres else None


def _quick_disk(elsewhere: pytest.TempPathFactory) -> Path:
    """A new folder in memory where the system offers one: a clone of the clinic copies some 600 files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30:
        made = Path(tempfile.mkdtemp(prefix="clinicdesk test servers ", dir=memory))
        made.chmod(0o711)  # the account that PostgreSQL gets under root walks through
        return made
    return elsewhere.mktemp("session servers")


def make_hasty(postgres: str) -> None:
    """Let the run's own server skip waiting for the disk: each test clones and drops a database.

    What a crash may lose is tested on servers of those tests' own, which keep the product's settings.
    """
    with psycopg.connect(postgres, autocommit=True) as owner:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            owner.execute(f"ALTER SYSTEM SET {setting} = off")
        owner.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    named = given()
    if named is not None:
        yield named
        return
    folder = _quick_disk(tmp_path_factory) / "data"
    with EmbeddedServers.start(folder, progress=print) as servers:
        make_hasty(servers.addresses.postgres)
        yield servers.addresses
    remove_data(folder)
    folder.parent.rmdir()
