"""The clinic that is measured: seeded once for each size, copied for each run, so that runs are alike."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from platformdirs import user_cache_path
from psycopg.conninfo import make_conninfo

from clinicdesk.bootstrap import Core, Session
from clinicdesk.demo.build import build_demo
from clinicdesk.demo.people import DEMO_PASSWORD, DEMO_STAFF
from clinicdesk.demo.seed import STAFF, Size, seed
from clinicdesk.embedded import Addresses, EmbeddedServers, remove_data
from clinicdesk.migrations.run import upgrade
from clinicdesk.migrations.script import SQL
from clinicdesk.repositories.accounts import login_name
from clinicdesk.resources import resource
from clinicdesk.schema import REVISION
from clinicdesk.settings import Deployment

# patients and appointments; demo is the demo clinic itself
SIZES = {
    "demo": None,
    "small": (10_000, 50_000),
    "medium": (100_000, 500_000),
    "large": (1_000_000, 5_000_000),
}
RUN = "clinicdesk_bench"
SEED = 1
_READY = "bench.ready"
# bare tables: the same columns, keys and constraints without our triggers, policies and audit
_BARE = (
    "appointments",
    "prescriptions",
    "prescription_items",
    "inventory_items",
    "stock_movements",
    "dispenses",
)
_EMPTY = ("prescriptions", "prescription_items", "dispenses", "stock_movements")


@dataclass(slots=True)
class Bench:
    """One run: a fresh copy of the seeded database, the owner's connection for floors, and who signed in."""

    addresses: Addresses
    size: str
    folder: Path
    owner: "psycopg.Connection[Any]"
    sessions: dict[str, Session]

    @property
    def deployment(self) -> Deployment:
        return Deployment.of_embedded(self.addresses)

    def account(self, role: str) -> tuple[str, str]:
        """E-mail and password."""
        demo = next(one.email for one in DEMO_STAFF if one.role == role)
        return demo if SIZES[self.size] is None else STAFF[role], DEMO_PASSWORD

    def session(self, role: str) -> Session:
        """Signed in once."""
        if role not in self.sessions:
            self.sessions[role] = Core(self.deployment, seat=f"bench-{role}").sign_in(*self.account(role))
        return self.sessions[role]

    def staff(self, role: str) -> "psycopg.Connection[Any]":
        """A bare connection of that person; close it."""
        return psycopg.connect(self.conninfo(role))

    def conninfo(self, role: str) -> str:
        """What a bare driver needs to be that person."""
        email, password = self.account(role)
        parameters = self.deployment.postgres.parameters()
        return make_conninfo("", **parameters, user=login_name(email), password=password)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows, as owner, in a transaction of its own."""
        with self.owner.transaction():
            return self.owner.execute(statement, values or None).fetchall()

    def one(self, statement: str, *values: object) -> Any:
        return self.ask(statement, *values)[0][0]

    def do(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """One committed transaction of bare SQL."""
        with self.owner.transaction():
            for statement, values in statements:
                self.owner.execute(statement, values)

    @property
    def clinic(self) -> UUID:
        return self.session("receptionist").actor.clinic.id

    def full_day(self) -> date:
        """The day of the last month or the next with the most appointments."""
        today = datetime.now(UTC).date()
        found: date = self.one(
            "SELECT appointment_date FROM appointments WHERE appointment_date BETWEEN %s AND %s "
            "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
            today - timedelta(days=31), today + timedelta(days=31),
        )  # fmt: skip
        return found


def _key() -> str:
    """Changes with whatever the stored clinic was made by."""
    made = hashlib.sha256(REVISION.encode())
    demo = Path(__file__).resolve().parents[2] / "clinicdesk" / "demo"
    for file in sorted([*SQL.glob("*.sql"), *demo.glob("*.py"), *resource("seed").glob("*.sql")]):
        made.update(file.read_bytes())
    return made.hexdigest()[:10]


def _folder(size: str) -> Path:
    """This version's folder; those of older versions are deleted."""
    cache = user_cache_path("clinicdesk-bench", appauthor=False)
    cache.mkdir(parents=True, exist_ok=True)
    wanted = cache / f"{size}-{_key()}"
    for other in cache.glob(f"{size}-*"):
        if other != wanted:
            remove_data(other)
    if wanted.exists() and not (wanted / _READY).exists():
        remove_data(wanted)  # cut short
    return wanted


