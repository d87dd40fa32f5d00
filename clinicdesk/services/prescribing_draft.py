"""A prescription being written: its stored form, and the form that is signed."""

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinicdesk.domain.prescriptions import Finding, Medicine, PrescriptionLine, Sig, TaperStep
from clinicdesk.domain.safety import needs_reason
from clinicdesk.domain.sig import words, words_parts
from clinicdesk.repositories.medicines import FormularyEntry

_COLUMN = 100  # the seed's dosage, frequency and duration columns
_DECIMALS = ("dose", "dose_max")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionDraft:
    """Unsigned work of one doctor for one patient; ``id`` becomes the prescription's."""

    id: UUID
    patient_id: UUID
    appointment_id: UUID | None = None
    diagnosis: str = ""
    notes: str = ""
    lines: tuple[PrescriptionLine, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDraft:
    """A restored draft; ``withdrawn`` names medicines that may not be prescribed any more."""

    draft: PrescriptionDraft
    withdrawn: tuple[str, ...] = ()
    saved_at: datetime | None = None


def sig_to_json(sig: Sig) -> dict[str, object]:
    """Numbers that matter as texts, never as binary fractions."""
    stored = {each.name: getattr(sig, each.name) for each in fields(sig)}
    stored["weekdays"] = list(sig.weekdays)
    stored["steps"] = [[f"{step.dose:f}", step.times_per_day, step.days] for step in sig.steps]
    for name in ("weekdays", "steps"):
        if not stored[name]:
            del stored[name]  # what has none is stored as it always was
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in stored.items()}


def sig_from_json(stored: Mapping[str, Any]) -> Sig | None:
    """The directions of a stored line; None for rows of another program."""
    known = {each.name for each in fields(Sig)}
    values = {key: value for key, value in stored.items() if key in known}
    try:
        for name in _DECIMALS:
            if values.get(name) is not None:
                values[name] = Decimal(str(values[name]))
        values["weekdays"] = tuple(values.get("weekdays", ()))
        values["steps"] = tuple(
            TaperStep(dose=Decimal(str(dose)), times_per_day=times, days=days)
            for dose, times, days in values.get("steps", ())
        )
        return Sig(**values)
    except (ArithmeticError, TypeError, ValueError):
        return None


def draft_to_json(draft: PrescriptionDraft) -> dict[str, object]:
    """For prescription_drafts.content."""
    return {
        "v": 1,
        "diagnosis": draft.diagnosis,
        "notes": draft.notes,
        "lines": [
            {
                "medication_id": str(line.medicine.medication_id),
                "name": line.medicine.name,
                "strength": line.medicine.strength,
                "form": line.medicine.form,
                "sig": sig_to_json(line.sig),
                "quantity": line.quantity,
                "override_reason": line.override_reason,
                "override_text": line.override_text,
            }
            for line in draft.lines
        ],
    }


def medicine_ids(content: Mapping[str, Any]) -> list[UUID]:
    """The medicines a stored draft names."""
    return [UUID(line["medication_id"]) for line in content.get("lines", ())]


def draft_from_json(
    draft: PrescriptionDraft, content: Mapping[str, Any], *, formulary: Iterable[FormularyEntry]
) -> LoadedDraft:
    """Fill ``draft`` from its stored content, with today's stock and prices."""
    shelf = {_product(entry.medicine): entry.medicine for entry in formulary}
    lines: list[PrescriptionLine] = []
    gone: list[str] = []
    for stored in content.get("lines", ()):
        key = (UUID(stored["medication_id"]), stored["strength"], stored["form"])
        sig = sig_from_json(stored["sig"])
        if key not in shelf or sig is None:
            gone.append(f"{stored['name']} {stored['strength']} {stored['form']}".strip())
            continue
        lines.append(
            PrescriptionLine(
                medicine=shelf[key],
                sig=sig,
                quantity=stored["quantity"],
                override_reason=stored.get("override_reason", ""),
                override_text=stored.get("override_text", ""),
            )
        )
    made = replace(
        draft,
        diagnosis=content.get("diagnosis", ""),
        notes=content.get("notes", ""),
        lines=tuple(lines),
    )
    return LoadedDraft(draft=made, withdrawn=tuple(gone))


def _product(medicine: Medicine) -> tuple[UUID, str, str]:
    return medicine.medication_id, medicine.strength, medicine.form


# -- what is signed


def plain(text: str) -> str:
    """One spelling of each letter, no stray spaces: what is signed is what is read (spec 4.9.1)."""
    return unicodedata.normalize("NFC", text).strip()


def image_text(png: bytes) -> str:
    """The seed's base64 signature."""
    return base64.b64encode(png).decode()


def must_be_answered(findings: Iterable[Finding], line: int) -> str:
    """Rules at a line that need a reason, as they are stored beside it."""
    return " ".join(sorted({one.rule for one in findings if one.line == line and needs_reason(one)}))


def content_to_sign(
    draft: PrescriptionDraft, findings: Sequence[Finding], *, clinic: UUID, against: str
) -> dict[str, Any]:
    """The argument of cd.rx_write."""
    return {
        "id": str(draft.id),
        "clinic_id": str(clinic),
        "patient_id": str(draft.patient_id),
        "appointment_id": str(draft.appointment_id) if draft.appointment_id else None,
        "diagnosis": plain(draft.diagnosis),
        "notes": plain(draft.notes),
        "checked_against": against,
        "items": [_item(line, must_be_answered(findings, number)) for number, line in enumerate(draft.lines)],
    }


def _item(line: PrescriptionLine, rules: str) -> dict[str, object]:
    dosage, frequency, duration = (_fitting(part) for part in words_parts(line.sig))
    return {
        "medication_id": str(line.medicine.medication_id),
        "medication_name": plain(line.medicine.name),
        "strength": plain(line.medicine.strength),
        "form": plain(line.medicine.form),
        "dosage": dosage,
        "frequency": frequency,
        "duration": duration,
        "duration_days": line.sig.duration_days,
        "quantity": line.quantity,
        "instructions": plain(line.sig.instructions),
        "sig": sig_to_json(line.sig),
        "directions": plain(words(line.sig)),
        "override_rules": rules,
        "override_reason": line.override_reason if rules else "",
        "override_text": plain(line.override_text) if rules else "",
    }


def _fitting(part: str) -> str:
    text = plain(part)
    return text if len(text) <= _COLUMN else "as the directions say"


def same_as_on_screen(payload: str, content: Mapping[str, Any], *, image: str, doctor: UUID | None) -> bool:
    """Whether the text to be signed says exactly what the doctor saw."""
    said = json.loads(payload)
    wanted = {
        "id": content["id"],
        "clinic": content["clinic_id"],
        "patient": content["patient_id"],
        "doctor": str(doctor),
        "diagnosis": content["diagnosis"],
        "notes": content["notes"],
        "checked_against": content["checked_against"],
        "image_sha256": hashlib.sha256(image.encode()).hexdigest(),
        "items": [_payload_item(number, item) for number, item in enumerate(content["items"], 1)],
    }
    return all(said.get(key) == value for key, value in wanted.items())


def _payload_item(number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"medication_id": "medication", "medication_name": "name"}
    return {"line": number} | {renamed.get(key, key): value for key, value in item.items()}
