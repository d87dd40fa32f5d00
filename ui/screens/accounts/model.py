"""Words and rows of the accounts screen."""

import csv
from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.access import Account
from clinicdesk.domain.people import Duty, Role
from clinicdesk.resources import resource
from ui.messages import role_word
from ui.who_may import duty_word
from ui.widgets.lines import Cell

translate = QCoreApplication.translate
ROLES = (Role.ADMIN, Role.DOCTOR, Role.NURSE, Role.RECEPTIONIST, Role.PHARMACIST)


def duty_words() -> dict[str, tuple[str, str]]:
    """Duty -> its name, and what it lets a person do."""
    return {
        "privacy_officer": (
            duty_word(Duty.PRIVACY_OFFICER),
            translate("duty", "Reads who opened charts, reviews emergency access, restricts charts"),
        ),
        "clinic_lead": (
            duty_word(Duty.CLINIC_LEAD),
            translate("duty", "Changes settings, opening hours, holidays"),
        ),
        "cashier_lead": (
            duty_word(Duty.CASHIER_LEAD),
            translate("duty", "Approves large refunds and differences in the till"),
        ),
        "records": (
            duty_word(Duty.RECORDS),
            translate("duty", "Merges records of one person, restricts charts"),
        ),
        "witness": (
            duty_word(Duty.WITNESS),
            translate("duty", "Second person at the controlled-drug register"),
        ),
    }


def relation_words() -> dict[str, str]:
    """How a patient stands to a member of staff."""
    return {"self": translate("account", "Own chart"), "family": translate("account", "Family")}


def state_tag(account: Account) -> tuple[str, str, str]:
    """Word, kind and icon."""
    return {
        "active": (translate("account", "Active"), "ok", "circle-check"),
        "new": (translate("account", "Never signed in"), "info", "circle-dot"),
        "locked": (translate("account", "Locked"), "warn", "lock"),
        "disabled": (translate("account", "Disabled"), "plain", "ban"),
    }[account.state]


def when(moment: datetime | None, zone: tzinfo) -> str:
    """On the clinic's clock; a dash for never."""
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}" if moment else "–"


def heads() -> list[str]:
    """Columns of the list."""
    return [
        translate("account", "Name"),
        translate("account", "Role"),
        translate("account", "State"),
        translate("account", "Last sign-in"),
        translate("account", "Duties"),
    ]


def account_line(account: Account, zone: tzinfo) -> list[Cell]:
    """A row of the list."""
    words = duty_words()
    duties = ", ".join(words[duty][0] for duty in words if duty in account.duties)
    now = translate("account", "signed in now") if account.connections else ""
    return [
        f"{account.name}\n{account.email}",
        role_word(account.role),
        state_tag(account),
        f"{when(account.last_login, zone)}\n{now}" if now else when(account.last_login, zone),
        duties or "–",
    ]


def rights_lines() -> list[tuple[str, list[Cell]]]:
    """The table of rights: what it is, a mark for each role, and the duties that give it too."""
    yes, words = (translate("rights", "Yes"), "ok", "check"), duty_words()
    with resource("rights.csv").open(encoding="utf-8", newline="") as file:
        return [
            (
                row["action"],
                [
                    f"{row['what']}\n{row['action']}",
                    *(yes if row[role] == "x" else "–" for role in ROLES),
                    "\n".join(words[duty][0] for duty in (row["duties"] or "").split()) or "–",
                ],
            )
            for row in csv.DictReader(file)
        ]
