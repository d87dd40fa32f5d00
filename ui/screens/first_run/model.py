"""What the first start asks, and when an answer will do."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.passwords import load_common, password_problems
from clinicdesk.resources import resource

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]")
PORTS = {"postgres": 5432, "mongo": 27017, "redis": 6379}


@dataclass(frozen=True, slots=True)
class NewClinic:
    """A clinic on this PC and its first administrator."""

    clinic: str
    admin: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Servers:
    """The clinic's servers; without a document or cache server those features are off."""

    postgres: Address
    database: str
    mongo: Address | None
    redis: Address | None
    ca_file: Path | None


def new_clinic(answers: dict[str, str]) -> NewClinic | list[InvalidField]:
    """Answers clinic, admin, email, password, again -> the clinic, or every field that is wrong."""
    clean = {name: text.strip() for name, text in answers.items() if name not in ("password", "again")}
    wrong = [InvalidField(name, "required") for name, text in clean.items() if not text]
    if clean["email"] and not EMAIL.fullmatch(clean["email"]):
        wrong.append(InvalidField("email", "email"))
    wrong += password_problems(
        answers["password"],
        personal=(clean["admin"], clean["email"]),
        common=load_common(resource("passwords", "common.txt")),
    )
    if answers["password"] != answers["again"]:
        wrong.append(InvalidField("again", "mismatch"))
    if wrong:
        return wrong
    return NewClinic(clean["clinic"], clean["admin"], clean["email"], answers["password"])


def servers(answers: dict[str, str]) -> Servers | list[InvalidField]:
    """Answers postgres, database, mongo, redis ('host' or 'host:port'), ca_file."""
    clean = {name: text.strip() for name, text in answers.items()}
    wrong = [InvalidField(name, "required") for name in ("postgres", "database") if not clean[name]]
    found: dict[str, Address] = {}
    for name in PORTS:
        if not clean[name]:
            continue
        try:
            found[name] = address(name, clean[name])
        except InvalidField as problem:
            wrong.append(problem)
    ca_file = Path(clean["ca_file"]) if clean["ca_file"] else None
    if ca_file is not None and not ca_file.is_file():
        wrong.append(InvalidField("ca_file", "file"))
    if wrong:
        return wrong
    return Servers(found["postgres"], clean["database"], found.get("mongo"), found.get("redis"), ca_file)


def address(name: str, text: str) -> Address:
    """'host' or 'host:port'. Raises InvalidField."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(PORTS[name])
    if not HOST.fullmatch(host):
        raise InvalidField(name, "host")
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise InvalidField(name, "port")
    return Address(host.strip("[]"), int(port))
