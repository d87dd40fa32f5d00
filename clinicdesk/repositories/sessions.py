"""Who sits where: sessions in the cache. All of it may vanish; nothing depends on it.

Keys: ``<prefix>:sess:<id>`` JSON with user, name, role, seat and start, expires after 15 minutes without a
heartbeat; ``<prefix>:usess:<user>`` the ids of a user, same expiry; channel ``<prefix>:ctl:<user>`` carries
'sign_out' from an administrator.
"""

import json
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.refusals import no_answer
from clinicdesk.repositories.work import Work

log = logging.getLogger(__name__)
EXPIRY_SECONDS = 900
ANSWER_SECONDS = 0.5
RETRY_SECONDS = 2.0
SIGN_OUT = b"sign_out"
# the last three: the connection was closed from another thread in the middle of an answer
NO_CACHE = (redis.RedisError, OSError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """Somebody at work on a PC; ``seen`` is the last sign of life. ``own`` is the asking seat itself."""

    user_id: UUID
    name: str
    role: str
    seat: str
    since: datetime
    seen: datetime
    own: bool


class SessionBoard:
    """This seat's entry, and for administrators everybody's.

    Every method raises StoreUnavailable('redis') when the cache does not answer, or refuses.
    """

    def __init__(self, uri: str, *, prefix: str, actor: Actor, seat: str) -> None:
        self._uri: str | None = uri
        self._made: redis.Redis | None = None
        self._prefix, self._actor, self._seat = prefix, actor, seat
        self._id = secrets.token_hex(16)
        self._since: str | None = None

    def close(self) -> None:
        """End the connections and forget the credential; calls raise StoreUnavailable until ``use``."""
        self._uri = None
        before, self._made = self._made, None
        if before is not None:
            before.close()
            before.connection_pool.disconnect()

    def use(self, uri: str) -> None:
        """Work with this credential from now on."""
        self.close()
        self._uri = uri

    @property
    def _client(self) -> "redis.Redis":
        uri = self._uri
        if uri is None:
            raise StoreUnavailable("redis")
        if self._made is None:
            # the default retries would make half a second ten
            self._made = redis.Redis.from_url(
                uri,
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        return self._made

    def beat(self, now: datetime) -> None:
        """Write or prolong the entry."""
        self._since = self._since or now.isoformat()
        entry = {
            "user": str(self._actor.user_id),
            "name": self._actor.name,
            "role": str(self._actor.role),
            "seat": self._seat,
            "since": self._since,
            "seen": now.isoformat(),
        }
        mine = self._of(self._actor.user_id)
        try:
            self._client.set(f"{self._prefix}:sess:{self._id}", json.dumps(entry), ex=EXPIRY_SECONDS)
            self._client.sadd(mine, self._id)
            self._client.expire(mine, EXPIRY_SECONDS)
        except NO_CACHE as error:
            raise no_answer("redis", error) from error

    def ping(self) -> None:
        """Whether the cache answers."""
        try:
            self._client.ping()
        except NO_CACHE as error:
            raise no_answer("redis", error) from error

    def end(self) -> None:
        """Take the own entry away."""
        try:
            self._client.delete(f"{self._prefix}:sess:{self._id}")
        except NO_CACHE as error:
            raise no_answer("redis", error) from error
        finally:
            self.close()

    def sessions(self, users: Sequence[UUID]) -> list[LiveSession]:
        """The live sessions of these people, longest first (administrators)."""
        try:
            with self._client.pipeline(transaction=False) as asked:
                for user in users:
                    asked.smembers(self._of(user))
                ids = sorted({one.decode() for found in asked.execute() for one in found})
                for one in ids:
                    asked.get(f"{self._prefix}:sess:{one}")
                entries = asked.execute()
        except NO_CACHE as error:
            raise no_answer("redis", error) from error
        found = [self._read(one, entry) for one, entry in zip(ids, entries, strict=True) if entry]
        return sorted(found, key=lambda session: session.since)

    def tell_sign_out(self, user: UUID) -> int:
        """Tell every seat of that person to sign out; how many heard it (administrators)."""
        try:
            heard: int = self._client.publish(self._channel(user), SIGN_OUT)
        except NO_CACHE as error:
            raise no_answer("redis", error) from error
        return heard

    def listen(self, on_sign_out: Callable[[], None]) -> "ControlLine":
        """Hear 'sign_out' for the own person; ``on_sign_out`` is called on a thread. Stop it in the end."""
        return ControlLine(lambda: self._client, self._channel(self._actor.user_id), on_sign_out)

    def _of(self, user: UUID) -> str:
        return f"{self._prefix}:usess:{user}"

    def _channel(self, user: UUID) -> str:
        return f"{self._prefix}:ctl:{user}"

    def _read(self, one: str, entry: bytes) -> LiveSession:
        said = json.loads(entry)
        return LiveSession(
            user_id=UUID(said["user"]),
            name=said["name"],
            role=said["role"],
            seat=said["seat"],
            since=datetime.fromisoformat(said["since"]),
            seen=datetime.fromisoformat(said["seen"]),
            own=one == self._id,
        )


class ControlLine:
    """Listens on the own control channel from a thread of its own, and comes back after each outage."""

    def __init__(
        self, client: "Callable[[], redis.Redis]", channel: str, on_sign_out: Callable[[], None]
    ) -> None:
        self._client, self._channel, self._heard = client, channel, on_sign_out
        self._stopping = threading.Event()
        threading.Thread(target=self._run, name="control", daemon=True).start()

    def stop(self) -> None:
        """End the thread; it is gone half a second later."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except StoreUnavailable:  # the seat is locked: there is no credential now
                self._stopping.wait(RETRY_SECONDS)
            # ValueError, AttributeError: the connection was closed under it, by an outage or by the lock
            except NO_CACHE:
                log.info("control channel lost; trying again in %s s", RETRY_SECONDS)
                self._stopping.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        made: Callable[..., PubSub] = self._client().pubsub
        with made(ignore_subscribe_messages=True) as line:
            line.subscribe(self._channel)
            while not self._stopping.is_set():
                message = line.get_message(timeout=ANSWER_SECONDS)
                if message is not None and message["data"] == SIGN_OUT:
                    self._heard()


def colleagues(work: Work) -> list[UUID]:
    """Everybody with a login in the own clinics."""
    return [row["user_id"] for row in work.all("SELECT DISTINCT user_id FROM clinic_staff")]


def my_role(work: Work) -> str | None:
    """The role the database gives this person now; None: the account is not active."""
    found: str | None = work.value("SELECT cd.my_role()")
    return found


def force_logout(work: Work, user: UUID) -> int:
    """End every connection of that person; how many there were (administrators)."""
    found: int = work.value("SELECT cd.force_logout(:user)", user=user)
    return found


def idle_minutes(work: Work) -> list[object]:
    """What the own clinics chose, as it stands."""
    return [
        row["value"] for row in work.all("SELECT value FROM clinic_settings WHERE key = 'idle_lock_minutes'")
    ]
