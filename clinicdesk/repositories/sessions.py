"""Who sits where: sessions in the cache. All of it may vanish; nothing depends on it.

Keys: ``<prefix>:sess:<id>`` JSON with user, name, role, seat and start, expires after 15 minutes without a
heartbeat; ``<prefix>:usess:<user>`` the ids of a user, same expiry; channel ``<prefix>:ctl:<user>`` carries
'sign_out' from an administrator.
"""

import json
import secrets
from datetime import datetime

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.people import Actor

EXPIRY_SECONDS = 900
ANSWER_SECONDS = 0.5


class SessionBoard:
    """This seat's entry. Every method raises StoreUnavailable('redis') when the cache does not answer."""

    def __init__(self, uri: str, *, prefix: str, actor: Actor, seat: str) -> None:
        # the default retries would make half a second ten
        self._client = redis.Redis.from_url(
            uri,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._prefix, self._actor, self._seat = prefix, actor, seat
        self._id = secrets.token_hex(16)
        self._since: str | None = None

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
        mine = f"{self._prefix}:usess:{self._actor.user_id}"
        try:
            self._client.set(f"{self._prefix}:sess:{self._id}", json.dumps(entry), ex=EXPIRY_SECONDS)
            self._client.sadd(mine, self._id)
            self._client.expire(mine, EXPIRY_SECONDS)
        except redis.RedisError as error:
            raise StoreUnavailable("redis") from error

    def end(self) -> None:
        """Take the entry away."""
        try:
            self._client.delete(f"{self._prefix}:sess:{self._id}")
        except redis.RedisError as error:
            raise StoreUnavailable("redis") from error
        finally:
            self._client.close()
