"""The servers that the tests run against: three given ones, or private ones started for the session.

CLINICDESK_TEST_POSTGRES, CLINICDESK_TEST_MONGO and CLINICDESK_TEST_REDIS are URIs with owner credentials.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinicdesk.embedded import Addresses, EmbeddedServers, remove_data

VARIABLES = ("CLINICDESK_TEST_POSTGRES", "CLINICDESK_TEST_MONGO", "CLINICDESK_TEST_REDIS")


def given() -> Addresses | None:
    """None where PostgreSQL is not given."""
    postgres, mongo, redis = (os.environ.get(name) or None for name in VARIABLES)
    return Addresses(postgres, mongo, redis) if postgres else None


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    named = given()
    if named is not None:
        yield named
        return
    folder: Path = tmp_path_factory.mktemp("session servers") / "data"
    with EmbeddedServers.start(folder, progress=print) as servers:
        yield servers.addresses
    remove_data(folder)
