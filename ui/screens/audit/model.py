"""Words and rows of the audit screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.access import AccessLine, AuditLine, Emergency
from clinicdesk.domain.people import Role
from ui.messages import role_word
from ui.widgets.break_glass import reason_words
from ui.widgets.lines import Cell

translate = QCoreApplication.translate
ACCESS, CHANGES, ACCOUNTS, SIGN_INS, REVIEW = "access", "changes", "accounts", "sign_ins", "review"
Line = AccessLine | AuditLine | Emergency


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of one kind; ``more`` when older ones may follow, ``older`` when they go underneath."""

    kind: str
    lines: Sequence[Line]
    more: bool
    older: bool = False


def kind_words() -> dict[str, str]:
    """What each list is called."""
    return {
        ACCESS: translate("audit", "Chart access"),
        CHANGES: translate("audit", "Changes"),
        ACCOUNTS: translate("audit", "Accounts"),
        SIGN_INS: translate("audit", "Sign-ins"),
        REVIEW: translate("audit", "To review"),
    }


def table_words() -> dict[str, str]:
    """Tables of the database as people call them."""
    return {
        "appointments": translate("audit", "Appointment"),
        "patients": translate("audit", "Patient"),
        "user_profiles": translate("audit", "Identity"),
        "users": translate("audit", "Account"),
        "contact_points": translate("audit", "Contact"),
        "patient_allergies": translate("audit", "Allergy"),
        "patient_problems": translate("audit", "Problem"),
        "patient_measures": translate("audit", "Measure"),
        "visits": translate("audit", "Visit"),
        "visit_versions": translate("audit", "Version of a visit"),
        "prescriptions": translate("audit", "Prescription"),
        "prescription_items": translate("audit", "Line of a prescription"),
        "dispenses": translate("audit", "Supply"),
        "payments": translate("audit", "Payment"),
        "inventory_items": translate("audit", "Batch in stock"),
        "stock_movements": translate("audit", "Movement of stock"),
        "waiting_list": translate("audit", "Waiting list"),
        "waiting_offers": translate("audit", "Offer from the waiting list"),
        "clinic_staff": translate("audit", "Place of work"),
        "staff_duties": translate("audit", "Duty"),
        "staff_relatives": translate("audit", "Family of staff"),
        "emergency_accesses": translate("audit", "Emergency access"),
        "doctor_profiles": translate("audit", "Doctor"),
        "doctor_availability": translate("audit", "Hours of a doctor"),
        "doctor_leave": translate("audit", "Leave of a doctor"),
        "doctor_keys": translate("audit", "Signing key"),
        "clinics": translate("audit", "Clinic"),
        "clinic_settings": translate("audit", "Setting"),
        "medications": translate("audit", "Medicine"),
        "medication_products": translate("audit", "Product"),
        "medical_specialties": translate("audit", "Specialty"),
        "appointment_types": translate("audit", "Type of appointment"),
        "doctor_sessions": translate("audit", "Session of a doctor"),
        "doctor_specialties": translate("audit", "Specialty of a doctor"),
        "clinic_holidays": translate("audit", "Holiday"),
        "rooms": translate("audit", "Room"),
        "patient_clinics": translate("audit", "Clinic of a patient"),
        "access_log": translate("audit", "Access log"),
        "appointment_series": translate("audit", "Series of appointments"),
        "arrivals": translate("audit", "Place in the queue"),
        "call_attempts": translate("audit", "Call"),
        "cash_shifts": translate("audit", "Shift at the till"),
        "chart_keys": translate("audit", "Key of a sealed chart"),
        "clinic_seals": translate("audit", "Seal of the clinic"),
        "controlled_checks": translate("audit", "Count of a controlled medicine"),
        "former_logins": translate("audit", "Former sign-in name"),
        "patient_aliases": translate("audit", "Merged records"),
        "patient_guardians": translate("audit", "Guardian"),
        "patient_consents": translate("audit", "Consent"),
        "patient_photos": translate("audit", "Photo"),
        "receipt_prints": translate("audit", "Print of a receipt"),
        "rule_acceptances": translate("audit", "Accepted rule"),
        "rx_overrides": translate("audit", "Answered warning"),
        "rx_templates": translate("audit", "Favourite"),
        "sealing_runs": translate("audit", "Conversion of charts"),
        "service_accounts": translate("audit", "Account of a job"),
        "stock_witnesses": translate("audit", "Witness"),
        "store_checks": translate("audit", "Check of the health records"),
        "suppliers": translate("audit", "Supplier"),
        "rx_queries": translate("audit", "Question to the prescriber"),
        "product_codes": translate("audit", "Bar code of a product"),
        "product_settings": translate("audit", "Planning of a product"),
        "purchase_orders": translate("audit", "Order"),
        "purchase_order_lines": translate("audit", "Line of an order"),
        "deliveries": translate("audit", "Delivery"),
        "delivery_lines": translate("audit", "Line of a delivery"),
        "batch_states": translate("audit", "State of a batch"),
        "stocktakes": translate("audit", "Stocktake"),
        "stocktake_counts": translate("audit", "Count of a batch"),
        "stock_imports": translate("audit", "Import of stock"),
        "audit_log": translate("audit", "Audit"),
    }


