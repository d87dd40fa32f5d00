"""Duties: what a person may do besides the role, by the table of rights itself."""

from clinicdesk.migrations.script import run_sql

revision = "0008_duties"
down_revision = "0007_sealing"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
