"""Where this PC finds the clinic's servers: a TOML file, the environment over it. No secret is kept here.

Read with the standard library alone: every seat holds this in memory, and a validation library costs 19 MiB.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeVar, get_args
from urllib.parse import quote, urlencode, urlsplit

from clinicdesk.domain.errors import DomainError
from clinicdesk.folders import default_config as default_config
from clinicdesk.folders import default_data_dir as default_data_dir

SslMode = Literal["disable", "require", "verify-ca", "verify-full"]
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}


class SettingsError(DomainError):
    """The deployment file is missing, unreadable or refused; the text says it in one sentence."""


def split_host(text: str, *, port: int) -> tuple[str, int]:
    """('db1', 5433) from 'db1:5433', with ``port`` where none is written. Raises ValueError."""
    parts = urlsplit(f"//{text.strip()}")
    if not parts.hostname or parts.path or parts.query or "@" in text:
        raise ValueError(f"'{text}' is not a host or host:port")
    return parts.hostname, parts.port or port


def _hosts(text: str, port: int) -> list[tuple[str, int]]:
    return [split_host(part, port=port) for part in text.split(",")]


def is_loopback(hosts: str) -> bool:
    """True when every host of 'h1:5432,h2' is this PC. Raises ValueError."""
    return all(host in _LOOPBACK for host, _ in _hosts(hosts, 0))


def _require_tls(what: str, hosts: str, *, port: int, encrypted: bool, allowed: bool) -> None:
    off = [host for host, _ in _hosts(hosts, port) if host not in _LOOPBACK]
    if off and not encrypted and not allowed:
        raise ValueError(
            f"{what} on {off[0]} needs TLS with a verified certificate "
            "(or allow_plain = true, which sends records unprotected)"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresSettings:
    """Several hosts 'h1:5432,h2:5432' are tried in order for the one that accepts writes."""

    hosts: str = "127.0.0.1:5432"
    database: str = "clinicdesk"
    sslmode: SslMode = "verify-full"
    ca: Path | None = None
    allow_plain: bool = False

    def __post_init__(self) -> None:
        if self.sslmode not in get_args(SslMode):
            raise ValueError(f"sslmode is one of {', '.join(get_args(SslMode))}")
        _require_tls(
            "PostgreSQL",
            self.hosts,
            port=5432,
            encrypted=self.sslmode == "verify-full",
            allowed=self.allow_plain,
        )

    def parameters(self) -> dict[str, str]:
        """libpq's connection parameters, without a person's name and password."""
        pairs = _hosts(self.hosts, 5432)
        found = {
            "host": ",".join(host for host, _ in pairs),
            "port": ",".join(str(port) for _, port in pairs),
            "dbname": self.database,
            "sslmode": self.sslmode,
        }
        if self.sslmode != "disable":
            found["channel_binding"] = "require"
            if self.ca or self.sslmode == "verify-full":
                found["sslrootcert"] = str(self.ca) if self.ca else "system"
        if len(pairs) > 1:
            found["target_session_attrs"] = "read-write"
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSettings:
    """MongoDB; ``replica_set`` when there is one."""

    hosts: str = "127.0.0.1:27017"
    database: str = "clinicdesk"
    tls: bool = True
    ca: Path | None = None
    replica_set: str | None = None
    allow_plain: bool = False

    def __post_init__(self) -> None:
        _require_tls("MongoDB", self.hosts, port=27017, encrypted=self.tls, allowed=self.allow_plain)

    def uri(self, username: str | None = None, secret: str = "") -> str:
        """With ``journal=true``; the user's home is the admin database."""
        options = {"journal": "true"}
        if username is not None:
            options["authSource"] = "admin"
        if self.replica_set:
            options["replicaSet"] = self.replica_set
        elif "," not in self.hosts:
            options["directConnection"] = "true"
        if self.tls:
            options["tls"] = "true"
            if self.ca:
                options["tlsCAFile"] = str(self.ca)
        return f"mongodb://{_login(username, secret)}{self.hosts}/?{urlencode(options, quote_via=quote)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """Redis or Valkey; with ``sentinel``, the watched master's name, the hosts are the sentinels'."""

    hosts: str = "127.0.0.1:6379"
    tls: bool = True
    ca: Path | None = None
    sentinel: str | None = None
    allow_plain: bool = False

    def __post_init__(self) -> None:
        _require_tls("The cache", self.hosts, port=6379, encrypted=self.tls, allowed=self.allow_plain)
        if "," in self.hosts and not self.sentinel:
            raise ValueError("Several cache hosts need sentinel = the name of the watched master")

    def addresses(self) -> list[tuple[str, int]]:
        """The server, or every sentinel."""
        return _hosts(self.hosts, 26379 if self.sentinel else 6379)

    def uri(self, username: str | None = None, secret: str = "") -> str:
        """For one server (no sentinel)."""
        host, port = self.addresses()[0]
        options = {"ssl_ca_certs": str(self.ca)} if self.tls and self.ca else {}
        query = f"?{urlencode(options, quote_via=quote)}" if options else ""
        host = f"[{host}]" if ":" in host else host
        return f"redis{'s' if self.tls else ''}://{_login(username, secret)}{host}:{port}/0{query}"


def _login(username: str | None, secret: str) -> str:
    return "" if username is None else f"{quote(username, safe='')}:{quote(secret, safe='')}@"


class HasUris(Protocol):
    """What an embedded set says about itself: URIs, None for what is not installed."""

    @property
    def postgres(self) -> str:
        """Never None."""
        ...

    @property
    def mongo(self) -> str | None:
        """The document server."""
        ...

    @property
    def redis(self) -> str | None:
        """The cache."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One clinic's servers. ``documents`` and ``cache`` are None where the clinic has none."""

    postgres: PostgresSettings = field(default_factory=PostgresSettings)
    documents: DocumentSettings | None = None
    cache: CacheSettings | None = None

    @property
    def is_loopback(self) -> bool:
        """True when every store is on this PC."""
        stores = (self.postgres, self.documents, self.cache)
        return all(is_loopback(store.hosts) for store in stores if store is not None)

    @property
    def unprotected(self) -> tuple[str, ...]:
        """The stores to which records travel without TLS, or to whoever answers there."""
        found = {
            "postgres": (self.postgres, self.postgres.sslmode == "verify-full"),
            "mongo": (self.documents, self.documents is not None and self.documents.tls),
            "redis": (self.cache, self.cache is not None and self.cache.tls),
        }
        return tuple(
            name
            for name, (store, verified) in found.items()
            if store is not None and not verified and not is_loopback(store.hosts)
        )

    @classmethod
    def of_embedded(cls, found: HasUris) -> Self:
        """The private servers of this PC: plain TCP on loopback. The URIs' owner credentials are left out."""
        pg = urlsplit(found.postgres)
        mongo = urlsplit(found.mongo) if found.mongo else None
        redis = urlsplit(found.redis) if found.redis else None
        return cls(
            postgres=PostgresSettings(
                hosts=f"{pg.hostname}:{pg.port or 5432}", database=pg.path.strip("/"), sslmode="disable"
            ),
            documents=DocumentSettings(hosts=f"{mongo.hostname}:{mongo.port or 27017}", tls=False)
            if mongo
            else None,
            cache=CacheSettings(hosts=f"{redis.hostname}:{redis.port or 6379}", tls=False) if redis else None,
        )