def action_words() -> dict[str, tuple[str, str, str]]:
    """What was done with a chart: word, kind, icon."""
    return {
        "view": (translate("audit", "Opened"), "plain", "eye"),
        "edit": (translate("audit", "Written"), "info", "pen-line"),
        "sign": (translate("audit", "Signed"), "ok", "signature"),
        "export": (translate("audit", "Exported"), "info", "download"),
        "print": (translate("audit", "Printed"), "info", "printer"),
        "dispense": (translate("audit", "Dispensing"), "plain", "pill"),
        "glass": (translate("audit", "Glass broken"), "warn", "lock-open"),
        "refused": (translate("audit", "Refused"), "danger", "ban"),
    }


def purpose_word(purpose: str) -> str:
    """Why somebody was in a chart."""
    words = {
        **reason_words(),
        "care": translate("audit", "Treatment"),
        "attachment": translate("audit", "A document of the chart"),
        "access_log": translate("audit", "The list of accesses"),
        "no_relation": translate("audit", "No care relation"),
        "restricted": translate("audit", "Restricted chart"),
        "own": translate("audit", "Own chart or family"),
    }
    return words.get(purpose) or purpose[:1].upper() + purpose[1:]


def event_words() -> dict[str, tuple[str, str, str]]:
    """What happened to an account: word, kind, icon."""
    return {
        "signed_in": (translate("audit", "Signed in"), "ok", "log-in"),
        "sign_in_failed": (translate("audit", "Wrong password"), "warn", "circle-x"),
        "locked_out": (translate("audit", "Locked out"), "danger", "lock"),
        "lock_ended": (translate("audit", "Lock ended"), "info", "lock-open"),
        "password_reset": (translate("audit", "New password set"), "warn", "key-round"),
        "signed_out": (translate("audit", "Signed out by an administrator"), "warn", "log-out"),
        "I": (translate("audit", "Created"), "info", "plus"),
        "U": (translate("audit", "Changed"), "info", "pen-line"),
        "D": (translate("audit", "Deleted"), "warn", "trash-2"),
        "R": (translate("audit", "Read"), "plain", "eye"),
        "X": (translate("audit", "Exported"), "info", "download"),
    }


def heads(kind: str) -> list[str]:
    """Columns of a list."""
    when, who = translate("audit", "When"), translate("audit", "Who")
    patient, what = translate("audit", "Patient"), translate("audit", "What")
    return {
        ACCESS: [when, who, patient, what],
        REVIEW: [when, who, patient, translate("audit", "Reason"), translate("audit", "State")],
    }.get(kind) or [when, who, what, translate("audit", "Record")]


def widths(kind: str) -> tuple[int, ...]:
    """Pixels of the columns; 0 takes the rest."""
    return {ACCESS: (104, 180, 0, 176), REVIEW: (104, 176, 0, 176, 116)}.get(kind, (104, 170, 150, 0))


def server_word() -> str:
    """Who wrote what no member of staff wrote: set-up, upgrades, jobs."""
    return translate("audit", "Server")


