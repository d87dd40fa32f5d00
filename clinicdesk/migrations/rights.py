"""Turns ``resources/rights.csv`` (role x action) into grants: the one place where a role gets anything."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinicdesk.resources import resource

ROLES = ("admin", "doctor", "nurse", "receptionist", "pharmacist")
JOBS = ("worker", "backup", "check")


@dataclass(frozen=True, slots=True)
class Right:
    """One line of the table: an action, what it is for, its grants, and the roles that have it."""

    action: str
    what: str
    grants: tuple[str, ...]
    roles: tuple[str, ...]


def read_rights(path: Path | None = None) -> tuple[Right, ...]:
    """The table as data."""
    return _read(path or resource("rights.csv"), ROLES)


def read_job_rights(path: Path | None = None) -> tuple[Right, ...]:
    """The table of the jobs' accounts (``roles`` are jobs)."""
    return _read(path or resource("job_rights.csv"), JOBS)


def _read(path: Path, columns: tuple[str, ...]) -> tuple[Right, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Right(
                action=row["action"],
                what=row["what"],
                grants=tuple(g.strip() for g in row["grants"].split(";") if g.strip()),
                roles=tuple(name for name in columns if row[name] == "x"),
            )
            for row in csv.DictReader(file)
        )


def actions_of(role: str, rights: tuple[Right, ...]) -> frozenset[str]:
    """The actions a role may do: what the program offers, derived from the same table as the grants."""
    return frozenset(right.action for right in rights if role in right.roles)


def statements(rights: tuple[Right, ...]) -> Iterator[str]:
    """Revoke everything from the groups, then grant what the table says."""
    groups = ", ".join(f"cd_{role}" for role in ROLES)
    for group in ("cd_staff", groups):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {group}"
        yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {group}"
    # EXECUTE on install-time functions (cd.tick) belongs to the server's owner and stays
    yield f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cd FROM {groups}"
    for right in rights:
        for grant in right.grants:
            for role in right.roles:
                yield f"GRANT {grant} TO cd_{role}"


def job_statements(rights: tuple[Right, ...]) -> Iterator[str]:
    """The same for the accounts of jobs."""
    accounts = ", ".join(f"cd_job_{job}" for job in JOBS)
    for schema in ("public", "cd"):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {accounts}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {accounts}"
    yield f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cd FROM {accounts}"
    for right in rights:
        for grant in right.grants:
            for job in right.roles:
                yield f"GRANT {grant} TO cd_job_{job}"
