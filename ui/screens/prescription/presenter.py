"""The pad between screen and service: one draft, its checks, its signing."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.errors import (
    DomainError,
    InvalidField,
    PasswordNeeded,
    ReasonMissing,
    SigningKeyInvalid,
    WrongPassword,
)
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Finding, Prescription, PrescriptionLine
from clinicdesk.services.prescribing import Checked, Prescribing, PrescriptionDraft
from clinicdesk.services.prescribing_draft import LoadedDraft
from ui.screens.prescription.asking import Asking
from ui.screens.prescription.lookup import MedicineLookup
from ui.screens.prescription.model import missing_sentence, problem_words
from ui.screens.prescription.saver import DraftSaver, PadDesk, read_pad, single_shot
from ui.tasks import TaskRunner

SAVE_MS, PREVIEW_MS = 600, 400


class PadPresenter(Asking):
    """Answers of another patient's questions are dropped by their epoch."""

    patient_changed = Signal()
    lines_changed = Signal()
    findings_changed = Signal()
    missing_changed = Signal(str)
    draft_saved = Signal(str)
    restored = Signal(str)
    signed = Signal(object)
    cancelled = Signal(object)
    pdf_ready = Signal(object)
    print_ready = Signal(object)
    key_lost = Signal(str)
    password_asked = Signal(str)
    key_renewed = Signal()
    busy = Signal(bool)

    def __init__(self, desk: PadDesk, tasks: TaskRunner) -> None:
        super().__init__(tasks)
        self._desk = desk
        self.patient: PatientSummary | None = None
        self.draft: PrescriptionDraft | None = None
        self.checked = Checked(findings=(), against="")
        self.prescription: Prescription | None = None
        self._diagnosis_given = ""
        self._has_ink = self._signing = self._checking = False
        self._dirty = self._stored = False
        self.lookup = MedicineLookup(desk, tasks, self)
        self.lookup.said.connect(self.said)
        self._saver = DraftSaver(desk, tasks, self)
        self._saver.saved.connect(self._saved)
        self._saver.failed.connect(self._not_saved)
        self._save_timer = single_shot(self, SAVE_MS, self.flush)
        self._preview_timer = single_shot(self, PREVIEW_MS, self._draw_preview)

    @property
    def service(self) -> Prescribing:
        return self._desk.prescribing

    @property
    def actor(self) -> Actor:
        return self._desk.actor

    @property
    def lines(self) -> tuple[PrescriptionLine, ...]:
        return self.draft.lines if self.draft else ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.checked.findings

    # -- a patient

    def open_for(self, patient_id: UUID, appointment_id: UUID | None, diagnosis: str) -> None:
        """A new pad, with this doctor's draft for the patient if there is one."""
        self.flush()
        self._epoch += 1
        self.patient, self.prescription = None, None
        self._diagnosis_given, self._stored, self._signing = diagnosis, False, False
        self.draft = PrescriptionDraft(
            id=uuid4(), patient_id=patient_id, appointment_id=appointment_id, diagnosis=diagnosis
        )
        self.checked = Checked(findings=(), against="")
        self._dirty = self._checking = False
        self.patient_changed.emit()
        self.lines_changed.emit()
        self._ask(partial(read_pad, self._desk, patient_id), self._show_patient, key="patient")

    def _show_patient(self, answer: tuple[PatientSummary, LoadedDraft | None]) -> None:
        self.patient, loaded = answer
        if self.draft is not None:  # a record that was merged away opens the one that lives on
            self.draft = replace(self.draft, patient_id=self.patient.id)
        if loaded is not None and self.draft is not None:
            self._stored = True
            given = self.draft
            self.draft = replace(
                loaded.draft,
                patient_id=given.patient_id,
                appointment_id=given.appointment_id or loaded.draft.appointment_id,
                diagnosis=loaded.draft.diagnosis or given.diagnosis,
            )
            text = self.tr("Your unsigned draft was restored.")
            if loaded.withdrawn:
                text = self.tr("Restored without {0}: withdrawn meanwhile.").format(
                    ", ".join(loaded.withdrawn)
                )
            self.restored.emit(text)
        self.patient_changed.emit()
        self.lines_changed.emit()
        self._after_change(save=False)

    def new(self) -> None:
        """Another prescription for the same patient and visit."""
        if self.draft is not None:
            self.open_for(self.draft.patient_id, self.draft.appointment_id, self._diagnosis_given)

    @Slot()
    def refresh(self) -> None:
        """Read the patient again and repeat the checks."""
        if self.draft is not None:
            self._ask(partial(self.service.patient, self.draft.patient_id), self._refreshed, key="refresh")

    def _refreshed(self, patient: PatientSummary) -> None:
        self.patient = patient
        if self.draft is not None:
            self.draft = replace(self.draft, patient_id=patient.id)
        self.patient_changed.emit()
        self._check()

    @Slot()
    def no_known_allergies(self) -> None:
        """Answer the question in place."""
        if self.draft is not None:
            self._ask(
                partial(self.service.no_known_allergies, self.draft.patient_id), self._allergies_answered
            )

    def _allergies_answered(self, _: None) -> None:
        self.refresh()

    # -- medicines

    def put(self, line: PrescriptionLine, number: int | None) -> None:
        """Add a line, or replace one."""
        lines = list(self.lines)
        if number is None or number >= len(lines):
            lines.append(line)
        else:
            before = lines[number]
            lines[number] = replace(
                line, override_reason=before.override_reason, override_text=before.override_text
            )
        self._set_lines(lines)

    def add_lines(self, lines: Sequence[PrescriptionLine]) -> int:
        """Add those that are not here yet; how many."""
        fresh = [one for one in lines if one.medicine.label not in {old.medicine.label for old in self.lines}]
        if fresh:
            self._set_lines([*self.lines, *fresh])
        return len(fresh)

    def remove(self, number: int) -> None:
        lines = list(self.lines)
        del lines[number]
        self._set_lines(lines)

    def move(self, number: int, step: int) -> int:
        """Returns where the line went."""
        lines = list(self.lines)
        to = max(0, min(len(lines) - 1, number + step))
        if to != number:
            lines.insert(to, lines.pop(number))
            self._set_lines(lines)
        return to

    def _set_lines(self, lines: list[PrescriptionLine]) -> None:
        if self.draft is None or self._signing:
            return
        self.draft = replace(self.draft, lines=tuple(lines))
        self.checked = replace(self.checked, findings=())  # they stood at other lines
        self.lines_changed.emit()
        self._after_change()

    def answer(self, number: int, reason: str, text: str) -> None:
        """The reason for prescribing in spite of the warnings at a line."""
        if self.draft is None or self._signing or number >= len(self.lines):
            return
        lines = list(self.lines)
        lines[number] = replace(lines[number], override_reason=reason, override_text=text[:300])
        self.draft = replace(self.draft, lines=tuple(lines))
        self._later()
        self._say_missing()

    def write(self, *, diagnosis: str, notes: str) -> None:
        if self.draft is None or self._signing:
            return
        if (diagnosis, notes) != (self.draft.diagnosis, self.draft.notes):
            self.draft = replace(self.draft, diagnosis=diagnosis, notes=notes)
            self._later()
            self._say_missing()

    def ink(self, *, present: bool) -> None:
        self._has_ink = present
        self._say_missing()

    # -- after every change

    def _after_change(self, *, save: bool = True) -> None:
        self._check()
        if save:
            self._later()
        else:
            self._preview_timer.start()

    def _later(self) -> None:
        self._dirty = True
        self._save_timer.start()
        self._preview_timer.start()

    def _check(self) -> None:
        draft = self.draft
        if draft is None or self.prescription is not None:
            return
        if not draft.lines:
            self._show_checked(Checked(findings=(), against=""))
            return
        self._checking = True
        self._say_missing()
        call = partial(self.service.check, draft.patient_id, draft.lines, without=draft.id)
        self._ask(call, self._show_checked, key="check", failed=self._not_checked)

    def _show_checked(self, checked: Checked) -> None:
        self._checking = False
        self.checked = checked
        self.findings_changed.emit()
        self._say_missing()

    def _not_checked(self, error: DomainError) -> None:
        self._checking = False
        self._explain(error)
        self._say_missing()

    def missing(self) -> str:
        """Why signing is not possible yet."""
        return missing_sentence(
            self.patient,
            self.lines,
            self.findings,
            diagnosis=self.draft.diagnosis if self.draft else "",
            has_ink=self._has_ink,
            checking=self._checking,
        )

    def _say_missing(self) -> None:
        self.missing_changed.emit(self.missing())

    def unsaved(self) -> bool:
        """Whether lines, notes or another patient's draft are not in the database yet."""
        return self._saver.unsaved() or (self._dirty and self.prescription is None)

    @Slot()
    def flush(self) -> None:
        """Save what was not saved."""
        self._save_timer.stop()
        self._saver.retry()
        draft = self.draft
        if not self._dirty or draft is None or self.prescription or self._signing:
            return
        self._dirty = False
        if draft.lines or draft.notes.strip() or draft.diagnosis.strip() != self._diagnosis_given:
            self._saver.save(draft)
            self._stored = True
        elif self._stored:
            self._saver.drop(draft)
            self._stored = False

    @Slot(object, str)
    def _saved(self, draft: PrescriptionDraft, at: str) -> None:
        if self.draft is not None and draft.id == self.draft.id and self.prescription is None:
            self.draft_saved.emit(self.tr("Draft saved {0}").format(at) if at else "")

    @Slot(object, object)
    def _not_saved(self, draft: PrescriptionDraft, error: DomainError) -> None:
        if self.draft is None or draft.id != self.draft.id or self.prescription is not None:
            return
        self._dirty = True
        if not self._signing:
            self._explain(error)

    def rest(self) -> None:
        self.flush()
        self._preview_timer.stop()

    def draw_soon(self) -> None:
        """Draw the paper again."""
        self._preview_timer.start()

    @Slot()
    def _draw_preview(self) -> None:
        if self.draft is None or self.patient is None or self.prescription is not None:
            return
        if not self.draft.lines:
            self.pdf_ready.emit(b"")
            return
        call = partial(self.service.preview, self.draft, self.patient, against=self.checked.against)
        self._ask(call, self._show_pdf, key="preview")

    def _show_pdf(self, pdf: bytes) -> None:
        self.pdf_ready.emit(pdf)

    # -- signing

    def sign(self, png: bytes, password: str = "") -> None:
        """Sign and send to the pharmacy."""
        if self.draft is None or self._signing or self.missing():
            return
        self._save_timer.stop()
        self._preview_timer.stop()
        self._set_signing(on=True)
        call = partial(self.service.sign, self.draft, signature_png=png, password=password)
        self._ask(call, self._show_signed, failed=self._not_signed)

    def _show_signed(self, prescription: Prescription) -> None:
        self.prescription = prescription
        self._dirty = False
        if self.draft is not None:
            self._saver.forget(self.draft)
        self._set_signing(on=False)
        self.signed.emit(prescription)
        self._ask(partial(self.service.pdf, prescription), self._show_pdf, key="preview")

    def _not_signed(self, error: DomainError) -> None:
        self._set_signing(on=False)
        match error:
            case WrongPassword():
                self.password_asked.emit(self.tr("That is not your password. Nothing was signed."))
            case PasswordNeeded():
                self.password_asked.emit(problem_words(error))
            case SigningKeyInvalid():
                self.key_lost.emit(problem_words(error))
            case ReasonMissing() | InvalidField():
                self._explain(error)
                self.refresh()
            case _:
                self._explain(error)

    def _set_signing(self, *, on: bool) -> None:
        self._signing = on
        self.busy.emit(on)

    def renew_key(self) -> None:
        """A new signing key, after the old one could not be opened."""
        self._set_signing(on=True)
        self._ask(self.service.renew_key, self._renewed, failed=self._not_signed)

    def _renewed(self, _: str) -> None:
        self._set_signing(on=False)
        self.key_renewed.emit()

    @Slot()
    def print_paper(self) -> None:
        """The original once, then copies that say so."""
        if self.prescription:
            self._ask(partial(self.service.printed, self.prescription), self.print_ready.emit)

    @Slot(str)
    def cancel(self, reason: str) -> None:
        """Stop the signed prescription on show."""
        if self.prescription is not None:
            self._ask(partial(self.service.cancel, self.prescription, reason), self._show_cancelled)

    def _show_cancelled(self, prescription: Prescription) -> None:
        self.prescription = prescription
        self.cancelled.emit(prescription)
        self._ask(partial(self.service.pdf, prescription), self._show_pdf, key="preview")
