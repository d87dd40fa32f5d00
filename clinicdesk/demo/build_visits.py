"""Visits of the demo: vital signs that follow each patient, notes from scenarios, documents, references."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from clinicdesk.demo.build_calendar import Slot
from clinicdesk.demo.build_patients import Patient, allergy_name
from clinicdesk.demo.world import World
from clinicdesk.domain.visits import Note, Visit, Vitals
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.ehr import Access, Document, History, Stamp, make_document

_UNSIGNED, _AMENDED = 0.25, 0.012  # unsigned ones of yesterday and today only
_PRESSURE_FROM = 3 * 365  # days of age
_GROWING_UNTIL = 18 * 365
_BATCH = 250


@dataclass(slots=True, kw_only=True)
class MadeVisit:
    """A visit with the person who wrote its newest version."""

    visit: Visit
    slot: Slot
    author: UUID
    written_at: datetime
    earlier: "MadeVisit | None" = None
    reason: str = ""
    document_id: str = ""
    sha256: str = ""

    @property
    def signed(self) -> bool:
        """Whether a doctor stands behind it."""
        return self.visit.status != "draft"


def make_visits(world: World, slots: Sequence[Slot]) -> list[MadeVisit]:
    """One for each completed appointment, a draft for those in progress; in order of time."""
    seen = sorted(
        (
            slot
            for slot in slots
            if slot.started_at is not None and slot.status in ("completed", "in_progress")
        ),
        key=lambda slot: (slot.started_at, slot.id.int),
    )
    return [_visit(world, slot) for slot in seen]


def _visit(world: World, slot: Slot) -> MadeVisit:
    assert slot.started_at is not None
    vitals, values = _measure(world, slot)
    done = slot.completed_at
    draft = done is None or (
        slot.day >= world.today - timedelta(days=1) and done is not None and world.chance(_UNSIGNED)
    )
    visit = Visit(
        id=world.uuid(),
        patient_id=slot.patient.id,
        doctor_id=slot.doctor.id,
        doctor_name=slot.doctor.name,
        clinic_id=world.clinic,
        appointment_id=slot.id,
        visit_date=slot.started_at,
        visit_type=slot.scenario.visit_type,
        status="draft" if draft else "signed",
        version=1,
        vitals=vitals,
        note=slot.scenario.note(slot.complaint, values) if done else Note(chief_complaint=slot.complaint),
    )
    if done is None:
        visit = replace(visit, note=Note(chief_complaint=slot.complaint.format_map(values)))
    author = slot.doctor.user_id if done else world.random.choice(world.nurses)
    first = MadeVisit(visit=visit, slot=slot, author=author, written_at=done or slot.started_at)
    if draft or done is None or slot.day > world.today - timedelta(days=2) or not world.chance(_AMENDED):
        return first
    note = replace(visit.note, plan=visit.note.plan + " Patient called: dose explained again by phone.")
    return MadeVisit(
        visit=replace(visit, status="amended", version=2, note=note),
        slot=slot,
        author=author,
        written_at=done + timedelta(hours=20),
        earlier=first,
        reason="phone call after the visit",
    )


def _measure(world: World, slot: Slot) -> tuple[Vitals, dict[str, str]]:
    """Baseline, person, scenario and visit number together (units of ``Vitals``)."""
    patient, wish, steps, chance = slot.patient, slot.scenario.vitals, min(slot.nth - 1, 5), world.random
    base, female = patient.baseline, patient.person.gender == "female"
    weight = (base.weight_f if female else base.weight_m) + base.weight_sd * patient.traits["weight"]
    height = (base.height_f if female else base.height_m) + base.height_sd * patient.traits["height"]
    weight = max(weight + wish.weight_trend * steps + chance.gauss(0, 0.004) * weight, 2.2)
    pressure = patient.traits["pressure"]
    systolic = base.systolic + base.systolic_sd * pressure + wish.systolic + wish.systolic_trend * steps
    diastolic = base.diastolic + base.diastolic_sd * pressure + wish.diastolic + wish.diastolic_trend * steps
    systolic, diastolic = systolic + chance.gauss(0, 3), diastolic + chance.gauss(0, 2)
    diastolic = min(diastolic, systolic - 22)
    measured = patient.age_days >= _PRESSURE_FROM
    temperature = round(min(max(wish.temperature + chance.gauss(0, wish.temperature_sd), 35.6), 40.6), 1)
    vitals = Vitals(
        temperature=temperature,
        systolic=round(systolic) if measured else None,
        diastolic=round(diastolic) if measured else None,
        heart_rate=round(base.heart_rate + base.heart_rate_sd * patient.traits["heart"] + wish.heart_rate),
        respiratory_rate=max(round(base.respiratory_rate + wish.respiratory_rate + chance.gauss(0, 0.7)), 10),
        weight=round(weight, 1),
        height=round(height, 1) if slot.nth == 1 or patient.age_days < _GROWING_UNTIL else None,
        oxygen_saturation=min(round(wish.oxygen_saturation + chance.gauss(0, 0.6)), 100),
    )
    values = {
        "days": str(2 + slot.id.int % 4),
        "temperature": f"{temperature:.1f}",
        "systolic": str(round(systolic)),
        "diastolic": str(round(diastolic)),
        "weight": f"{weight:.1f}",
    }
    return vitals, values


def _document(world: World, made: MadeVisit, previous: Document | None = None) -> Document:
    access = Access(user_id=made.author, action="edit", at=made.written_at)
    stamp = Stamp(now=made.written_at, access=access, history=_history(world, made.slot.patient))
    return make_document(made.visit, stamp, previous=previous)


def _history(world: World, patient: Patient) -> History:
    allergies = tuple(
        f"{allergy_name(one, world.rules)} - {one.reaction} - {one.severity}" for one in patient.allergies
    )
    return History(
        allergies=allergies or ("No known allergies",),
        conditions=tuple(f"{one.icd10} {one.problem}" for one in patient.problems),
    )


def store_documents(world: World, visits: Sequence[MadeVisit], store: DocumentStore) -> None:
    """Documents first, then their references; fills in the ids and digests."""
    versions: list[tuple[MadeVisit, Document]] = []
    for made in visits:
        before = None
        if made.earlier is not None:
            before = _document(world, made.earlier)
            versions.append((made.earlier, before))
        versions.append((made, _document(world, made, before)))
    for first in range(0, len(versions), _BATCH):
        part = versions[first : first + _BATCH]
        stored = store.write_many([document for _, document in part])
        for (made, _), (identity, digest) in zip(part, stored, strict=True):
            made.document_id, made.sha256 = identity, digest


def store_visits(bulk: Bulk, world: World, visits: Sequence[MadeVisit]) -> None:
    """The index of the documents and the measures that checks need."""
    bulk.copy(
        "visits",
        "id clinic_id patient_id doctor_id appointment_id visit_date visit_type status version document_id "
        "sha256 diagnosis_code author_id signed_at signed_by created_at updated_at",
        (
            (
                *(
                    v.id,
                    world.clinic,
                    v.patient_id,
                    v.doctor_id,
                    v.appointment_id,
                    v.visit_date,
                    v.visit_type,
                ),
                *(v.status, v.version, made.document_id, made.sha256),
                made.slot.scenario.icd10 if made.signed else "",
                *(made.author, (made.earlier or made).written_at if made.signed else None),
                *(made.author if made.signed else None, v.visit_date, made.written_at),
            )
            for made in visits
            for v in (made.visit,)
        ),
    )
    versions = [one for made in visits for one in ([made.earlier, made] if made.earlier else [made])]
    bulk.copy(
        "visit_versions",
        "visit_id version clinic_id document_id sha256 previous_sha256 status author_id reason at",
        (
            (
                *(one.visit.id, one.visit.version, world.clinic, one.document_id, one.sha256),
                one.earlier.sha256 if one.earlier else None,
                *(one.visit.status, one.author, one.reason or None, one.written_at),
            )
            for one in versions
        ),
    )


def store_measures(bulk: Bulk, world: World, visits: Sequence[MadeVisit], *, linked: bool) -> None:
    """Weight and height of each visit; ``linked`` when the visits themselves are stored."""
    bulk.copy(
        "patient_measures",
        "id patient_id visit_id kind value measured_at recorded_by",
        (
            (
                *(world.uuid(), made.visit.patient_id, made.visit.id if linked else None, kind, value),
                *(made.visit.visit_date, world.random.choice(world.nurses)),
            )
            for made in visits
            for kind, value in (
                ("weight", made.visit.vitals.weight),
                ("height", made.visit.vitals.height),
            )
            if value is not None
        ),
    )
