"""PostgreSQL refuses to run as root: the account it gets then, and folders which that account can reach."""

import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from clinicdesk.embedded.errors import EmbeddedError

ROOT_HOME = Path("/var/lib/clinicdesk")
_NAME = "clinicdesk"
_CREATE = (
    [
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        str(ROOT_HOME),
        "--shell",
        "/usr/sbin/nologin",
        _NAME,
    ],
    ["adduser", "-S", "-D", "-H", "-h", str(ROOT_HOME), "-s", "/sbin/nologin", _NAME],
)


@dataclass(frozen=True, slots=True)
class Account:
    """A system user without a shell."""

    uid: int
    gid: int

    def reaches(self, folder: Path) -> bool:
        """True when this account can walk to ``folder`` with the permissions as they are."""
        for part in (folder, *folder.parents):
            try:
                found = part.stat()
            except OSError:
                continue
            if found.st_uid == self.uid:
                allowed = found.st_mode & 0o100
            elif found.st_gid == self.gid:
                allowed = found.st_mode & 0o010
            else:
                allowed = found.st_mode & 0o001
            if not allowed:
                return False
        return True


def is_root() -> bool:
    """False on Windows."""
    return sys.platform != "win32" and os.geteuid() == 0


def needed() -> Account | None:
    """None for an ordinary user. Raises EmbeddedError when root has no account to hand over to."""
    if not is_root():
        return None
    import pwd

    for command in ([], *_CREATE):
        if command and shutil.which(command[0]):
            subprocess.run(command, capture_output=True, check=False)
        try:
            found = pwd.getpwnam(_NAME)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "postgres",
        "no_permission",
        "PostgreSQL does not run as root and no account could be made for it: use an ordinary account.",
    )


def private_home() -> Path:
    """A new folder name for the data of a data folder that the account cannot reach."""
    return ROOT_HOME / "data" / secrets.token_hex(8)


def make_reachable(folder: Path, account: Account) -> None:
    """Makes ``folder``, owned by ``account``; folders made on the way can be walked through, not listed."""
    missing = [part for part in folder.parents if not part.exists()]
    for part in reversed(missing):
        part.mkdir(mode=0o711)
        part.chmod(0o711)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, account.uid, account.gid)
