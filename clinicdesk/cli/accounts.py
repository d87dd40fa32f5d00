"""``clinicdesk admin create``: the first administrator of a clinic on shared servers."""

import argparse
import getpass
import os
import sys

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.passwords import load_common, password_problems
from clinicdesk.resources import resource

_RULES = {
    "password_short": "the password needs at least {min} characters",
    "too_long": "the password may have at most {max} characters",
    "password_common": "the password is easy to guess; choose another",
    "password_personal": "the password must not contain the administrator's name or e-mail",
}


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
    if wrong := _problem(password, (args.name, args.email)):
        print(f"clinicdesk admin: {wrong}", file=sys.stderr)
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


def _problem(password: str, personal: tuple[str, ...]) -> str:
    """What the policy for own passwords has against it; '' nothing."""
    found = password_problems(
        password, personal=personal, common=load_common(resource("passwords", "common.txt"))
    )
    return _RULES[found[0].rule].format(**found[0].detail) if found else ""
