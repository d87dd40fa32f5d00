"""Who is picking which prescription: in the cache, for ninety seconds at a time. All of it may vanish."""

import logging
from collections.abc import Sequence
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk.repositories.sessions import NO_CACHE

log = logging.getLogger(__name__)
EXPIRY_SECONDS = 90
ANSWER_SECONDS = 0.3


class PickBoard:
    """Keys ``<prefix>:pres:rx:<prescription>`` hold the name of who picks; no cache, no names."""

    def __init__(self, uri: str, *, prefix: str, name: str) -> None:
        self._client = redis.Redis.from_url(
            uri,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._prefix, self._name = prefix, name

    def take(self, prescription_id: UUID) -> str:
        """Stand at it; the name of whoever stands there already, else ''."""
        try:
            self._client.set(self._key(prescription_id), self._name, ex=EXPIRY_SECONDS, nx=True)
            held = self._client.get(self._key(prescription_id))
        except NO_CACHE:
            log.info("presence is not shown: the cache does not answer")
            return ""
        name = held.decode() if isinstance(held, bytes) else ""
        return "" if name == self._name else name

    def leave(self, prescription_id: UUID) -> None:
        """Go away from it."""
        try:
            if self._client.get(self._key(prescription_id)) == self._name.encode():
                self._client.delete(self._key(prescription_id))
        except NO_CACHE:
            log.info("presence is not shown: the cache does not answer")

    def at(self, prescriptions: Sequence[UUID]) -> dict[UUID, str]:
        """Who else stands where."""
        try:
            with self._client.pipeline(transaction=False) as asked:
                for one in prescriptions:
                    asked.get(self._key(one))
                names = asked.execute()
        except NO_CACHE:
            return {}
        found = {one: name.decode() for one, name in zip(prescriptions, names, strict=True) if name}
        return {one: name for one, name in found.items() if name != self._name}

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _key(self, prescription_id: UUID) -> str:
        return f"{self._prefix}:pres:rx:{prescription_id}"
