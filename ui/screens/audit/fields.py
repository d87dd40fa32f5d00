"""Columns of the database as people call them, and their values as people read them."""

import re
from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.access import AuditLine

translate = QCoreApplication.translate
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def field_words() -> dict[str, str]:
    """Names that are not simply the words of the column."""
    return {
        "appointment_date": translate("field", "Day"),
        "start_time": translate("field", "Begin"),
        "end_time": translate("field", "End"),
        "dob": translate("field", "Date of birth"),
        "mrn": translate("field", "Record number"),
        "nhia_number": translate("field", "Insurance number"),
        "is_active": translate("field", "Works here"),
        "is_read": translate("field", "Read"),
        "granted_by": translate("field", "Given by"),
        "granted_at": translate("field", "Given at"),
        "recorded_by": translate("field", "Recorded by"),
        "must_change_password": translate("field", "Must choose a password"),
        "may_overbook": translate("field", "May overbook"),
        "kid": translate("field", "Signing key"),
        "qty": translate("field", "Quantity"),
        "qty_dispensed": translate("field", "Given out"),
        "broken_at": translate("field", "Opened at"),
        "expires_at": translate("field", "Open until"),
        "email": translate("field", "E-mail"),
        "value": translate("field", "Value"),
        "key": translate("field", "Setting"),
        "chief_complaint": translate("field", "Reason for the visit"),
        "cancel_reason": translate("field", "Reason of the cancellation"),
        "operating_hours": translate("field", "Opening hours"),
    }


def field_word(name: str) -> str:
    """'start_time' -> 'Begin', 'checked_in_at' -> 'Checked in at', 'doctor_id' -> 'Doctor'."""
    found = field_words().get(name)
    plain = name.removesuffix("_id").replace("_", " ").strip()
    return found or plain[:1].upper() + plain[1:]


def field_value(text: str, zone: tzinfo) -> str:
    """Times on the clinic's clock, days as on its screens; other records by the beginning of their number."""
    if _ID.fullmatch(text):
        return translate("field", "record {0}…").format(text[:6])
    if _MOMENT.fullmatch(text):
        return f"{datetime.fromisoformat(text).astimezone(zone):%d.%m.%Y %H:%M}"
    if _DAY.fullmatch(text):
        return f"{datetime.fromisoformat(text):%d.%m.%Y}"
    return text


def side_by_side(line: AuditLine, zone: tzinfo) -> list[tuple[str, tuple[str, str, str]]]:
    """Column and its row: what it is called, before, after; only what changed."""
    return [
        (name, (field_word(name), field_value(before, zone), field_value(after, zone)))
        for name, before, after in line.shown()
    ]
