"""``clinicdesk audit verify``: was anything in the audit changed, taken out, put in or moved."""

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from clinicdesk import settings
from clinicdesk.cli.job_access import NoAccess, load_keys
from clinicdesk.domain.errors import DomainError
from clinicdesk.embedded import EmbeddedServers, running
from clinicdesk.repositories.audit_check import Checked, check_audit
from clinicdesk.repositories.witness import Seal, read_seal, witness_file


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser("audit", help="check the audit", description="The audit of a clinic.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verify")
    verify = verbs.add_parser(
        "verify",
        help="say whether the audit was tampered with, and name the first bad row",
        description="Checks every seal of the audit against its rows, and against the newest seal that this "
        "PC remembers. Exit status 0 when all is well, 1 when something was changed, 2 when it could not be "
        "checked.",
    )
    where = verify.add_mutually_exclusive_group(required=True)
    where.add_argument("--data-dir", type=Path, help="folder of the embedded servers")
    where.add_argument("--postgres", metavar="URI", help="the owner's URI of a shared server")
    where.add_argument(
        "--service",
        nargs="?",
        const="",
        metavar="FILE",
        help="run under this machine's service account: its secret from the system's key store, or from FILE",
    )
    verify.add_argument("--config", type=Path, help="deployment file of the shared servers (with --service)")
    verify.add_argument(
        "--since-seal",
        type=Path,
        metavar="FILE",
        help="a seal remembered elsewhere (the file that each desktop keeps)",
    )
    verify.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 all is well, 1 tampered with, 2 not checked."""
    try:
        with ExitStack() as stack:
            if args.service is not None:
                uri = _as_service(args)
            else:
                uri = args.postgres or _postgres_of(args.data_dir, stack)
            owner = stack.enter_context(psycopg.connect(uri, connect_timeout=5, autocommit=True))
            remembered = _remembered(owner, args.since_seal)
            began = time.perf_counter()
            checked = check_audit(owner, remembered)
    except (DomainError, NoAccess, psycopg.Error, OSError) as error:
        print(f"clinicdesk audit: {_words(error)}", file=sys.stderr)
        return 2
    return _report(checked, time.perf_counter() - began, remembered)


def _as_service(args: argparse.Namespace) -> str:
    key = load_keys("check", args.service).postgres
    parameters = settings.load(args.config).postgres.parameters()
    return make_conninfo("", **parameters, user=key.username, password=key.secret)


def _postgres_of(data_dir: Path, stack: ExitStack) -> str:
    found = running(data_dir)
    if found is None:
        if not (data_dir / "secrets.json").exists():
            raise FileNotFoundError(f"there is no clinic in {data_dir}")
        found = stack.enter_context(EmbeddedServers.start(data_dir, progress=lambda _: None)).addresses
    return found.postgres


def _remembered(owner: psycopg.Connection, named: Path | None) -> tuple[Seal, ...]:
    row = owner.execute("SELECT id FROM installation").fetchone()
    own = read_seal(witness_file(settings.default_data_dir(), str(row[0]))) if row else None
    seals = [own] if own else []
    if named is not None:
        given = read_seal(named)
        if given is None:
            raise FileNotFoundError(f"{named} holds no seal")
        seals.append(given)
    return tuple(seals)


def _report(checked: Checked, seconds: float, remembered: tuple[Seal, ...]) -> int:
    for fault in checked.faults:
        print(f"WRONG  {fault.what}")
    rate = checked.rows / seconds if seconds else 0
    print(
        f"{checked.rows:,} sealed rows in {checked.seals:,} seals checked in {seconds:.1f} s "
        f"({rate:,.0f} rows/s); {checked.waiting:,} newer rows are not sealed yet."
    )
    if remembered:
        print(f"Compared with seal {max(seal.no for seal in remembered)}, remembered outside the server.")
    else:
        print("No seal is remembered on this PC: a rewriting of everything would not be noticed.")
    print("The audit was tampered with." if checked.faults else "The audit is as it was written.")
    return 1 if checked.faults else 0


def _words(error: Exception) -> str:
    if isinstance(error, psycopg.Error):
        return "the database cannot be read (it needs the owner's URI and a database of this release)"
    return str(error) or type(error).__name__
