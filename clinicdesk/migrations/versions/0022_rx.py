"""Prescriptions past their validity expire by themselves."""

from clinicdesk.migrations.script import run_sql

revision = "0022_rx"
down_revision = "0021_stock"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
