"""The words of a verification."""

from datetime import date, datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.verification import Verification
from clinicdesk.printing.words import day, moment

translate = QCoreApplication.translate


def facts(found: Verification, zone: tzinfo) -> list[tuple[str, str]]:
    """What the doctor signed, caption by caption."""
    claim, key = found.claim, found.key
    if claim is None or key is None:
        return []
    born = f", {_born(claim.patient_dob)}" if claim.patient_dob else ""
    licence = translate("verify", "licence {0}").format(key.doctor_license)
    return [
        (translate("verify", "Number"), claim.number),
        (translate("verify", "Patient"), claim.patient_name + born),
        (translate("verify", "Prescriber"), f"{key.doctor_name}, {licence}"),
        (translate("verify", "Signed"), _moment(claim.issued_at, zone)),
        (translate("verify", "Valid until"), day(claim.expiry_date) if claim.expiry_date else "–"),
        (translate("verify", "Seal"), " ".join(claim.digest[n : n + 4] for n in (0, 4, 8)).upper()),
    ]


def medicines(found: Verification) -> list[str]:
    """The signed lines; says so when the code had no room for them."""
    if found.claim is None:
        return []
    if not found.claim.complete:
        return [translate("verify", "Too many for the code: compare the seal with the paper.")]
    return [f"{label} · {count:,}" for label, count in found.claim.medicines]


def _moment(value: datetime, zone: tzinfo) -> str:
    return moment(value.astimezone(zone))


def _born(value: date) -> str:
    return translate("verify", "born {0}").format(day(value))
