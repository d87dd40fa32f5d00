"""Runs the SQL file of a migration: many statements, so they go past SQLAlchemy's parameters."""

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def run_sql(name: str) -> None:
    """Execute ``sql/<name>.sql`` in the migration's transaction."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute((SQL / f"{name}.sql").read_text(encoding="utf-8"))
