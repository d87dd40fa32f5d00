"""One cloned database a module: attempts are taken back, so that they do not disturb each other."""

import os
from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest

from clinicdesk.embedded.records import Addresses
from clinicdesk.settings import Deployment
from tests.conftest import TEMPLATE, with_database
from tests.security.two_clinics import Connection, TwoClinics, build_house
from tests.small_clinic import SmallClinic

_numbers = count(1)


@pytest.fixture(scope="module")
def two(addresses: Addresses, template: tuple[Addresses, SmallClinic]) -> Iterator[TwoClinics]:
    """The small clinic's database with a clinic in the north and one in the south beside it."""
    name = f"cd_attacked_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        server.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        server.execute(f"GRANT CONNECT ON DATABASE {name} TO cd_staff")
    uri = with_database(addresses.postgres, name)
    parameters = Deployment.of_embedded(
        Addresses(uri, addresses.mongo, addresses.redis)
    ).postgres.parameters()
    with psycopg.connect(uri, autocommit=True) as owner:
        north, south = build_house(owner, "north"), build_house(owner, "south")
        owner.execute("ANALYZE")
    yield TwoClinics(uri, parameters, north, south)
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def person(two: TwoClinics) -> Iterator[Callable[..., Connection]]:
    """``person("doctor")`` works in the north, ``person("doctor", "south")`` in the south; plain psycopg."""
    opened: list[Connection] = []

    def connect(role: str, house: str = "north") -> Connection:
        opened.append(two.connect(house, role))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
