"""How a job gets to the stores: embedded servers, the owners' URIs, or this machine's service account."""

import argparse
import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from clinicdesk import settings
from clinicdesk.embedded import running
from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.documents_mode import database_of
from clinicdesk.repositories.provision import ServiceCredential
from clinicdesk.repositories.revision import dsn
from clinicdesk.repositories.service_accounts import ServiceKeys
from clinicdesk.repositories.work import WorkFactory, connections_of

SERVICE = "clinicdesk"


class NoAccess(Exception):
    """A job cannot get to a store; the text says why in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a job works with. ``mongo`` is a URI with credentials, None where there are no documents."""

    open_work: WorkFactory
    mongo: str | None

    @contextmanager
    def documents(self, clinic_id: UUID) -> Iterator[DocumentStore]:
        """The documents of a clinic. Raises NoAccess."""
        if self.mongo is None:
            raise NoAccess("no document server was named")
        with self.open_work() as work:
            row = work.first("SELECT documents_database AS base, documents_mode AS mode FROM installation")
        assert row is not None
        store = DocumentStore(self.mongo, database_of(row["base"], row["mode"], clinic_id))
        try:
            yield store
        finally:
            store.close()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the stores are, and as whom."""
    parser.add_argument("--data-dir", type=Path, help="folder of the embedded servers (they must run)")
    parser.add_argument("--postgres", metavar="URI", help="the owner's URI")
    parser.add_argument("--mongo", metavar="URI", help="the owner's URI")
    parser.add_argument(
        "--service",
        nargs="?",
        const="",
        metavar="FILE",
        help="run under this machine's service account: its secret from the system's key store, or from FILE",
    )
    parser.add_argument("--config", type=Path, help="deployment file of the shared servers (with --service)")


@contextmanager
def stores(args: argparse.Namespace, job: str) -> Iterator[Stores]:
    """The stores a command was told to use. Raises NoAccess, SettingsError."""
    if args.service is not None:
        deployment, keys = settings.load(args.config), load_keys(job, args.service)
        key = keys.postgres
        connections = connections_of(
            deployment.postgres.parameters(),
            user=key.username,
            password=key.secret,
            seat=socket.gethostname(),
        )
        held, documents = keys.mongo, deployment.documents
        mongo = documents.uri(held.username, held.secret) if documents and held else None
    else:
        postgres, mongo = args.postgres, args.mongo
        if postgres is None:
            found = running(args.data_dir or default_data_dir())
            if found is None:
                raise NoAccess("no running PostgreSQL and document server to work on")
            postgres, mongo = found.postgres, found.mongo
        connections = Connections(partial(psycopg.connect, dsn(postgres)))
    try:
        yield Stores(open_work=WorkFactory(connections), mongo=mongo)
    finally:
        connections.retire()


def load_keys(job: str, file: str) -> ServiceKeys:
    """From a file of mode 0600, else from the system's key store. Raises NoAccess."""
    text = _from_file(Path(file)) if file else _from_key_store(job)
    try:
        found: dict[str, Any] = json.loads(text)
        keys = {name: _credential(found.get(name)) for name in ("postgres", "mongo", "redis")}
        postgres = keys["postgres"]
        if found["job"] != job or postgres is None:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise NoAccess(f"what is kept there is not the secret of the job '{job}'") from None
    return ServiceKeys(job=job, postgres=postgres, mongo=keys["mongo"], redis=keys["redis"])


def keep_keys(keys: ServiceKeys, file: Path | None) -> str:
    """Into the file (mode 0600), else into the system's key store; where they are now. Raises NoAccess."""
    text = json.dumps(
        {
            "job": keys.job,
            **{
                name: {"username": key.username, "secret": key.secret}
                for name, key in (("postgres", keys.postgres), ("mongo", keys.mongo), ("redis", keys.redis))
                if key is not None
            },
        }
    )
    if file is not None:
        _write(file, text)
        return str(file)
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(SERVICE, _entry(keys.job), text)
    except KeyringError:
        raise NoAccess("this machine has no key store: name a file with --file") from None
    return "the system's key store"


def has_key_store() -> bool:
    """Whether this machine keeps secrets by itself."""
    import keyring

    return float(keyring.get_keyring().priority) > 0


def _entry(job: str) -> str:
    return f"job {job}"


def _from_key_store(job: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    try:
        text = keyring.get_password(SERVICE, _entry(job))
    except KeyringError:
        text = None
    if text is None:
        raise NoAccess(f"this machine keeps no secret of the job '{job}': see 'clinicdesk service create'")
    return text


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise NoAccess(f"{path} can be read by others: make it 0600")
            return file.read()
    except OSError as error:
        raise NoAccess(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise NoAccess(f"{path} cannot be written: {error.strerror}") from None


def _credential(found: Any) -> ServiceCredential | None:
    return ServiceCredential(str(found["username"]), str(found["secret"])) if found else None
