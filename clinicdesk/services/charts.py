"""The chart: opening it (logged first), the lists of allergies and problems, and the check of both stores."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from uuid import UUID

from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import NotFound, StoreUnavailable
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.visits import Chart, Visit, VitalPoint
from clinicdesk.repositories.clinical import Clinical
from clinicdesk.repositories.ehr import Access, Document
from clinicdesk.repositories.patients import PatientRecords
from clinicdesk.repositories.sealing import key_of
from clinicdesk.repositories.visits import AppointmentRow, VisitRow, Visits
from clinicdesk.services.allergy_coding import code_substance, icd10
from clinicdesk.services.consistency import ConsistencyCheck
from clinicdesk.services.visit_writing import UNREADABLE, VisitWriting, one_of, read_visit, short_text

TRENDS = ("weight", "systolic", "diastolic", "heart_rate", "temperature", "oxygen_saturation")
ACCESS_COPIES = 25  # the log itself is in PostgreSQL; copies go into the newest documents


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAppointment:
    """The appointment a visit belongs to; ``visit_id`` once it was begun."""

    id: UUID
    patient_id: UUID
    doctor_id: UUID
    doctor_name: str
    type_name: str
    day: date
    status: str
    arrived: bool
    visit_id: UUID | None


class Charts(VisitWriting):
    """Health records for doctors and nurses."""

    _comparison: ConsistencyCheck | None = None

    def ping(self) -> None:
        """Whether the document store answers. Raises StoreUnavailable."""
        self._server().ping()

    def open(self, patient_id: UUID, purpose: str = "care") -> Chart:
        """The whole chart, of both records after a merge.

        The access is committed to the log before anything is read (spec 3.11). A visit whose document
        differs from its digest has status 'altered'; one that cannot be read is 'unreadable' and counted in
        ``documents_missing``.
        """
        self._actor.require("chart.read")
        access, logged = self._logged(patient_id, "view", purpose=purpose)
        today = self._today()
        with self._open_work() as work:
            index = Visits(work)
            patient_id, former = index.records(patient_id)
            rows = index.of_patient(patient_id)
            medicines = index.medicines(patient_id, today)
            following = index.next_appointment(patient_id, today)
        found = self._read(rows, access)
        for identity, document in found.items():
            found[identity] = self.keys.open(document, patient_id, logged)
        visits = tuple(read_visit(row, found.get(row.document_id)) for row in rows)
        return Chart(
            patient_id=patient_id,
            visits=visits,
            trends=_trends(visits),
            medicines=medicines,
            next_appointment=following,
            documents_missing=sum(visit.status == UNREADABLE for visit in visits),
            former=former,
        )

    def summary(self, patient_id: UUID) -> PatientSummary:
        """What the banner shows. Raises NotFound."""
        self._actor.require("alerts.read")
        with self._open_work() as work:
            return PatientRecords(work).summary(patient_id, self._actor.clinic.timezone, alerts=True)

    def attachment(self, visit: Visit, filename: str) -> bytes:
        """The bytes of an attached file; reading it is logged first. Raises NotFound, StoreUnavailable."""
        self._actor.require("chart.read")
        _, logged = self._logged(visit.patient_id, "view", purpose="attachment")
        with self._open_work() as work:
            row = Visits(work).one(visit.id)
        if row is None or row.patient_id != visit.patient_id:
            raise NotFound
        document = self._current(row, logged)
        for entry in document.get("attachments") or []:
            if entry.get("filename") == filename:
                seal = partial(
                    self._seal_for, *key_of(document), patient_id=visit.patient_id, access_id=logged
                )
                return self._server().files_of(str(row.clinic_id)).get(str(entry["fileUrl"]), seal)
        raise NotFound

    def versions(self, patient_id: UUID) -> Mapping[UUID, int]:
        """Visit -> newest version, without content: has another seat saved?"""
        self._actor.require("chart.read")
        with self._open_work() as work:
            return Visits(work).versions(patient_id)

    def medicines(self, patient_id: UUID) -> tuple[str, ...]:
        """Lines of active prescriptions in words, newest first."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return Visits(work).medicines(patient_id, self._today())

    def appointment_of(self, patient_id: UUID, appointment_id: UUID | None = None) -> OpenAppointment | None:
        """That appointment, or the patient's of today that is under way or confirmed. Raises NotFound."""
        self._actor.require("appointments.read")
        with self._open_work() as work:
            index = Visits(work)
            if appointment_id is None:
                row = index.open_appointment(patient_id, day=self._today(), doctor_id=self._actor.doctor_id)
            else:
                row = index.appointment(appointment_id)
                stays, former = index.records(patient_id)
                if row is None or row.patient_id not in (stays, *former):
                    raise NotFound
            if row is None:
                return None
            visit = index.of_appointment(row.id)
        return _open_appointment(row, visit)

    def add_allergy(
        self,
        patient_id: UUID,
        substance: str,
        *,
        reaction: str = "",
        severity: str = "moderate",
        kind: str = "allergy",
    ) -> None:
        """Record an allergy, coded when the rule tables know the words. Raises InvalidField."""
        self._actor.require("alerts.write")
        short_text("substance", substance, 200, required=True)
        short_text("reaction", reaction, 200)
        one_of("severity", severity, ("mild", "moderate", "severe"))
        one_of("kind", kind, ("allergy", "intolerance"))
        values = asdict(code_substance(substance, self.rules))
        values |= {"reaction": reaction.strip(), "severity": severity, "kind": kind}
        with self._open_work() as work:
            Clinical(work).add_allergy(patient_id, values, by=self._actor.user_id)

    def no_known_allergies(self, patient_id: UUID) -> None:
        """Record that the patient was asked and has none. Raises StaleRecord when some are listed."""
        self._actor.require("alerts.write")
        with self._open_work() as work:
            Clinical(work).no_known_allergies(patient_id)

    def add_problem(self, patient_id: UUID, text: str, *, code: str = "") -> None:
        """Record an active problem; ``code`` is ICD-10 with or without its dot. Raises InvalidField."""
        self._actor.require("alerts.write")
        short_text("problem", text, 300, required=True)
        with self._open_work() as work:
            Clinical(work).add_problem(
                patient_id, code=icd10(code), text=" ".join(text.split()), by=self._actor.user_id
            )

    def refute_allergy(self, patient_id: UUID, allergy_id: UUID) -> None:
        """It was no allergy; the row stays, the checks forget it. Raises NotFound."""
        self._refute("allergy", patient_id, row_id=allergy_id)

    def refute_problem(self, patient_id: UUID, problem_id: UUID) -> None:
        """It was not so; the row stays. Raises NotFound."""
        self._refute("problem", patient_id, row_id=problem_id)

    def check_consistency(self) -> Consistency:
        """Compare documents and references of this clinic; removes orphans older than an hour.

        The result is kept for everybody. Raises StoreUnavailable, CheckBrokenOff.
        """
        self._actor.require("chart.read")
        clinic = self._actor.clinic.id
        self._comparison = ConsistencyCheck(self._open_work, self._server(), self.now)
        found = self._comparison.run(clinic)
        with self._open_work() as work:
            Visits(work).end_check(clinic, sound=found.sound, counts=found.counts())
        return found

    def check_once_a_day(self) -> Consistency | None:
        """The same, unless a seat of this clinic did it today. Raises StoreUnavailable, CheckBrokenOff."""
        self._actor.require("chart.read")
        self._server().ping()
        with self._open_work() as work:
            mine = Visits(work).begin_check(self._actor.clinic.id)
        return self.check_consistency() if mine else None

    def leave(self) -> None:
        """The person goes: a check under way ends, and another seat may make it."""
        if self._comparison is not None:
            self._comparison.break_off()

    def _logged(self, patient_id: UUID, action: str, *, purpose: str) -> tuple[Access, int]:
        """A unit of work of its own: committed before the caller goes on."""
        with self._open_work() as work:
            logged = Visits(work).log_access(patient_id, action=action, purpose=purpose)
        user = self._actor.user_id
        access = Access(user_id=user, action=action, at=self.now(), address=logged.address)
        return access, logged.id

    def _read(self, rows: list[VisitRow], access: Access) -> dict[str, Document]:
        identities = [row.document_id for row in rows]
        try:
            found = self._server().read_many(identities)
        except StoreUnavailable:
            return {}
        with suppress(StoreUnavailable):  # a copy; the log itself is written
            self._server().append_access(identities[:ACCESS_COPIES], access)
        return found

    def _refute(self, table: str, patient_id: UUID, *, row_id: UUID) -> None:
        self._actor.require("alerts.write")
        with self._open_work() as work:
            Clinical(work).refute(table, patient_id, row_id=row_id)


def _open_appointment(row: AppointmentRow, visit: VisitRow | None) -> OpenAppointment:
    return OpenAppointment(
        id=row.id,
        patient_id=row.patient_id,
        doctor_id=row.doctor_id,
        doctor_name=row.doctor_name,
        type_name=row.type_name,
        day=row.appointment_date,
        status=row.status,
        arrived=row.arrived,
        visit_id=visit.id if visit else None,
    )


def _trends(visits: tuple[Visit, ...]) -> dict[str, tuple[VitalPoint, ...]]:
    oldest_first = sorted(visits, key=lambda visit: visit.visit_date)
    return {
        name: tuple(
            VitalPoint(measured_at=visit.visit_date, value=float(value))
            for visit in oldest_first
            if (value := getattr(visit.vitals, name)) is not None
        )
        for name in TRENDS
    }
