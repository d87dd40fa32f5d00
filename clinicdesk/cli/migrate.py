"""``clinicdesk migrate``: creates or upgrades a clinic on shared servers."""

import argparse
import sys

from clinicdesk.domain.errors import DomainError, WrongSchema


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "migrate",
        help="create or upgrade a clinic on shared servers",
        description="Brings PostgreSQL, MongoDB and Redis to this release, under a lock; may be repeated. "
        "The URIs are those of the servers' owners, who alone may change the schema.",
    )
    parser.add_argument("--postgres", required=True, metavar="URI")
    parser.add_argument("--mongo", metavar="URI", help="without it charts stay off")
    parser.add_argument("--redis", metavar="URI", help="without it presence and sessions stay off")
    parser.add_argument(
        "--renew-keys",
        action="store_true",
        help="give out new keys to MongoDB and Redis (everybody signs in again); without it they stay",
    )
    parser.add_argument(
        "--documents",
        choices=("shared", "per-clinic"),
        help="at set-up: one database for all health records, or one with keys of its own for each clinic "
        "(after a clinic was added, run migrate again)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when all three are up to date."""
    from clinicdesk.migrations.run import HEAD, upgrade
    from clinicdesk.repositories.documents_mode import ModeFixed

    try:
        upgrade(
            postgres=args.postgres,
            mongo=args.mongo,
            redis=args.redis,
            progress=_progress,
            renew_keys=args.renew_keys,
            documents=args.documents.replace("-", "_") if args.documents else None,
        )
    except ModeFixed:
        print(
            "clinicdesk migrate: health records are stored already; where they are kept is chosen at set-up",
            file=sys.stderr,
        )
        return 1
    except WrongSchema:
        print("clinicdesk migrate: the database is of a newer release; update this program", file=sys.stderr)
        return 1
    except DomainError as error:
        print(f"clinicdesk migrate: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    print(f"At revision {HEAD}.")
    return 0


def _progress(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
