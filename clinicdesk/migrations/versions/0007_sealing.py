"""Sealed charts, document databases by clinic, and the accounts of jobs."""

from clinicdesk.migrations.script import run_sql

revision = "0007_sealing"
down_revision = "0006_access"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
