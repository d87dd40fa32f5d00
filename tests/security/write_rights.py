"""Writes docs/rights.md from resources/rights.csv: ``python -m tests.security.write_rights``."""

from pathlib import Path

from clinicdesk.domain.people import Duty
from clinicdesk.migrations.rights import JOBS, ROLES, Right, read_job_rights, read_rights
from tests.security.rights_table import split

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
_INTRO = """# Who may do what

Written from `resources/rights.csv`; do not edit. The same file makes the grants in the database and says what the
program offers, and the tests compare all three. Row policies narrow every line further to the clinics in which a
person works; the functions named here check clinic, role and state again by themselves.

A duty is what an administrator gives to a person of any role in a clinic, besides the role. Since anybody may hold
one, the grants of such a line go to every group, and the functions and row policies behind them ask for the duty:
`cd.has_duty('records')` says whether, `cd.require_duty('records')` or `cd.require_duty('records', clinic)` refuse,
`cd.may('patients.merge')` and `cd.require_action('patients.merge')` ask this table for role or duty, and
`cd.action_clinics('clinic.lead')` says in which clinics. A duty taken away ends at once, in open sessions too.

"""
_DUTIES = {
    Duty.PRIVACY_OFFICER: "Privacy officer",
    Duty.CLINIC_LEAD: "Clinic lead",
    Duty.CASHIER_LEAD: "Cashier lead",
    Duty.RECORDS: "Records",
    Duty.WITNESS: "Witness",
}
_JOBS = """
## Jobs

Written from `resources/job_rights.csv`. Each job has an account of its own on each store (`clinicdesk service create`),
on the machine that runs it.

"""


def page(rights: tuple[Right, ...]) -> str:
    """The page as text."""
    head = f"| Right | Meaning | {' | '.join(role.title() for role in ROLES)} | Or by duty |\n"
    lines = [_INTRO, head, "|---|---|" + ":-:|" * len(ROLES) + "---|\n"]
    for right in rights:
        marks = " | ".join("yes" if role in right.roles else "–" for role in ROLES)
        duties = ", ".join(f"{_DUTIES[duty]} (`{duty}`)" for duty in right.duties) or "–"
        lines.append(f"| `{right.action}` | {right.what} | {marks} | {duties} |\n")
    lines.append("\n## What each right is made of\n")
    for right in rights:
        lines.append(f"\n### `{right.action}`\n\n")
        lines += [f"- {_short(grant)}\n" for grant in right.grants] or [
            "- Nothing of its own: a check inside the functions.\n"
        ]
    jobs = read_job_rights()
    lines.append(_JOBS + f"| Right | Meaning | {' | '.join(job.title() for job in JOBS)} |\n")
    lines.append("|---|---|" + ":-:|" * len(JOBS) + "\n")
    for right in jobs:
        marks = " | ".join("yes" if job in right.roles else "–" for job in JOBS)
        lines.append(f"| `{right.action}` | {right.what} | {marks} |\n")
    for right in jobs:
        lines.append(f"\n### `{right.action}`\n\n")
        lines += [f"- {_short(grant)}\n" for grant in right.grants]
    return "".join(lines)


def _short(grant: str) -> str:
    if grant.startswith("EXECUTE ON FUNCTION "):
        return "call " + ", ".join(f"`{name}`" for name in split(grant.removeprefix("EXECUTE ON FUNCTION ")))
    privileges, _, tables = grant.rpartition(" ON ")
    return f"{privileges} on " + ", ".join(f"`{name}`" for name in split(tables))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(read_rights()), encoding="utf-8")
