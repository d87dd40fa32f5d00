"""The record at the desk: corrections, guardians, consents, photo, history; merging (spec 2.1 to 2.5)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.patients import (
    PURPOSES,
    Alias,
    Change,
    LinkedRecord,
    NewGuardian,
    NewPatient,
    PatientDetails,
)
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.records import Merges, RecordDesk
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.patients import check_guardian, tidied
from clinicdesk.services.photos import small_jpeg


class Records:
    """One record, as the desk may see and correct it."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self.zone = ZoneInfo(actor.clinic.timezone)

    def details(self, patient_id: UUID) -> PatientDetails:
        """Raises NotFound."""
        self._actor.require("patients.register")
        with self._open_work() as work:
            return RecordDesk(work).details(patient_id)

    def correct(self, details: PatientDetails, new: NewPatient) -> PatientDetails:
        """Raises InvalidField, StaleRecord when somebody else changed the record meanwhile."""
        self._actor.require("patients.register")
        tidy = tidied(new, self._now().astimezone(self.zone).date())
        with self._open_work() as work:
            desk = RecordDesk(work)
            desk.correct(details, tidy)
            return desk.details(details.id)

    def add_guardian(self, patient_id: UUID, guardian: NewGuardian) -> None:
        """Raises InvalidField (guardian, relation, guardian_phone)."""
        self._actor.require("patients.register")
        tidy = check_guardian(guardian)
        with self._open_work() as work:
            RecordDesk(work).add_guardian(patient_id, tidy)

    def end_guardian(self, guardian_id: UUID) -> None:
        """Not a guardian any more."""
        self._actor.require("patients.register")
        with self._open_work() as work:
            RecordDesk(work).end_guardian(guardian_id)

    def consent(
        self,
        patient_id: UUID,
        purpose: str,
        *,
        given: bool,
        guardian: UUID | None = None,
        method: str = "ticked",
    ) -> None:
        """An answer of the patient, or of a guardian who may consent (spec 2.5). Raises InvalidField."""
        self._actor.require("patients.register")
        if purpose not in PURPOSES:
            raise InvalidField("consents", "choice")
        with self._open_work() as work:
            RecordDesk(work).consent(
                self._actor.clinic.id, patient_id, purpose, given=given, guardian=guardian, method=method
            )

    def withdraw(self, consent_id: UUID) -> None:
        """Stops future use; deletes nothing."""
        self._actor.require("patients.register")
        with self._open_work() as work:
            RecordDesk(work).withdraw(consent_id)

    def set_photo(self, patient_id: UUID, picture: bytes) -> None:
        """From a file's content; kept small and without its metadata. Raises InvalidField (photo)."""
        self._actor.require("patients.register")
        jpeg = small_jpeg(picture)
        with self._open_work() as work:
            RecordDesk(work).photo(patient_id, jpeg)

    def remove_photo(self, patient_id: UUID) -> None:
        """None is kept."""
        self._actor.require("patients.register")
        with self._open_work() as work:
            RecordDesk(work).photo(patient_id, None)

    def history(self, patient_id: UUID) -> list[Change]:
        """Who changed what of the identity, newest first."""
        self._actor.require("patients.register")
        with self._open_work() as work:
            return RecordDesk(work).history(patient_id)


class Merging:
    """Two records of one person: an alias, no rewriting (spec 2.3)."""

    def __init__(self, open_work: WorkFactory, actor: Actor) -> None:
        self._open_work, self._actor = open_work, actor

    def allowed(self) -> bool:
        """Whether this person may merge: the records duty, or an administrator."""
        if not self._actor.may("patients.merge"):
            return False
        with self._open_work() as work:
            return Merges(work).may()

    def preview(self, patient_id: UUID) -> list[LinkedRecord]:
        """Every linked record. Raises NeedsRecords."""
        self._actor.require("patients.merge")
        with self._open_work() as work:
            return Merges(work).linked(patient_id)

    def merge(self, survivor: UUID, loser: UUID, *, reason: str) -> Alias:
        """Merged at once, or proposed: a second person confirms when there are signed notes or prescriptions.

        Raises InvalidField (reason), MergedAlready, NeedsRecords.
        """
        self._actor.require("patients.merge")
        why = _reason(reason)
        with self._open_work() as work:
            return Merges(work).merge(survivor, loser, why)

    def confirm(self, alias: Alias, *, yes: bool = True) -> None:
        """Raises SecondPersonNeeded, NeedsRecords, StaleRecord."""
        self._actor.require("patients.merge")
        with self._open_work() as work:
            Merges(work).confirm(alias.id, yes=yes)

    def since(self, alias: Alias) -> list[LinkedRecord]:
        """What was added to the survivor after the merge, to be assigned one by one (spec 2.3.3)."""
        self._actor.require("patients.merge")
        with self._open_work() as work:
            return Merges(work).since(alias.id)

    def unmerge(self, alias: Alias, *, reason: str, theirs: Sequence[UUID] = ()) -> None:
        """Close the alias; nothing is lost. Raises InvalidField (reason), NeedsRecords, StaleRecord."""
        self._actor.require("patients.merge")
        why = _reason(reason)
        with self._open_work() as work:
            Merges(work).unmerge(alias.id, why, theirs)

    def open(self) -> list[Alias]:
        """Proposed and merged ones."""
        self._actor.require("patients.merge")
        with self._open_work() as work:
            return Merges(work).open()


def _reason(text: str) -> str:
    reason = typed.line(text, "reason", limit=300)
    if not reason:
        raise InvalidField("reason", "reason")
    return reason
