"""What booking and the calendar decide by in one reading."""

from clinicdesk.migrations.script import run_sql

revision = "0019_speed"
down_revision = "0018_people"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
