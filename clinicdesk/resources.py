"""Where the program's data files are."""

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """A file or folder under ``resources``: checkout, installed wheel or frozen program.

    Raises FileNotFoundError, because a missing file means a broken installation.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    top = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    found = top.joinpath("resources", *parts)
    if not found.exists():
        raise FileNotFoundError(f"resources/{'/'.join(parts)} is missing; install the program again")
    return found
