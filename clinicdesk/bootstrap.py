"""Wires the core together; the only module that knows every layer of it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import Engine

from clinicdesk.domain.people import Actor
from clinicdesk.migrations.rights import ROLES, actions_of, read_rights
from clinicdesk.repositories.accounts import (
    SignedIn,
    change_password,
    login_name,
    open_engine,
    sign_in,
)
from clinicdesk.repositories.changes import ChangeFeed
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.settings import Deployment


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Session:
    """One person signed in on this PC: the connections and the secret, until ``close()``."""

    signed_in: SignedIn
    open_work: WorkFactory
    now: Callable[[], datetime]
    changes: ChangeFeed
    documents_uri: str | None
    documents_database: str
    cache_uri: str | None
    cache_prefix: str
    password: str
    _engine: Engine

    def __repr__(self) -> str:
        return f"Session({self.actor.role})"

    @property
    def actor(self) -> Actor:
        """The person, as the services see them."""
        return self.signed_in.actor

    def secret(self) -> str:
        """The password, for what is wrapped with it; empty once the session is closed."""
        return self.password

    def change_password(self, password: str) -> None:
        """Set the own password; later units of work still run on the open connections."""
        change_password(self._engine, email=self.actor.email, password=password)
        self.password = password

    def close(self) -> None:
        """Forget the secret and the connections."""
        self.changes.stop()
        self._engine.dispose()
        self.password = ""


class Core:
    """The clinic's servers as this PC knows them; ``guard`` runs before each unit of work."""

    def __init__(
        self,
        deployment: Deployment,
        *,
        guard: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = _now,
        seat: str = "",
    ) -> None:
        self._deployment, self._guard, self._now = deployment, guard, now
        self._seat = seat or socket.gethostname()
        rights = read_rights()
        self._actions = {role: actions_of(role, rights) for role in ROLES}

    def sign_in(self, email: str, password: str) -> Session:
        """Connect as that person.

        Raises WrongPassword, StoreUnavailable, WrongSchema, SignedOut, NotAllowed.
        """
        self._guard()
        parameters = self._deployment.postgres.parameters()
        engine = open_engine(parameters, email=email, password=password, seat=self._seat)
        try:
            open_work = WorkFactory(engine, self._guard)
            with open_work() as work:
                found = sign_in(work, seat=self._seat, actions=self._actions)
        except BaseException:
            engine.dispose()
            raise
        documents, cache = self._deployment.documents, self._deployment.cache
        mongo, redis = found.credentials.get("mongo"), found.credentials.get("redis")

        def listen() -> "psycopg.Connection[tuple[object, ...]]":
            settings: dict[str, Any] = {**parameters, "user": login_name(email), "password": password}
            return psycopg.connect(
                **settings, autocommit=True, connect_timeout=5, application_name="clinicdesk-feed"
            )

        return Session(
            signed_in=found,
            open_work=open_work,
            now=self._now,
            changes=ChangeFeed(listen, f"cd_{found.actor.clinic.id.hex}"),
            documents_uri=documents.uri(mongo.username, mongo.secret) if documents and mongo else None,
            documents_database=found.documents_database,
            cache_uri=cache.uri(redis.username, redis.secret) if cache and redis else None,
            cache_prefix=found.cache_prefix,
            password=password,
            _engine=engine,
        )
