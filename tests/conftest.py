"""Real servers for every test: started once, one freshly cloned clinic a test."""

import gc
import os
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="clinicdesk-tests-")

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from clinicdesk.bootstrap import Core, Session
from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.run import upgrade
from clinicdesk.settings import Deployment
from tests.lockout import forget_failures
from tests.servers import addresses  # noqa: F401  the fixture
from tests.small_clinic import PASSWORD, STAFF, SmallClinic, build

pytest_plugins = ["tests.chart_stores", "tests.ui.chart_seat"]

_numbers = count(1)
_uncollected = count(1)
TEMPLATE = f"cd_test_{os.getpid()}"


def with_database(uri: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(uri)._replace(path=f"/{name}"))


@dataclass
class TestClinic:
    """A clinic of one test: its own database, with the stores that all tests share."""

    __test__ = False
    addresses: Addresses
    small: SmallClinic
    sessions: list[Session] = field(default_factory=list)

    @property
    def deployment(self) -> Deployment:
        return Deployment.of_embedded(self.addresses)

    def core(self, seat: str = "pc-1") -> Core:
        return Core(self.deployment, seat=seat)

    def sign_in(self, who: str, seat: str = "pc-1") -> Session:
        """``who`` is a key of STAFF. Closed with the test."""
        session = self.core(seat).sign_in(STAFF[who][0], PASSWORD)
        self.sessions.append(session)
        return session

    def owner(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection of the server's owner, autocommit; close it."""
        return psycopg.connect(self.addresses.postgres, autocommit=True)


@pytest.fixture(scope="session")
def template(addresses: Addresses) -> Iterator[tuple[Addresses, SmallClinic]]:  # noqa: F811
    """A migrated, filled database that tests clone."""
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {TEMPLATE}")
    uri = with_database(addresses.postgres, TEMPLATE)
    upgrade(postgres=uri, mongo=addresses.mongo, redis=addresses.redis, progress=lambda _: None)
    with psycopg.connect(uri, autocommit=True) as owner:
        small = build(owner)
    yield Addresses(postgres=uri, mongo=addresses.mongo, redis=addresses.redis), small
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")


@pytest.fixture
def clinic(addresses: Addresses, template: tuple[Addresses, SmallClinic]) -> Iterator[TestClinic]:  # noqa: F811
    """A fresh copy of the small clinic."""
    name = f"{TEMPLATE}_{next(_numbers)}"
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        # what belongs to a database itself is not copied with a template
        server.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        server.execute(f"GRANT CONNECT ON DATABASE {name} TO cd_staff")
    with psycopg.connect(with_database(addresses.postgres, name), autocommit=True) as owner:
        # a clinic of its own for the seal that each PC remembers
        owner.execute("UPDATE installation SET id = gen_random_uuid()")
    found = template[0]
    made = TestClinic(
        Addresses(postgres=with_database(addresses.postgres, name), mongo=found.mongo, redis=found.redis),
        template[1],
    )
    forget_failures(made)  # the server's log is shared: another test's wrong passwords lock nobody out here
    yield made
    for session in made.sessions:
        session.close()
    with psycopg.connect(addresses.postgres, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def sign_in(clinic: TestClinic) -> Callable[..., Session]:
    """``sign_in("doctor")``; a second seat: ``sign_in("receptionist", seat="pc-2")``."""
    return clinic.sign_in


def pytest_collection_finish() -> None:
    """What stays for the whole run is not looked through again after each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _collect_on_this_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Cycle collection on a worker thread would destroy Qt objects there, so it happens here and nowhere else.

    Tests without widgets leave it to a later one: a collection takes a tenth of a second.
    """
    gc.disable()
    yield
    if "qtbot" in request.fixturenames or next(_uncollected) % 25 == 0:
        gc.collect()
