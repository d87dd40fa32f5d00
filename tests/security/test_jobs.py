"""The accounts of jobs with raw drivers: what resources/job_rights.csv says, and nothing else."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import keyring
import psycopg
import pytest
import redis
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError
from pymongo import MongoClient
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk import cli, settings
from clinicdesk.cli.job_access import NoAccess, keep_keys, load_keys
from clinicdesk.migrations.rights import JOBS, ROLES, read_job_rights
from clinicdesk.repositories.service_accounts import ServiceKeys, create_service
from tests.security.rights_table import COLUMN, signature, split
from tests.security.sealed_clinic import seal_charts
from tests.security.test_documents import goes_through
from tests.security.test_sealing import written

RIGHTS = read_job_rights()
DENIED = ("42501",)


@pytest.fixture
def jobs(clinic) -> dict[str, ServiceKeys]:
    """All three, on the servers that the tests share; the database is this test's own."""
    with clinic.owner() as owner:  # what belongs to a database itself is not copied with a template
        owner.execute(f"GRANT CONNECT ON DATABASE {owner.info.dbname} TO cd_job_worker, cd_job_backup, cd_job_check")  # fmt: skip
    found = clinic.addresses
    return {
        job: create_service(
            job, machine="cellar", postgres=found.postgres, mongo=found.mongo, redis_uri=found.redis
        )
        for job in JOBS
    }


def connect(clinic, keys: ServiceKeys) -> "psycopg.Connection[Any]":
    key = keys.postgres
    return psycopg.connect(
        **clinic.deployment.postgres.parameters(), user=key.username, password=key.secret, autocommit=True
    )


def documents(clinic, keys: ServiceKeys) -> "MongoClient[dict[str, Any]]":
    key = keys.mongo
    assert key is not None
    host = urlsplit(clinic.addresses.mongo).netloc.rpartition("@")[2]
    return MongoClient(f"mongodb://{quote(key.username)}:{quote(key.secret)}@{host}/?authSource=admin&directConnection=true", timeoutMS=5000)  # fmt: skip


def state(connection, statement: str) -> str:
    try:
        connection.execute(statement, prepare=False)
    except psycopg.Error as error:
        return error.sqlstate or "?"
    return ""


def readable(job: str, columns: dict[str, list[str]]) -> set[tuple[str, str]]:
    """(table, column) that the table of rights lets a job read."""
    found: set[tuple[str, str]] = set()
    for right in RIGHTS:
        for grant in right.grants if job in right.roles else ():
            what, _, tables = grant.rpartition(" ON ")
            if grant.startswith("SELECT ON ALL TABLES IN SCHEMA public"):
                found |= {(table, column) for table, names in columns.items() for column in names}
            elif grant.startswith("SELECT") and "ALL" not in grant:
                only = split(what.partition("(")[2].rstrip(")"))
                found |= {(table, name) for table in split(tables) for name in only or columns[table]}
    return found


def callable_by(job: str) -> set[str]:
    prefix = "EXECUTE ON FUNCTION "
    return {
        signature(name)
        for right in RIGHTS
        if job in right.roles
        for grant in right.grants
        if grant.startswith(prefix)
        for name in split(grant.removeprefix(prefix))
    }


@pytest.mark.parametrize("job", JOBS)
def test_a_job_reads_its_columns_and_writes_nothing(clinic, jobs, job):
    with clinic.owner() as owner:
        rows = owner.execute("SELECT table_name::text, column_name::text FROM information_schema.columns c JOIN pg_class r ON r.oid = format('public.%I', table_name)::regclass WHERE table_schema = 'public' AND relkind = 'r'").fetchall()  # fmt: skip
    columns: dict[str, list[str]] = {}
    for table, column in rows:
        columns.setdefault(table, []).append(column)
    expected, wrong = readable(job, columns), list[tuple[str, ...]]()
    with connect(clinic, jobs[job]) as session:
        for table, names in columns.items():
            for name in names:
                said = state(session, f'SELECT "{name}" FROM {table} WHERE false')
                if (said == "") != ((table, name) in expected):
                    wrong.append((table, name, said))
            for statement in (f"INSERT INTO {table} DEFAULT VALUES", f"UPDATE {table} SET {names[0]} = {names[0]} WHERE false", f"DELETE FROM {table} WHERE false", f"TRUNCATE {table}"):  # fmt: skip
                # 428C9: the grammar refuses an identity column to everybody
                if (said := state(session, statement)) not in ("42501", "428C9"):
                    wrong.append((statement, said))
    assert wrong == []
    assert COLUMN[0] == "SELECT"


