"""Additions to the data model."""

from clinicdesk.migrations.script import run_sql

revision = "0002_clinic"
down_revision = "0001_seed"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
