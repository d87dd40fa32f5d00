"""Signing in: who somebody is for the database."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from clinicdesk.domain.errors import NotAllowed, SignedOut, WrongPassword, WrongSchema
from clinicdesk.domain.people import Actor, Clinic, Duty, Role
from clinicdesk.repositories.connections import Connections
from clinicdesk.repositories.documents_mode import PER_CLINIC, database_of
from clinicdesk.repositories.refusals import no_answer, translated
from clinicdesk.repositories.work import Work, connections_of
from clinicdesk.schema import compare

ActionsOf = Callable[[Role, frozenset[Duty]], frozenset[str]]


def login_name(email: str) -> str:
    """The PostgreSQL role of an e-mail address: computed here, so that nothing is asked before sign-in."""
    return "u_" + hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Credential:
    """A key to another store, handed out by PostgreSQL after sign-in."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the database says about the person who just signed in."""

    actor: Actor
    credentials: dict[str, Credential]
    documents_database: str
    cache_prefix: str
    elsewhere: dict[UUID, tuple[str, Credential]] = field(default_factory=dict)
    """The other clinics of this person whose documents are kept apart: database and key."""
    installation: str = ""


def open_connections(parameters: dict[str, str], *, email: str, password: str, seat: str) -> Connections:
    """The first of them is open.

    Raises WrongPassword, StoreUnavailable. Unknown, locked and mistyped look the same, as to the server.
    """
    made = connections_of(parameters, user=login_name(email), password=password, seat=seat)
    try:
        with made.transaction():
            return made
    except psycopg.Error as error:
        made.retire()
        said = str(error)
        if "password authentication failed" in said or "no password supplied" in said:
            raise WrongPassword from None
        raise no_answer("postgres", error) from None


def sign_in(work: Work, *, seat: str, actions: ActionsOf) -> SignedIn:
    """Identity, clinics, keys, and rights by role and duty. Raises SignedOut, WrongSchema, NotAllowed."""
    found: dict[str, Any] | None = work.value("SELECT cd.signed_in(:seat)", seat=seat)
    if found is None:
        raise SignedOut
    if (direction := compare(found["revision"])) != 0:
        raise WrongSchema("newer" if direction > 0 else "older")
    if not found["clinics"]:
        raise NotAllowed("session")
    role, duties = Role(found["role"]), my_duties(work)
    clinic = _clinic(found["clinics"][0])
    credentials = {
        name: Credential(key["username"], key["secret"]) for name, key in found["credentials"].items()
    }
    base, mode = (found["installation"][name] for name in ("documents_database", "documents_mode"))
    elsewhere: dict[UUID, tuple[str, Credential]] = {}
    if mode == PER_CLINIC and "mongo" in credentials:
        elsewhere = {one: (database_of(base, mode, one), key) for one, key in _document_keys(work)}
        del credentials["mongo"]
        if own := elsewhere.pop(clinic.id, None):
            credentials["mongo"] = own[1]
    return SignedIn(
        actor=Actor(
            user_id=UUID(found["user_id"]),
            name=found["name"],
            email=found["email"],
            role=role,
            clinic=clinic,
            doctor_id=UUID(found["doctor_id"]) if found["doctor_id"] else None,
            actions=actions(role, duties),
            must_change_password=found["must_change_password"],
            duties=duties,
        ),
        credentials=credentials,
        documents_database=database_of(base, mode, clinic.id),
        cache_prefix=found["installation"]["cache_prefix"],
        elsewhere=elsewhere,
        installation=found["installation"]["id"],
    )


def my_duties(work: Work) -> frozenset[Duty]:
    """What the signed-in person is besides the role, in any of the own clinics."""
    held = set(work.value("SELECT cd.my_duties()") or ())
    return frozenset(duty for duty in Duty if duty in held)


def _document_keys(work: Work) -> list[tuple[UUID, Credential]]:
    """The keys to the documents of each of the person's clinics."""
    rows = work.all(
        "SELECT clinic_id, username, secret FROM service_credentials "
        "WHERE service = 'mongo' AND clinic_id IS NOT NULL"
    )
    return [(row["clinic_id"], Credential(row["username"], row["secret"])) for row in rows]


def _clinic(row: dict[str, Any]) -> Clinic:
    address = row["address"] or {}
    return Clinic(
        id=UUID(row["id"]),
        name=row["name"],
        timezone=row["timezone"],
        currency=row["currency"],
        address=", ".join(
            str(address[key]) for key in ("street", "area", "city", "state") if address.get(key)
        ),
        phone=row["phone"] or "",
        license_number=row["license_number"] or "",
    )


def verifier(session: psycopg.Connection[Any], *, email: str, password: str) -> str:
    """The SCRAM verifier of a password, made on this PC: the password itself never travels."""
    return session.pgconn.encrypt_password(
        password.encode(), login_name(email).encode(), b"scram-sha-256"
    ).decode()


def change_password(connections: Connections, *, email: str, password: str) -> None:
    """Set the own password; only its verifier is sent."""
    with translated(), connections.transaction() as link:
        made = verifier(link, email=email, password=password)
        Work(link).run("SELECT cd.change_password(:made)", made=made)


def enforce_lockout(work: Work) -> None:
    """Look at the server's log for repeated failures; locks and unlocks accounts."""
    work.value("SELECT cd.tick()")


def seal_audit(work: Work) -> int | None:
    """Chain the finished audit rows; the newest seal's number, None while another seat is at it."""
    found: int | None = work.value("SELECT cd.seal()")
    return found


def local_key(work: Work) -> bytes:
    """What encrypts this person's drafts on whichever PC: 32 bytes. Raises NotAllowed."""
    return bytes(work.value("SELECT cd.local_key()"))
