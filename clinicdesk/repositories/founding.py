"""The first rows of a clinic, written by the database's owner: the clinic and its first administrator."""

import psycopg
from psycopg.types.json import Jsonb

from clinicdesk.repositories.accounts import verifier
from clinicdesk.repositories.formulary import load_formulary
from clinicdesk.repositories.refusals import translated


def has_clinic(postgres: str) -> bool:
    """Whether the database holds a clinic. Raises StoreUnavailable."""
    with translated(), psycopg.connect(postgres, connect_timeout=5) as owner:
        row = owner.execute("SELECT EXISTS (SELECT 1 FROM clinics)").fetchone()
        return bool(row and row[0])


def found_clinic(
    postgres: str, *, clinic: str, admin: str, email: str, password: str, timezone: str = "Africa/Lagos"
) -> None:
    """Create a clinic with its first administrator. Owner URI.

    Raises InvalidField('email', 'taken'), StoreUnavailable.
    """
    first, _, last = admin.strip().rpartition(" ")
    with translated(), psycopg.connect(postgres, connect_timeout=5) as owner:
        row = owner.execute(
            "INSERT INTO clinics (name, address, timezone) VALUES (%s, %s, %s) RETURNING id",
            (clinic, Jsonb({}), timezone),
        ).fetchone()
        assert row is not None
        load_formulary(owner)
        create_admin(owner, clinics=[row[0]], first=first, last=last, email=email, password=password)


def create_admin(
    owner: "psycopg.Connection[tuple[object, ...]]",
    *,
    clinics: list[object],
    first: str,
    last: str,
    email: str,
    password: str,
) -> None:
    """An administrator's login for these clinics; only the password's verifier is sent."""
    made = verifier(owner, email=email, password=password)
    owner.execute(
        "SELECT cd.create_login(%s, %s, %s, 'admin', %s, %s::uuid[], false)",
        (email, first or last, last, made, clinics),
    )
