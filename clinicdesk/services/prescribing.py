"""The prescription pad: search, safety checks, signing, PDF, verifying (spec 4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.clinical_data import ClinicalData, ClinicalDataMissing, load_clinical_data
from clinicdesk.domain.errors import (
    AlreadySigned,
    InvalidField,
    PasswordNeeded,
    PrescriptionClosed,
    ReasonMissing,
    StaleRecord,
    WrongPassword,
)
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Finding, Medicine, Prescription, PrescriptionLine, Sig
from clinicdesk.domain.safety import ChildAdvice, check, child_advice, needs_reason
from clinicdesk.printing.prescription import prescription_pdf
from clinicdesk.repositories.clinical import Clinical
from clinicdesk.repositories.medicines import MedicineRepository
from clinicdesk.repositories.overrides import OverrideRepository, mark
from clinicdesk.repositories.patients import PatientRecords
from clinicdesk.repositories.prescriptions import PrescriptionRepository
from clinicdesk.repositories.work import Work
from clinicdesk.services.prescribing_context import read_context
from clinicdesk.services.prescribing_draft import (
    LoadedDraft,
    PrescriptionDraft,
    content_to_sign,
    draft_from_json,
    draft_to_json,
    image_text,
    medicine_ids,
    plain,
    same_as_on_screen,
)
from clinicdesk.services.prescribing_gaps import require_complete, unanswered
from clinicdesk.services.prescribing_keys import OpenWork, SigningKeys, genuine
from clinicdesk.services.prescribing_paper import Papers
from clinicdesk.services.prescribing_preview import unsigned
from clinicdesk.services.prescribing_templates import Templates
from clinicdesk.services.prescribing_typed import (
    Candidate,
    candidates,
    counted,
    default_unit,
    take_apart,
)
from clinicdesk.services.prescription_code import make_code
from clinicdesk.services.rule_acceptance import RuleAcceptance
from clinicdesk.services.signing import KeyPair, seal

__all__ = ["Candidate", "Checked", "Prescribing", "PrescriptionDraft", "genuine"]

NOT_CHECKED = "S0:no-data"
OLDEST_DATA_DAYS = 550  # a year and a half without new rules is not a check


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Findings, worst first, and the rule data they come from; ``against`` '' means nothing was checked."""

    findings: tuple[Finding, ...]
    against: str


