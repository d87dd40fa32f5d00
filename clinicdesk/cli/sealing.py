"""``clinicdesk sealing``: carry out what administrators chose about sealed charts. For the worker."""

import argparse
import sys

from clinicdesk.cli.job_access import NoAccess, Stores, add_arguments, stores
from clinicdesk.domain.errors import DomainError
from clinicdesk.repositories.conversion import Conversion
from clinicdesk.services.sealing import SealingJob


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "sealing",
        help="seal or open the charts of clinics as their administrators chose",
        description="Brings the stored documents of each clinic into the form its administrator chose: "
        "sealed or not. It may be stopped at any moment and goes on with the next call; charts are readable "
        "meanwhile. Exit status 0 when nothing is left to do.",
    )
    parser.add_argument(
        "verb",
        choices=("run", "status", "on", "off"),
        help="run: convert what is left; status: how much that is; on, off: the owner chooses for a clinic",
    )
    parser.add_argument("--clinic", metavar="NAME", help="whose charts (with on and off)")
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 when every document stands as chosen."""
    try:
        with stores(args, "worker") as found:
            if args.verb in ("on", "off"):
                return _choose(found, args.clinic or "", sealed=args.verb == "on")
            return _status(found) if args.verb == "status" else _convert(found)
    except (DomainError, NoAccess) as error:
        print(f"clinicdesk sealing: {type(error).__name__} {error}", file=sys.stderr)
        return 1


def _choose(found: Stores, clinic: str, *, sealed: bool) -> int:
    with found.open_work() as work:
        rows = work.all("SELECT id FROM clinics WHERE name = :name", name=clinic)
        if len(rows) != 1:
            raise NoAccess(f"{len(rows)} clinics have the name '{clinic}': say which with --clinic")
        Conversion(work).choose(rows[0]["id"], sealed=sealed)
    print(f"{clinic}: new documents are {'sealed' if sealed else 'not sealed'} from now on.")
    return _status(found)


def _status(found: Stores) -> int:
    with found.open_work() as work:
        clinics = Conversion(work).clinics()
    for one in clinics:
        chosen = "sealed" if one["sealed"] else "not sealed"
        print(f"{one['name']}: {chosen}, {one['remaining']} documents to convert")
    return 0 if not any(one["remaining"] for one in clinics) else 1


def _convert(found: Stores) -> int:
    with found.open_work() as work:
        clinics = [one for one in Conversion(work).clinics() if one["remaining"]]
    left = 0
    for one in clinics:
        with found.documents(one["clinic_id"]) as documents:
            done = SealingJob(found.open_work, documents).run(one["clinic_id"])
        if done is not None:
            left += done.left
            verb = "sealed" if done.sealed else "opened"
            print(f"{one['name']}: {done.documents} documents {verb}, {done.left} left (missing or altered)")
    return 0 if left == 0 else 1
