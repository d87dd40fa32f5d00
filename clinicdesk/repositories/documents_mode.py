"""Which database holds which clinic's documents: one for all, or one for each clinic (chosen at set-up)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

SHARED, PER_CLINIC = "shared", "per_clinic"
Owner = psycopg.Connection[tuple[Any, ...]]


class ModeFixed(Exception):
    """Documents are stored already: the choice was made at set-up."""


def database_of(base: str, mode: str, clinic_id: UUID) -> str:
    """The database of a clinic's documents."""
    return base if mode == SHARED else f"{base}_{clinic_id.hex[:16]}"


def by_clinic(owner: Owner) -> Mapping[UUID, str]:
    """Clinic -> database. With one for all they are the same."""
    base, mode = _installation(owner)
    rows = owner.execute("SELECT id FROM public.clinics ORDER BY number").fetchall()
    return {row[0]: database_of(base, mode, row[0]) for row in rows}


def databases(owner: Owner) -> list[str]:
    """Every database that holds or will hold documents."""
    base, mode = _installation(owner)
    return [base] if mode == SHARED else sorted(set(by_clinic(owner).values()))


def mode_of(owner: Owner) -> str:
    """The choice."""
    return _installation(owner)[1]


def choose(owner: Owner, mode: str) -> None:
    """Raises ModeFixed once there are visits."""
    if mode == mode_of(owner):
        return
    row = owner.execute("SELECT EXISTS (SELECT 1 FROM public.visit_versions)").fetchone()
    if row and row[0]:
        raise ModeFixed
    owner.execute("UPDATE public.installation SET documents_mode = %s", (mode,))


def _installation(owner: Owner) -> tuple[str, str]:
    row = owner.execute("SELECT documents_database, documents_mode FROM public.installation").fetchone()
    assert row is not None
    return str(row[0]), str(row[1])
