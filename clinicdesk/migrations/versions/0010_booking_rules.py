"""Booking: series, restored cancellations, how people asked, doctors who are out, the end of the day."""

from clinicdesk.migrations.script import run_sql

revision = "0010_booking_rules"
down_revision = "0009_calendar"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
