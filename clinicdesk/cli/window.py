"""``clinicdesk`` and ``clinicdesk demo``: the commands that open the window. ``ui`` runs them."""

import argparse

ROLES = ("doctor", "receptionist", "pharmacist", "nurse", "admin")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command."""
    demo = subparsers.add_parser("demo", help="open the demo clinic (built at the first start)")
    demo.add_argument("--data-dir", help="folder of the demo clinic (default: your own)")
    demo.add_argument("--role", choices=ROLES, help="sign in as that person of the demo clinic")
    demo.add_argument(
        "--progress",
        choices=("window", "terminal"),
        default="window",
        help="where to tell what is done until the clinic is open; 'terminal' opens the window after that",
    )
    demo.add_argument("--build-only", action="store_true", help="build the demo clinic and leave")
