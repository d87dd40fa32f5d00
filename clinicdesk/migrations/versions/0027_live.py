"""Live seats: change numbers, acts of an outage taken in exactly once."""

from clinicdesk.migrations.script import run_sql

revision = "0027_live"
down_revision = "0022_rx"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
