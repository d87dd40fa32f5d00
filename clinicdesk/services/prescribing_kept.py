"""Unsigned prescriptions while the database is away: this PC keeps them encrypted until it has them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import AlreadySigned
from clinicdesk.services.local_store import LocalDrafts
from clinicdesk.services.prescribing import Prescribing, PrescriptionDraft
from clinicdesk.services.prescribing_draft import LoadedDraft, draft_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    name: str
    draft: PrescriptionDraft
    content: dict[str, Any]
    at: datetime


class KeptPads:
    """Every save goes to the disk of this PC first, and leaves it when the database has it."""

    def __init__(self, prescribing: Prescribing, drafts: LocalDrafts) -> None:
        self._prescribing, self._drafts = prescribing, drafts

    def turn(self, draft_id: UUID) -> int:
        """A number for a change that is about to be handed to a worker."""
        return self._drafts.turn(_name(draft_id))

    def save(self, draft: PrescriptionDraft, turn: int) -> datetime:
        """Keep it here, then in the database. Raises AlreadySigned, StoreUnavailable..."""
        name = _name(draft.id)
        self._drafts.keep(name, turn, _record(draft))
        try:
            at = self._prescribing.save_draft(draft)
        except AlreadySigned:
            self._drafts.remove(name, turn)
            raise
        self._drafts.remove(name, turn)
        return at

    def drop(self, draft_id: UUID, turn: int) -> None:
        """Throw it away in both places."""
        self._drafts.remove(_name(draft_id), turn)
        self._prescribing.drop_draft(draft_id)

    def forget(self, draft_id: UUID, turn: int) -> None:
        """It is signed: nothing of it stays on this PC."""
        self._drafts.remove(_name(draft_id), turn)

    def load(self, patient_id: UUID) -> LoadedDraft | None:
        """The doctor's unsigned work for this patient: the later of what the database and this PC have."""
        kept = [one for one in map(_read, self._drafts.all()) if one and one.draft.patient_id == patient_id]
        stored = self._prescribing.load_draft(patient_id)
        for one in sorted(kept, key=lambda one: one.at, reverse=True):
            if stored is None or stored.saved_at is None or one.at > stored.saved_at:
                found = self._recovered(one)
                if found is not None:
                    stored = found
                    continue
            self._drafts.remove(one.name, self._drafts.turn(one.name))
        return stored

    def _recovered(self, kept: _Kept) -> LoadedDraft | None:
        """With today's stock, and in the database from here on; None when it was signed meanwhile."""
        loaded = self._prescribing.templates.lines_in(kept.content)
        draft = replace(
            kept.draft,
            diagnosis=loaded.draft.diagnosis,
            notes=loaded.draft.notes,
            lines=loaded.draft.lines,
        )
        try:
            self._prescribing.save_draft(draft)
        except AlreadySigned:
            return None
        self._drafts.remove(kept.name, self._drafts.turn(kept.name))
        return replace(loaded, draft=draft, saved_at=kept.at)


def _name(draft_id: UUID) -> str:
    return f"prescription {draft_id}"


def _record(draft: PrescriptionDraft) -> dict[str, object]:
    return {
        "kind": "prescription",
        "id": str(draft.id),
        "patient": str(draft.patient_id),
        "appointment": str(draft.appointment_id) if draft.appointment_id else None,
        "at": datetime.now(UTC).isoformat(),
        "content": draft_to_json(draft),
    }


def _read(found: object) -> _Kept | None:
    """None for what is no prescription."""
    try:
        record: Any = found
        if record["kind"] != "prescription":
            return None
        draft = PrescriptionDraft(
            id=UUID(record["id"]),
            patient_id=UUID(record["patient"]),
            appointment_id=UUID(record["appointment"]) if record["appointment"] else None,
        )
        at = datetime.fromisoformat(record["at"])
        return _Kept(name=_name(draft.id), draft=draft, content=dict(record["content"]), at=at)
    except (KeyError, TypeError, ValueError):
        return None
