"""What a draft will look like on paper."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.domain.sig import words, words_parts
from clinicdesk.services.prescribing_draft import PrescriptionDraft

_VALID_DAYS = 30  # spec 4.8


def unsigned(
    draft: PrescriptionDraft, patient: PatientSummary, actor: Actor, *, issued: datetime, against: str
) -> Prescription:
    """The draft as a prescription without number and seal."""
    day = issued.astimezone(ZoneInfo(actor.clinic.timezone)).date()
    return Prescription(
        id=draft.id,
        number="",
        patient_id=patient.id,
        patient_name=patient.name,
        patient_dob=patient.date_of_birth,
        mrn=patient.mrn,
        doctor_id=actor.doctor_id or UUID(int=0),
        doctor_name=actor.name,
        doctor_license="",
        clinic_id=actor.clinic.id,
        appointment_id=draft.appointment_id,
        diagnosis=draft.diagnosis,
        notes=draft.notes,
        status="active",
        issued_at=issued,
        expiry_date=day + timedelta(days=_VALID_DAYS),
        items=_items(draft),
        signature_png="",
        seal="",
        version=0,
        patient_allergies=tuple(allergy.substance for allergy in patient.allergies),
        patient_weight_kg=patient.weight_kg,
        patient_address=patient.address,
        checked_against=against,
    )


def _items(draft: PrescriptionDraft) -> tuple[PrescriptionItem, ...]:
    made = []
    for number, line in enumerate(draft.lines, 1):
        dosage, frequency, duration = words_parts(line.sig)
        made.append(
            PrescriptionItem(
                id=draft.id,
                line=number,
                medication_id=line.medicine.medication_id,
                medication_name=line.medicine.name,
                strength=line.medicine.strength,
                form=line.medicine.form,
                dosage=dosage,
                frequency=frequency,
                duration=duration,
                duration_days=line.sig.duration_days,
                quantity=line.quantity,
                instructions=line.sig.instructions,
                directions=words(line.sig),
                supplied=0,
                override_reason=line.override_reason,
            )
        )
    return tuple(made)
