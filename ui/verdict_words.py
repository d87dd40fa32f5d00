"""What a verification says, in words."""

from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.verification import Standing, Verdict, Verification
from clinicdesk.printing.words import day, moment

translate = QCoreApplication.translate


def headline(found: Verification) -> tuple[str, str]:
    """Banner kind and title."""
    if found.verdict is Verdict.GENUINE:
        return _GENUINE[found.standing][0], translate("verify", _GENUINE[found.standing][1])
    return "danger", translate("verify", _REFUSED[found.verdict])


_GENUINE = {
    Standing.OPEN: ("ok", "Genuine, and nothing of it was supplied yet"),
    Standing.PARTLY: ("ok", "Genuine, a part of it was supplied"),
    Standing.DISPENSED: ("warn", "Genuine, but already dispensed"),
    Standing.CANCELLED: ("danger", "Genuine, but cancelled: do not supply"),
    Standing.EXPIRED: ("warn", "Genuine, but expired: do not supply"),
    Standing.NOT_CHECKED: ("warn", "Genuine; not checked whether it was supplied or cancelled"),
}
_REFUSED = {
    Verdict.ALTERED: "Altered: do not supply",
    Verdict.REVOKED: "The doctor's key was revoked: do not supply",
    Verdict.UNKNOWN_KEY: "Not proven: signed with a key that is not known here",
    Verdict.UNREADABLE: "This is not a prescription's code, or it is not complete",
}
_ALTERED = {
    "code": "The code was changed after the doctor signed it.",
    "file": "The file was changed after the clinic sealed it.",
    "seal_missing": "The clinic's seal was removed from the file. Trust what stands below, not the file.",
    "record": "The clinic's record of this number is another one.",
    "patient": "The clinic's record names another patient.",
    "birth_date": "The clinic's record has another date of birth.",
    "expiry_date": "The clinic's record has another expiry date.",
    "issued": "The clinic's record has another time of signing.",
    "medicines": "The clinic's record has other medicines or quantities.",
    "seal": "The clinic's record carries another seal.",
}


def explanation(found: Verification, zone: tzinfo) -> str:
    """One or two sentences below the title."""
    if found.verdict is Verdict.ALTERED:
        return " ".join(translate("verify", _ALTERED[name]) for name in found.altered)
    if found.verdict is Verdict.REVOKED:
        return translate("verify", "It was signed after the key was given up. Ask the clinic.")
    if found.verdict is Verdict.UNKNOWN_KEY:
        return translate("verify", "Ask the clinic that wrote it for its public keys.")
    if found.verdict is Verdict.UNREADABLE:
        return translate("verify", "Scan the square code again, or open the PDF.")
    return " ".join(filter(None, (_what_happened(found, zone), _as_of(found, zone))))


def _what_happened(found: Verification, zone: tzinfo) -> str:
    claim = found.claim
    if found.standing in (Standing.DISPENSED, Standing.PARTLY) and found.supplied_at:
        return translate("verify", "Last supplied on {0}.").format(_moment(found.supplied_at, zone))
    if found.standing is Standing.CANCELLED and found.cancelled_at:
        return translate("verify", "Cancelled on {0}.").format(_moment(found.cancelled_at, zone))
    if found.standing is Standing.EXPIRED and claim and claim.expiry_date:
        return translate("verify", "It was valid until {0}.").format(day(claim.expiry_date))
    if found.standing is Standing.NOT_CHECKED:
        return translate("verify", "Written elsewhere, or this PC was never told about it. Ask the clinic.")
    return ""


def _as_of(found: Verification, zone: tzinfo) -> str:
    if found.as_of is None:
        return ""
    return translate("verify", "As of {0}.").format(_moment(found.as_of, zone))


def _moment(value: datetime, zone: tzinfo) -> str:
    return moment(value.astimezone(zone))
