"""Turns ``resources/rights.csv`` (role or duty x action) into grants: nobody gets anything elsewhere.

An action is done by the roles marked ``x`` and by whoever holds one of its duties (last column, may be
left out). Anybody may hold a duty, so the grants of such a line go to all groups, and the functions and row
policies behind them ask ``cd.has_duty``, ``cd.require_duty`` or ``cd.require_action``.
"""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from clinicdesk.domain.people import Duty
from clinicdesk.resources import resource

DUTIES = tuple(Duty)
ROLES = ("admin", "doctor", "nurse", "receptionist", "pharmacist")
JOBS = ("worker", "backup", "check")


@dataclass(frozen=True, slots=True)
class Right:
    """One line of the table: an action, what it is for, its grants, and the roles and duties that have it."""

    action: str
    what: str
    grants: tuple[str, ...]
    roles: tuple[str, ...]
    duties: tuple[Duty, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The roles whose group gets the grants: all of them when a duty gives the action."""
        return ROLES if self.duties else self.roles


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
                duties=tuple(Duty(duty) for duty in (row.get("duties") or "").split()),
            )
            for row in csv.DictReader(file)
        )


def actions_of(rights: tuple[Right, ...], role: str, duties: Collection[str] = ()) -> frozenset[str]:
    """What somebody may do: what the program offers, derived from the same table as the grants."""
    return frozenset(
        right.action for right in rights if role in right.roles or not set(duties).isdisjoint(right.duties)
    )


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
            for role in right.groups:
                yield f"GRANT {grant} TO cd_{role}"
    yield "DELETE FROM cd.rights"
    for right in rights:
        for holder in (*right.roles, *right.duties):
            yield f"INSERT INTO cd.rights (action, holder) VALUES ('{right.action}', '{holder}')"


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