@pytest.mark.parametrize("job", JOBS)
def test_a_job_calls_its_functions_and_climbs_nowhere(clinic, jobs, job):
    with clinic.owner() as owner:
        every = owner.execute("SELECT oid::regprocedure::text, proargtypes::regtype[]::text[] FROM pg_proc WHERE pronamespace = 'cd'::regnamespace AND prorettype <> 'trigger'::regtype AND NOT (proisstrict AND provolatile = 'i')").fetchall()  # fmt: skip
        about = owner.execute("SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit FROM pg_roles WHERE rolname = %s", (f"cd_job_{job}",)).fetchone()  # fmt: skip
    assert about == (False, False, False, False, job == "backup", 4)
    wrong = []
    with connect(clinic, jobs[job]) as session:
        for name, kinds in every:
            arguments = ", ".join(f"NULL::{kind}" for kind in kinds)
            try:
                session.execute(f"SELECT * FROM {name.split('(')[0]}({arguments})", prepare=False)
                door = False
            except psycopg.Error as error:
                door = error.sqlstate == "42501" and "permission denied for function" in str(error)
            if door == (name in callable_by(job)):
                wrong.append(name)
        for statement in ("SET ROLE cd_owner", "SET ROLE cd_admin", "CREATE TABLE x()", "CREATE ROLE x", "ALTER ROLE cd_job_check SUPERUSER", "SELECT cd.fold('x')", "SELECT * FROM pg_authid", "GRANT cd_admin TO cd_job_check", "SELECT pg_read_file('/etc/passwd')", "COPY clinics TO PROGRAM 'cat'"):  # fmt: skip
            if state(session, statement) != "42501":
                wrong.append(statement)
    assert wrong == []


def test_the_backup_sees_every_row_and_the_check_every_line(clinic, jobs, charts):
    charts().begin(clinic.small.patients[0])
    with (
        clinic.owner() as owner,
        connect(clinic, jobs["backup"]) as backup,
        connect(clinic, jobs["check"]) as check,
    ):
        for table in ("users", "visits", "visit_versions", "patients", "audit_log", "chart_keys", "service_credentials"):  # fmt: skip
            wanted = owner.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert backup.execute(f"SELECT count(*) FROM {table}").fetchone() == wanted, table
        for table in ("visit_versions", "audit_log"):
            wanted = owner.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert check.execute(f"SELECT count(visit_id) FROM {table}" if table == "visit_versions" else f"SELECT count(*) FROM {table}").fetchone() == wanted  # fmt: skip
            assert wanted != (0,)


def test_the_document_server_gives_each_job_its_own(clinic, jobs, private):
    """SecantusDB ignores the collection in a privilege; what a job must not write it cannot write there either."""
    base = clinic.sign_in("doctor").documents_database
    with MongoClient(clinic.addresses.mongo, document_class=dict) as owner:
        strict = "secantus" not in str(owner.server_info()).lower()
        made = owner[base]["ehr"].insert_many([shape(), shape()]).inserted_ids
        attempts: dict[str, Callable[[Any], Any]] = {
            "find": lambda store: store["ehr"].find_one({"_id": made[0]})["_id"],
            "insert": lambda store: store["ehr"].insert_one(shape(f"attack {uuid4()}")),
            "update": lambda store: store["ehr"].update_one({"_id": made[0]}, {"$set": {"status": "draft"}}),
            "delete": lambda store: 1 / store["ehr"].delete_one({"_id": made[1]}).deleted_count,
            "drop": lambda store: store.drop_collection("attacked too"),
        }
        for name in ("attacked", "attacked too"):
            owner[base][name].insert_one({"_id": 1})
        allowed = {}
        for job in ("check", "backup", "worker"):
            with documents(clinic, jobs[job]) as client:
                allowed[job] = {
                    name for name, act in attempts.items() if goes_through(partial(act, client[base]))
                }
                admin, beside = client["admin"], partial(client[base]["attacked"].find_one)
                # a real mongod keeps the check to one collection; SecantusDB ignores that part of a privilege
                assert goes_through(beside) == (job != "check" or not strict)
                assert not goes_through(partial(client[private.name]["ehr"].find_one))
                assert not goes_through(partial(admin.command, "usersInfo", 1))
                assert not goes_through(partial(admin.command, "createUser", "z", pwd="z", roles=["root"]))
        for name in ("attacked", "attacked too"):
            owner[base].drop_collection(name)
        owner[base]["ehr"].delete_many({"_id": {"$in": made}})
        owner[base]["ehr"].delete_many({"visitId": {"$regex": "^attack"}})
    assert allowed["check"] == {"find", "delete"}
    assert allowed["backup"] == {"find"}
    assert allowed["worker"] >= {"find", "insert", "update"}


def shape(name: str = "") -> dict[str, Any]:
    return {"patientId": "p", "doctorId": "d", "clinicId": "c", "visitDate": datetime(2026, 3, 2, tzinfo=UTC), "visitId": name or f"attack {uuid4()}", "version": 1}  # fmt: skip


