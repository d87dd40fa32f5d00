"""The cache with raw redis-py: each role's commands, keys and channels."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk.embedded.records import Addresses
from clinicdesk.migrations.rights import ROLES
from tests.security.two_clinics import TwoClinics
from tests.small_clinic import SmallClinic

Words = tuple[str, ...]


@pytest.fixture(scope="module")
def caches(template: tuple[Addresses, SmallClinic], two: TwoClinics) -> Iterator[tuple[dict[str, "redis.Redis"], str]]:  # fmt: skip
    """A client of each role, with the secret that PostgreSQL hands out, and the prefix."""
    address = template[0].redis
    if address is None:
        pytest.skip("no cache")
    where, made, prefix = urlsplit(address), {}, ""
    for role in ROLES:
        with two.connect("north", role) as session:
            row = session.execute("SELECT cd.signed_in('pc-9')").fetchone()
        assert row is not None
        key, prefix = row[0]["credentials"]["redis"], row[0]["installation"]["cache_prefix"]
        assert key["username"] == f"cd_{role}"
        made[role] = redis.Redis(
            host=where.hostname or "", port=where.port or 0, username=key["username"], password=key["secret"],
            socket_timeout=3, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
    owner = redis.Redis.from_url(address)
    seeds = ["cache:ref:medicines", "cache:other:x", *(f"cache:{role}:x" for role in ROLES)]
    for key in seeds:
        owner.set(f"{prefix}:{key}", "seed", ex=120)
    owner.set("foreign", "seed", ex=120)
    owner.sadd(f"{prefix}:usess:7", "s1")
    yield made, prefix
    owner.delete("foreign", f"{prefix}:usess:7", *(f"{prefix}:{key}" for key in seeds))
    owner.close()
    for client in made.values():
        client.close()


def allowed(p: str, role: str) -> list[Words]:
    """What the program needs."""
    own = f"{p}:cache:{role}:x"
    staff: list[Words] = [
        ("PING",), ("SET", f"{p}:sess:1", "x", "EX", "5"), ("GET", f"{p}:sess:1"), ("GETEX", f"{p}:sess:1", "EX", "5"), ("EXPIRE", f"{p}:sess:1", "5"), ("PTTL", f"{p}:sess:1"), ("DEL", f"{p}:sess:1"),
        ("SET", f"{p}:pres:a", "me", "NX", "PX", "500"), ("SET", f"{p}:lock:a", "me", "NX", "PX", "500"), ("EXISTS", f"{p}:lock:a"),
        ("EVAL", "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('pexpire',KEYS[1],500) end return 0", "1", f"{p}:lock:a", "me"),
        ("SADD", f"{p}:usess:8", "s"), ("EXPIRE", f"{p}:usess:8", "5"), ("SREM", f"{p}:usess:8", "s"),
        ("SET", own, "1", "EX", "60"), ("GET", own), ("MGET", own, own), ("EXPIRE", own, "60"), ("GET", f"{p}:cache:ref:medicines"), ("MGET", f"{p}:cache:ref:medicines"), ("PUBLISH", f"{p}:rt:c1", "x"),
    ]  # fmt: skip
    admin: list[Words] = [("SMEMBERS", f"{p}:usess:7"), ("PUBLISH", f"{p}:ctl:7", "out"), ("SET", f"{p}:cache:ref:medicines", "seed", "EX", "120"), ("DEL", f"{p}:sess:none")]  # fmt: skip
    return staff + (admin if role == "admin" else [])


def refused(p: str, role: str) -> list[Words]:
    """Everything of the design's list, for everybody; what only an administrator may, for the others."""
    other = "doctor" if role != "doctor" else "pharmacist"
    everybody: list[Words] = [
        ("GET", f"{p}:cache:{other}:x"), ("SET", f"{p}:cache:{other}:x", "forged"), ("GET", f"{p}:cache:other:x"), ("GET", "foreign"), ("SET", "foreign", "x"), ("GET", "sess:1"), ("GET", f"other-{p}:sess:1"), ("GET", f"{p}:sess"),
        ("MGET", f"{p}:cache:{role}:x", f"{p}:cache:{other}:x"), ("DEL", f"{p}:sess:1", "foreign"), ("GET", f"{p}:cache:{role}"),
        ("PUBLISH", "other", "x"), ("PUBLISH", f"other-{p}:rt:c1", "x"), ("KEYS", "*"), ("SCAN", "0"), ("SCAN", "0", "MATCH", f"{p}:sess:*"), ("RANDOMKEY",), ("DBSIZE",), ("FLUSHALL",), ("FLUSHDB",), ("SWAPDB", "0", "1"),
        ("CONFIG", "GET", "*"), ("CONFIG", "SET", "dir", "/tmp"), ("CONFIG", "REWRITE"), ("ACL", "LIST"), ("ACL", "SETUSER", "x"), ("ACL", "GETUSER", f"cd_{role}"), ("ACL", "SAVE"), ("ACL", "LOG"),
        ("CLIENT", "LIST"), ("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "TRACKING", "ON", "BCAST"), ("CLIENT", "PAUSE", "1000"), ("CLIENT", "NO-EVICT", "ON"), ("DEBUG", "SLEEP", "0"), ("INFO",), ("SHUTDOWN", "NOSAVE"),
        ("SAVE",), ("BGSAVE",), ("BGREWRITEAOF",), ("SELECT", "1"), ("LASTSAVE",), ("SLOWLOG", "GET"), ("LATENCY", "LATEST"), ("MEMORY", "USAGE", "foreign"), ("COMMAND",), ("MODULE", "LIST"), ("REPLICAOF", "127.0.0.1", "1"), ("SYNC",),
        ("PSYNC", "?", "-1"), ("FAILOVER",), ("MIGRATE", "127.0.0.1", "1", "foreign", "0", "10"), ("MONITOR",), ("WAIT", "0", "0"), ("FUNCTION", "LIST"), ("FUNCTION", "FLUSH"), ("FCALL", "f", "0"), ("SCRIPT", "FLUSH"), ("SCRIPT", "KILL"),
        ("EVAL", "return redis.call('get','foreign')", "0"), ("EVAL", "return redis.call('get',KEYS[1])", "1", f"{p}:cache:{other}:x"), ("EVAL", "return redis.call('get',ARGV[1])", "0", f"{p}:cache:{other}:x"), ("EVAL", "return redis.call('keys','*')", "0"),
        ("EVAL", "return redis.call('config','get','*')", "0"), ("EVAL", "return redis.call('flushall')", "0"), ("EVAL", "return redis.call('scan','0')", "0"), ("EVAL_RO", "return redis.call('get','foreign')", "0"),
        ("COPY", f"{p}:cache:{other}:x", f"{p}:sess:z"), ("RENAME", f"{p}:cache:{other}:x", f"{p}:sess:z"), ("COPY", f"{p}:sess:1", f"{p}:sess:2"), ("SORT", f"{p}:usess:7", "BY", f"{p}:cache:other:*"), ("SORT", f"{p}:sess:1", "BY", "nosort", "GET", "foreign"),
        ("SORT_RO", f"{p}:usess:7"), ("OBJECT", "HELP"), ("OBJECT", "ENCODING", "foreign"), ("DUMP", f"{p}:cache:other:x"), ("RESTORE", f"{p}:sess:9", "0", "x"), ("TYPE", "foreign"), ("STRLEN", f"{p}:cache:other:x"), ("APPEND", f"{p}:sess:1", "x"),
        ("SUNION", f"{p}:usess:7"), ("SISMEMBER", f"{p}:usess:7", "s1"), ("SPOP", f"{p}:usess:7"), ("DEL", f"{p}:usess:7"), ("LCS", f"{p}:cache:other:x", f"{p}:cache:other:x"), ("BITOP", "NOT", f"{p}:sess:1", f"{p}:cache:other:x"),
        ("XADD", f"{p}:sess:9", "*", "a", "b"), ("PUBSUB", "CHANNELS"), ("PUBSUB", "NUMSUB", f"{p}:ctl:7"), ("SPUBLISH", f"{p}:ctl:7", "x"), ("SUBSCRIBE", "__keyevent@0__:set"), ("SUBSCRIBE", "other"), ("PSUBSCRIBE", "*"), ("PSUBSCRIBE", f"{p}:ctl:*"), ("PSUBSCRIBE", f"{p}:*"),
    ]  # fmt: skip
    others: list[Words] = [
        ("PUBLISH", f"{p}:ctl:7", "out"), ("SMEMBERS", f"{p}:usess:7"), ("SET", f"{p}:cache:ref:medicines", "forged"), ("DEL", f"{p}:cache:ref:medicines"), ("EVAL", f"return redis.call('publish','{p}:ctl:7','x')", "0"),
        ("EVAL", f"return redis.call('smembers','{p}:usess:7')", "0"), ("EVAL", f"return redis.call('set','{p}:cache:ref:medicines','x')", "0"),
    ]  # fmt: skip
    return everybody + (others if role != "admin" else [])


def outcome(client: "redis.Redis", words: Words) -> str:
    """'' when it went through, 'denied' when the ACL said no, else what the server said."""
    run: Any = client.execute_command
    try:
        run(*words)
    except redis.exceptions.NoPermissionError:
        return "denied"
    except redis.ResponseError as error:
        said = str(error).lower()
        # some servers do not know a command at all: not known is not open either
        return (
            "denied"
            if any(word in said for word in ("permission", "acl", "unknown", "not allowed", "script can't"))
            else str(error)
        )
    except (redis.ConnectionError, redis.TimeoutError) as error:
        return f"broken: {error}"
    return ""


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_what_it_needs(caches: "tuple[dict[str, redis.Redis], str]", role: str):
    clients, prefix = caches
    assert {words: said for words in allowed(prefix, role) if (said := outcome(clients[role], words))} == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_nothing_else(caches: "tuple[dict[str, redis.Redis], str]", role: str):
    clients, prefix = caches
    tries = refused(prefix, role)
    assert len(tries) > 90
    assert {words: said for words in tries if (said := outcome(clients[role], words)) != "denied"} == {}


def test_staff_hear_what_an_administrator_says(caches: "tuple[dict[str, redis.Redis], str]"):
    clients, prefix = caches
    with clients["nurse"].pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe(f"{prefix}:ctl:7")
        heard.get_message(timeout=1)
        clients["admin"].publish(f"{prefix}:ctl:7", "out")
        message = heard.get_message(timeout=2)
    assert message is not None
    assert message["data"] == b"out"


def test_the_anonymous_account_is_shut_or_needs_the_owners_password(caches: "tuple[dict[str, redis.Redis], str]", template):  # fmt: skip
    where = urlsplit(template[0].redis)
    anonymous = redis.Redis(host=where.hostname or "", port=where.port or 0, retry=Retry(NoBackoff(), 0))
    with anonymous, pytest.raises((redis.AuthenticationError, redis.ResponseError)):
        anonymous.get(f"{caches[1]}:sess:1")