@contextmanager
def opened(size: str) -> Iterator[Bench]:
    """Servers, data, a fresh copy and its bare tables; all ends with the block."""
    folder = _folder(size)
    with EmbeddedServers.start(folder, progress=_say) as servers:
        if not (folder / _READY).exists():
            _fill(servers.addresses, size)
            (folder / _READY).touch()
        addresses = _copied(servers.addresses)
        with psycopg.connect(addresses.postgres) as owner:
            owner.execute("SET jit = off")
            owner.execute("SET statement_timeout = 0")  # a large clinic takes longer than a person would wait
            owner.commit()
            started = time.monotonic()
            _make_bare(owner)
            owner.autocommit = True
            owner.execute("VACUUM ANALYZE")
            _say(f"Bare tables made in {time.monotonic() - started:.1f} s")
            bench = Bench(addresses, size, folder, owner, {})
            try:
                yield bench
            finally:
                for session in bench.sessions.values():
                    session.close()
        _drop(servers.addresses.postgres)


def _fill(addresses: Addresses, size: str) -> None:
    started = time.monotonic()
    upgrade(postgres=addresses.postgres, mongo=addresses.mongo, redis=addresses.redis, progress=_say)
    counts = SIZES[size]
    if counts is None:
        build_demo(postgres=addresses.postgres, mongo=addresses.mongo, progress=_say)
    else:
        wanted = Size(patients=counts[0], appointments=counts[1], seed=SEED)
        seed(postgres=addresses.postgres, mongo=addresses.mongo, size=wanted, progress=_say)
    with psycopg.connect(addresses.postgres, autocommit=True) as owner:
        owner.execute("SET statement_timeout = 0")
        owner.execute("VACUUM ANALYZE")
    _say(f"Filled in {time.monotonic() - started:.0f} s")


def _drop(postgres: str) -> None:
    with psycopg.connect(_beside(postgres, "postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {RUN} WITH (FORCE)")


def _copied(addresses: Addresses) -> Addresses:
    _drop(addresses.postgres)
    name = urlsplit(addresses.postgres).path.strip("/")
    with psycopg.connect(_beside(addresses.postgres, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {RUN} TEMPLATE {name} STRATEGY file_copy")
        server.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {RUN} FROM PUBLIC")
        server.execute(f"GRANT CONNECT ON DATABASE {RUN} TO cd_staff")
    with psycopg.connect(_beside(addresses.postgres, RUN), autocommit=True) as owner:
        # charts of any patient are opened here, also of those without an appointment near today
        owner.execute(
            "INSERT INTO clinic_settings(clinic_id, key, value) SELECT id, 'care_relation_required', 'false' "
            "FROM clinics ON CONFLICT DO NOTHING"
        )
    return Addresses(_beside(addresses.postgres, RUN), addresses.mongo, addresses.redis)


def _beside(uri: str, name: str) -> str:
    return urlunsplit(urlsplit(uri)._replace(path=f"/{name}"))


def _make_bare(owner: "psycopg.Connection[Any]") -> None:
    """``bare``: copies with keys and foreign keys; ``audited``: the appointments with our audit trigger only."""
    with owner.transaction():
        for schema, tables in (("bare", _BARE), ("audited", ("appointments",))):
            owner.execute(f"CREATE SCHEMA {schema}")
            for table in tables:
                _copy_table(owner, schema, table)
        owner.execute(
            "CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON audited.appointments "
            "FOR EACH ROW EXECUTE FUNCTION cd.audit()"
        )


def _copy_table(owner: "psycopg.Connection[Any]", schema: str, table: str) -> None:
    owner.execute(f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)")
    if table not in _EMPTY:
        columns = owner.execute(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            (f"public.{table}",),
        ).fetchone()
        assert columns is not None
        owner.execute(
            f"INSERT INTO {schema}.{table} ({columns[0]}) OVERRIDING SYSTEM VALUE SELECT {columns[0]} FROM public.{table}"
        )
    # a key to a table that has a bare copy would miss what the floor itself wrote
    for (definition,) in owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' "
        "AND confrelid <> ALL (%s::regclass[])",
        (f"public.{table}", [f"public.{one}" for one in _BARE]),
    ).fetchall():
        owner.execute(f"ALTER TABLE {schema}.{table} ADD {definition}")


def _say(sentence: str) -> None:
    print(f"  {sentence}", flush=True)


def disk(bench: Bench) -> str:
    """What the clinic's database takes, without the documents."""
    used = bench.one("SELECT pg_database_size(current_database())")
    return f"{used / 2**20:,.0f} MiB in PostgreSQL"
