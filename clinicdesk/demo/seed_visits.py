"""Charts of a synthetic clinic: one signed visit each for some of the completed appointments."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from clinicdesk.domain.visits import Note, Visit, Vitals
from clinicdesk.repositories.bulk import Bulk, clear_documents
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import Access, Stamp, make_document

_BATCH = 250
_SEEN = """
SELECT a.id, a.patient_id, a.doctor_id, a.clinic_id, a.started_at, a.completed_at, d.user_id
  FROM appointments a JOIN doctor_profiles d ON d.id = a.doctor_id
 WHERE a.status = 'completed' ORDER BY a.id LIMIT %s
"""
_NOTE = Note(
    chief_complaint="Review",
    history="Synthetic history.",
    examination="Nothing found.",
    assessment="Essential hypertension, stable.",
    plan="Continue.",
    follow_up="In four weeks.",
)


def seed_visits(bulk: Bulk, mongo: str, *, clinics: Sequence[UUID], count: int) -> None:
    """Documents first, then their references. Raises StoreUnavailable."""
    database = bulk.value("SELECT documents_database FROM installation")
    clear_documents(mongo, database, clinics=clinics)
    seen = bulk.all(_SEEN, count)
    with closing(DocumentStore(mongo, database)) as store:
        for first in range(0, len(seen), _BATCH):
            part = [(_visit(row), row[6], row[5]) for row in seen[first : first + _BATCH]]
            stored = store.write_many(
                [
                    make_document(visit, Stamp(now=at, access=Access(user_id=by, action="edit", at=at)))
                    for visit, by, at in part
                ]
            )
            _refer(bulk, [(*one, *where) for one, where in zip(part, stored, strict=True)])


def _visit(row: tuple[Any, ...]) -> Visit:
    appointment, patient, doctor, clinic, started = row[:5]
    return Visit(
        id=uuid5(appointment, "visit"),
        patient_id=patient,
        doctor_id=doctor,
        doctor_name="",
        clinic_id=clinic,
        appointment_id=appointment,
        visit_date=started,
        visit_type="routine",
        status="signed",
        version=1,
        vitals=Vitals(
            temperature=36.6,
            systolic=120 + appointment.int % 30,
            diastolic=75 + appointment.int % 15,
            heart_rate=72,
            respiratory_rate=16,
            weight=60.0 + appointment.int % 25,
            oxygen_saturation=98,
        ),
        note=_NOTE,
    )


def _refer(bulk: Bulk, rows: list[tuple[Visit, UUID, datetime, str, str]]) -> None:
    bulk.copy(
        "visits",
        "id clinic_id patient_id doctor_id appointment_id visit_date visit_type status version document_id "
        "sha256 diagnosis_code author_id signed_at signed_by created_at updated_at",
        (
            (
                *(v.id, v.clinic_id, v.patient_id, v.doctor_id, v.appointment_id, v.visit_date, v.visit_type),
                *(v.status, v.version, document, sha256, "I10", by, at, by, at, at),
            )
            for v, by, at, document, sha256 in rows
        ),
    )
    bulk.copy(
        "visit_versions",
        "visit_id version clinic_id document_id sha256 status author_id at",
        (
            (v.id, v.version, v.clinic_id, document, sha256, v.status, by, at)
            for v, by, at, document, sha256 in rows
        ),
    )
