"""Words that are not in the chart yet: in memory, and as this PC keeps them encrypted."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from clinicdesk.domain.visits import Note, Visit
from ui.screens.chart.model import Draft, Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was typed over which version of which visit of which patient."""

    patient_id: UUID
    visit_id: UUID
    version: int
    base: Typed
    typed: Typed

    @classmethod
    def of(cls, draft: Draft) -> "Kept":
        """As it stands now."""
        return cls.over(draft.visit, draft.typed)

    @classmethod
    def over(cls, visit: Visit, typed: Typed) -> "Kept":
        """Over that version."""
        return cls(
            patient_id=visit.patient_id,
            visit_id=visit.id,
            version=visit.version,
            base=Typed.of(visit),
            typed=typed,
        )

    def record(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "visit",
            "patient": str(self.patient_id),
            "visit": str(self.visit_id),
            "version": self.version,
            "base": _out(self.base),
            "typed": _out(self.typed),
        }


def read(found: object) -> Kept | None:
    """None for what is no draft of a visit."""
    try:
        record: Any = found
        if record["kind"] != "visit":
            return None
        return Kept(
            patient_id=UUID(record["patient"]),
            visit_id=UUID(record["visit"]),
            version=int(record["version"]),
            base=_in(record["base"]),
            typed=_in(record["typed"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def name_of(visit_id: UUID) -> str:
    """What it is kept under."""
    return f"visit {visit_id}"


def _out(typed: Typed) -> dict[str, Any]:
    return {"vitals": dict(typed.vitals), "note": asdict(typed.note), "visit_type": typed.visit_type}


def _in(found: dict[str, Any]) -> Typed:
    return Typed(
        vitals={str(name): str(text) for name, text in found["vitals"].items()},
        note=Note(**found["note"]),
        visit_type=str(found["visit_type"]),
    )
