"""What happens to a record and to merges; knows no widget."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.patients import Alias, LinkedRecord, NewGuardian, NewPatient, PatientDetails
from clinicdesk.printing.slip import PatientLabel, patient_label_pdf
from clinicdesk.services.records import Merging, Records
from ui.messages import field_message, message_for
from ui.tasks import TaskRunner


class RecordPresenter(QObject):
    """Every change reads the record again."""

    details_read = Signal(object)
    history_read = Signal(object)
    saved = Signal(object)
    problems_found = Signal(object)
    """A sequence of InvalidField."""
    label_ready = Signal(object)
    """PDF bytes."""
    may_merge = Signal(bool)
    pair_read = Signal(object, object)
    """PatientDetails of who stays and of who joins."""
    preview_read = Signal(object, object)
    merges_read = Signal(object)
    since_read = Signal(object, object)
    """The Alias, what came after it."""
    merged = Signal(object)
    merge_wrong = Signal(str)
    said = Signal(str, str)

    def __init__(self, records: Records, merging: Merging, tasks: TaskRunner, clinic_name: str) -> None:
        super().__init__()
        self._records, self._merging, self._tasks = records, merging, tasks
        self._clinic_name = clinic_name
        self.zone = records.zone

    # the record

    def read(self, patient_id: UUID) -> None:
        """Details and history."""
        self._run(partial(self._records.details, patient_id), self.details_read.emit, key="details")
        self._run(partial(self._records.history, patient_id), self.history_read.emit, key="history")

    def correct(self, details: PatientDetails, new: NewPatient) -> None:
        """As typed."""
        self._tasks.run(
            partial(self._records.correct, details, new), owner=self, done=self._saved, failed=self._wrong
        )

    def photo(self, patient_id: UUID, content: bytes | None) -> None:
        """Put, or remove."""
        call = (
            partial(self._records.remove_photo, patient_id)
            if content is None
            else partial(self._records.set_photo, patient_id, content)
        )
        self._change(patient_id, call)

    def add_guardian(self, patient_id: UUID, guardian: NewGuardian) -> None:
        """One more."""
        self._change(patient_id, partial(self._records.add_guardian, patient_id, guardian))

    def end_guardian(self, patient_id: UUID, guardian_id: UUID) -> None:
        """Not any more."""
        self._change(patient_id, partial(self._records.end_guardian, guardian_id))

    def consent(self, patient_id: UUID, purpose: str, guardian: UUID | None, *, given: bool) -> None:
        """An answer."""
        call = partial(self._records.consent, patient_id, purpose, given=given, guardian=guardian)
        self._change(patient_id, call)

    def withdraw(self, patient_id: UUID, consent_id: UUID) -> None:
        """Stops future use."""
        self._change(patient_id, partial(self._records.withdraw, consent_id))

    def label(self, patient_id: UUID, gender: Callable[[str], str]) -> None:
        """The label with the barcode of the MRN."""
        call = partial(_label, self._records, patient_id, self._clinic_name, gender)
        self._run(call, self.label_ready.emit)

    # merging

    def ask_whether_merging(self) -> None:
        """The records duty, or an administrator."""
        self._run(self._merging.allowed, self.may_merge.emit, key="may")

    def read_merges(self) -> None:
        """Those that can be confirmed or taken back."""
        self._run(self._merging.open, self.merges_read.emit, key="merges")

    def preview(self, survivor: UUID, loser: UUID) -> None:
        """Both side by side, and everything linked to them."""
        self._run(partial(_pair, self._records, survivor, loser), self._paired, key="pair")
        self._run(partial(_both, self._merging, survivor, loser), self._previewed, key="preview")

    def merge(self, survivor: UUID, loser: UUID, reason: str) -> None:
        """At once, or proposed to a second person."""
        call = partial(self._merging.merge, survivor, loser, reason=reason)
        self._tasks.run(call, owner=self, done=self._merge_done, failed=self._merge_refused)

    def confirm(self, alias: Alias) -> None:
        """The second person."""
        self._run(partial(self._merging.confirm, alias), self._merges_changed)

    def read_since(self, alias: Alias) -> None:
        """What came to the record that lived on, for a person to assign (spec 2.3.3)."""
        self._run(partial(self._merging.since, alias), partial(self._since, alias), key="since")

    def unmerge(self, alias: Alias, reason: str, theirs: Sequence[UUID]) -> None:
        """Part them again; ``theirs`` go with the record that is set free."""
        call = partial(self._merging.unmerge, alias, reason=reason, theirs=theirs)
        self._tasks.run(call, owner=self, done=self._merges_changed, failed=self._merge_refused)

    # answers

    def _change(self, patient_id: UUID, call: Callable[[], object]) -> None:
        self._tasks.run(call, owner=self, done=partial(self._reread, patient_id), failed=self._wrong)

    def _reread(self, patient_id: UUID, _: object) -> None:
        self.read(patient_id)

    def _saved(self, details: PatientDetails) -> None:
        self.saved.emit(details)
        self.read(details.id)

    def _paired(self, pair: tuple[PatientDetails, PatientDetails]) -> None:
        self.pair_read.emit(*pair)

    def _previewed(self, both: tuple[list[LinkedRecord], list[LinkedRecord]]) -> None:
        self.preview_read.emit(*both)

    def _since(self, alias: Alias, lines: list[LinkedRecord]) -> None:
        self.since_read.emit(alias, lines)

    def _merge_done(self, alias: Alias) -> None:
        self.merged.emit(alias)
        self.read_merges()

    def _merges_changed(self, _: object) -> None:
        self.said.emit(self.tr("Done."), "ok")
        self.read_merges()

    def _merge_refused(self, error: DomainError) -> None:
        self.merge_wrong.emit(message_for(error))

    def _wrong(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.problems_found.emit((error,))
            if error.field == "photo":
                self.said.emit(field_message(error.rule, error.detail), "error")
        else:
            self.said.emit(message_for(error), "error")

    def _explain(self, error: DomainError) -> None:
        self.said.emit(message_for(error), "error")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str | None = None) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)


def _pair(records: Records, survivor: UUID, loser: UUID) -> tuple[PatientDetails, PatientDetails]:
    return records.details(survivor), records.details(loser)


def _both(merging: Merging, survivor: UUID, loser: UUID) -> tuple[list[LinkedRecord], list[LinkedRecord]]:
    return merging.preview(survivor), merging.preview(loser)


def _label(records: Records, patient_id: UUID, clinic: str, gender: Callable[[str], str]) -> bytes:
    found = records.details(patient_id)
    return patient_label_pdf(
        [
            PatientLabel(
                clinic_name=clinic,
                patient_name=f"{found.first_name} {found.last_name}".strip(),
                mrn=found.mrn,
                date_of_birth=found.date_of_birth,
                estimated=found.dob_precision != "day",
                gender=gender(found.gender),
                phone=found.phones[0] if found.phones else "",
            )
        ]
    )
