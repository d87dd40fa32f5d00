"""The words of a record: consents, changes, linked records."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.patients import Change, Consent, LinkedRecord, PatientDetails
from ui.widgets.lines import Cell
from ui.widgets.person import gender_word

translate = QCoreApplication.translate


def purpose_word(purpose: str) -> str:
    """What a consent is about (spec 2.5)."""
    return {
        "treatment": translate("consent", "Treatment record"),
        "reminders": translate("consent", "Reminders by SMS or e-mail"),
        "other_provider": translate("consent", "Sharing with another provider"),
        "payer": translate("consent", "Sharing with the payer"),
        "research": translate("consent", "Research"),
        "photo": translate("consent", "Photo"),
    }[purpose]


def consent_cell(consent: Consent | None) -> Cell:
    """Word, kind, icon."""
    if consent is None:
        return (translate("consent", "not asked"), "plain", "circle-question-mark")
    if consent.withdrawn_at is not None:
        return (translate("consent", "withdrawn"), "warn", "x")
    if consent.given:
        return (translate("consent", "given"), "ok", "check")
    return (translate("consent", "refused"), "warn", "x")


def kind_word(kind: str) -> str:
    """A table, as the desk calls it."""
    words = {
        "appointments": translate("linked", "Appointments"),
        "waiting_list": translate("linked", "Waiting list"),
        "payments": translate("linked", "Payments"),
        "visits": translate("linked", "Visits"),
        "prescriptions": translate("linked", "Prescriptions"),
        "prescription_drafts": translate("linked", "Prescription drafts"),
        "patient_allergies": translate("linked", "Allergies"),
        "patient_problems": translate("linked", "Problems"),
        "patient_measures": translate("linked", "Measurements"),
        "patient_guardians": translate("linked", "Guardians"),
        "patient_consents": translate("linked", "Consents"),
        "patient_photos": translate("linked", "Photo"),
        "contact_points": translate("linked", "Phones"),
        "emergency_accesses": translate("linked", "Emergency accesses"),
        "staff_relatives": translate("linked", "Relatives in the staff"),
        "notifications": translate("linked", "Messages"),
    }
    return words.get(kind, kind)


def linked_rows(
    mine: Sequence[LinkedRecord], theirs: Sequence[LinkedRecord], zone: ZoneInfo
) -> list[tuple[LinkedRecord, Sequence[Cell]]]:
    """Every linked record of both, by kind: which of the two, what, since when."""
    rows = [(line, translate("linked", "stays")) for line in mine]
    rows += [(line, translate("linked", "joins")) for line in theirs]
    rows.sort(key=lambda row: (row[0].kind, row[1], str(row[0].at)))
    return [
        (
            line,
            (
                kind_word(line.kind),
                line.what or "–",
                f"{line.at.astimezone(zone):%d.%m.%Y}" if line.at else "–",
                (side, "plain" if side == translate("linked", "stays") else "info", ""),
            ),
        )
        for line, side in rows
    ]


def pair_rows(mine: PatientDetails, theirs: PatientDetails) -> list[tuple[str, Sequence[Cell]]]:
    """Both people side by side; what differs is marked with a word."""
    rows: list[tuple[str, Sequence[Cell]]] = []
    for (field, one), (_, other) in zip(_facts(mine), _facts(theirs), strict=True):
        differs: Cell = (translate("linked", "differs"), "warn", "triangle-alert") if one != other else ""
        rows.append((field, (field, one or "–", other or "–", differs)))
    return rows


def _facts(one: PatientDetails) -> list[tuple[str, str]]:
    born = f"{one.date_of_birth:%d.%m.%Y}" if one.date_of_birth else ""
    return [
        (
            translate("linked", "Name"),
            " ".join(f"{one.first_name} {one.other_names} {one.last_name}".split()),
        ),
        (field_word("date_of_birth"), born),
        (field_word("gender"), gender_word(one.gender)),
        (translate("linked", "Phones"), ", ".join(one.phones)),
        (field_word("address"), one.address),
        (field_word("email"), one.email),
    ]


def field_word(field: str) -> str:
    """A column, as the desk calls it."""
    words = {
        "first_name": translate("field", "Given names"),
        "last_name": translate("field", "Family name"),
        "other_names": translate("field", "Other names"),
        "date_of_birth": translate("field", "Date of birth"),
        "dob_precision": translate("field", "Date known to the"),
        "gender": translate("field", "Sex"),
        "address": translate("field", "Address"),
        "value": translate("field", "Phone"),
        "name": translate("field", "Guardian"),
        "merged_into": translate("field", "Merged into"),
        "purpose": translate("field", "Consent"),
        "withdrawn_at": translate("field", "Withdrawn"),
        "taken_at": translate("field", "Photo"),
        "duplicate_reason": translate("field", "Why it is somebody else"),
        "deceased_at": translate("field", "Died"),
        "email": translate("field", "E-mail"),
    }
    return words.get(field, field.replace("_", " "))


QUIET = frozenset(
    {"kind", "relation", "phone", "proof", "may_consent", "may_collect", "given_by", "method", "given", "mrn"}
)


def change_rows(changes: Sequence[Change], zone: ZoneInfo) -> list[tuple[Change, Sequence[Cell]]]:
    """Newest first: what became what, and who did it when."""
    rows: list[tuple[Change, Sequence[Cell]]] = []
    for change in changes:
        at = f"{change.at.astimezone(zone):%d.%m.%Y %H:%M}"
        who = change.person or translate("history", "the system")
        rows.append((change, (f"{_what(change)}\n{who} · {at}",)))
    return rows


def _what(change: Change) -> str:
    if change.op == "D":
        fields = [
            f"{field_word(key)} {_text(value)}" for key, value in change.old.items() if key not in QUIET
        ]
        return translate("history", "Removed: {0}").format(", ".join(fields) or change.table)
    if change.op == "I":
        fields = [
            f"{field_word(key)} {_text(value)}" for key, value in change.new.items() if key not in QUIET
        ]
        return translate("history", "Added: {0}").format(", ".join(fields) or change.table)
    return ", ".join(
        f"{field_word(key)}: {_text(change.old.get(key))} → {_text(value)}"
        for key, value in change.new.items()
    )


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values() if part)
    return "–" if value in (None, "") else str(value)
