"""Wires the core together; the only module that knows every layer of it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import psycopg
from psycopg.errors import Diagnostic
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

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
from clinicdesk.repositories.work import Work, WorkFactory, make_engine
from clinicdesk.services.unlocking import SeatLocked
from clinicdesk.settings import Deployment

ENDED_ON_PURPOSE = "57P01"
FeedConnection = psycopg.Connection[tuple[object, ...]]


def _now() -> datetime:
    return datetime.now(UTC)


def _retire(engine: Engine) -> None:
    """Close a pool for good: also each connection that is still at work, as soon as it comes back."""
    event.listen(engine.pool, "checkin", _close)
    engine.dispose()


def _close(_: object, entry: ConnectionPoolEntry) -> None:
    entry.invalidate()


class Loss(Enum):
    """Why the change feed was lost: servers, an administrator, or a password that is no longer valid."""

    OUTAGE = "outage"
    ENDED = "ended"
    REFUSED = "refused"


class SeatWork(WorkFactory):
    """The units of work of one person on this PC. Raises SeatLocked while there are no connections."""

    def __init__(self, inner: WorkFactory) -> None:
        self._inner: WorkFactory | None = inner

    @contextmanager
    def __call__(self) -> Iterator[Work]:
        """One transaction."""
        if self._inner is None:
            raise SeatLocked
        with self._inner() as work:
            yield work

    def use(self, inner: WorkFactory | None) -> None:
        """Work on other connections from now on, or on none."""
        self._inner = inner


class FeedLine:
    """Opens the connection of the change feed, and knows why the last one was lost.

    An administrator's sign-out ends connections with the code of a server that shuts down; but the server is
    still the same one when it answers again.
    """

    def __init__(self, settings: dict[str, Any], password: str) -> None:
        self._settings, self.password = settings, password
        self._ended = self._refused = False
        self._server: object = None

    def connect(self) -> FeedConnection:
        """Raises psycopg.Error."""
        try:
            made: FeedConnection = psycopg.connect(
                **{**self._settings, "password": self.password},
                autocommit=True,
                connect_timeout=5,
                application_name="clinicdesk-feed",
            )
        except psycopg.OperationalError as error:
            self._refused = "password authentication failed" in str(error)
            raise
        made.add_notice_handler(self._said)
        row = made.execute("SELECT pg_postmaster_start_time()").fetchone()
        server = row[0] if row else None
        if server != self._server:
            self._ended = False
        self._server, self._refused = server, False
        return made

    def loss(self) -> Loss:
        """Asks the server when it has to: at most five seconds."""
        if self._ended:
            try:
                self.connect().close()
            except psycopg.Error:
                return Loss.ENDED if self._refused else Loss.OUTAGE
            return Loss.ENDED if self._ended else Loss.OUTAGE
        return Loss.REFUSED if self._refused else Loss.OUTAGE

    def _said(self, said: Diagnostic) -> None:
        if said.sqlstate == ENDED_ON_PURPOSE:
            self._ended = True


@dataclass(slots=True)
class Links:
    """The connections of a session: the pool, the feed's, and how to make another pool."""

    engine: Engine
    line: FeedLine
    engine_for: Callable[[str], Engine]
    work_on: Callable[[Engine], WorkFactory]
    second: Callable[[str, str], AbstractContextManager[WorkFactory]]
    """A second person's own work at this PC, for one act (a witness)."""


@dataclass(slots=True)
class Session:
    """One person signed in on this PC: the connections and the secret, until ``lock()`` or ``close()``."""

    signed_in: SignedIn
    open_work: SeatWork
    now: Callable[[], datetime]
    changes: ChangeFeed
    documents_uri: str | None
    documents_database: str
    cache_uri: str | None
    cache_prefix: str
    password: str
    links: Links
    closing: list[Callable[[], None]] = field(default_factory=list)
    """What else to close with the session."""

    def __repr__(self) -> str:
        return f"Session({self.actor.role})"

    @property
    def actor(self) -> Actor:
        """The person, as the services see them."""
        return self.signed_in.actor

    def secret(self) -> str:
        """The password, for what is wrapped with it; empty once the session is locked or closed."""
        return self.password

    def change_password(self, password: str) -> None:
        """Set the own password; later connections use it. Raises StoreUnavailable, SeatLocked."""
        if not self.password:
            raise SeatLocked
        links = self.links
        change_password(links.engine, email=self.actor.email, password=password)
        self.password = links.line.password = password
        before, links.engine = links.engine, links.engine_for(password)
        self.open_work.use(links.work_on(links.engine))
        _retire(before)

    def loss(self) -> Loss:
        """Why the change feed was lost; asks the server when it has to."""
        return self.links.line.loss()

    def second(self, email: str, password: str) -> AbstractContextManager[WorkFactory]:
        """Another person's own work at this PC, for one act. Raises WrongPassword, StoreUnavailable."""
        return self.links.second(email, password)

    def lock(self) -> None:
        """Close the connections and forget the secret; takes up to a second. ``resume`` opens it again."""
        self.open_work.use(None)
        self.password = self.links.line.password = ""
        self.changes.stop()
        _retire(self.links.engine)
        self.links.engine = self.links.engine_for("")

    def fits(self, fresh: "Session") -> bool:
        """Whether ``resume`` may take this one: same person, role, clinic and stores."""

        def of(session: Session) -> tuple[object, ...]:
            actor = session.actor
            stores = session.documents_uri, session.documents_database, session.cache_uri
            return actor.user_id, actor.role, actor.clinic.id, actor.doctor_id, stores

        return of(self) == of(fresh)

    def resume(self, fresh: "Session") -> None:
        """Go on with the connections of a new sign-in of the same person; ``fresh`` is used up."""
        _retire(self.links.engine)
        self.signed_in, self.password = fresh.signed_in, fresh.password
        self.links, self.changes = fresh.links, fresh.changes
        self.closing += fresh.closing
        self.open_work.use(self.links.work_on(self.links.engine))

    def close(self) -> None:
        """Forget the secret and the connections; what is under way ends by itself."""
        self.changes.stop()
        _retire(self.links.engine)
        self.password = self.links.line.password = ""
        while self.closing:
            self.closing.pop()()


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
            open_work = SeatWork(WorkFactory(engine, self._guard))
            with open_work() as work:
                found = sign_in(work, seat=self._seat, actions=self._actions)
        except BaseException:
            engine.dispose()
            raise
        documents, cache = self._deployment.documents, self._deployment.cache
        mongo, redis = found.credentials.get("mongo"), found.credentials.get("redis")

        line = FeedLine({**parameters, "user": login_name(email)}, password)

        def engine_for(secret: str) -> Engine:
            return make_engine(parameters, user=login_name(email), password=secret, seat=self._seat)

        def work_on(made: Engine) -> WorkFactory:
            return WorkFactory(made, self._guard)

        @contextmanager
        def second(other: str, secret: str) -> Iterator[WorkFactory]:
            theirs = open_engine(parameters, email=other, password=secret, seat=self._seat)
            try:
                yield WorkFactory(theirs, self._guard)
            finally:
                theirs.dispose()

        return Session(
            signed_in=found,
            open_work=open_work,
            now=self._now,
            changes=ChangeFeed(line.connect, f"cd_{found.actor.clinic.id.hex}"),
            documents_uri=documents.uri(mongo.username, mongo.secret) if documents and mongo else None,
            documents_database=found.documents_database,
            cache_uri=cache.uri(redis.username, redis.secret) if cache and redis else None,
            cache_prefix=found.cache_prefix,
            password=password,
            links=Links(engine, line, engine_for, work_on, second),
        )
