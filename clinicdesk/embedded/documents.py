"""The private document server: an installed mongod, else SecantusDB as a program of its own, else none."""

import importlib.util
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinicdesk.embedded.errors import EmbeddedError
from clinicdesk.embedded.processes import bring_up, stop, tail
from clinicdesk.embedded.records import OWNER, DocumentEngine, Running, StoreName, mongo_uri

if TYPE_CHECKING:
    from pymongo import MongoClient  # 11 MiB: not for a seat that only joins servers


def find_engine(chosen: DocumentEngine | None) -> DocumentEngine | None:
    """The engine to use; a folder stays with the one that wrote it. Raises EmbeddedError when it is gone."""
    present: dict[DocumentEngine, bool] = {
        "mongod": shutil.which("mongod") is not None,
        "secantus": _has_secantus(),
    }
    if chosen is None:
        return next((engine for engine, there in present.items() if there), None)
    if not present[chosen]:
        raise EmbeddedError(
            "mongo",
            "missing_program",
            f"The health records here were written by {chosen}, which is not installed.",
        )
    return chosen


def _has_secantus() -> bool:
    return not getattr(sys, "frozen", False) and importlib.util.find_spec("secantus") is not None


class Documents:
    """The document server in ``home``, with an owner user and authentication on."""

    name: StoreName = "mongo"

    def __init__(self, home: Path, secret: str, engine: DocumentEngine) -> None:
        self.home = home
        self._secret = secret
        self._engine = engine
        self._authenticated = True

    def account(self) -> tuple[int, int] | None:
        """Ours."""
        return None

    def prepare(self) -> None:
        """Makes the folder. Raises OSError."""
        for folder in (self.home, self.home / "data"):
            folder.mkdir(mode=0o700, exist_ok=True)
        (self.home / "secantus.toml").touch(mode=0o600)

    def begin(self) -> Running:
        """The owner can only be made while the engine does not ask for passwords. Raises EmbeddedError."""
        made = self.home / "owner.made"
        if made.exists():
            return bring_up(self)
        self._authenticated = False
        try:
            running = bring_up(self)
            self._make_owner(running.port)
            self.end(running)
        finally:
            self._authenticated = True
        running = bring_up(self)
        self._drop_strangers(running.port)
        made.touch(mode=0o600)
        return running

    def command(self, port: int) -> list[str]:
        """The program and its arguments."""
        if self._engine == "mongod":
            return [
                *(
                    shutil.which("mongod") or "mongod",
                    "--dbpath",
                    str(self.home / "data"),
                    "--bind_ip",
                    "127.0.0.1",
                ),
                *("--port", str(port), "--wiredTigerCacheSizeGB", "0.5"),
                *(() if sys.platform == "win32" else ("--nounixsocket",)),
                *(("--auth",) if self._authenticated else ()),
            ]
        # -P: the installed program, not one in the working folder; our empty configuration, not a found one
        return [
            *(sys.executable, "-P", "-m", "secantus", "--config", str(self.home / "secantus.toml")),
            *("--host", "127.0.0.1", "--port", str(port), "--storage-path", str(self.home / "data")),
            *("--sync-on-commit", "--cache-size", "128M", "--log-level", "WARNING"),
            *(("--auth",) if self._authenticated else ()),
        ]

    def end(self, running: Running) -> None:
        """SIGTERM lets it write what it holds."""
        stop(running, signal.SIGTERM)

    def last_words(self) -> str:
        """Its whole output since the start, cut to the end."""
        return tail(self.home / "server.log")

    def answers(self, port: int) -> bool:
        """True when our owner (before there is one: anybody) is let in."""
        from pymongo.errors import PyMongoError

        try:
            with self._client(port) as client:
                client["admin"].command("usersInfo", 1)
        except PyMongoError:
            return False
        return True

    def _client(self, port: int) -> "MongoClient[dict[str, Any]]":
        from pymongo import MongoClient

        secret = self._secret if self._authenticated else None
        return MongoClient(
            mongo_uri(port, secret, self._engine), serverSelectionTimeoutMS=2000, timeoutMS=5000
        )

    def _make_owner(self, port: int) -> None:
        with self._client(port) as client:
            known = {user["user"] for user in client["admin"].command("usersInfo", 1)["users"]}
            verb = "updateUser" if OWNER in known else "createUser"
            client["admin"].command(verb, OWNER, pwd=self._secret, roles=["root"])

    def _drop_strangers(self, port: int) -> None:
        """Whoever used the open moment of the first start to make a user loses it."""
        with self._client(port) as client:
            for user in client["admin"].command("usersInfo", 1)["users"]:
                if user["user"] != OWNER:
                    client["admin"].command("dropUser", user["user"])
