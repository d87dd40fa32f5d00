"""Identity, accounts and the rules that hold for every seat."""

from clinicdesk.migrations.script import run_sql

revision = "0003_guards"
down_revision = "0002_clinic"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
