"""Creates or upgrades a clinic's stores, under a lock, as often as one likes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from clinicdesk.domain.errors import StoreUnavailable, WrongSchema
from clinicdesk.migrations.rights import job_statements, read_job_rights, read_rights, statements
from clinicdesk.migrations.script import SQL
from clinicdesk.repositories.documents_mode import PER_CLINIC, Owner, by_clinic, choose, databases, mode_of
from clinicdesk.repositories.provision import (
    CLINICIAN,
    ServiceCredential,
    provision_cache,
    provision_documents,
)
from clinicdesk.repositories.revision import dsn, revision

__all__ = ["HEAD", "revision", "upgrade"]

LOCK = 20260901
Kept = Mapping[tuple[str, str, UUID | None], str]


def config() -> Config:
    """Alembic configured in code, so that an installer needs no ini file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


HEAD: str = ScriptDirectory.from_config(config()).get_current_head() or ""


@contextmanager
def _owner(uri: str) -> Iterator[Connection]:
    engine = create_engine(
        dsn(uri).replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "application_name": "clinicdesk-migrate"},
    )
    try:
        with engine.connect() as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise StoreUnavailable("postgres") from error
    finally:
        engine.dispose()


def upgrade(
    *,
    postgres: str,
    mongo: str | None,
    redis: str | None,
    progress: Callable[[str], None],
    renew_keys: bool = False,
    documents: str | None = None,
) -> None:
    """Bring all three stores to this release.

    Owner URIs; ``documents``: 'shared', 'per_clinic', None as it is. Idempotent: seats at work go on, unless
    ``renew_keys`` gives out new keys to the document server and the cache: everybody signs in again.
    Raises WrongSchema('newer') for a database of a later release, ModeFixed, StoreUnavailable.
    """
    with _owner(postgres) as connection:
        run = _runner(connection)
        run("SET lock_timeout = '30s'")
        run("SET statement_timeout = 0")
        run(f"SELECT pg_advisory_lock({LOCK})")
        try:
            _refuse_newer(connection)
            progress("Preparing the database")
            run((SQL / "install.sql").read_text(encoding="utf-8"))
            progress("Upgrading the schema")
            _migrate(connection)
            progress("Setting the rights of each role")
            _grant(connection)
            progress("Preparing health records and cache")
            if documents is not None:
                choose(_driver(connection), documents)
            _provision(connection, mongo, redis, renew_keys=renew_keys)
        finally:
            run(f"SELECT pg_advisory_unlock({LOCK})")


def _runner(connection: Connection) -> Callable[[str], Any]:
    driver = connection.connection.driver_connection
    assert driver is not None
    return lambda sql: driver.execute(sql)


def _refuse_newer(connection: Connection) -> None:
    run = _runner(connection)
    if run("SELECT to_regclass('public.alembic_version')").fetchone()[0] is None:
        return
    row = run("SELECT version_num FROM public.alembic_version").fetchone()
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if row and row[0] not in known:
        raise WrongSchema("newer")


def _migrate(connection: Connection) -> None:
    made = config()
    run = _runner(connection)
    run("SET ROLE cd_owner")
    run("SET search_path = public, cd")
    made.attributes["connection"] = connection.execution_options(isolation_level="READ COMMITTED")
    try:
        command.upgrade(made, "head")
    finally:
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        run("RESET ROLE")
        run("RESET search_path")


def _grant(connection: Connection) -> None:
    run = _runner(connection)
    run("BEGIN")
    try:
        for statement in (*statements(read_rights()), *job_statements(read_job_rights())):
            run(statement)
        run("COMMIT")
    except BaseException:
        run("ROLLBACK")
        raise


def _provision(connection: Connection, mongo: str | None, redis: str | None, *, renew_keys: bool) -> None:
    driver = _driver(connection)
    row = driver.execute("SELECT cache_prefix FROM public.installation").fetchone()
    assert row is not None
    known = driver.execute("SELECT service, grp, clinic_id, secret FROM public.service_credentials")
    kept: Kept = {} if renew_keys else {(one[0], one[1], one[2]): one[3] for one in known.fetchall()}
    made: list[tuple[str, str, UUID | None, ServiceCredential]] = []
    if mongo is not None:
        for clinic, key in _clinicians(driver, mongo, kept):
            made += [("mongo", f"cd_{role}", clinic, key) for role in ("doctor", "nurse")]
        driver.execute(
            "DELETE FROM public.service_credentials WHERE service = 'mongo' AND (clinic_id IS NULL) = %s",
            (mode_of(driver) == PER_CLINIC,),
        )
    if redis is not None:
        before = {
            group.removeprefix("cd_"): secret
            for (service, group, _), secret in kept.items()
            if service == "redis"
        }
        keys = provision_cache(redis, prefix=row[0], kept=before)
        made += [("redis", f"cd_{role}", None, key) for role, key in keys.items()]
    for service, group, clinic, key in made:
        driver.execute(
            "INSERT INTO public.service_credentials (service, grp, clinic_id, username, secret) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (service, grp, clinic_id) "
            "DO UPDATE SET username = excluded.username, secret = excluded.secret",
            (service, group, clinic, key.username, key.secret),
        )


def _clinicians(driver: Owner, mongo: str, kept: Kept) -> Iterator[tuple[UUID | None, ServiceCredential]]:
    """One account for all clinicians, or one for those of each clinic; None stands for all."""
    if mode_of(driver) == PER_CLINIC:
        for clinic, database in by_clinic(driver).items():
            name = f"{CLINICIAN}_{clinic.hex[:16]}"
            secret = kept.get(("mongo", "cd_doctor", clinic))
            yield clinic, provision_documents(mongo, database=database, username=name, kept=secret)
    else:
        secret = kept.get(("mongo", "cd_doctor", None))
        yield None, provision_documents(mongo, database=databases(driver)[0], kept=secret)


def _driver(connection: Connection) -> Owner:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver
