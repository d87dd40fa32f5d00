"""The data model as asked for."""

from clinicdesk.migrations.script import run_sql

revision = "0001_seed"
down_revision = None


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
