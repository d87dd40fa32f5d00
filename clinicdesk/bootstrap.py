"""Wires the core together; the only module that knows every layer of it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import Diagnostic

from clinicdesk.domain.people import Actor
from clinicdesk.domain.stores import Pulse
from clinicdesk.migrations.rights import actions_of, read_rights
from clinicdesk.repositories.accounts import (
    SignedIn,
    change_password,
    login_name,
    open_connections,
    sign_in,
)
from clinicdesk.repositories.changes import ChangeFeed, Hears
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.patience import answer_within
from clinicdesk.repositories.work import Work, WorkFactory, connections_of
from clinicdesk.services.unlocking import SeatLocked
from clinicdesk.settings import Deployment

ENDED_ON_PURPOSE = "57P01"
FEED_PATIENCE = 2  # seconds: with the longest pause between two tries, a server that is back is found in five
FeedConnection = psycopg.Connection[tuple[object, ...]]


def _now() -> datetime:
    return datetime.now(UTC)


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
                connect_timeout=FEED_PATIENCE,
                application_name="clinicdesk-feed",
            )
        except psycopg.OperationalError as error:
            self._refused = "password authentication failed" in str(error)
            raise
        made.add_notice_handler(self._said)
        server = answer_within(made, "SELECT pg_postmaster_start_time()::text", seconds=FEED_PATIENCE)[0][0]
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
    """The connections of a session: those for work, the feed's, and how to make others for work."""

    work: Connections
    line: FeedLine
    made_for: Callable[[str], Connections]
    work_on: Callable[[Connections], WorkFactory]
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
    locking: list[Callable[[], None]] = field(default_factory=list)
    """What else forgets its secrets at the lock."""
    resuming: list[Callable[[], None]] = field(default_factory=list)
    """What takes its credential again, from here, after it."""
    installation: str = ""
    unprotected: tuple[str, ...] = ()
    """The stores to which this PC speaks without a verified connection."""
    elsewhere: dict[UUID, tuple[str, str]] = field(default_factory=dict, repr=False)
    """Other clinics of this person whose documents are kept apart: URI and database."""
    stores: tuple[object, ...] = ()
    """Which other stores there are: to tell whether a new sign-in fits."""

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
        change_password(links.work, email=self.actor.email, password=password)
        self.password = links.line.password = password
        before, links.work = links.work, links.made_for(password)
        self.open_work.use(links.work_on(links.work))
        before.retire()

    def listen(
        self,
        on_news: Hears,
        on_state: Callable[[bool], object] = lambda _: None,
        on_pulse: Callable[[Pulse], object] = lambda _: None,
    ) -> None:
        """Begin to hear of changes; work that waits for a silent server is ended by the feed."""
        self.changes.start(on_news, on_state, on_pulse=on_pulse, on_silence=lambda: self.links.work.cut())

    def loss(self) -> Loss:
        """Why the change feed was lost; asks the server when it has to."""
        return self.links.line.loss()

    def second(self, email: str, password: str) -> AbstractContextManager[WorkFactory]:
        """Another person's own work at this PC, for one act. Raises WrongPassword, StoreUnavailable."""
        return self.links.second(email, password)

    def lock(self) -> None:
        """Close all connections and forget every secret; takes up to a second. ``resume`` opens it again."""
        self.open_work.use(None)
        self.password = self.links.line.password = ""
        self.changes.stop()
        self.links.work.retire()
        self.links.work = self.links.made_for("")
        self.documents_uri = self.cache_uri = None
        self.elsewhere = {}
        self.signed_in = replace(self.signed_in, credentials={}, elsewhere={})
        for forget in self.locking:
            forget()

    def fits(self, fresh: "Session") -> bool:
        """Whether ``resume`` may take this one: same person, role, clinic and stores."""

        def of(session: Session) -> tuple[object, ...]:
            actor = session.actor
            return actor.user_id, actor.role, actor.clinic.id, actor.doctor_id, session.stores

        return of(self) == of(fresh)

    def resume(self, fresh: "Session") -> None:
        """Go on with the connections of a new sign-in of the same person; ``fresh`` is used up."""
        self.links.work.retire()
        self.signed_in, self.password = fresh.signed_in, fresh.password
        self.links, self.changes = fresh.links, fresh.changes
        self.documents_uri, self.cache_uri = fresh.documents_uri, fresh.cache_uri
        self.elsewhere = fresh.elsewhere
        self.closing += fresh.closing
        self.open_work.use(self.links.work_on(self.links.work))
        for take in self.resuming:
            take()

    def close(self) -> None:
        """Forget the secret and the connections; what is under way ends by itself."""
        self.changes.stop()
        self.links.work.retire()
        self.password = self.links.line.password = ""
        self.documents_uri = self.cache_uri = None
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
        self._actions = partial(actions_of, read_rights())

    def sign_in(self, email: str, password: str) -> Session:
        """Connect as that person.

        Raises WrongPassword, StoreUnavailable, WrongSchema, SignedOut, NotAllowed.
        """
        self._guard()
        parameters = self._deployment.postgres.parameters()
        connections = open_connections(parameters, email=email, password=password, seat=self._seat)
        try:
            open_work = SeatWork(WorkFactory(connections, self._guard))
            with open_work() as work:
                found = sign_in(work, seat=self._seat, actions=self._actions)
        except BaseException:
            connections.retire()
            raise
        line = FeedLine({**parameters, "user": login_name(email)}, password)

        def made_for(secret: str) -> Connections:
            return connections_of(parameters, user=login_name(email), password=secret, seat=self._seat)

        def work_on(made: Connections) -> WorkFactory:
            return WorkFactory(made, self._guard)

        @contextmanager
        def second(other: str, secret: str) -> Iterator[WorkFactory]:
            theirs = open_connections(parameters, email=other, password=secret, seat=self._seat)
            try:
                yield WorkFactory(theirs, self._guard)
            finally:
                theirs.retire()

        session = Session(
            signed_in=found,
            open_work=open_work,
            now=self._now,
            changes=ChangeFeed(line.connect, f"cd_{found.actor.clinic.id.hex}"),
            documents_uri=None,
            documents_database=found.documents_database,
            cache_uri=None,
            cache_prefix=found.cache_prefix,
            password=password,
            links=Links(connections, line, made_for, work_on, second),
        )
        _hand_out_keys(session, self._deployment)
        return session


def _hand_out_keys(session: Session, deployment: Deployment) -> None:
    """What the database gave after the sign-in: the keys to the other stores."""
    found, documents, cache = session.signed_in, deployment.documents, deployment.cache
    mongo, redis = found.credentials.get("mongo"), found.credentials.get("redis")
    if documents and mongo:
        # a driver takes long to import: here on a worker, not where the desk is made
        import_module("clinicdesk.repositories.documents")
        session.documents_uri = documents.uri(mongo.username, mongo.secret)
        session.elsewhere = {
            clinic: (documents.uri(key.username, key.secret), database)
            for clinic, (database, key) in found.elsewhere.items()
        }
    if cache and redis:
        session.cache_uri = cache.uri(redis.username, redis.secret)
    session.installation, session.unprotected = found.installation, deployment.unprotected
    session.stores = (
        session.documents_uri is not None,
        found.documents_database,
        session.cache_uri is not None,
        found.cache_prefix,
        tuple(sorted(found.elsewhere)),
    )