def stamp(moment: datetime, zone: tzinfo) -> str:
    """Day over time, on the clinic's clock."""
    at = moment.astimezone(zone)
    return f"{at:%d.%m.%Y}\n{at:%H:%M:%S}"


def cells(line: Line, zone: tzinfo) -> list[Cell]:
    """A row of its list."""
    match line:
        case AccessLine():
            tag = action_words()[line.action]
            if line.emergency and line.action != "glass":
                tag = (translate("audit", "{0}, emergency").format(tag[0]), "warn", tag[2])
            where = " · ".join(part for part in (role_word(Role(line.role)), line.seat) if part)
            return [stamp(line.at, zone), f"{line.person}\n{where}", f"{line.patient}\n{line.mrn}", tag]
        case Emergency():
            return [
                stamp(line.at, zone),
                f"{line.person}\n{role_word(Role(line.role))}",
                f"{line.patient}\n{line.mrn}",
                line.note if line.reason == "other" else reason_words()[line.reason],
                review_tag(line),
            ]
    return _audit_cells(line, zone)


def review_tag(line: Emergency) -> tuple[str, str, str]:
    """Reviewed or not."""
    if line.reviewed_at is not None:
        return translate("audit", "Reviewed"), "ok", "circle-check"
    return translate("audit", "To review"), "warn", "clock-alert"


def _audit_cells(line: AuditLine, zone: tzinfo) -> list[Cell]:
    key = str(line.after.get("event", "")) if line.operation == "L" else line.operation
    tag = event_words().get(key, (key, "plain", ""))
    what = table_words().get(line.table, line.table)
    record = what if line.operation != "L" else ""
    second = line.subject or (line.row if line.operation != "L" else "")
    text = "\n".join(part for part in (record, second) if part)
    return [stamp(line.at, zone), f"{line.person or server_word()}\n{line.seat or line.address}", tag, text]


def facts(line: Line, zone: tzinfo) -> list[tuple[str, str]]:
    """Name and value of what the details say besides fields."""
    found: list[tuple[str, Any]] = [(translate("audit", "When"), stamp(line.at, zone).replace("\n", " "))]
    who = line.person or server_word()
    match line:
        case AccessLine():
            found += [
                (translate("audit", "Who"), f"{who}, {role_word(Role(line.role))}"),
                (translate("audit", "Workstation"), " · ".join(p for p in (line.seat, line.address) if p)),
                (translate("audit", "Patient"), f"{line.patient}, {line.mrn}"),
                (translate("audit", "What"), action_words()[line.action][0]),
                (translate("audit", "Purpose"), purpose_word(line.purpose)),
            ]
        case Emergency():
            found += _emergency_facts(line, zone)
        case AuditLine():
            found += [
                (translate("audit", "Who"), who),
                (translate("audit", "Workstation"), " · ".join(p for p in (line.seat, line.address) if p)),
                (translate("audit", "Record"), table_words().get(line.table, line.table)),
                (translate("audit", "Of"), line.subject),
            ]
    return [(name, str(value)) for name, value in found if value]


def _emergency_facts(line: Emergency, zone: tzinfo) -> list[tuple[str, str]]:
    causes = {
        "restricted": translate("audit", "Restricted chart"),
        "own": translate("audit", "Own chart or family"),
        "no_relation": translate("audit", "No care relation"),
    }
    return [
        (translate("audit", "Who"), f"{line.person}, {role_word(Role(line.role))}"),
        (translate("audit", "Workstation"), line.seat),
        (translate("audit", "Patient"), f"{line.patient}, {line.mrn}"),
        (translate("audit", "Cause"), causes[line.cause]),
        (translate("audit", "Reason"), reason_words()[line.reason]),
        (translate("audit", "Note"), line.note),
        (translate("audit", "Open until"), f"{line.until.astimezone(zone):%H:%M}"),
        (translate("audit", "Used"), translate("audit", "{0}×").format(line.lines)),
        (
            translate("audit", "Reviewed"),
            f"{line.reviewer}, {line.reviewed_at.astimezone(zone):%d.%m.%Y %H:%M}"
            if line.reviewed_at
            else "",
        ),
        (translate("audit", "Remark"), line.review_note),
    ]
