"""``clinicdesk service create``: the account of a job, on the machine that is to run it."""

import argparse
import socket
import sys
from pathlib import Path

from clinicdesk.cli.job_access import NoAccess, has_key_store, keep_keys
from clinicdesk.domain.errors import DomainError
from clinicdesk.migrations.rights import JOBS


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "service", help="make the account of a job on this machine", description="Accounts of jobs."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="create")
    create = verbs.add_parser(
        "create",
        help="make or renew the account of a job",
        description="Makes the job's own account on each store and keeps its secrets on this machine: in the "
        "system's key store, or in a file that only this account of the machine reads. Making it again "
        "shuts out the machine that had it before.",
    )
    create.add_argument(
        "job", choices=JOBS, help="worker: background work; backup: copies; check: nightly checks"
    )
    create.add_argument("--postgres", required=True, metavar="URI", help="the owner's URI")
    create.add_argument("--mongo", metavar="URI", help="the owner's URI")
    create.add_argument("--redis", metavar="URI", help="the owner's URI")
    create.add_argument("--file", type=Path, help="keep the secrets in this file instead of the key store")
    create.add_argument("--machine", default=socket.gethostname(), help="its name in the records")
    create.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the job can sign in from this machine."""
    from clinicdesk.repositories.service_accounts import create_service

    try:
        if args.file is None and not has_key_store():
            raise NoAccess("this machine has no key store: name a file with --file")
        keys = create_service(
            args.job, machine=args.machine, postgres=args.postgres, mongo=args.mongo, redis_uri=args.redis
        )
        where = keep_keys(keys, args.file)
    except (DomainError, NoAccess) as error:
        print(f"clinicdesk service: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    print(f"The job '{args.job}' has its account; its secrets are in {where}.")
    return 0
