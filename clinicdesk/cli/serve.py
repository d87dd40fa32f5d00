"""``clinicdesk serve``: the private servers of one data folder, in the foreground until told to stop."""

import argparse
import json
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from clinicdesk.domain.errors import DomainError
from clinicdesk.embedded import EmbeddedServers
from clinicdesk.settings import default_data_dir

# A closed terminal (SIGHUP) is as good a reason as Ctrl+C; Windows has no such signal.
_ENDINGS = [signal.SIGINT, signal.SIGTERM] + ([] if sys.platform == "win32" else [signal.SIGHUP])


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "serve",
        help="run the embedded servers in the foreground",
        description="Starts PostgreSQL, the document server and the cache of one data folder, brings their "
        "schema up to date and runs until Ctrl+C or SIGTERM. A second start on the folder joins the first.",
    )
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="folder of the clinic (default: your own)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one line with the servers' owner URIs when ready"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 after a clean stop, 1 with a sentence when the servers could not start."""
    told = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        told.set()

    # Set before the start, so that a stop in the middle of it still ends in a clean stop.
    before = {number: signal.signal(number, tell) for number in _ENDINGS}
    try:
        return _serve(args.data_dir or default_data_dir(), as_json=args.json, told=told)
    except DomainError as error:
        print(f"clinicdesk serve: {error}", file=sys.stderr)
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serve(data_dir: Path, *, as_json: bool, told: threading.Event) -> int:
    from clinicdesk.migrations.run import HEAD, revision, upgrade

    with EmbeddedServers.start(data_dir, progress=_progress) as servers:
        found = servers.addresses
        # The owner upgrades; who joins does not renew the passwords that others are using.
        if not told.is_set() and not (servers.attached and revision(found.postgres) == HEAD):
            upgrade(postgres=found.postgres, mongo=found.mongo, redis=found.redis, progress=_progress)
        if as_json:
            print(json.dumps(asdict(found)), flush=True)
        elif servers.attached:
            print(
                f"Joined the servers of {data_dir}, which another process owns. Ctrl+C leaves them running."
            )
        else:
            print(f"Serving {data_dir}. Ctrl+C stops the servers.", flush=True)
        while not told.wait(1.0):  # a time limit keeps Ctrl+C working on Windows
            continue
    return 0


def _progress(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
