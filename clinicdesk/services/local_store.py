"""What a PC keeps for one person while the servers are away: encrypted, and only that person reads it.

Every file is AES-256-GCM under a key that the database gives to that person after sign-in and that is nowhere
on the disk: a new password changes nothing, a disabled account reads nothing. Names of files are HMACs, so a
folder tells how many drafts there are and nothing else.
"""

import hashlib
import hmac
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clinicdesk.domain.errors import DomainError

log = logging.getLogger(__name__)
OLDEST_SECONDS = 30 * 86_400
_NONCE, _SUFFIX = 12, ".draft"


class LocalStore:
    """Bytes by name for one person on this PC. Calls reach the disk: keep them off the GUI thread.

    ``owner`` is the person in the installation, ``key`` gives their 32 bytes or raises StoreUnavailable: the
    database hands them to that person alone. A disk that does not take a file raises OSError.
    """

    def __init__(self, folder: Path, *, owner: str, key: Callable[[], bytes]) -> None:
        self._folder = folder / "drafts" / hashlib.sha256(owner.encode()).hexdigest()[:32]
        self._owner, self._ask = owner, key
        self._lock = threading.RLock()
        self._key: bytes | None = None

    def __repr__(self) -> str:
        return "LocalStore()"

    def put(self, name: str, content: bytes) -> None:
        """Keep it; on the disk when this returns, the file before it is whole until then."""
        with self._lock:
            key = self._open()
            path = self._path(key, name)
            title = name.encode()
            plain = len(title).to_bytes(2, "big") + title + content
            _write(path, _encrypt(key, plain, self._bound(path)))

    def get(self, name: str) -> bytes | None:
        """None: there is none, or it cannot be read."""
        with self._lock:
            key = self._open()
            found = self._read(key, self._path(key, name))
        return found[1] if found else None

    def remove(self, name: str) -> None:
        """Forget it; nothing happens when there is none."""
        with self._lock:
            path = self._path(self._open(), name)
            if path.exists():
                path.unlink()
                _flush(path.parent)

    def names(self) -> list[str]:
        """What is kept; files that cannot be read are left out, and removed after 30 days."""
        with self._lock:
            key, found = self._open(), list[str]()
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                read = self._read(key, path)
                if read is not None:
                    found.append(read[0])
                else:
                    _remove_old(path)
        return found

    def forget(self) -> None:
        """Wipe the key: at the lock and the sign-out."""
        with self._lock:
            self._key = None

    def _open(self) -> bytes:
        if self._key is None:
            self._key = self._ask()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._key

    def _path(self, key: bytes, name: str) -> Path:
        digest = hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
        return self._folder / f"{digest[:32]}{_SUFFIX}"

    def _bound(self, path: Path) -> bytes:
        return f"{self._owner}|{path.name}".encode()

    def _read(self, key: bytes, path: Path) -> tuple[str, bytes] | None:
        from cryptography.exceptions import InvalidTag  # 6 MiB, and most seats keep no draft
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            stored = path.read_bytes()
            plain = AESGCM(key).decrypt(stored[:_NONCE], stored[_NONCE:], self._bound(path))
        except (FileNotFoundError, InvalidTag, ValueError):
            return None
        size = 2 + int.from_bytes(plain[:2], "big")
        return plain[2:size].decode(), plain[size:]


class LocalDrafts:
    """Drafts as JSON, in the order they were asked for: a late write never brings back what was removed."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._asked: dict[str, int] = {}
        self._writing = threading.Lock()

    def turn(self, name: str) -> int:
        """A number for a change that is about to be handed to a worker."""
        with self._lock:
            self._asked[name] = self._asked.get(name, 0) + 1
            return self._asked[name]

    def keep(self, name: str, turn: int, content: object) -> bool:
        """Write it, unless a later change was asked for; False: this PC does not take it."""
        with self._writing:
            if self._late(name, turn):
                return True
            try:
                self._store.put(name, json.dumps(content).encode())
            except (OSError, DomainError) as error:
                log.warning("a draft could not be kept on this PC: %s", type(error).__name__)
                return False
            return True

    def remove(self, name: str, turn: int) -> None:
        """Take it away, unless a later change was asked for."""
        with self._writing:
            if not self._late(name, turn):
                with suppress(OSError, DomainError):
                    self._store.remove(name)

    def all(self) -> list[object]:
        """Everything that can be read; none when the disk or the seat gives nothing."""
        found: list[object] = []
        with self._writing, suppress(OSError, DomainError):
            for name in self._store.names():
                content = self._store.get(name)
                with suppress(ValueError):
                    found += [json.loads(content)] if content else []
        return found

    def _late(self, name: str, turn: int) -> bool:
        with self._lock:
            return self._asked.get(name, 0) != turn


def _encrypt(key: bytes, content: bytes, bound: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, bound)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def _flush(folder: Path) -> None:
    """The entry in its folder, too; Windows keeps that by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_old(path: Path) -> None:
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > OLDEST_SECONDS:
            path.unlink()
