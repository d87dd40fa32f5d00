"""``clinicdesk keys export``: what another pharmacy needs to check prescriptions with no network."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.verification import KeyRing
from clinicdesk.embedded import running
from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.revision import dsn
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.key_file import write_ring
from clinicdesk.services.verifying import read_key_ring


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "keys", help="export public keys", description="Keys of doctors and clinics."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="export")
    export = verbs.add_parser(
        "export",
        help="write the public keys to a file",
        description="Writes the doctors' public keys with their revocations, the clinics' certificates, and "
        "which prescriptions were supplied or cancelled, as of now. No patient and no secret is in it. Give "
        "it to those who run 'clinicdesk verify --keys FILE', and again when keys change.",
    )
    export.add_argument("file", type=Path)
    where = export.add_mutually_exclusive_group()
    where.add_argument("--data-dir", type=Path, help="folder of the embedded servers (they must run)")
    where.add_argument("--postgres", metavar="URI", help="the owner's URI of a shared server")
    export.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the file is written."""
    postgres = args.postgres
    if postgres is None:
        found = running(args.data_dir or default_data_dir())
        postgres = found.postgres if found else None
    if postgres is None:
        print("clinicdesk keys: no running PostgreSQL to read the keys from", file=sys.stderr)
        return 1
    try:
        ring = ring_of(postgres)
        write_ring(args.file, ring)
    except (DomainError, OSError) as error:
        print(f"clinicdesk keys: {error or type(error).__name__}", file=sys.stderr)
        return 1
    print(
        f"{args.file}: {len(ring.keys)} keys of doctors, {len(ring.authorities)} certificates of clinics, "
        f"{len(ring.states)} states as of {ring.as_of:%Y-%m-%d %H:%M %Z}"
    )
    return 0


def ring_of(postgres: str) -> KeyRing:
    """Of every clinic of a server; the owner's URI. Raises StoreUnavailable."""
    connections = Connections(partial(psycopg.connect, dsn(postgres)))
    try:
        with WorkFactory(connections)() as work:
            clinics = work.all("SELECT id, timezone FROM clinics ORDER BY created_at, id")
            zone = clinics[0]["timezone"] if clinics else "UTC"
            ids = [row["id"] for row in clinics]
            return read_key_ring(work, ids, timezone=zone, now=datetime.now(UTC).replace(microsecond=0))
    finally:
        connections.retire()
