"""``clinicdesk seed``: synthetic patients and appointments at any size, for trying and measuring."""

import argparse
import sys
from pathlib import Path

from clinicdesk.domain.errors import DomainError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "seed",
        help="fill an empty clinic with synthetic data",
        description="Makes synthetic patients, appointments, payments, stock, prescriptions and charts in an "
        "empty, migrated database: the same for the same --seed on the same day. Never into a real clinic.",
    )
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="folder of embedded servers (made if absent)"
    )
    target.add_argument("--postgres", metavar="URI", help="owner's URI of a migrated database")
    parser.add_argument("--mongo", metavar="URI", help="owner's URI of the document server, for charts")
    parser.add_argument("--patients", type=int, default=10_000, metavar="N")
    parser.add_argument("--appointments", type=int, default=50_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="K")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when all of it is there; otherwise nothing is."""
    from clinicdesk.demo.people import DEMO_PASSWORD
    from clinicdesk.demo.seed import STAFF

    try:
        if args.data_dir is not None:
            _into_folder(args)
        else:
            _into(args, postgres=args.postgres, mongo=args.mongo)
    except DomainError as error:
        print(f"clinicdesk seed: {str(error) or type(error).__name__}", file=sys.stderr)
        return 1
    print(f"Ready. Sign in as {', '.join(STAFF.values())} with the password '{DEMO_PASSWORD}'.")
    return 0


def _into_folder(args: argparse.Namespace) -> None:
    from clinicdesk.opening import open_embedded

    opened = open_embedded(args.data_dir, progress=_progress)
    try:
        assert opened.servers is not None
        found = opened.servers.addresses
        _into(args, postgres=found.postgres, mongo=found.mongo)
    finally:
        opened.close()


def _into(args: argparse.Namespace, *, postgres: str, mongo: str | None) -> None:
    from clinicdesk.demo.seed import Size, seed

    size = Size(patients=args.patients, appointments=args.appointments, seed=args.seed)
    seed(postgres=postgres, mongo=mongo, size=size, progress=_progress)


def _progress(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
