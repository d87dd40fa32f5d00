"""Where this PC finds the clinic's servers: a TOML file, the environment over it. No secret is kept here."""

import os
import tomllib
from pathlib import Path
from typing import Literal, Protocol, Self
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as _SourceError,
)

from clinicdesk.domain.errors import DomainError
from clinicdesk.folders import default_config as default_config
from clinicdesk.folders import default_data_dir as default_data_dir

SslMode = Literal["disable", "require", "verify-ca", "verify-full"]
_LOOPBACK = {"localhost", "127.0.0.1", "::1", "[::1]"}


class SettingsError(DomainError):
    """The deployment file is missing, unreadable or refused; the text says it in one sentence."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class PostgresSettings(_Section):
    """Several hosts 'h1:5432,h2:5432' are tried in order for the one that accepts writes."""

    hosts: str = "127.0.0.1:5432"
    database: str = "clinicdesk"
    sslmode: SslMode = "verify-full"
    ca: Path | None = None
    allow_plain: bool = False

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _require_tls(
            "PostgreSQL",
            self.hosts,
            port=5432,
            encrypted=self.sslmode == "verify-full",
            allowed=self.allow_plain,
        )
        return self

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


class DocumentSettings(_Section):
    """MongoDB; ``replica_set`` when there is one."""

    hosts: str = "127.0.0.1:27017"
    database: str = "clinicdesk"
    tls: bool = True
    ca: Path | None = None
    replica_set: str | None = None
    allow_plain: bool = False

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _require_tls("MongoDB", self.hosts, port=27017, encrypted=self.tls, allowed=self.allow_plain)
        return self

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


class CacheSettings(_Section):
    """Redis or Valkey; with ``sentinel``, the watched master's name, the hosts are the sentinels'."""

    hosts: str = "127.0.0.1:6379"
    tls: bool = True
    ca: Path | None = None
    sentinel: str | None = None
    allow_plain: bool = False

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _require_tls("The cache", self.hosts, port=6379, encrypted=self.tls, allowed=self.allow_plain)
        if "," in self.hosts and not self.sentinel:
            raise ValueError("Several cache hosts need sentinel = the name of the watched master")
        return self

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


class Deployment(_Section):
    """One clinic's servers. ``documents`` and ``cache`` are None where the clinic has none."""

    postgres: PostgresSettings = Field(default_factory=PostgresSettings)
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


class _FromEnvironment(BaseSettings):
    model_config = SettingsConfigDict(
        extra="forbid",
        env_prefix="CLINICDESK_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    postgres: PostgresSettings = Field(default_factory=PostgresSettings)
    documents: DocumentSettings | None = None
    cache: CacheSettings | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which comes in as arguments."""
        return (env_settings, init_settings)


def load(path: Path | None = None) -> Deployment:
    """The file (default: ``default_config``) with the environment over it. Raises SettingsError."""
    path = path or default_config()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        content = {}
        if not any(name.startswith("CLINICDESK_POSTGRES__") for name in os.environ):
            raise SettingsError(
                f"There is no file {path} that says where the clinic's servers are."
            ) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The file {path} cannot be read.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The file {path} is not valid TOML: {error}.") from None
    try:
        found = _FromEnvironment(**content)
    except (ValidationError, _SourceError) as error:
        raise SettingsError(f"The settings in {path} are refused: {_sentence(error)}.") from None
    return Deployment(postgres=found.postgres, documents=found.documents, cache=found.cache)


def _sentence(error: ValidationError | _SourceError) -> str:
    if not isinstance(error, ValidationError):
        return "a CLINICDESK_ variable cannot be read"
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def save(deployment: Deployment, path: Path) -> None:
    """Writes what differs from the defaults, in one step. Raises SettingsError."""
    lines: list[str] = []
    for name in ("postgres", "documents", "cache"):
        section: BaseModel | None = getattr(deployment, name)
        if section is None:
            continue
        lines.append(f"[{name}]")
        lines += [
            f"{key} = {_toml(value)}"
            for key, value in section.model_dump(mode="json", exclude_none=True).items()
        ]
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
