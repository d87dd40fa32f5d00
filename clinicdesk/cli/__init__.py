"""The commands that need no window."""

import argparse
from collections.abc import Sequence

from clinicdesk.cli import accounts, audit, check, migrate, serve
from clinicdesk.cli import seed as seed

COMMANDS = (serve, migrate, seed, check, accounts, audit)


def parser() -> argparse.ArgumentParser:
    """The command line of ``clinicdesk``; the window's own commands are added by ``ui``."""
    made = argparse.ArgumentParser(
        prog="clinicdesk",
        description="Runs a clinic: appointments, charts, prescriptions, pharmacy. Without a command it "
        "opens the window.",
    )
    commands = made.add_subparsers(dest="command", metavar="command")
    for command in COMMANDS:
        command.add_parser(commands)
    demo = commands.add_parser("demo", help="open the demo clinic (built at the first start)")
    demo.add_argument("--data-dir", help="folder of the demo clinic (default: your own)")
    demo.add_argument(
        "--role",
        choices=("doctor", "receptionist", "pharmacist", "nurse", "admin"),
        help="sign in as that person of the demo clinic",
    )
    demo.add_argument("--build-only", action="store_true", help="build the demo clinic and leave")
    return made


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    args = parser().parse_args(arguments)
    status: int = args.run(args)
    return status
