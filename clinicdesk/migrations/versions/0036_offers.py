"""Offers of freed slots that hold until they are answered; emergencies among bookings."""

from clinicdesk.migrations.script import run_sql

revision = "0036_offers"
down_revision = "0027_live"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
