"""The command line."""

import argparse
from collections.abc import Sequence
from importlib import import_module

COMMANDS = (
    "serve",
    "migrate",
    "seed",
    "check",
    "consistency",
    "accounts",
    "audit",
    "service",
    "sealing",
    "keys",
    "verify",
)
WINDOW = ("demo",)


def parser(*, window_only: bool = False) -> argparse.ArgumentParser:
    """The parser of ``clinicdesk``. ``window_only``: only what opens a window, to start fast."""
    made = argparse.ArgumentParser(
        prog="clinicdesk",
        description="Runs a clinic: appointments, charts, prescriptions, pharmacy. Without a command it "
        "opens the window.",
    )
    commands = made.add_subparsers(dest="command", metavar="command")
    # each command imports what it needs; the window must not wait for that
    for name in ("window",) if window_only else (*COMMANDS, "window"):
        import_module(f"clinicdesk.cli.{name}").add_parser(commands)
    return made


def for_window(arguments: Sequence[str]) -> bool:
    """Whether these arguments can only mean a window."""
    return not arguments or (arguments[0] in WINDOW and not {"-h", "--help"} & set(arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit status."""
    args = parser().parse_args(arguments)
    status: int = args.run(args)
    return status
