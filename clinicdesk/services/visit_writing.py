"""Writing visits: a reference is committed only when its document is stored."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.errors import (
    AlreadySigned,
    IllegalTransition,
    InvalidField,
    NotAllowed,
    NotFound,
    ReasonMissing,
    StaleRecord,
    StoreUnavailable,
)
from clinicdesk.domain.people import Actor, Role
from clinicdesk.domain.visits import VISIT_TYPES, Note, Visit, Vitals
from clinicdesk.domain.vitals import check_vitals, refuse_impossible
from clinicdesk.repositories.clinical import Clinical
from clinicdesk.repositories.ehr import (
    Access,
    Document,
    Stamp,
    VersionExists,
    content_of,
    digest,
    make_document,
    same_content,
    to_milliseconds,
)
from clinicdesk.repositories.sealing import FileSeal, key_of, seal
from clinicdesk.repositories.visits import AppointmentRow, VisitRow, Visits
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.attachment_checks import FILES_A_VISIT, check_attachment, free_name
from clinicdesk.services.chart_keys import ChartKeys

if TYPE_CHECKING:
    # its driver takes 11 MiB, and reception has no chart
    from clinicdesk.repositories.documents import DocumentStore

ALTERED, UNREADABLE = "altered", "unreadable"
NOTE_LIMIT = 100_000
_ADULT_DAYS = 30 * 365


class VisitWriting:
    """Begins, saves, signs, amends and completes visits.

    ``documents`` None: this person or PC has no document server. ``rules`` None: limits of vital signs cannot
    be looked up, and saving says so.
    """

    def __init__(
        self,
        open_work: WorkFactory,
        actor: Actor,
        now: Callable[[], datetime],
        *,
        documents: "DocumentStore | None",
        rules: ClinicalData | None,
    ) -> None:
        self._open_work, self._actor, self.now = open_work, actor, now
        self._documents = documents
        self.rules = rules
        self.keys = ChartKeys(open_work)

    def start(self, appointment_id: UUID) -> Visit:
        """Begin the visit of an appointment, or find it; for a doctor it moves to 'in progress' (T7).

        Raises NotFound, IllegalTransition (cancelled, not confirmed), StoreUnavailable.
        """
        self._actor.require("visits.write")
        try:
            return self._start(appointment_id)
        except StaleRecord:  # another seat began it at the same moment
            return self._start(appointment_id)

    def begin(self, patient_id: UUID) -> Visit:
        """A visit without an appointment, by the signed-in doctor. Raises NotAllowed, StoreUnavailable."""
        self._actor.require("visits.write")
        if self._actor.doctor_id is None:
            raise NotAllowed("visits.write")
        visit = Visit(
            id=uuid4(),
            patient_id=patient_id,
            doctor_id=self._actor.doctor_id,
            doctor_name=self._actor.name,
            clinic_id=self._actor.clinic.id,
            appointment_id=None,
            visit_date=self.now(),
            visit_type="consultation",
            status="draft",
            version=0,
        )
        with self._open_work() as work:
            stays, _ = Visits(work).records(patient_id)
            return self._begin(work, replace(visit, patient_id=stays))

    def save_draft(self, visit: Visit, expected_version: int, *, confirmed: bool = False) -> Visit:
        """Store the draft as a new version; unchanged content stays the version it is.

        Raises InvalidField (impossible value; 'critical' until ``confirmed``), StaleRecord, AlreadySigned,
        StoreUnavailable.
        """
        self._actor.require("visits.write")
        return self._save(replace(visit, status="draft", version=expected_version), confirmed=confirmed)

    def sign(self, visit: Visit, *, confirmed: bool = False) -> Visit:
        """Store and sign what ``visit`` says. Needs an assessment or a plan (spec 3.9.2).

        Raises as save_draft, and NotAllowed for nurses and other doctors.
        """
        self._actor.require("visits.sign")
        if not (visit.note.assessment.strip() or visit.note.plan.strip()):
            raise InvalidField("assessment", "assessment_or_plan")
        return self._save(replace(visit, status="signed"), confirmed=confirmed)

    def amend(self, visit: Visit, reason: str, *, confirmed: bool = False) -> Visit:
        """A new version of a signed visit; the old one stays readable (spec 3.9.4).

        Raises as sign, and ReasonMissing.
        """
        self._actor.require("visits.sign")
        if not reason.strip():
            raise ReasonMissing
        return self._save(replace(visit, status="amended"), confirmed=confirmed, reason=reason.strip())

    def attach(
        self, visit: Visit, content: bytes, filename: str, *, kind: str, description: str = ""
    ) -> Visit:
        """Keep a file with a draft, as a new version. Raises InvalidField (spec 3.10), and as save_draft."""
        self._actor.require("visits.write")
        extension = check_attachment(content, filename, kind=kind)
        short_text("description", description, 500)
        filename = free_name(filename, visit.attachments)
        stored = (
            self._server()
            .files_of(str(visit.clinic_id))
            .put(
                content,
                extension=extension,
                patient_id=visit.patient_id,
                clinic_id=visit.clinic_id,
                seal=self._file_seal(visit),
            )
        )
        entry: Document = {
            "type": kind,
            "filename": filename,
            "fileUrl": stored.url,
            "uploadedAt": to_milliseconds(self.now()),
            "description": description,
        }
        made = self._save(replace(visit, status="draft"), confirmed=True, attachment=entry)
        return replace(made, attachments=(*visit.attachments, filename))

    def complete(self, appointment_id: UUID) -> None:
        """The consultation is over (T9); the day's figures follow.

        Raises VisitMissing, IllegalTransition, NotArrived, NotAllowed.
        """
        self._actor.require("visits.write")
        self._actor.require("appointments.status")
        with self._open_work() as work:
            index = Visits(work)
            row = index.appointment(appointment_id)
            if row is None:
                raise NotFound
            if row.status == "confirmed":
                index.set_status(row.id, "in_progress")
            index.set_status(row.id, "completed")
            index.roll_up(row.clinic_id, row.appointment_date)

    def _start(self, appointment_id: UUID) -> Visit:
        with self._open_work() as work:
            index = Visits(work)
            row = index.appointment(appointment_id)
            if row is None:
                raise NotFound
            begun = index.of_appointment(appointment_id)
            if begun is None and row.status not in ("confirmed", "in_progress"):
                raise IllegalTransition(row.status, "in_progress")
            if self._actor.role is Role.DOCTOR and row.status == "confirmed" and self._due(row):
                index.set_status(row.id, "in_progress")
            if begun is not None:
                return read_visit(begun, self._current(begun))
            stays, _ = index.records(row.patient_id)
            return self._begin(work, replace(self._new_visit(row), patient_id=stays))

    def _today(self) -> date:
        return self.now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()

    def _due(self, row: AppointmentRow) -> bool:
        return row.arrived and row.appointment_date == self._today()

    def _server(self) -> "DocumentStore":
        if self._documents is None:
            raise StoreUnavailable("mongo")
        return self._documents

    def _current(self, row: VisitRow, access_id: int | None = None) -> Document:
        found = self._server().read(row.document_id)
        if found is None:
            raise NotFound
        return self.keys.open(found, row.patient_id, access_id)

    def _file_seal(self, visit: Visit) -> FileSeal | None:
        """None: files of this clinic are not sealed."""
        with self._open_work() as work:
            if not Visits(work).seals_charts(visit.clinic_id):
                return None
        return self._seal_for(str(visit.patient_id), str(visit.clinic_id), patient_id=visit.patient_id)

    def _seal_for(
        self, patient: str, clinic: str, *, patient_id: UUID, access_id: int | None = None
    ) -> FileSeal:
        key = self.keys.of(patient_id, access_id, needed=(patient, clinic))
        if key is None:
            raise NotAllowed("chart.sealed")
        return FileSeal(patient_id=patient, clinic_id=clinic, key=key)

    def _new_visit(self, row: AppointmentRow) -> Visit:
        own = self._actor.doctor_id
        follow_up = "follow" in row.type_name.casefold()
        return Visit(
            id=uuid4(),
            patient_id=row.patient_id,
            doctor_id=own or row.doctor_id,
            doctor_name=self._actor.name if own else row.doctor_name,
            clinic_id=row.clinic_id,
            appointment_id=row.id,
            visit_date=self.now(),
            visit_type="follow_up" if follow_up else "consultation",
            status="draft",
            version=0,
            note=Note(chief_complaint=row.chief_complaint or ""),
        )

    def _begin(self, work: Work, visit: Visit) -> Visit:
        earlier = Visits(work).of_patient(visit.patient_id)
        past = self._server().read(earlier[0].document_id) if earlier else None
        past = self.keys.open(past, visit.patient_id) if past else None
        carried = {"medicalHistory": (past or {}).get("medicalHistory")}
        return self._store(work, visit, previous=carried, action="edit")

    def _save(
        self, visit: Visit, *, confirmed: bool, reason: str = "", attachment: Document | None = None
    ) -> Visit:
        visit = replace(visit, note=_clean(visit.note))
        one_of("visit_type", visit.visit_type, VISIT_TYPES)
        with self._open_work() as work:
            index = Visits(work)
            critical = self._check(visit, index.date_of_birth(visit.patient_id), confirmed=confirmed)
            row = index.one(visit.id)
            if row is None or row.patient_id != visit.patient_id:
                raise NotFound
            current = self._current(row)
            if attachment is not None:
                current = _with_attachment(current, attachment)
            if row.version == visit.version + 1 and self._is_ours(work, visit, row=row, current=current):
                return replace(visit, version=row.version)  # saved before, the answer was lost
            self._may_follow(visit, row)
            same = row.status == visit.status == "draft" and attachment is None
            if same and self._unchanged(work, visit, current):
                return visit
            said = "; ".join(part for part in (reason, critical) if part)
            action = {"draft": "", "signed": "sign", "amended": "edit"}[visit.status]
            return self._store(work, visit, previous=current, action=action, reason=said)

    def _may_follow(self, visit: Visit, row: VisitRow) -> None:
        if row.version != visit.version:
            raise StaleRecord
        if row.status != "draft" and visit.status != "amended":
            raise AlreadySigned
        if row.status == "draft" and visit.status == "amended":
            raise IllegalTransition("draft", "amended")
        if visit.status == "signed" and row.doctor_id != self._actor.doctor_id:
            raise NotAllowed("visits.sign")

    def _check(self, visit: Visit, born: date | None, *, confirmed: bool) -> str:
        """The critical values in words for the version's reason, '' when there are none."""
        if self.rules is None:
            if visit.vitals != Vitals():
                raise InvalidField("vitals", "limits_not_loaded")
            return ""
        zone = ZoneInfo(self._actor.clinic.timezone)
        age = (visit.visit_date.astimezone(zone).date() - born).days if born else _ADULT_DAYS
        refuse_impossible(visit.vitals, age_days=max(age, 0), ranges=self.rules.vital_ranges)
        findings = check_vitals(visit.vitals, age_days=max(age, 0), ranges=self.rules.vital_ranges)
        critical = [one for one in findings if one.level == "critical"]
        if critical and not confirmed:
            raise InvalidField(critical[0].field, "critical", {"unit": critical[0].unit})
        names = ", ".join(one.field.replace("_", " ") for one in critical)
        return f"critical confirmed: {names}" if names else ""

    def _document(
        self, work: Work, visit: Visit, *, previous: Document, access: Access | None = None
    ) -> Document:
        stamp = Stamp(now=self.now(), access=access, history=Clinical(work).history(visit.patient_id))
        return make_document(replace(visit, version=visit.version + 1), stamp, previous=previous)

    def _is_ours(self, work: Work, visit: Visit, *, row: VisitRow, current: Document) -> bool:
        return row.sha256 == digest(self._document(work, visit, previous=current))

    def _unchanged(self, work: Work, visit: Visit, current: Document) -> bool:
        return same_content(self._document(work, visit, previous=current), current)

    def _store(
        self, work: Work, visit: Visit, *, previous: Document, action: str = "", reason: str = ""
    ) -> Visit:
        """The reference locks the visit and finds stale writers; it becomes true with the commit, when the
        document is stored. A failure between leaves a document that nobody refers to.
        """
        from clinicdesk.repositories.documents import identified

        index = Visits(work)
        access = None
        if action:
            logged = index.log_access(visit.patient_id, action=action, purpose="care")
            access = Access(user_id=self._actor.user_id, action=action, at=self.now(), address=logged.address)
        document = identified(self._document(work, visit, previous=previous, access=access))
        made = replace(visit, version=visit.version + 1)
        index.save(made, document_id=str(document["_id"]), sha256=digest(document), reason=reason)
        if index.seals_charts(visit.clinic_id):
            wanted = self._seal_for(*key_of(document), patient_id=visit.patient_id)
            document = seal(document, wanted.key)
            index.note_sealed(made, digest(document))
        try:
            self._server().write(document)
        except VersionExists as clash:
            # we hold the visit's row and this number had no reference: left over from a failed save
            self._server().remove_orphan(str(clash.args[0]))
            self._server().write(document)
        return made