def test_the_cache_gives_jobs_next_to_nothing(clinic, jobs):
    prefix = clinic.sign_in("doctor").cache_prefix
    parts = urlsplit(clinic.addresses.redis)
    for job in JOBS:
        key = jobs[job].redis
        client = redis.Redis(host=parts.hostname, port=parts.port, username=key.username, password=key.secret, protocol=2, retry=Retry(NoBackoff(), 0))  # fmt: skip
        assert client.ping()
        for command in (("GET", f"{prefix}:sess:x"), ("SET", f"{prefix}:pres:x", "1"), ("KEYS", "*"), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("PUBLISH", f"{prefix}:ctl:x", "sign_out")):  # fmt: skip
            with pytest.raises(redis.ResponseError):
                client.execute_command(*command)
        if job == "worker":
            assert client.publish(f"{prefix}:rt:x", "news") == 0
        else:
            with pytest.raises(redis.ResponseError):
                client.publish(f"{prefix}:rt:x", "news")
        client.close()


@pytest.fixture
def config(clinic, tmp_path):
    path = tmp_path / "deployment.toml"
    settings.save(clinic.deployment, path)
    return str(path)


def run(*arguments: str) -> int:
    return cli.run(arguments)


def test_nightly_checks_and_the_conversion_run_under_their_own_accounts(clinic, jobs, charts, config, tmp_path, capsys):  # fmt: skip
    visit = written(charts(), clinic.small.patients[0])
    seal_charts(clinic)
    files = {job: str(tmp_path / f"{job}.json") for job in JOBS}
    for job, keys in jobs.items():
        keep_keys(keys, tmp_path / f"{job}.json")
        if os.name == "posix":
            assert stat.S_IMODE(os.stat(files[job]).st_mode) == 0o600
    owner = ("--postgres", clinic.addresses.postgres, "--mongo", clinic.addresses.mongo)
    assert run("sealing", "off", "--clinic", "Test Clinic", *owner) == 0
    assert run("sealing", "on", "--clinic", "No Clinic", *owner) == 1
    assert run("sealing", "on", "--clinic", "Test Clinic", *owner) == 1
    assert (
        run("sealing", "off", "--clinic", "Test Clinic", "--service", files["worker"], "--config", config)
        == 1
    )
    assert run("sealing", "status", "--service", files["worker"], "--config", config) == 1
    assert run("sealing", "run", "--service", files["worker"], "--config", config) == 0
    assert run("sealing", "status", "--service", files["worker"], "--config", config) == 0
    assert charts("nurse", seat="pc-2").open(visit.patient_id).visits[0].note == visit.note
    assert run("audit", "verify", "--service", files["check"], "--config", config) == 0
    said = capsys.readouterr().out
    assert "2 documents sealed, 0 left" in said
    assert "as it was written" in said
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM sealed_documents WHERE stored").fetchone() == (2,)
        assert owner.execute("SELECT machine FROM service_accounts WHERE job = 'worker'").fetchone() == ("cellar",)  # fmt: skip
    # the check looks at every clinic's documents; those of other tests share this server
    assert run("consistency", "--service", files["check"], "--config", config) in (0, 1)
    assert "2 references" in capsys.readouterr().out
    assert run("consistency", "--service", files["backup"], "--config", config) == 1
    assert "not the secret of the job 'check'" in capsys.readouterr().err


def test_a_renewed_account_shuts_out_the_machine_before(clinic, jobs):
    found = clinic.addresses
    fresh = create_service("check", machine="attic", postgres=found.postgres, mongo=None, redis_uri=None)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(clinic, jobs["check"])
    connect(clinic, fresh).close()


def test_a_secret_that_others_can_read_is_refused(clinic, jobs, tmp_path):
    path = tmp_path / "check.json"
    keep_keys(jobs["check"], path)
    assert load_keys("check", str(path)) == jobs["check"]
    if os.name == "posix":
        path.chmod(0o644)
        with pytest.raises(NoAccess, match="can be read by others"):
            load_keys("check", str(path))
    path.unlink()
    with pytest.raises(NoAccess, match="cannot be read"):
        load_keys("check", str(path))
    assert jobs["check"].postgres.secret not in repr(jobs["check"])


class Drawer(KeyringBackend):
    """A system key store for this process alone."""

    priority = 1.0
    kept: dict[tuple[str, str], str]

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        raise PasswordDeleteError


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    before, made = keyring.get_keyring(), Drawer()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_secrets_go_into_the_systems_key_store(clinic, jobs, drawer, config, capsys):
    found = clinic.addresses
    assert run("service", "create", "check", "--postgres", found.postgres, "--mongo", found.mongo, "--redis", found.redis, "--machine", "attic") == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "system's key store" in said
    [text] = drawer.kept.values()
    assert load_keys("check", "").postgres.secret in text
    assert load_keys("check", "").postgres.secret not in said
    assert run("audit", "verify", "--service", "--config", config) == 0
    with pytest.raises(NoAccess, match="keeps no secret"):
        load_keys("worker", "")


def test_without_a_key_store_a_file_must_be_named(clinic, capsys):
    class Nothing(Drawer):
        priority = 0.0

    before = keyring.get_keyring()
    keyring.set_keyring(Nothing())
    try:
        assert run("service", "create", "check", "--postgres", clinic.addresses.postgres) == 1
    finally:
        keyring.set_keyring(before)
    assert "name a file with --file" in capsys.readouterr().err
    assert set(JOBS).isdisjoint(ROLES)
