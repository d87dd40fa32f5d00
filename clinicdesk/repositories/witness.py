"""The newest seal of the audit as this PC remembers it.

Whoever owns the server could rewrite the audit and its seals together; a seal remembered elsewhere then
disagrees. One small file for each installation; a seal that no longer fits is never overwritten.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinicdesk.repositories.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Number, end of the chain up to there, and when it was made."""

    no: int
    hash: bytes
    at: datetime

    def text(self) -> str:
        """As the file carries it."""
        return json.dumps({"no": self.no, "hash": self.hash.hex(), "at": self.at.isoformat()})


def read_seal(path: Path) -> Seal | None:
    """None where there is no readable seal."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return Seal(
            no=int(found["no"]), hash=bytes.fromhex(found["hash"]), at=datetime.fromisoformat(found["at"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def witness_file(folder: Path, installation: str) -> Path:
    """Where the newest seal of an installation is kept."""
    return folder / "witness" / f"{installation}.json"


def keep_witness(work: Work, folder: Path) -> bool:
    """Remember the newest seal; False when the remembered one is not in the chain any more.

    Raises what the unit of work raises; a disk that cannot be written is no reason to stop working.
    """
    installation = str(work.value("SELECT id FROM installation"))
    path = witness_file(folder, installation)
    known = read_seal(path)
    if known is not None:
        found = work.value("SELECT hash FROM audit_seals WHERE no = :no", no=known.no)
        if found is None or bytes(found) != known.hash:
            return False
    row = work.first("SELECT no, hash, at FROM audit_seals ORDER BY no DESC LIMIT 1")
    if row is not None and (known is None or row["no"] > known.no):
        _write(path, Seal(no=row["no"], hash=bytes(row["hash"]), at=row["at"]).text())
    return True


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError:
        return
