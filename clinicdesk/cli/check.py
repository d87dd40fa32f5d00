"""``clinicdesk check``: is each store reachable, which version and schema, encrypted, on time, disk free."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg.conninfo import make_conninfo
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk import settings
from clinicdesk.domain.errors import DomainError
from clinicdesk.embedded import running

MOST_SKEW_SECONDS = 5.0
LEAST_FREE_BYTES = 1024**3
_SECONDS = 5
NO_ANSWER, TLS_REFUSED = "no answer", "certificate or TLS refused"

Verdict = Literal["ok", "wrong", "not checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    store: str
    subject: str
    verdict: Verdict
    text: str


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "check",
        help="say whether each store is reachable and in order",
        description="Looks at PostgreSQL, the document server and the cache: reachable, version, schema "
        "revision, encryption, clock, free disk. Exit status 0 when all is well, 1 when something is wrong. "
        "With a file the stores are looked at without a password, so some things cannot be checked.",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--data-dir", type=Path, default=None, help="folder of the embedded servers (they must run)"
    )
    where.add_argument(
        "--config", type=Path, default=None, help="deployment file of the clinic's shared servers"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 all is well, 1 something is wrong."""
    try:
        findings = list(_findings(args.data_dir, args.config))
    except DomainError as error:
        print(f"clinicdesk check: {error}", file=sys.stderr)
        return 1
    for found in findings:
        print(f"{found.verdict:<12} {found.store:<11} {found.subject:<10} {found.text}")
    return 1 if any(found.verdict == "wrong" for found in findings) else 0


def _findings(data_dir: Path | None, config: Path | None) -> Iterator[Finding]:
    if config is not None or (data_dir is None and settings.default_config().exists()):
        deployment = settings.load(config)
        yield from _anonymous_postgres(deployment.postgres)
        yield from _documents(deployment.documents.uri() if deployment.documents else None)
        yield from _anonymous_cache(deployment.cache)
        return
    data_dir = data_dir or settings.default_data_dir()
    yield from _disk(data_dir)
    found = running(data_dir)
    if found is None:
        yield Finding(
            "servers", "reachable", "wrong", f"nothing is running in {data_dir}: start 'clinicdesk serve'"
        )
        return
    yield from _postgres(found.postgres)
    yield from _documents(found.mongo)
    yield from _cache(found.redis)


def unreachable(deployment: settings.Deployment) -> dict[str, str]:
    """postgres, mongo, redis -> why it cannot be reached, in the report's words. Asked side by side."""
    documents = deployment.documents
    asked: dict[str, Callable[[], Iterator[Finding]]] = {
        "postgres": partial(_anonymous_postgres, deployment.postgres),
        "mongo": partial(_documents, documents.uri() if documents else None),
        "redis": partial(_anonymous_cache, deployment.cache),
    }

    def first(ask: Callable[[], Iterator[Finding]]) -> Finding:
        return next(found for found in ask() if found.subject == "reachable")

    with ThreadPoolExecutor(len(asked), "check") as pool:
        answers = zip(asked, pool.map(first, asked.values()), strict=True)
        return {store: found.text for store, found in answers if found.verdict == "wrong"}


def _reason(error: Exception) -> str:
    said = str(error)
    return TLS_REFUSED if "certificate" in said or "SSL" in said else NO_ANSWER


def _postgres(uri: str) -> Iterator[Finding]:
    from clinicdesk.migrations.run import HEAD, revision

    store = "PostgreSQL"
    try:
        with psycopg.connect(uri, connect_timeout=_SECONDS, autocommit=True) as connection:
            yield Finding(store, "reachable", "ok", "yes")
            server = connection.info.server_version
            good = 150000 <= server < 190000
            text = f"{server // 10000}.{server % 10000}" + ("" if good else " (15 to 18 are supported)")
            yield Finding(store, "version", "ok" if good else "wrong", text)
            used = bool(connection.pgconn.ssl_in_use)
            yield _encryption(store, encrypted=used, local=_is_local(uri))
            yield _skew(store, lambda: _first(connection.execute("SELECT clock_timestamp()").fetchone()))
    except psycopg.Error as error:
        yield Finding(store, "reachable", "wrong", _reason(error))
        return
    there = revision(uri)
    text = f"{there or 'none'}; this program has {HEAD}"
    yield Finding(store, "schema", "ok" if there == HEAD else "wrong", text)


def _first(row: tuple[Any, ...] | None) -> datetime:
    if row is None or not isinstance(row[0], datetime):
        raise ValueError("no time")
    return row[0]


