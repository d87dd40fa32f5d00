"""The program's door: sends windowless commands to the core, opens the window for the rest."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

WINDOW = {"", "demo"}
_said = [""]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    from clinicdesk.cli import for_window, parser

    args = parser(window_only=for_window(given)).parse_args(given)
    if args.command is not None and args.command not in WINDOW:
        status: int = args.run(args)
        return status
    if getattr(args, "build_only", False):
        return _build_demo(args.data_dir)
    if sys.platform == "linux" and not _has_display():
        print(
            "ClinicDesk needs a display. Without one: QT_QPA_PLATFORM=offscreen clinicdesk "
            + " ".join(given),
            file=sys.stderr,
        )
        return 1
    if refusal := _unfit_qt():
        print(refusal, file=sys.stderr)
        return 1
    from ui.app import run

    data_dir = getattr(args, "data_dir", None)
    return run(
        demo=args.command == "demo",
        role=getattr(args, "role", None),
        data_dir=Path(data_dir) if data_dir else None,
        say=_say if getattr(args, "progress", "window") == "terminal" else None,
    )


def _has_display() -> bool:
    return bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM")
    )


def _unfit_qt() -> str:
    """PySide6 6.12 loses references on CPython below 3.12 and aborts: say so before it is imported."""
    from importlib.metadata import version

    major, minor = (int(part) for part in version("PySide6-Essentials").split(".")[:2])
    if sys.version_info < (3, 12) and (major, minor) >= (6, 12):
        return "PySide6 6.12 needs Python 3.12 or newer: run 'make setup' again, or install PySide6 6.11."
    return ""


def _build_demo(data_dir: str | None) -> int:
    from clinicdesk.demo.opening import default_demo_dir, open_demo
    from clinicdesk.domain.errors import DomainError

    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # leaves through open_demo, which stops the servers
    try:
        open_demo(Path(data_dir) if data_dir else default_demo_dir(), progress=_say).close()
    except DomainError as error:
        print(f"clinicdesk demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _say(sentence: str) -> None:
    if sentence != _said[-1]:
        _said.append(sentence)
        print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
