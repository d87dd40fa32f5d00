"""Sealing the charts of a clinic: the administrator's choice, and the job that carries it out."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.conversion import Conversion, Pending
from clinicdesk.repositories.ehr import Document, digest
from clinicdesk.repositories.sealing import FileSeal, SealBroken, is_sealed, key_of, seal, unseal
from clinicdesk.repositories.work import WorkFactory

if TYPE_CHECKING:
    from clinicdesk.repositories.documents import DocumentStore  # its driver takes 11 MiB

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingProgress:
    """``remaining`` of ``total`` versions stand in the other form still; both are readable meanwhile."""

    sealed: bool
    total: int
    remaining: int
    running_since: datetime | None


class Sealing:
    """The clinic's choice, for administrators. ``clinicdesk sealing run`` carries it out."""

    def __init__(self, open_work: WorkFactory, actor: Actor) -> None:
        self._open_work, self._actor = open_work, actor

    def choose(self, *, sealed: bool) -> None:
        """From now on new documents are sealed, or not. Raises NotAllowed."""
        self._actor.require("charts.seal")
        with self._open_work() as work:
            Conversion(work).choose(self._actor.clinic.id, sealed=sealed)

    def progress(self) -> SealingProgress:
        """How far the conversion is."""
        self._actor.require("charts.seal")
        with self._open_work() as work:
            return SealingProgress(**Conversion(work).progress(self._actor.clinic.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What a run did; ``left`` are those it could not convert: missing or altered documents."""

    sealed: bool
    documents: int
    left: int


class SealingJob:
    """Converts one clinic's documents page by page; killed at any point, the next run goes on.

    A digest is noted before the document changes and confirmed after it: the nightly check knows both forms.
    """

    def __init__(self, open_work: WorkFactory, documents: "DocumentStore") -> None:
        self._open_work, self._documents = open_work, documents

    def run(self, clinic_id: UUID) -> Converted | None:
        """None: nothing was left to do. Raises StoreUnavailable, NotAllowed (another choice meanwhile)."""
        with self._open_work() as work:  # committed before any key is taken
            begun = Conversion(work).begin(clinic_id)
        if begun is None:
            return None
        done = 0
        for page in self._pages(begun.id):
            done += self._seal(begun.id, page) if begun.sealed else self._open(begun.id, page)
        with self._open_work() as work:
            left = Conversion(work).end(begun.id)
        return Converted(sealed=begun.sealed, documents=done, left=left)

    def _pages(self, run: int) -> Iterator[list[Pending]]:
        last: Pending | None = None
        while True:
            with self._open_work() as work:
                page = Conversion(work).page(run, last, size=PAGE)
            if not page:
                return
            last = page[-1]
            yield page

    def _seal(self, run: int, page: Sequence[Pending]) -> int:
        found = self._documents.read_many([one.document_id for one in page])
        ready = [one for one in page if _fit(one, found.get(one.document_id))]
        keys = self._keys(run, [found[one.document_id] for one in ready])
        made: list[tuple[Pending, Document]] = []
        for one in ready:
            before = found[one.document_id]
            key = keys[key_of(before)]
            if not is_sealed(before):
                self._convert_files(before, key, sealed=True)
            made.append((one, before if is_sealed(before) else seal(before, key)))
        digests = [(one.visit_id, one.version, digest(document)) for one, document in made]
        with self._open_work() as work:
            Conversion(work).note(run, digests, stored=False)
        for one, document in made:
            if not is_sealed(found[one.document_id]):
                self._documents.replace_sections(document)
        with self._open_work() as work:
            Conversion(work).note(run, digests, stored=True)
        return len(made)

    def _open(self, run: int, page: Sequence[Pending]) -> int:
        found = self._documents.read_many([one.document_id for one in page])
        sealed = [one for one in found.values() if is_sealed(one)]
        keys = self._keys(run, sealed)
        ready: list[Pending] = []
        for one in page:
            before = found.get(one.document_id)
            if before is None:
                continue
            try:
                document = unseal(before, keys)
            except SealBroken:
                continue
            if digest(document) == one.sha256:
                if is_sealed(before):
                    self._convert_files(document, keys[key_of(document)], sealed=False)
                    self._documents.replace_sections(document)
                ready.append(one)
        with self._open_work() as work:
            Conversion(work).clear(run, [(one.visit_id, one.version) for one in ready])
        return len(ready)

    def _keys(self, run: int, documents: Sequence[Document]) -> dict[tuple[str, str], bytes]:
        names = {key_of(one) for one in documents}
        if not names:
            return {}
        with self._open_work() as work:  # keys are committed before anything is sealed with them
            keys = Conversion(work).keys(run, sorted({patient for patient, _ in names}))
        return {(patient, clinic): keys[patient] for patient, clinic in names}

    def _convert_files(self, document: Document, key: bytes, *, sealed: bool) -> None:
        patient, clinic = key_of(document)
        whose = FileSeal(patient_id=patient, clinic_id=clinic, key=key)
        for entry in document.get("attachments") or []:
            with suppress(NotFound):  # a file that is gone stays gone; the chart says so
                self._documents.files.convert(str(entry["fileUrl"]), whose, sealed=sealed)


def _fit(one: Pending, document: Document | None) -> bool:
    """Whether it is what PostgreSQL knows; what was altered is left as it is, for the check to name."""
    if document is None:
        return False
    if is_sealed(document):
        return digest(document) == one.sealed_sha256
    return digest(document) == one.sha256
