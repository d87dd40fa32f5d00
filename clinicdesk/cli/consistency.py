"""``clinicdesk consistency``: do health records and their index agree? For a nightly job, and by hand."""

import argparse
import sys
from datetime import UTC, datetime

from clinicdesk.cli.job_access import NoAccess, Stores, add_arguments, stores
from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import DomainError
from clinicdesk.services.consistency import ConsistencyCheck


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "consistency",
        help="compare the health records with their index",
        description="Every visit's document against its number and digest in PostgreSQL. Documents without a "
        "reference that are older than an hour are removed, what is missing or altered is named by its id. "
        "Exit status 0 when all agree. Run it every night, with --service.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when every clinic's records are sound, 1 otherwise."""
    try:
        with stores(args, "check") as found:
            results = check_all(found)
    except (DomainError, NoAccess) as error:
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


def check_all(found: Stores) -> dict[str, Consistency]:
    """The result of each clinic by name. Raises StoreUnavailable, NoAccess."""
    with found.open_work() as work:
        clinics = work.all("SELECT id, name FROM clinics ORDER BY name")
    results: dict[str, Consistency] = {}
    for row in clinics:
        with found.documents(row["id"]) as documents:
            check = ConsistencyCheck(found.open_work, documents, lambda: datetime.now(UTC))
            results[row["name"]] = check.run(row["id"])
    return results
