"""The accounts of jobs on all three stores, made by the owner. Their rights: resources/job_rights.csv."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
from psycopg import sql
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.repositories.documents_mode import databases
from clinicdesk.repositories.ehr import COLLECTION
from clinicdesk.repositories.provision import ServiceCredential, set_cache_user
from clinicdesk.repositories.refusals import translated

JOBS = ("worker", "backup", "check")
# what the cache lets a job do beside saying hello; nothing clinical is there
_CACHE_RULES = {
    "worker": "(+publish &{prefix}:rt:*)",
    "backup": "",
    "check": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceKeys:
    """What one job holds; None for a store that the clinic does not have."""

    job: str
    postgres: ServiceCredential = field(repr=False)
    mongo: ServiceCredential | None = field(default=None, repr=False)
    redis: ServiceCredential | None = field(default=None, repr=False)


def create_service(
    job: str, *, machine: str, postgres: str, mongo: str | None, redis_uri: str | None
) -> ServiceKeys:
    """New secrets for a job, so that the machine named before is shut out. Owner URIs.

    Raises StoreUnavailable.
    """
    name = f"cd_job_{job}"
    made = ServiceCredential(name, secrets.token_urlsafe(32))
    with translated(), psycopg.connect(postgres, connect_timeout=5) as owner:
        verifier = owner.pgconn.encrypt_password(made.secret.encode(), name.encode(), b"scram-sha-256")
        owner.execute(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), verifier.decode())
        )
        owner.execute(
            "INSERT INTO service_accounts(job, machine) VALUES (%s, %s) "
            "ON CONFLICT (job) DO UPDATE SET machine = excluded.machine, made_at = now()",
            (job, machine),
        )
        named = databases(owner)
        row = owner.execute("SELECT cache_prefix FROM installation").fetchone()
        prefix = str(row[0]) if row else ""
    return ServiceKeys(
        job=job,
        postgres=made,
        mongo=_on_documents(mongo, job, named=named) if mongo else None,
        redis=_on_cache(redis_uri, job, prefix=prefix) if redis_uri else None,
    )


def _on_documents(owner_uri: str, job: str, *, named: Sequence[str]) -> ServiceCredential:
    made = ServiceCredential(f"cd_job_{job}", secrets.token_urlsafe(32))
    client: MongoClient[dict[str, Any]]
    try:
        with MongoClient(owner_uri, serverSelectionTimeoutMS=5000, timeoutMS=20000) as client:
            admin: Database[dict[str, Any]] = client["admin"]
            roles = [{"role": _role(admin, job, name), "db": _home(job, name)} for name in named]
            known = admin.command("usersInfo", made.username)["users"]
            verb = "updateUser" if known else "createUser"
            admin.command(verb, made.username, pwd=made.secret, roles=roles)
    except PyMongoError as error:
        raise StoreUnavailable("mongo") from error
    return made


def _home(job: str, database: str) -> str:
    return "admin" if job == "check" else database


def _role(admin: "Database[dict[str, Any]]", job: str, database: str) -> str:
    """The worker converts, the backup reads, the check reads and removes what nobody refers to."""
    if job != "check":
        return {"worker": "readWrite", "backup": "read"}[job]
    role = f"cd_check_{database}"
    privileges = [
        {"resource": {"db": database, "collection": COLLECTION}, "actions": ["find", "remove"]},
    ]
    known = admin.command("rolesInfo", role)["roles"]
    admin.command("updateRole" if known else "createRole", role, privileges=privileges, roles=[])
    return role


def _on_cache(owner_uri: str, job: str, *, prefix: str) -> ServiceCredential:
    made = ServiceCredential(f"cd_job_{job}", secrets.token_urlsafe(32))
    rules = f"reset on >{made.secret} +hello +auth +ping +client|setname +client|setinfo +reset +quit "
    client = redis.Redis.from_url(owner_uri, socket_timeout=5, socket_connect_timeout=5)
    try:
        set_cache_user(client, made.username, rules + _CACHE_RULES[job].format(prefix=prefix))
    except redis.RedisError as error:
        raise StoreUnavailable("redis") from error
    finally:
        client.close()
    return made
