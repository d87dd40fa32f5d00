"""The keys of sealed charts: each comes only for a line of the access log that is committed."""

import threading
from uuid import UUID

from clinicdesk.repositories.ehr import Document
from clinicdesk.repositories.sealing import Keys, SealBroken, is_sealed, key_of, unseal
from clinicdesk.repositories.visits import Visits
from clinicdesk.repositories.work import WorkFactory


class ChartKeys:
    """Keeps keys in memory until ``forget``: when the seat is locked."""

    def __init__(self, open_work: WorkFactory) -> None:
        self._open_work = open_work
        self._lock = threading.Lock()
        self._known: dict[UUID, Keys] = {}

    def __repr__(self) -> str:
        return "ChartKeys()"

    def of(self, patient_id: UUID, access_id: int | None = None, *, needed: tuple[str, str]) -> bytes | None:
        """The key for (patient, clinic) as a document names them; None: this person has none.

        ``access_id``: a line about this patient, committed just now; without one, one is written first.
        Raises GlassNeeded, NotAllowed, StoreUnavailable.
        """
        with self._lock:
            known = self._known.get(patient_id, {})
        if needed not in known:
            if access_id is None:
                with self._open_work() as work:
                    access_id = Visits(work).log_access(patient_id, action="view", purpose="care").id
            with self._open_work() as work:
                known = Visits(work).chart_keys(access_id)
            with self._lock:
                self._known[patient_id] = known
        return known.get(needed)

    def open(self, document: Document, patient_id: UUID, access_id: int | None = None) -> Document:
        """As it was written. One that was tampered with stays sealed, so that its digest betrays it."""
        if not is_sealed(document):
            return document
        needed = key_of(document)
        key = self.of(patient_id, access_id, needed=needed)
        try:
            return unseal(document, {needed: key} if key else {})
        except SealBroken:
            return document

    def forget(self) -> None:
        """Wipe them."""
        with self._lock:
            self._known.clear()
