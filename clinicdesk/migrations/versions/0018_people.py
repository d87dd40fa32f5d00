"""One person's two records as one chart; quicker search."""

from clinicdesk.migrations.script import run_sql

revision = "0018_people"
down_revision = "0017_taken_back"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
