"""The front desk: ledger and shifts, queue, guardians and consents, merging, search."""

from clinicdesk.migrations.script import run_sql

revision = "0011_front_desk"
down_revision = "0010_booking_rules"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
