"""``clinicdesk consistency``: do health records and their index agree? For a nightly job, and by hand."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import DomainError
from clinicdesk.embedded import running
from clinicdesk.folders import default_data_dir
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.revision import dsn
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.consistency import ConsistencyCheck


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "consistency",
        help="compare the health records with their index",
        description="Every visit's document against its number and digest in PostgreSQL. Documents without a "
        "reference that are older than an hour are removed, what is missing or altered is named by its id. "
        "Exit status 0 when all agree. Run it every night with the owners' URIs.",
    )
    parser.add_argument("--data-dir", type=Path, help="folder of the embedded servers (they must run)")
    parser.add_argument("--postgres", metavar="URI")
    parser.add_argument("--mongo", metavar="URI")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when every clinic's records are sound, 1 otherwise."""
    try:
        postgres, mongo = args.postgres, args.mongo
        if postgres is None:
            found = running(args.data_dir or default_data_dir())
            postgres, mongo = (found.postgres, found.mongo) if found else (None, None)
        if postgres is None or mongo is None:
            print(
                "clinicdesk consistency: no running PostgreSQL and document server to compare",
                file=sys.stderr,
            )
            return 1
        results = check_all(postgres, mongo)
    except DomainError as error:
        print(f"clinicdesk consistency: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    for clinic, result in results.items():
        print(
            f"{clinic}: {result.documents} documents, {result.references} references, "
            f"{len(result.orphans)} young orphans, {len(result.removed)} removed, "
            f"{len(result.missing)} missing, {len(result.altered)} altered"
        )
        for kind, ids in (("missing", result.missing), ("altered", result.altered)):
            for identity in ids:
                print(f"  {kind} {identity}")
    return 0 if all(result.sound for result in results.values()) else 1


def check_all(postgres: str, mongo: str) -> dict[str, Consistency]:
    """The result of each clinic by name. Owner URIs. Raises StoreUnavailable."""
    connections = Connections(lambda: psycopg.connect(dsn(postgres)))
    open_work = WorkFactory(connections)
    try:
        with open_work() as work:
            clinics = work.all("SELECT id, name FROM clinics ORDER BY name")
            database = work.value("SELECT documents_database FROM installation")
        documents = DocumentStore(mongo, database)
        try:
            check = ConsistencyCheck(open_work, documents, lambda: datetime.now(UTC))
            return {row["name"]: check.run(row["id"]) for row in clinics}
        finally:
            documents.close()
    finally:
        connections.retire()
