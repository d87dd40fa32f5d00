"""Which schema a database has; apart from Alembic, which takes long to import."""

import psycopg

from clinicdesk.domain.errors import StoreUnavailable


def dsn(uri: str) -> str:
    """A libpq URI; accepts SQLAlchemy's form too."""
    return uri.replace("postgresql+psycopg://", "postgresql://", 1)


def revision(postgres: str) -> str | None:
    """The schema revision of a database; None before the first migration. Raises StoreUnavailable."""
    try:
        with psycopg.connect(dsn(postgres), connect_timeout=5) as connection:
            found = connection.execute("SELECT to_regclass('public.alembic_version')").fetchone()
            if found is None or found[0] is None:
                return None
            row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
            return str(row[0]) if row else None
    except psycopg.OperationalError as error:
        raise StoreUnavailable("postgres") from error
