"""``clinicdesk admin create``: the first administrator of a clinic on shared servers."""

import argparse
import getpass
import os
import sys

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.passwords import SHORTEST


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "admin", help="create a clinic's first administrator", description="Accounts made by the owner."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="create")
    create = verbs.add_parser(
        "create",
        help="create a clinic and its first administrator",
        description="Creates a clinic and its first administrator. The password is asked for, or read from "
        "CLINICDESK_ADMIN_PASSWORD; only its verifier is sent to the server.",
    )
    create.add_argument("--postgres", required=True, metavar="URI", help="the owner's URI")
    create.add_argument("--clinic", required=True, help="the clinic's name")
    create.add_argument("--name", required=True, help="the administrator's first and last name")
    create.add_argument("--email", required=True)
    create.add_argument("--timezone", default="Africa/Lagos", help="the clinic's zone (default %(default)s)")
    create.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when the administrator can sign in."""
    from clinicdesk.repositories.founding import found_clinic

    password = os.environ.get("CLINICDESK_ADMIN_PASSWORD") or getpass.getpass("Password: ")
    if len(password) < SHORTEST:
        print(f"clinicdesk admin: the password needs at least {SHORTEST} characters", file=sys.stderr)
        return 1
    try:
        found_clinic(
            args.postgres,
            clinic=args.clinic,
            admin=args.name,
            email=args.email,
            password=password,
            timezone=args.timezone,
        )
    except DomainError as error:
        print(f"clinicdesk admin: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    print(f"{args.email} can sign in to {args.clinic}.")
    return 0
