"""``clinicdesk verify``: is a prescription genuine? With the exported public keys, no network, no login."""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from clinicdesk.domain.verification import KeyRing, Standing, Verdict, Verification
from clinicdesk.folders import default_data_dir
from clinicdesk.services.key_file import KeyFileDamaged, read_ring
from clinicdesk.services.verifying import MAX_BYTES, verify_code, verify_file

KEY_FILE = "keys.json"
_VERDICTS = {
    Verdict.GENUINE: "GENUINE: signed by {doctor}, not changed",
    Verdict.ALTERED: "ALTERED: {what}",
    Verdict.REVOKED: "REVOKED: the key of {doctor} was revoked before this was signed",
    Verdict.UNKNOWN_KEY: "NOT PROVEN: signed with a key that is not in the key file",
    Verdict.UNREADABLE: "REFUSED: this is not a prescription's code, or it is not complete",
}
_ALTERED = {
    "code": "the code was changed after signing",
    "file": "the file was changed after the clinic sealed it",
    "seal_missing": "the clinic's seal was removed from the file; trust what stands below, not the file",
}
_STANDINGS = {
    Standing.OPEN: "open: nothing supplied yet",
    Standing.PARTLY: "partly supplied, last on {supplied}",
    Standing.DISPENSED: "already dispensed on {supplied}",
    Standing.CANCELLED: "cancelled on {cancelled}",
    Standing.EXPIRED: "expired on {expiry}",
    Standing.NOT_CHECKED: "not checked whether it was supplied or cancelled",
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the command; its function is ``args.run``."""
    parser = subparsers.add_parser(
        "verify",
        help="check a prescription with the exported public keys",
        description="Checks a prescription's PDF or the text of its QR code, with no network. Exit status 0: "
        "genuine and not known to be used up; 3: genuine, but cancelled, expired or dispensed; "
        "1: altered, revoked or not proven; 2: it could not be checked.",
    )
    parser.add_argument("what", metavar="FILE|QR-TEXT", help="a PDF, a text file with the code, or the code")
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="made by 'clinicdesk keys export' (default: this PC's last contact)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 genuine, 3 genuine but not to be supplied, 1 refused, 2 not checked."""
    path = args.keys or default_data_dir() / KEY_FILE
    try:
        ring = read_ring(path)
        found = _verified(args.what, ring)
    except KeyFileDamaged:
        print(f"clinicdesk verify: {path} is not a key file, or it is damaged", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"clinicdesk verify: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print("\n".join(report(found, ring)))
    if found.verdict is not Verdict.GENUINE:
        return 1
    return 3 if found.standing in (Standing.DISPENSED, Standing.CANCELLED, Standing.EXPIRED) else 0


def _verified(what: str, ring: KeyRing) -> Verification:
    today = datetime.now(UTC).astimezone(ZoneInfo(ring.timezone)).date()
    if what.lstrip().upper().startswith("CD2"):
        return verify_code(re.sub(r"\s", "", what), ring, today=today)
    with Path(what).open("rb") as file:
        data = file.read(MAX_BYTES)
    if data.startswith(b"%PDF-"):
        return verify_file(data, ring, today=today)
    return verify_code(re.sub(r"\s", "", data.decode("ascii", "replace")), ring, today=today)


def report(found: Verification, ring: KeyRing) -> list[str]:
    """What is said about it, in lines."""
    doctor = f"{found.key.doctor_name}, licence {found.key.doctor_license}" if found.key else ""
    what = ", ".join(_ALTERED.get(name, name) for name in found.altered)
    lines = [_VERDICTS[found.verdict].format(doctor=doctor, what=what)]
    claim = found.claim
    if claim is not None:
        zone = ZoneInfo(ring.timezone)
        born = f", born {claim.patient_dob}" if claim.patient_dob else ""
        lines += [
            f"  number   {claim.number}, signed {claim.issued_at.astimezone(zone):%Y-%m-%d %H:%M}, "
            f"valid until {claim.expiry_date or 'not stated'}",
            f"  patient  {claim.patient_name}{born}",
            *(f"  medicine {label}, {count}" for label, count in claim.medicines),
        ]
        if not claim.complete:
            lines.append("  (the medicines did not fit the code: compare the seal of the paper)")
    if found.verdict is Verdict.GENUINE:
        lines.append(f"  state    {_standing(found, ring)}")
    lines.append(f"  keys as of {ring.as_of:%Y-%m-%d %H:%M %Z}")
    return lines


def _standing(found: Verification, ring: KeyRing) -> str:
    zone = ZoneInfo(ring.timezone)

    def day(value: datetime | None) -> str:
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if value else "an unknown day"

    said = _STANDINGS[found.standing].format(
        supplied=day(found.supplied_at),
        cancelled=day(found.cancelled_at),
        expiry=found.claim.expiry_date if found.claim else "",
    )
    return f"{said} (as of {day(found.as_of)})" if found.as_of else said