def _anonymous_postgres(section: settings.PostgresSettings) -> Iterator[Finding]:
    """A refused login proves the way there, TLS included: the password is asked for after it."""
    store = "PostgreSQL"
    try:
        target = make_conninfo(
            "", user="clinicdesk_check", password="-", connect_timeout=_SECONDS, **section.parameters()
        )
        psycopg.connect(target).close()
        text = ""
    except psycopg.OperationalError as error:
        text = str(error)
    if "password authentication failed" not in text and text:
        yield Finding(store, "reachable", "wrong", _reason(Exception(text)))
        return
    yield Finding(store, "reachable", "ok", "yes, it asks for a password" if text else "yes")
    encrypted = section.sslmode != "disable"
    yield _encryption(store, encrypted=encrypted, local=settings.is_loopback(section.hosts))
    for subject in ("version", "schema", "clock"):
        yield Finding(store, subject, "not checked", "needs a login")


def _documents(uri: str | None) -> Iterator[Finding]:
    store = "documents"
    if uri is None:
        yield Finding(store, "reachable", "not checked", "no document server is configured: charts are off")
        return
    client: MongoClient[dict[str, Any]]
    try:
        with MongoClient(uri, serverSelectionTimeoutMS=_SECONDS * 1000, timeoutMS=_SECONDS * 1000) as client:
            yield _skew(store, lambda: client["admin"].command("hello")["localTime"].replace(tzinfo=UTC))
            yield Finding(store, "reachable", "ok", "yes")
            yield Finding(store, "version", "ok", str(client["admin"].command("buildInfo")["version"]))
    except PyMongoError as error:
        yield Finding(store, "reachable", "wrong", _reason(error))
        return
    yield _encryption(store, encrypted="tls=true" in uri, local=_is_local(uri))


def _cache(uri: str | None, *, anonymous: bool = False) -> Iterator[Finding]:
    store = "cache"
    if uri is None:
        yield Finding(
            store, "reachable", "not checked", "no cache is configured: everything works without it"
        )
        return
    retry = Retry(NoBackoff(), 0)
    client = redis.Redis.from_url(uri, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, retry=retry)
    try:
        client.ping()
        yield Finding(store, "reachable", "ok", "yes")
        if anonymous:
            yield Finding(store, "login", "wrong", "it lets people in without a password")
        else:
            about = client.info("server")
            version = about.get("valkey_version") or about.get("redis_version") or "unknown"
            yield Finding(store, "version", "ok", str(version))
            yield _skew(store, lambda: datetime.fromtimestamp(client.time()[0], UTC))
    except redis.AuthenticationError:
        yield Finding(store, "reachable", "ok", "yes, it asks for a password")
        for subject in ("version", "clock"):
            yield Finding(store, subject, "not checked", "needs a login")
    except redis.RedisError as error:
        yield Finding(store, "reachable", "wrong", _reason(error))
        return
    finally:
        client.close()
    yield _encryption(store, encrypted=uri.startswith("rediss:"), local=_is_local(uri))


def _anonymous_cache(section: settings.CacheSettings | None) -> Iterator[Finding]:
    if section is not None and section.sentinel:
        yield Finding(
            "cache", "reachable", "not checked", f"the sentinels of '{section.sentinel}' need a login"
        )
        return
    yield from _cache(section.uri() if section else None, anonymous=True)


def _disk(data_dir: Path) -> Iterator[Finding]:
    try:
        free = shutil.disk_usage(data_dir).free
    except OSError:
        yield Finding("disk", "free", "not checked", f"there is no folder {data_dir}")
        return
    verdict: Verdict = "ok" if free >= LEAST_FREE_BYTES else "wrong"
    yield Finding("disk", "free", verdict, f"{free / 1024**3:.1f} GiB on the drive of {data_dir}")


def _skew(store: str, ask: Callable[[], datetime]) -> Finding:
    """The server's clock against the middle of the question."""
    before = time.time()
    there = ask().timestamp()
    skew = there - (before + time.time()) / 2
    verdict: Verdict = "ok" if abs(skew) <= MOST_SKEW_SECONDS else "wrong"
    return Finding(store, "clock", verdict, f"{skew:+.1f} s against this PC")


def _encryption(store: str, *, encrypted: bool, local: bool) -> Finding:
    if encrypted:
        return Finding(store, "TLS", "ok", "yes")
    return Finding(
        store, "TLS", "ok" if local else "wrong", "no, on this PC only" if local else "no, on a network"
    )


def _is_local(uri: str) -> bool:
    return settings.is_loopback(urlsplit(uri).netloc.rpartition("@")[2])
