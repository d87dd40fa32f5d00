"""What is missing for an action, and who can grant it: read from the table of rights."""

import csv
import re
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.people import Duty, Role
from clinicdesk.resources import resource

translate = QCoreApplication.translate
_FUNCTION = re.compile(r"function (\w+)")
_DUTY = re.compile(r"needs the duty (\w+)")
_ACTION = re.compile(r"not one of your rights: ([\w.]+)")
_ELSEWHERE = re.compile(r"of (yours|your clinics|this clinic)")
Row = tuple[str, tuple[Role, ...], tuple[Duty, ...]]


def role_word(role: Role) -> str:
    """The word for a role."""
    words = {
        Role.ADMIN: translate("role", "Administrator"),
        Role.DOCTOR: translate("role", "Doctor"),
        Role.NURSE: translate("role", "Nurse"),
        Role.RECEPTIONIST: translate("role", "Reception"),
        Role.PHARMACIST: translate("role", "Pharmacist"),
    }
    return words[role]


def duty_word(duty: Duty) -> str:
    """The word for a duty."""
    words = {
        Duty.PRIVACY_OFFICER: translate("duty", "Privacy officer"),
        Duty.CLINIC_LEAD: translate("duty", "Clinic lead"),
        Duty.CASHIER_LEAD: translate("duty", "Cashier lead"),
        Duty.RECORDS: translate("duty", "Records"),
        Duty.WITNESS: translate("duty", "Controlled-drug witness"),
    }
    return words[duty]


def refusal(action: str, said: str = "") -> str:
    """Why somebody may not do this, and who changes that; ``said`` is the reason the database gave."""
    found = rights().get(action) or rights().get(_action_of(said))
    if found is not None:
        return _by_the_table(*found)
    if action == "accounts.own":
        return translate(
            "errors",
            "Nobody changes the own account, role or duties. Ask another administrator of your clinic.",
        )
    if "somebody else reviews" in said:
        return translate(
            "errors",
            "Nobody reviews the own access. Ask an administrator or the privacy officer of that clinic.",
        )
    if (asked := _DUTY.search(said)) and asked[1] in tuple(Duty):
        return _by_the_table("", (), (Duty(asked[1]),))
    if _ELSEWHERE.search(said):
        return translate(
            "errors",
            "This belongs to a clinic you do not work in. An administrator of that clinic can add you to it.",
        )
    return translate(
        "errors", "Your role may not do this. An administrator of your clinic can change your role or duties."
    )


@lru_cache(maxsize=1)
def rights() -> dict[str, Row]:
    """Action -> what it is for, and the roles and duties that have it."""
    return {
        row["action"]: (
            row["what"],
            tuple(role for role in Role if row.get(role) == "x"),
            tuple(Duty(duty) for duty in (row.get("duties") or "").split()),
        )
        for row in _rows()
    }


def _rows() -> list[dict[str, str]]:
    with resource("rights.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _action_of(said: str) -> str:
    """The action that a refusal of the database concerns: it names it, or the function that it grants."""
    if asked := _ACTION.search(said):
        return asked[1]
    if called := _FUNCTION.search(said):
        for row in _rows():
            if f"cd.{called[1]}(" in row["grants"]:
                return row["action"]
    return ""


def _by_the_table(what: str, roles: tuple[Role, ...], duties: tuple[Duty, ...]) -> str:
    kept = ", ".join(role_word(role) for role in roles)
    held = ", ".join(duty_word(duty) for duty in duties)
    first = (
        translate("errors", "Your role may not do this: {what}.").format(what=what[:1].lower() + what[1:])
        if what
        else translate("errors", "Your role may not do this.")
    )
    if roles and duties:
        need = translate("errors", "It needs one of: {roles}; or the duty: {duties}.")
        grant = translate("errors", "An administrator can change your role or give you the duty.")
    elif duties:
        need = translate("errors", "It needs the duty: {duties}.")
        grant = translate("errors", "An administrator can give it to you.")
    else:
        need = translate("errors", "It needs one of: {roles}.")
        grant = translate("errors", "An administrator can change your role.")
    return " ".join((first, need.format(roles=kept, duties=held), grant))