Section = TypeVar("Section", PostgresSettings, DocumentSettings, CacheSettings)
_PREFIX = "CLINICDESK_"
_SECTIONS = ("postgres", "documents", "cache")
_FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def load(path: Path | None = None) -> Deployment:
    """The file (default: ``default_config``) with the environment over it. Raises SettingsError."""
    path = path or default_config()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        content = {}
        if not any(name.upper().startswith(f"{_PREFIX}POSTGRES__") for name in os.environ):
            raise SettingsError(
                f"There is no file {path} that says where the clinic's servers are."
            ) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The file {path} cannot be read.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The file {path} is not valid TOML: {error}.") from None
    try:
        return _deployment(content)
    except ValueError as error:
        raise SettingsError(f"The settings in {path} are refused: {error}.") from None


def _deployment(content: Mapping[str, object]) -> Deployment:
    """Raises ValueError with the place and the reason."""
    for name in content:
        if name not in _SECTIONS:
            raise ValueError(f"{name}: there is no such section")
    tables = {name: _table(name, content.get(name)) for name in _SECTIONS}
    documents, cache = tables["documents"], tables["cache"]
    return Deployment(
        postgres=_section(PostgresSettings, "postgres", tables["postgres"] or {}),
        documents=None if documents is None else _section(DocumentSettings, "documents", documents),
        cache=None if cache is None else _section(CacheSettings, "cache", cache),
    )


def _table(name: str, written: object) -> dict[str, object] | None:
    """A section of the file with CLINICDESK_SECTION__KEY over it; None where neither says anything."""
    if written is not None and not isinstance(written, dict):
        raise ValueError(f"{name}: this is a section, [{name}]")
    start = f"{_PREFIX}{name}__".upper()
    spoken = {
        variable[len(start) :].lower(): value
        for variable, value in os.environ.items()
        if variable.upper().startswith(start)
    }
    return {**(written or {}), **spoken} if written is not None or spoken else None


def _section(kind: type[Section], name: str, table: Mapping[str, object]) -> Section:
    known = {one.name: one.default for one in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"{name}.{key}: there is no such setting")
        values[key] = _value(f"{name}.{key}", value, known[key])
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _value(where: str, value: object, default: object) -> object:
    """As the setting's default is: a switch, a text, or (None) a text that may be left out."""
    if isinstance(default, bool):
        found = value if isinstance(value, bool) else _FLAGS.get(str(value).strip().lower())
        if found is None:
            raise ValueError(f"{where}: this is true or false")
        return found
    if not isinstance(value, str):
        raise ValueError(f'{where}: this is a text, in "quotes"')
    if default is None and not value:
        return None
    return Path(value) if where.endswith(".ca") else value


def save(deployment: Deployment, path: Path) -> None:
    """Writes the file in one step. Raises SettingsError."""
    lines: list[str] = []
    for name, section in asdict(deployment).items():
        if section is not None:
            lines.append(f"[{name}]")
            lines += [f"{key} = {_toml(value)}" for key, value in section.items() if value is not None]
            lines.append("")
    fresh = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text("\n".join(lines), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise SettingsError(f"The file {path} cannot be written: {error.strerror}.") from None


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
