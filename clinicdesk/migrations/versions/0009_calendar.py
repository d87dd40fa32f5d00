"""The calendar: any range of days in one read, and the load of a month."""

from clinicdesk.migrations.script import run_sql

revision = "0009_calendar"
down_revision = "0008_duties"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
