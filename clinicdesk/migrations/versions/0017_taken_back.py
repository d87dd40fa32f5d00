"""Money of a cancellation that is taken back."""

from clinicdesk.migrations.script import run_sql

revision = "0017_taken_back"
down_revision = "0015_store_checks"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
