"""The conversion of a clinic's charts in PostgreSQL: the choice, what is left, the keys for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinicdesk.repositories.work import Work


@dataclass(frozen=True, slots=True)
class Run:
    """A conversion under way."""

    id: int
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A version in the other form still."""

    visit_id: UUID
    version: int
    patient_id: UUID
    document_id: str
    sha256: str
    sealed_sha256: str | None


class Conversion:
    """Statements of one unit of work."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def choose(self, clinic_id: UUID, *, sealed: bool) -> None:
        """Set the clinic's choice (administrators)."""
        self._work.run(
            "INSERT INTO clinic_settings(clinic_id, key, value) "
            "VALUES (:clinic, 'sealed_charts', to_jsonb(CAST(:sealed AS boolean))) "
            "ON CONFLICT (clinic_id, key) DO UPDATE SET value = excluded.value, updated_at = now()",
            clinic=clinic_id,
            sealed=sealed,
        )

    def progress(self, clinic_id: UUID) -> dict[str, Any]:
        """sealed, total, remaining, running_since."""
        row = self._work.first("SELECT * FROM cd.sealing_progress(:clinic)", clinic=clinic_id)
        assert row is not None
        return dict(row)

    def clinics(self) -> list[dict[str, Any]]:
        """clinic_id, name, sealed, remaining of every clinic (the job's account)."""
        return [dict(row) for row in self._work.all("SELECT * FROM cd.sealing_clinics()")]

    def begin(self, clinic_id: UUID) -> Run | None:
        """A new run; None where nothing is left to do."""
        row = self._work.first(
            "SELECT b.id, cd.charts_sealed(:clinic) AS sealed FROM cd.sealing_begin(:clinic) b(id)",
            clinic=clinic_id,
        )
        return Run(row["id"], row["sealed"]) if row and row["id"] is not None else None

    def page(self, run: int, last: Pending | None, *, size: int) -> list[Pending]:
        """What is left after ``last``, in key order."""
        rows = self._work.all(
            "SELECT * FROM cd.sealing_page(:run, CAST(:visit AS uuid), CAST(:version AS int), :size)",
            run=run,
            visit=last.visit_id if last else None,
            version=last.version if last else None,
            size=size,
        )
        return [Pending(**row) for row in rows]

    def keys(self, run: int, patients: Sequence[str]) -> dict[str, bytes]:
        """Patient -> key; each taking is in the audit."""
        rows = self._work.all(
            "SELECT patient_id, key FROM cd.sealing_keys(:run, CAST(:patients AS uuid[]))",
            run=run,
            patients=list(patients),
        )
        return {str(row["patient_id"]): bytes(row["key"]) for row in rows}

    def note(self, run: int, digests: Sequence[tuple[UUID, int, str]], *, stored: bool) -> None:
        """(visit, version, digest of the sealed form), before and after the document changes."""
        self._work.run(
            "SELECT cd.sealing_note(:run, CAST(:visits AS uuid[]), CAST(:versions AS int[]), "
            "CAST(:digests AS text[]), :stored)",
            run=run,
            visits=[one[0] for one in digests],
            versions=[one[1] for one in digests],
            digests=[one[2] for one in digests],
            stored=stored,
        )

    def clear(self, run: int, opened: Sequence[tuple[UUID, int]]) -> None:
        """These stand open again."""
        self._work.run(
            "SELECT cd.sealing_clear(:run, CAST(:visits AS uuid[]), CAST(:versions AS int[]))",
            run=run,
            visits=[one[0] for one in opened],
            versions=[one[1] for one in opened],
        )

    def end(self, run: int) -> int:
        """Close it; how many versions are left."""
        left: int = self._work.value("SELECT cd.sealing_end(:run)", run=run)
        return left
