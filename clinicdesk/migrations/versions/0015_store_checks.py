"""The daily check of the document store against its index."""

from clinicdesk.migrations.script import run_sql

revision = "0015_store_checks"
down_revision = "0013_pharmacy"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