def read_visit(row: VisitRow, document: Document | None) -> Visit:
    """A row of the index with its content; the status says when that is altered or unreadable."""
    vitals, note, files = content_of(document or {})
    status = UNREADABLE if document is None else row.status
    if document is not None and digest(document) != row.sha256:
        status = ALTERED
    return Visit(
        id=row.id,
        patient_id=row.patient_id,
        doctor_id=row.doctor_id,
        doctor_name=row.doctor_name,
        clinic_id=row.clinic_id,
        appointment_id=row.appointment_id,
        visit_date=row.visit_date,
        visit_type=row.visit_type,
        status=status,
        version=row.version,
        vitals=vitals,
        note=note,
        attachments=files,
    )


def _with_attachment(current: Document, entry: Document) -> Document:
    before = list(current.get("attachments") or [])
    if any(one.get("fileUrl") == entry["fileUrl"] for one in before):
        raise InvalidField("file", "duplicate")
    if len(before) >= FILES_A_VISIT:
        raise InvalidField("file", "too_many", {"max": str(FILES_A_VISIT)})
    return {**current, "attachments": [*before, entry]}


def _clean(note: Note) -> Note:
    """Half characters, which no store keeps, become question marks. Raises InvalidField for endless text."""
    fields = {name: text.encode("utf-8", "replace").decode() for name, text in asdict(note).items()}
    for name, text in fields.items():
        short_text(name, text, NOTE_LIMIT)
    return Note(**fields)


def short_text(field: str, text: str, limit: int, *, required: bool = False) -> None:
    """Raises InvalidField: required, too_long."""
    if required and not text.strip():
        raise InvalidField(field, "required")
    if len(text) > limit:
        raise InvalidField(field, "too_long", {"max": str(limit)})


def one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raises InvalidField: choose."""
    if value not in allowed:
        raise InvalidField(field, "choose")
