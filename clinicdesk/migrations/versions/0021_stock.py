"""Questions to the prescriber, suppliers out of use, parts in quarantine, settings of the stock."""

from clinicdesk.migrations.script import run_sql

revision = "0021_stock"
down_revision = "0019_speed"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
