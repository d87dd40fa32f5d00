"""Who is where, and who holds what: in the cache, for seconds at a time. All of it may vanish.

Keys: ``<prefix>:pres:<place>:<0-7>`` one person at a place; ``<prefix>:lock:<thing>`` who holds it. Values
are JSON with name, seat, since and the id of the entry, by which only its owner prolongs or ends it. The
accounts of the cache are shared by a role, so all of it is a hint; versions in the database decide.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.presence import Company
from clinicdesk.repositories.refusals import no_answer
from clinicdesk.repositories.sessions import NO_CACHE

ANSWER_SECONDS = 0.5
STAY_MS, HOLD_MS = 15_000, 30_000
PLACES = 8
"""More people than this at one place: the rest is not named."""
_PROLONG = (
    "local held = redis.call('get', KEYS[1]) "
    "if held and string.find(held, ARGV[1], 1, true) then return redis.call('pexpire', KEYS[1], ARGV[2]) end "
    "return 0"
)
_END = (
    "local held = redis.call('get', KEYS[1]) "
    "if held and string.find(held, ARGV[1], 1, true) then return redis.call('del', KEYS[1]) end return 0"
)


class PresenceBoard:
    """Every method raises StoreUnavailable('redis') when the cache does not answer, or refuses."""

    def __init__(self, uri: str, *, prefix: str, name: str, seat: str) -> None:
        self._uri: str | None = uri
        self._made: redis.Redis | None = None
        self._prefix, self._name, self._seat = prefix, name, seat
        self._id = secrets.token_hex(16)
        self._slots: dict[str, int] = {}

    def close(self) -> None:
        """End the connection and forget the credential; calls raise StoreUnavailable until ``use``."""
        self._uri = None
        self._slots.clear()
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def use(self, uri: str) -> None:
        """Work with this credential from now on."""
        self.close()
        self._uri = uri

    def stand(self, place: str, now: datetime) -> list[Company]:
        """Be there for another fifteen seconds; who else is, longest first."""
        client = self._client()
        try:
            slot = self._slots.get(place)
            if slot is None or not client.eval(_PROLONG, 1, self._place(place, slot), self._id, STAY_MS):
                self._slots.pop(place, None)
                self._enter(client, place, now)
            with client.pipeline(transaction=False) as asked:
                for number in range(PLACES):
                    asked.get(self._place(place, number))
                return self._others(asked.execute())
        except NO_CACHE as error:
            raise no_answer("redis", error) from error

    def leave(self, place: str) -> None:
        """Be there no more."""
        slot = self._slots.pop(place, None)
        if slot is not None:
            self._run(_END, self._place(place, slot))

    def hold(self, thing: str, now: datetime, *, take_over: bool = False) -> Company | None:
        """Hold it for another half minute; None when it is ours, else who holds it."""
        client, key = self._client(), f"{self._prefix}:lock:{thing}"
        try:
            if client.eval(_PROLONG, 1, key, self._id, HOLD_MS):
                return None
            if client.set(key, self._entry(now), px=HOLD_MS, nx=not take_over):
                return None
            return next(iter(self._others([client.get(key)])), None)
        except NO_CACHE as error:
            raise no_answer("redis", error) from error

    def release(self, thing: str) -> None:
        """Hold it no more; nothing happens when somebody took it over."""
        self._run(_END, f"{self._prefix}:lock:{thing}")

    def _enter(self, client: "redis.Redis", place: str, now: datetime) -> None:
        for number in range(PLACES):
            if client.set(self._place(place, number), self._entry(now), px=STAY_MS, nx=True):
                self._slots[place] = number
                return

    def _others(self, found: Sequence[object]) -> list[Company]:
        company: list[Company] = []
        for one in found:
            if isinstance(one, bytes) and self._id.encode() not in one:
                said = json.loads(one)
                company.append(
                    Company(str(said["name"]), str(said["seat"]), datetime.fromisoformat(said["since"]))
                )
        return sorted(company, key=lambda one: one.since)

    def _run(self, script: str, key: str) -> None:
        try:
            self._client().eval(script, 1, key, self._id)
        except NO_CACHE as error:
            raise no_answer("redis", error) from error

    def _entry(self, now: datetime) -> str:
        return json.dumps({"id": self._id, "name": self._name, "seat": self._seat, "since": now.isoformat()})

    def _place(self, place: str, slot: int) -> str:
        return f"{self._prefix}:pres:{place}:{slot}"

    def _client(self) -> "redis.Redis":
        if self._uri is None:
            raise StoreUnavailable("redis")
        if self._made is None:
            self._made = redis.Redis.from_url(
                self._uri,
                socket_timeout=ANSWER_SECONDS,
                socket_connect_timeout=ANSWER_SECONDS,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        return self._made
