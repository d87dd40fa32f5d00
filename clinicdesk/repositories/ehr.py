"""The seed's ``ehr`` document and our Visit, both ways; its digest."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from clinicdesk.domain.scores import bmi
from clinicdesk.domain.visits import Note, Visit, Vitals

Document = dict[str, Any]
COLLECTION = "ehr"

NOTE_FIELDS: Mapping[str, str] = {
    "chief_complaint": "chiefComplaint",
    "history": "historyOfPresentIllness",
    "examination": "physicalExamination",
    "assessment": "assessment",
    "plan": "plan",
    "follow_up": "followUpInstructions",
}
VITAL_FIELDS: Mapping[str, str] = {
    "temperature": "temperature",
    "heart_rate": "heartRate",
    "respiratory_rate": "respiratoryRate",
    "weight": "weight",
    "height": "height",
    "oxygen_saturation": "oxygenSaturation",
}
_OUTSIDE_DIGEST = ("_id", "accessLog", "updatedAt")
_WHOLE = {"systolic", "diastolic", "heart_rate", "respiratory_rate", "oxygen_saturation"}


class VersionExists(Exception):
    """Another document of this visit has this number; ``args[0]`` is its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Display text of the structured lists for ``medicalHistory`` (spec 0.2)."""

    allergies: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One entry of ``accessLog``: the copy of a row of PostgreSQL's access log."""

    user_id: UUID
    action: str
    at: datetime
    address: str = ""

    def entry(self) -> Document:
        """As the document carries it."""
        return {
            "userId": str(self.user_id),
            "action": self.action,
            "timestamp": to_milliseconds(self.at),
            "ipAddress": self.address,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a document takes from the moment of saving."""

    now: datetime
    access: Access | None = None
    history: History = field(default_factory=History)


def to_milliseconds(moment: datetime) -> datetime:
    """UTC, cut to what the document store keeps."""
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def make_document(visit: Visit, stamp: Stamp, *, previous: Document | None = None) -> Document:
    """The seed's document for this version of a visit, without ``_id``.

    What the Visit does not carry (surgery, family, social history, attachments, log) comes from ``previous``.
    """
    before = previous or {}
    past = before.get("medicalHistory") or {}
    entries = [stamp.access.entry()] if stamp.access else []
    return {
        "patientId": str(visit.patient_id),
        "doctorId": str(visit.doctor_id),
        "clinicId": str(visit.clinic_id),
        "visitId": str(visit.id),
        "version": visit.version,
        "status": visit.status,
        "visitDate": to_milliseconds(visit.visit_date),
        "visitType": visit.visit_type,
        "vitals": _vitals_out(visit.vitals),
        "medicalHistory": {
            "allergies": list(stamp.history.allergies),
            "chronicConditions": list(stamp.history.conditions),
            "surgicalHistory": list(past.get("surgicalHistory") or []),
            "familyHistory": list(past.get("familyHistory") or []),
            "socialHistory": dict(past.get("socialHistory") or {}),
        },
        "currentVisit": {name: getattr(visit.note, ours) for ours, name in NOTE_FIELDS.items()},
        "attachments": list(before.get("attachments") or []),
        "createdAt": before.get("createdAt") or to_milliseconds(stamp.now),
        "updatedAt": to_milliseconds(stamp.now),
        "isDeleted": False,
        "accessLog": [*(before.get("accessLog") or []), *entries][-50:],
    }


def content_of(document: Document) -> tuple[Vitals, Note, tuple[str, ...]]:
    """Vital signs, note and the names of the attachments."""
    found = document.get("currentVisit") or {}
    note = Note(**{ours: str(found.get(name) or "") for ours, name in NOTE_FIELDS.items()})
    files = tuple(str(entry.get("filename") or "") for entry in document.get("attachments") or [])
    return _vitals_in(document.get("vitals") or {}), note, files


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the canonical form: sorted keys, UTC, without _id, accessLog, updatedAt."""
    kept = {key: value for key, value in document.items() if key not in _OUTSIDE_DIGEST}
    text = json.dumps(_plain(kept), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def same_content(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two versions say the same; number and status of the version do not count."""
    return digest({**one, "version": 0, "status": ""}) == digest({**other, "version": 0, "status": ""})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return to_milliseconds(value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 70 and 70.0 are one number for the server
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _vitals_out(vitals: Vitals) -> Document:
    found: Document = {
        name: getattr(vitals, ours)
        for ours, name in VITAL_FIELDS.items()
        if getattr(vitals, ours) is not None
    }
    pressure = {
        name: value
        for name, value in (("systolic", vitals.systolic), ("diastolic", vitals.diastolic))
        if value is not None
    }
    if pressure:
        found["bloodPressure"] = pressure
    index = bmi(vitals.weight, vitals.height)
    if index.value is not None:
        found["bmi"] = float(index.shown(1))
    return found


def _vitals_in(found: Mapping[str, Any]) -> Vitals:
    pressure = found.get("bloodPressure") or {}
    values = {ours: found.get(name) for ours, name in VITAL_FIELDS.items()}
    values |= {"systolic": pressure.get("systolic"), "diastolic": pressure.get("diastolic")}
    return Vitals(**{name: _number(name, value) for name, value in values.items()})


def _number(name: str, value: Any) -> Any:
    if value is None:
        return None
    return round(value) if name in _WHOLE else float(value)
