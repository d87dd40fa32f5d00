"""Audit, seals and the change feed."""

from clinicdesk.migrations.script import run_sql

revision = "0004_audit_feed"
down_revision = "0003_guards"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
