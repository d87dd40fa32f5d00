"""Pharmacy and stock: returns, witnesses, orders and deliveries, counts, recalls, transfers, imports."""

from clinicdesk.migrations.script import run_sql

revision = "0013_pharmacy"
down_revision = "0012_prescribing"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
