"""Why the private servers could not start, each with one clear sentence."""

import errno
import os
from pathlib import Path
from typing import Literal

from clinicdesk.domain.errors import StoreUnavailable

Kind = Literal[
    "disk_full",
    "foreign_folder",
    "no_permission",
    "missing_program",
    "newer_data",
    "port_taken",
    "busy",
    "failed",
]


class EmbeddedError(StoreUnavailable):
    """``args[0]`` is postgres, mongo, redis or servers; ``kind`` what happened; the text is a sentence."""

    def __init__(self, store: str, kind: Kind, meaning: str) -> None:
        super().__init__(store)
        self.kind: Kind = kind
        self.meaning = meaning

    def __str__(self) -> str:
        return self.meaning


_LOG_SIGNS: tuple[tuple[str, Kind, str], ...] = (
    (
        "No space left on device",
        "disk_full",
        "The disk is full: free some space on the drive of {home} and try again.",
    ),
    ("Address already in use", "port_taken", "Another program took the network port of {store}."),
    (
        "database files are incompatible",
        "newer_data",
        "The data in {home} belongs to another PostgreSQL version.",
    ),
    ("Can't handle RDB format version", "newer_data", "The cache in {home} was written by a newer server."),
    ('"postmaster.pid" already exists', "busy", "Another PostgreSQL is using {home}."),
    ("Permission denied", "no_permission", "This account may not read or write {home}."),
    ("is still in use", "busy", "The previous PostgreSQL on {home} has not finished stopping."),
)


def from_log(store: str, home: Path, text: str) -> EmbeddedError:
    """The error that a server's last words mean."""
    for sign, kind, meaning in _LOG_SIGNS:
        if sign in text:
            return EmbeddedError(store, kind, meaning.format(home=home, store=store))
    return EmbeddedError(store, "failed", f"The {store} server did not start; its log is in {home}.")


def from_os(store: str, home: Path, error: OSError) -> EmbeddedError:
    """The error that the operating system's refusal means."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return from_log(store, home, "No space left on device")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return from_log(store, home, "Permission denied")
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return EmbeddedError(store, "failed", f"The folder {home} cannot be used: {reason}.")
