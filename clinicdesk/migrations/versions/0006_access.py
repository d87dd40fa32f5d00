"""Administration of access: duties, break-the-glass, reading of the logs, seals that name the row."""

from clinicdesk.migrations.script import run_sql

revision = "0006_access"
down_revision = "0005_policies"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
