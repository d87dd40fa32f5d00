"""Prescribing that proves itself: codes, the clinic's seal, templates, accepted rules."""

from clinicdesk.migrations.script import run_sql

revision = "0012_prescribing"
down_revision = "0011_front_desk"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    run_sql(revision)
