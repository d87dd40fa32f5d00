"""The schema revision this program works with; kept apart from Alembic, which takes long to import."""

REVISION = "0036_offers"


def compare(found: str | None) -> int:
    """-1 for an older database, 0 for ours, 1 for a newer one, by the number that revisions start with."""
    mine, theirs = REVISION.split("_")[0], (found or "0000").split("_")[0]
    return (theirs > mine) - (theirs < mine)