class Prescribing:
    """One doctor's pad; reading needs prescriptions.read, the rest prescriptions.write."""

    def __init__(
        self,
        open_work: OpenWork,
        actor: Actor,
        now: Callable[[], datetime],
        *,
        password: Callable[[], str],
        clinical_data_folder: Path,
    ) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._folder, self._password = clinical_data_folder, password
        self._data: ClinicalData | None = None
        self._keys = SigningKeys(open_work, password)
        self._papers = Papers(open_work, actor, now)
        self.templates = Templates(open_work, actor, now)
        self.rules = RuleAcceptance(open_work, actor, self._loaded)
        self._zone = ZoneInfo(actor.clinic.timezone)

    @property
    def today(self) -> date:
        """The clinic's date."""
        return self._now().astimezone(self._zone).date()

    def patient(self, patient_id: UUID) -> PatientSummary:
        """The patient of the pad. Raises NotFound."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return PatientRecords(work).summary(patient_id, self._actor.clinic.timezone, alerts=True)

    def no_known_allergies(self, patient_id: UUID) -> None:
        """Answer the allergy question with 'none'. Raises StaleRecord when some are listed."""
        self._actor.require("alerts.write")
        with self._open_work() as work:
            Clinical(work).no_known_allergies(patient_id)

    # -- finding medicines

    def search(self, text: str, limit: int = 30) -> list[Medicine]:
        """Medicines by generic name, brand or near spelling, with stock, expiry and price."""
        self._actor.require("medicines.read")
        with self._open_work() as work:
            return MedicineRepository(work).search(text, self._actor.clinic.id, today=self.today, limit=limit)

    def parse_line(self, text: str, limit: int = 30) -> tuple[Candidate, ...]:
        """What a typed line may mean. Never chooses between medicines; () when there is none like it."""
        self._actor.require("medicines.read")
        data = self._loaded()
        typed = take_apart(text, data) if data else None
        with self._open_work() as work:
            found = MedicineRepository(work).entries(
                typed.name if typed else text, self._actor.clinic.id, today=self.today, limit=limit
            )
        if data is None or typed is None:
            return tuple(Candidate(entry=entry) for entry in found)
        return candidates(text, typed, found, data=data)

    def with_sig(self, candidate: Candidate, sig: Sig) -> Candidate:
        """The candidate with edited directions, counted anew. Asks no server."""
        return counted(candidate, sig)

    def dose_unit(self, candidate: Candidate) -> str:
        """What one dose of the product is counted in. Asks no server."""
        return default_unit(candidate.entry)

    def as_candidate(self, line: PrescriptionLine) -> Candidate:
        """A line back in the editor. Raises InvalidField when the medicine was withdrawn."""
        medicine = line.medicine
        with self._open_work() as work:
            found = MedicineRepository(work).by_ids(
                [medicine.medication_id], self._actor.clinic.id, today=self.today
            )
        for entry in found:
            if (entry.medicine.strength, entry.medicine.form) == (medicine.strength, medicine.form):
                return replace(counted(Candidate(entry=entry), line.sig), quantity=line.quantity)
        raise InvalidField("items", "withdrawn", {"name": medicine.label})

    # -- checks

    def check(
        self, patient_id: UUID, lines: Sequence[PrescriptionLine], *, without: UUID | None = None
    ) -> Checked:
        """All of spec 4.5 with what is on record now; ``without`` leaves one prescription out."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return self._checked(work, patient_id, lines, without=without)

    def _checked(
        self, work: Work, patient_id: UUID, lines: Sequence[PrescriptionLine], *, without: UUID | None
    ) -> Checked:
        data = self._loaded()
        if data is None or (self.today - data.dated).days > OLDEST_DATA_DAYS:
            state = "too old" if data else "missing or damaged"
            title = f"NOT CHECKED: the safety data are {state}"
            return Checked(
                findings=(Finding(rule=NOT_CHECKED, tier="inform", line=0, title=title, checked=False),),
                against="",
            )
        context = read_context(
            work,
            patient_id,
            zone=self._actor.clinic.timezone,
            today=self.today,
            without=without or UUID(int=0),
            clinic=self._actor.clinic.id,
        )
        against = f"data set {data.version}"
        known = OverrideRepository(work).remembered(patient_id, version=against, today=self.today)
        return Checked(findings=mark(check(lines, context, data), known), against=against)

    def _loaded(self) -> ClinicalData | None:
        """Read once; a damaged folder is tried again at each check."""
        if self._data is None:
            try:
                self._data = load_clinical_data(self._folder)
            except ClinicalDataMissing:
                return None
        return self._data

    def child_advice(self, patient_id: UUID, medicine: Medicine, route: str) -> tuple[ChildAdvice, ...]:
        """What a dose may be at the child's weight (spec 4.7); () for adults and without rules or weight."""
        self._actor.require("prescriptions.read")
        data = self._loaded()
        if data is None:
            return ()
        with self._open_work() as work:
            context = read_context(
                work,
                patient_id,
                zone=self._actor.clinic.timezone,
                today=self.today,
                without=UUID(int=0),
                clinic=self._actor.clinic.id,
            )
        return child_advice(medicine, route, context=context, data=data)

    # -- drafts

    def save_draft(self, draft: PrescriptionDraft) -> datetime:
        """Keep unsigned work; the time it was saved. Raises AlreadySigned."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            PrescriptionRepository(work).save_draft(
                draft.id,
                draft_to_json(draft),
                clinic=self._actor.clinic.id,
                patient=draft.patient_id,
                appointment=draft.appointment_id,
            )
        return self._now().astimezone(self._zone)

    def load_draft(self, patient_id: UUID) -> LoadedDraft | None:
        """This doctor's newest draft for the patient, with today's stock."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            row = PrescriptionRepository(work).newest_draft(patient_id)
            if row is None:
                return None
            formulary = MedicineRepository(work).by_ids(
                medicine_ids(row["content"]), self._actor.clinic.id, today=self.today
            )
        empty = PrescriptionDraft(id=row["id"], patient_id=patient_id, appointment_id=row["appointment_id"])
        return replace(
            draft_from_json(empty, row["content"], formulary=formulary), saved_at=row["updated_at"]
        )

    def drop_draft(self, draft_id: UUID) -> None:
        """Throw a draft away."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            PrescriptionRepository(work).drop_drafts([draft_id])

    # -- signing

    def sign(self, draft: PrescriptionDraft, *, signature_png: bytes, password: str = "") -> Prescription:
        """Check again, write and seal in one transaction.

        Raises InvalidField, SignatureMissing, AllergyNotAsked, ReasonMissing, SigningKeyInvalid,
        AlreadySigned, StaleRecord, ClockDiffers, PasswordNeeded, WrongPassword.
        """
        self._actor.require("prescriptions.write")
        require_complete(draft, signature_png)
        if password and password != self._password():
            raise WrongPassword
        key, image = self._keys.unlocked(), image_text(signature_png)
        issued = self._now().replace(microsecond=0)
        try:
            with self._open_work() as work:
                return self._sign(work, draft, key=key, image=image, issued=issued, confirmed=bool(password))
        except AlreadySigned:
            return self._signed_before(draft, image)

    def _sign(
        self,
        work: Work,
        draft: PrescriptionDraft,
        *,
        key: KeyPair,
        image: str,
        issued: datetime,
        confirmed: bool,
    ) -> Prescription:
        """One transaction, one look at the patient: nobody else signs for this patient meanwhile."""
        repository = PrescriptionRepository(work)
        repository.take_turn(draft.patient_id)
        draft = replace(draft, patient_id=repository.canonical(draft.patient_id))
        checked = self._require_answers(work, draft)
        if not confirmed and any(one.tier == "contraindicated" for one in checked.findings):
            raise PasswordNeeded
        content = content_to_sign(
            draft, checked.findings, clinic=self._actor.clinic.id, against=checked.against
        )
        payload = repository.write(content, issued, kid=key.kid, image=image)
        if not same_as_on_screen(payload, content, image=image, doctor=self._actor.doctor_id):
            raise StaleRecord
        sealed = seal(payload, key.private, key.kid)
        repository.sign(draft.id, image=image, seal=sealed, code=make_code(payload, sealed, key.private))
        answered = [
            (one, draft.lines[one.line].override_reason) for one in checked.findings if needs_reason(one)
        ]
        OverrideRepository(work).add(
            draft.id, draft.patient_id, self._actor.clinic.id, version=checked.against, answered=answered
        )
        repository.log(draft.patient_id, "sign", purpose="prescription")
        return replace(repository.get(draft.id), genuine=True)  # rx_sign compared the payload's digest

    def _signed_before(self, draft: PrescriptionDraft, image: str) -> Prescription:
        """The answer to a signing that was lost on its way: that prescription, never a second one."""
        signed = self.get(draft.id)
        meant = [(line.medicine.medication_id, line.quantity) for line in draft.lines]
        mine = signed.doctor_id == self._actor.doctor_id and signed.signature_png == image
        if not mine or meant != [(item.medication_id, item.quantity) for item in signed.items]:
            raise AlreadySigned
        return signed

    def _require_answers(self, work: Work, draft: PrescriptionDraft) -> Checked:
        self._require_on_formulary(work, draft)
        checked = self._checked(work, draft.patient_id, draft.lines, without=draft.id)
        if unanswered(checked.findings, draft.lines):
            raise ReasonMissing
        return checked

    def _require_on_formulary(self, work: Work, draft: PrescriptionDraft) -> None:
        ids = {line.medicine.medication_id for line in draft.lines}
        offered = MedicineRepository(work).offered(ids)
        for line in draft.lines:
            medicine = line.medicine
            if (medicine.medication_id, medicine.strength, medicine.form) not in offered:
                raise InvalidField("items", "withdrawn", {"name": medicine.label})

    def renew_key(self) -> str:
        """A new signing key after the password was reset; returns its id. Earlier seals stay genuine."""
        self._actor.require("prescriptions.write")
        return self._keys.renew().kid

    def rewrap_key(self, old_password: str) -> None:
        """Keep the key after a change of password. Raises SigningKeyInvalid."""
        self._actor.require("prescriptions.write")
        self._keys.rewrap(old_password)

    # -- signed prescriptions

    def get(self, prescription_id: UUID) -> Prescription:
        """With ``genuine`` answered. Raises NotFound."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            repository = PrescriptionRepository(work)
            found = repository.get(prescription_id)
            return replace(found, genuine=genuine(repository.material(prescription_id)))

    def verify(self, prescription_id: UUID) -> bool:
        """Whether the stored prescription is word for word what the doctor's key signed."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return genuine(PrescriptionRepository(work).material(prescription_id))

    def history(self, patient_id: UUID, limit: int = 50) -> list[Prescription]:
        """Signed prescriptions, newest first."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return PrescriptionRepository(work).of_patient(patient_id, limit)

    def cancel(self, prescription: Prescription, reason: str) -> Prescription:
        """Stop what was not yet supplied. Raises ReasonMissing, PrescriptionClosed, NotAllowed."""
        self._actor.require("prescriptions.write")
        if not plain(reason):
            raise ReasonMissing
        with self._open_work() as work:
            repository = PrescriptionRepository(work)
            if repository.get(prescription.id).status != "active":
                raise PrescriptionClosed
            repository.cancel(prescription.id, plain(reason)[:200])
        return self.get(prescription.id)

    def pdf(self, prescription: Prescription, *, paper: str = "A5") -> bytes:
        """The paper to look at, with the clinic's seal; logged as viewed."""
        self._actor.require("prescriptions.read")
        return self._papers.shown(prescription, paper=paper)

    def printed(self, prescription: Prescription, *, paper: str = "A5") -> bytes:
        """The paper to hand out, 'copy n' from the second on; logged as printed. Raises NotFound."""
        self._actor.require("prescriptions.read")
        return self._papers.printed(prescription, paper=paper)

    def preview(
        self, draft: PrescriptionDraft, patient: PatientSummary, *, against: str, paper: str = "A5"
    ) -> bytes:
        """The paper of an unsigned draft, marked 'not signed'. Asks no server."""
        self._actor.require("prescriptions.write")
        made = unsigned(draft, patient, self._actor, issued=self._now(), against=against)
        return prescription_pdf(
            made, clinic=self._actor.clinic, signature_png=None, qr_payload="", paper=paper
        )
