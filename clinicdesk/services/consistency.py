"""Whether documents and references agree: found, repaired where that is safe, reported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING
from uuid import UUID

from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import CheckBrokenOff
from clinicdesk.repositories.ehr import Document, digest
from clinicdesk.repositories.sealing import is_sealed
from clinicdesk.repositories.visits import Reference, Visits
from clinicdesk.repositories.work import WorkFactory

if TYPE_CHECKING:
    from clinicdesk.repositories.documents import DocumentStore

ORPHAN_AGE = timedelta(hours=1)  # a writer may still be between its document and its reference


class ConsistencyCheck:
    """One clinic's health records against their index. Contents are only hashed."""

    def __init__(
        self, open_work: WorkFactory, documents: "DocumentStore", now: Callable[[], datetime]
    ) -> None:
        self._open_work, self._documents, self._now = open_work, documents, now
        self._ending = Event()

    def break_off(self) -> None:
        """Let a run on another thread end with CheckBrokenOff after its present batch."""
        self._ending.set()

    def run(self, clinic_id: UUID) -> Consistency:
        """Raises StoreUnavailable, CheckBrokenOff."""
        loose: list[str] = []
        altered: list[str] = []
        seen = 0
        for batch in self._documents.versions(str(clinic_id)):
            seen += len(batch)
            self._go_on()
            known = self._references(batch)
            for document in batch:
                reference = known.get((document["visitId"], document["version"]))
                identity = str(document["_id"])
                if reference is None or reference.document_id != identity:
                    loose.append(identity)
                elif digest(document) != _expected(reference, document):
                    altered.append(identity)
        removed = [identity for identity in loose if self._removed(identity)]
        total, missing = self._missing(clinic_id)
        return Consistency(
            documents=seen,
            references=total,
            orphans=tuple(identity for identity in loose if identity not in set(removed)),
            removed=tuple(removed),
            missing=tuple(missing),
            altered=tuple(altered),
        )

    def _go_on(self) -> None:
        if self._ending.is_set():
            raise CheckBrokenOff

    def _references(self, batch: list[Document]) -> dict[tuple[str, int], Reference]:
        with self._open_work() as work:
            return Visits(work).references([(one["visitId"], one["version"]) for one in batch])

    def _removed(self, identity: str) -> bool:
        from clinicdesk.repositories.documents import created_at

        return self._now() - created_at(identity) > ORPHAN_AGE and self._documents.remove_orphan(identity)

    def _missing(self, clinic_id: UUID) -> tuple[int, list[str]]:
        total, missing = 0, list[str]()
        last: tuple[UUID, int] | None = None
        while True:
            with self._open_work() as work:
                page = Visits(work).references_after(last, clinic_id=clinic_id)
            if not page:
                return total, missing
            total += len(page)
            self._go_on()
            last = (page[-1].visit_id, page[-1].version)
            found = self._documents.read_many([reference.document_id for reference in page])
            missing += [one.document_id for one in page if one.document_id not in found]


def _expected(reference: Reference, document: Document) -> str | None:
    """While charts are converted both forms are true; neither needs a key to be compared."""
    return reference.sealed_sha256 if is_sealed(document) else reference.sha256
