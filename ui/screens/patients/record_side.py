"""Ties the record panel, the label and the merge panel to the patients screen."""

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Slot

from clinicdesk.domain.errors import InvalidField, NeedsRecords
from clinicdesk.domain.patients import Alias, PatientDetails
from ui.messages import field_message, message_for
from ui.screens.patients.merge_panel import MergePanel
from ui.screens.patients.presenter import PatientsPresenter
from ui.screens.patients.record_panel import RecordPanel
from ui.widgets.person import gender_word

if TYPE_CHECKING:
    from ui.screens.patients.view import PatientsView


class RecordSide(QObject):
    """Acts on the patient on show."""

    def __init__(self, view: "PatientsView", presenter: PatientsPresenter) -> None:
        super().__init__(view)
        self._view, self._presenter = view, presenter
        records = presenter.records
        view.paper.closed.connect(view.stop_registering)
        view.paper.said.connect(view.notice.show_notice)
        records.details_read.connect(self._show_details)
        records.problems_found.connect(self._show_problems)
        records.saved.connect(self._saved)
        records.label_ready.connect(self._show_label)
        records.said.connect(view.notice.show_notice)
        records.may_merge.connect(self._open_merging)
        records.merged.connect(self._merged)

    def tie_record(self, record: RecordPanel) -> None:
        """Once, when the panel is made."""
        records = self._presenter.records
        records.history_read.connect(record.show_changes)
        record.corrected.connect(records.correct)
        record.photo_chosen.connect(records.photo)
        record.guardian_added.connect(records.add_guardian)
        record.guardian_ended.connect(self._end_guardian)
        record.consent_asked.connect(self._consent)
        record.consent_withdrawn.connect(self._withdraw)
        record.unreadable.connect(self._view.refuse)
        record.closed.connect(self._view.stop_registering)

    def tie_merging(self, merge: MergePanel) -> None:
        """Once, when the panel is made."""
        records = self._presenter.records
        records.pair_read.connect(merge.show_pair)
        records.preview_read.connect(merge.show_preview)
        records.merges_read.connect(merge.show_open)
        records.merge_wrong.connect(merge.show_wrong)
        merge.search_asked.connect(self._search_other)
        merge.preview_asked.connect(records.preview)
        merge.merge_asked.connect(records.merge)
        merge.confirm_asked.connect(records.confirm)
        records.since_read.connect(merge.show_since)
        merge.since_asked.connect(records.read_since)
        merge.unmerge_asked.connect(records.unmerge)
        merge.closed.connect(self.stop_merging)

    @Slot()
    def edit_record(self) -> None:
        """Identity, photo, guardians, consents, history of the patient on show."""
        if self._view.patient is not None and self._view.actor.may("patients.register"):
            self._view.side.setCurrentWidget(self._view.record)
            self._view.record.details = None
            self._presenter.records.read(self._view.patient)

    @Slot(object)
    def _show_details(self, details: PatientDetails) -> None:
        fresh = self._view.record.details is None
        self._view.record.show_details(details)
        if fresh:
            self._view.record.show_page(0)

    @Slot(object)
    def _show_problems(self, problems: tuple[InvalidField, ...]) -> None:
        first = problems[0]
        if not self._view.record.show_wrong(first.field, field_message(first.rule, first.detail)):
            self._view.record.form.show_problems(problems)

    @Slot(object)
    def _saved(self, details: PatientDetails) -> None:
        self._view.notice.show_notice(self.tr("Saved: {0}").format(details.mrn), "ok")
        self._presenter.read(details.id)

    @Slot(object)
    def _end_guardian(self, guardian_id: UUID) -> None:
        if self._view.patient is not None:
            self._presenter.records.end_guardian(self._view.patient, guardian_id)

    @Slot(object, str, object)
    def _consent(self, patient: UUID, purpose: str, guardian: UUID | None) -> None:
        self._presenter.records.consent(patient, purpose, guardian, given=True)

    @Slot(object)
    def _withdraw(self, consent_id: UUID) -> None:
        if self._view.patient is not None:
            self._presenter.records.withdraw(self._view.patient, consent_id)

    @Slot()
    def print_label(self) -> None:
        """With the barcode that the front desk scans."""
        if self._view.patient is not None:
            self._presenter.records.label(self._view.patient, gender_word)

    @Slot(object)
    def _show_label(self, pdf: bytes) -> None:
        self._view.side.setCurrentWidget(self._view.paper)
        self._view.paper.show_paper(self.tr("Patient label"), pdf, file_name="label")

    @Slot()
    def ask_merging(self) -> None:
        """For who holds the records duty."""
        if self._view.patient is not None:
            self._presenter.records.ask_whether_merging()

    @Slot(bool)
    def _open_merging(self, may: bool) -> None:
        if not may:
            self._view.notice.show_notice(message_for(NeedsRecords()), "error")
        elif self._view.card.summary is not None:
            self._view.list.setCurrentWidget(self._view.merge)
            self._view.side.setCurrentIndex(0)
            self._view.merge.start(self._view.card.summary)
            self._presenter.records.read_merges()

    @Slot(str)
    def _search_other(self, text: str) -> None:
        self._presenter.search(text)

    @Slot(object)
    def _merged(self, alias: Alias) -> None:
        said = (
            self.tr("Merged: {0} opens {1} from now on.")
            if alias.state == "merged"
            else self.tr("Proposed: a second person must confirm that {0} joins {1}.")
        )
        self._view.notice.show_notice(said.format(alias.loser_mrn, alias.survivor_mrn), "ok")
        self.stop_merging()
        self._view.show_patient(alias.survivor_id)

    @Slot()
    def stop_merging(self) -> None:
        """Back to the search."""
        self._view.list.setCurrentWidget(
            self._view.table if self._view.model.rowCount() else self._view.empty
        )
        self._view.box.setFocus()
