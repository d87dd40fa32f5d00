"""Service accounts and shapes on the document server and the cache, made by the owner; repeatable.

Keys of the cache, all under one prefix and all with an expiry: ``sess:<id>`` a session, ``usess:<user>`` a
user's sessions, ``pres:<what>`` presence, ``lock:<what>`` soft locks, ``cache:<role>:<what>`` and
``cache:ref:<what>`` copies. Channels: ``ctl:<user>`` (administrators publish, staff listen) and
``rt:<clinic>`` (all staff).
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import redis
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.repositories.ehr import COLLECTION

CLINICIAN = "cd_clinician"
ROLES = ("doctor", "nurse", "receptionist", "pharmacist", "admin")
_FAILED_TO_PARSE = (2, 9, 59, 115, 40415)  # what a server says that has no validators


@dataclass(frozen=True, slots=True)
class ServiceCredential:
    """What PostgreSQL hands to a role after login. ``notes`` say what the server could not do."""

    username: str
    secret: str = field(repr=False)
    notes: tuple[str, ...] = ()


_TEXT: dict[str, Any] = {"bsonType": "string"}
_NUMBER: dict[str, Any] = {"bsonType": ["int", "long", "double"]}
_DATE: dict[str, Any] = {"bsonType": "date"}


def _each(names: str, shape: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(names.split(), shape)


def _texts(names: str) -> dict[str, Any]:
    return _each(names, _TEXT)


def _record(fields: dict[str, Any], *required: str) -> dict[str, Any]:
    shape: dict[str, Any] = {"bsonType": "object", "additionalProperties": False, "properties": fields}
    return {**shape, "required": list(required)} if required else shape


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"bsonType": "array", "items": of}


# The seed's document (data model, section 6); visitId, version and status are ours: the row in PostgreSQL.
EHR_SCHEMA = _record(
    {
        "_id": {"bsonType": ["objectId", "string"]},
        **_texts("patientId doctorId clinicId visitId status"),
        "version": {"bsonType": ["int", "long"]},
        "visitDate": _DATE,
        "visitType": {"enum": ["routine", "emergency", "follow_up", "consultation"]},
        "vitals": _record(
            {
                "temperature": _NUMBER,
                "bloodPressure": _record({"systolic": _NUMBER, "diastolic": _NUMBER}),
                **dict.fromkeys(
                    ["heartRate", "respiratoryRate", "weight", "height", "bmi", "oxygenSaturation"], _NUMBER
                ),
            }
        ),
        "medicalHistory": _record(
            {
                **dict.fromkeys(
                    ["allergies", "chronicConditions", "surgicalHistory", "familyHistory"], _list(_TEXT)
                ),
                "socialHistory": _record(_texts("smoking alcohol exercise occupation")),
            }
        ),
        "currentVisit": _record(
            _texts(
                "chiefComplaint historyOfPresentIllness physicalExamination "
                "assessment plan followUpInstructions"
            )
        ),
        "attachments": _list(
            _record(
                {
                    "type": {"enum": ["lab_result", "xray", "report", "image"]},
                    **_texts("filename fileUrl description"),
                    "uploadedAt": _DATE,
                }
            )
        ),
        "createdAt": _DATE,
        "updatedAt": _DATE,
        "isDeleted": {"bsonType": "bool"},
        "sealed": {"bsonType": "binData"},  # the clinical sections, encrypted by the client
        "accessLog": _list(_record({**_texts("userId action ipAddress"), "timestamp": _DATE})),
    },
    *("patientId", "doctorId", "clinicId", "visitDate"),
)
_INDEXES: tuple[tuple[str, list[tuple[str, int]], dict[str, Any]], ...] = (
    ("patient_date", [("patientId", 1), ("visitDate", -1)], {}),
    ("doctor_date", [("doctorId", 1), ("visitDate", 1)], {}),
    ("clinic_date", [("clinicId", 1), ("visitDate", 1)], {}),
    (
        "visit_version",
        [("visitId", 1), ("version", 1)],
        {"unique": True, "partialFilterExpression": {"visitId": {"$exists": True}}},
    ),
)


def provision_documents(
    owner_uri: str, *, database: str, username: str = CLINICIAN, kept: str | None = None
) -> ServiceCredential:
    """The clinicians' account, collection, validator and indexes in ``database``.

    ``kept`` is the secret of before: it stays when it still lets them in. Raises StoreUnavailable.
    """
    client: MongoClient[dict[str, Any]]
    try:
        with MongoClient(owner_uri, serverSelectionTimeoutMS=5000, timeoutMS=20000) as client:
            notes = _shape_collection(client, database)
            admin: Database[dict[str, Any]] = client["admin"]
            known = admin.command("usersInfo", username)["users"]
            roles = [{"role": "readWrite", "db": database}]
            if known and kept and _lets_in(owner_uri, username, kept):
                secret = kept
                admin.command("updateUser", username, roles=roles)
            else:
                secret = secrets.token_urlsafe(32)
                admin.command("updateUser" if known else "createUser", username, pwd=secret, roles=roles)
    except PyMongoError as error:
        raise StoreUnavailable("mongo") from error
    return ServiceCredential(username, secret, notes)


def _lets_in(owner_uri: str, username: str, secret: str) -> bool:
    client: MongoClient[dict[str, Any]]
    found: dict[str, Any] = {"username": username, "password": secret, "authSource": "admin"}
    try:
        with MongoClient(owner_uri, **found, serverSelectionTimeoutMS=5000, timeoutMS=20000) as client:
            client["admin"].command("ping")
    except OperationFailure:
        return False
    return True


def _shape_collection(client: "MongoClient[dict[str, Any]]", database: str) -> tuple[str, ...]:
    store = client[database]
    if COLLECTION not in store.list_collection_names():
        store.create_collection(COLLECTION)
    notes: tuple[str, ...] = ()
    try:
        store.command(
            "collMod",
            COLLECTION,
            validator={"$jsonSchema": EHR_SCHEMA},
            validationLevel="strict",
            validationAction="error",
        )
    except OperationFailure as error:
        if error.code not in _FAILED_TO_PARSE:
            raise
        notes = ("This document server checks no shapes; only ClinicDesk does.",)
    for name, keys, options in _INDEXES:
        store[COLLECTION].create_index(keys, name=name, **options)
    return notes


# Selectors need Redis 7. Staff may not list another user's sessions, and only listen on control channels.
_STAFF_RULES = (
    "reset on >{secret} +hello +auth +ping +client|setname +client|id +client|setinfo +reset +quit "
    "(+get +set +del +expire +pexpire +pttl +ttl +getex +exists +eval +evalsha +script|load"
    " ~{prefix}:sess:* ~{prefix}:pres:* ~{prefix}:lock:*) "
    "(+sadd +srem +expire ~{prefix}:usess:*) "
    "(+get +set +del +expire +mget ~{prefix}:cache:{role}:*) (+get +mget %R~{prefix}:cache:ref:*) "
    "(+subscribe +unsubscribe &{prefix}:ctl:*) "
    "(+publish +subscribe +unsubscribe +psubscribe +punsubscribe &{prefix}:rt:*)"
)
_ADMIN_RULES = (
    " (+smembers ~{prefix}:usess:*) (+publish &{prefix}:ctl:*) (+set +del +expire ~{prefix}:cache:ref:*)"
)


def provision_cache(
    owner_uri: str, *, prefix: str, kept: Mapping[str, str] = MappingProxyType({})
) -> dict[str, ServiceCredential]:
    """One account ``cd_<role>`` for each staff role; the anonymous one is shut.

    ``kept`` are the secrets of before by role: each stays when the cache still accepts it.
    Raises StoreUnavailable.
    """
    made: dict[str, ServiceCredential] = {}
    retry = Retry(NoBackoff(), 0)
    client = redis.Redis.from_url(owner_uri, socket_timeout=5, socket_connect_timeout=5, retry=retry)
    try:
        for role in ROLES:
            before = kept.get(role)
            secret = (
                before if before and _accepts(client, f"cd_{role}", before) else secrets.token_urlsafe(32)
            )
            credential = ServiceCredential(f"cd_{role}", secret)
            template = _STAFF_RULES + (_ADMIN_RULES if role == "admin" else "")
            rules = template.format(secret=credential.secret, prefix=prefix, role=role)
            set_cache_user(client, credential.username, rules)
            made[role] = credential
        # An owner who comes in as the anonymous one would lock itself out.
        if _command(client, "ACL", "WHOAMI") not in (b"default", "default"):
            _command(client, "ACL", "SETUSER", "default", "off")
        _keep_users(client)
    except redis.RedisError as error:
        raise StoreUnavailable("redis") from error
    finally:
        client.close()
    return made


def _accepts(client: "redis.Redis", username: str, secret: str) -> bool:
    """The owner sees the digests of a user's passwords."""
    found = _command(client, "ACL GETUSER", username)  # in one word the driver reads the answer
    if not isinstance(found, dict) or not found.get("enabled"):
        return False
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return any(str(one).endswith(digest) for one in found["passwords"])


def _command(client: "redis.Redis", *words: str) -> object:
    run: Callable[..., object] = client.execute_command
    return run(*words)


def set_cache_user(client: "redis.Redis", username: str, rules: str) -> None:
    """Make or change one account of the cache. Raises redis.RedisError."""
    words = re.findall(r"\([^)]*\)|\S+", rules)
    try:
        _command(client, "ACL", "SETUSER", username, *words)
    except redis.ResponseError as error:
        if "setinfo" not in str(error):  # Redis 7.0 does not have it; drivers do without
            raise
        _command(client, "ACL", "SETUSER", username, *(word for word in words if "setinfo" not in word))


def _keep_users(client: "redis.Redis") -> None:
    """In the server's ACL file, else in its configuration; with neither, each upgrade makes them again."""
    for command in (("ACL", "SAVE"), ("CONFIG", "REWRITE")):
        try:
            _command(client, *command)
        except redis.ResponseError:
            continue
        return
