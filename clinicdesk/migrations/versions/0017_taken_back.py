"""Money of a cancellation that is taken back; everything that a merge links."""

from clinicdesk.migrations.script import run_sql

revision = "0017_taken_back"
down_revision = "0016_administration"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
