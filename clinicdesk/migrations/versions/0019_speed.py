"""What booking decides by in one reading; each line of a search compared once."""

from clinicdesk.migrations.script import run_sql

revision = "0019_speed"
down_revision = "0018_people"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
