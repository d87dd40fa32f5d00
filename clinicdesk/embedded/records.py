"""What the private servers of one data folder are: addresses, running processes, generated credentials."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

PG_OWNER = "clinicdesk_owner"
OWNER = "owner"
DATABASE = "clinicdesk"

DocumentEngine = Literal["mongod", "secantus"]
StoreName = Literal["postgres", "mongo", "redis"]


@dataclass(frozen=True, slots=True)
class Addresses:
    """URIs with owner credentials; ``mongo`` and ``redis`` are None where no such program is installed."""

    postgres: str = field(repr=False)
    mongo: str | None = field(default=None, repr=False)
    redis: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Running:
    """One server process: ``born`` tells it from a later process with the same number."""

    pid: int
    port: int
    born: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Generated once for a data folder; never shown, never logged."""

    postgres: str = field(repr=False)
    mongo: str = field(repr=False)
    redis: str = field(repr=False)
    document_engine: DocumentEngine | None = None
    postgres_home: str | None = None  # set where PostgreSQL's account cannot reach the data folder


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs now. ``servers`` has the keys postgres, mongo, redis."""

    servers: dict[str, Running] = field(default_factory=dict)
    postgres_home: str | None = None


def write_private(path: Path, text: str) -> None:
    """Replaces ``path`` in one step with a file that only this account can read. Raises OSError."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def new_secrets() -> Secrets:
    """Three independent 256-bit passwords."""
    return Secrets(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32))


def load_secrets(data_dir: Path) -> Secrets | None:
    """None where the folder has no servers yet. Raises OSError, ValueError."""
    try:
        return Secrets(**json.loads((data_dir / "secrets.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError("secrets.json has other fields") from error


def save_secrets(data_dir: Path, value: Secrets) -> None:
    """Raises OSError."""
    write_private(data_dir / "secrets.json", json.dumps(asdict(value), indent=1))


def load_runtime(data_dir: Path) -> Runtime:
    """Empty where nothing runs or the file was cut off by a crash."""
    try:
        raw = json.loads((data_dir / "runtime.json").read_text(encoding="utf-8"))
        servers = {name: Running(**entry) for name, entry in raw["servers"].items()}
        return Runtime(servers, raw["postgres_home"])
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return Runtime()


def save_runtime(data_dir: Path, value: Runtime) -> None:
    """Raises OSError."""
    write_private(data_dir / "runtime.json", json.dumps(asdict(value), indent=1))


def load_process(home: Path) -> Running | None:
    """The last process started in ``home``, alive or not."""
    try:
        return Running(**json.loads((home / "process.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def save_process(home: Path, value: Running) -> None:
    """Raises OSError."""
    write_private(home / "process.json", json.dumps(asdict(value)))


def addresses(runtime: Runtime, known: Secrets) -> Addresses:
    """The owner URIs of what runs."""
    at = runtime.servers
    mongo = at.get("mongo")
    redis = at.get("redis")
    return Addresses(
        postgres_uri(at["postgres"].port, known.postgres, DATABASE),
        mongo_uri(mongo.port, known.mongo, known.document_engine) if mongo else None,
        redis_uri(redis.port, known.redis) if redis else None,
    )


def postgres_uri(port: int, secret: str, database: str) -> str:
    """One database of the private PostgreSQL, as its owner."""
    return f"postgresql://{PG_OWNER}:{secret}@127.0.0.1:{port}/{database}"


def mongo_uri(port: int, secret: str | None, engine: DocumentEngine | None) -> str:
    """``secret`` None: before there is an owner. A private mongod is no replica set: no retryable writes."""
    login = f"{OWNER}:{secret}@" if secret else ""
    source = "&authSource=admin" if secret else ""
    plain = "&retryWrites=false" if engine == "mongod" else ""
    return f"mongodb://{login}127.0.0.1:{port}/?directConnection=true&journal=true{source}{plain}"


def redis_uri(port: int, secret: str) -> str:
    """The private cache, as its owner."""
    return f"redis://{OWNER}:{secret}@127.0.0.1:{port}/0"
