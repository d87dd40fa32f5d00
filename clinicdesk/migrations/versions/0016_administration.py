"""The clinic's administration: open seats hear of it, and limits hold for every seat."""

from clinicdesk.migrations.script import run_sql

revision = "0016_administration"
down_revision = "0015_store_checks"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
