"""Row level security."""

from clinicdesk.migrations.script import run_sql

revision = "0005_policies"
down_revision = "0004_audit_feed"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
