"""How a finished demo clinic is known, without the builder and all that it needs."""

import psycopg

from clinicdesk.repositories.refusals import translated

MARKER = "demo"


def is_built(postgres: str) -> bool:
    """Whether the demo clinic is there, whole. Owner URI. Raises StoreUnavailable."""
    with translated(), psycopg.connect(postgres, connect_timeout=5) as owner:
        row = owner.execute(
            "SELECT EXISTS (SELECT 1 FROM clinic_settings WHERE key = %s)", (MARKER,)
        ).fetchone()
        return bool(row and row[0])
