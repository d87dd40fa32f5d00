"""The people registered at the demo clinic, with their problems and allergies."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from clinicdesk.demo.build_clinic import address
from clinicdesk.demo.content_types import AllergyKind, ChronicProblem, VitalsBaseline
from clinicdesk.demo.names import People, Person
from clinicdesk.demo.world import World
from clinicdesk.domain import mrn
from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.repositories.bulk import Bulk

_SEED = 2026
_PROBLEMS_AT_MOST = 3


@dataclass(slots=True, kw_only=True)
class Patient:
    """An invented patient; ``traits`` are personal deviations from the baseline in standard deviations."""

    id: UUID
    person: Person
    age_days: int
    baseline: VitalsBaseline
    traits: dict[str, float]
    problems: list[ChronicProblem] = field(default_factory=list)
    allergies: list[AllergyKind] = field(default_factory=list)
    last_day: date = date.min
    first_booked: datetime | None = None
    seen: bool = False
    registered: datetime | None = None
    mrn: str = ""

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{nfc(self.person.first_name)} {nfc(self.person.last_name)}"

    @property
    def phone(self) -> str:
        """The own one; children are reached through the person who brings them."""
        return self.person.phone or self.person.emergency_contact["phone"]


def nfc(text: str) -> str:
    """One spelling of each letter."""
    return unicodedata.normalize("NFC", text)


def invent(world: World, count: int) -> list[Patient]:
    """``count`` patients who have not been anywhere yet."""
    made = [_patient(world, person) for person in People(_SEED, world.today).take(count)]
    for patient in made:
        age = patient.age_days // 365
        for problem in world.content.chronic_problems:
            fits = problem.sex in ("any", patient.person.gender) and problem.min_age <= age <= problem.max_age
            if (
                fits
                and len(patient.problems) < _PROBLEMS_AT_MOST
                and world.chance(problem.per_thousand / 1000)
            ):
                patient.problems.append(problem)
        for kind in world.content.allergies:
            if not patient.allergies and world.chance(kind.per_thousand / 1000):
                patient.allergies.append(kind)
    return made


def _patient(world: World, person: Person) -> Patient:
    age = (world.today - person.date_of_birth).days
    baseline = next(
        one for one in world.content.baselines if one.min_age_days <= age <= one.max_age_days or age > 40000
    )
    traits = {name: world.random.gauss(0, 0.8) for name in ("weight", "height", "pressure", "heart")}
    return Patient(id=world.uuid(), person=person, age_days=age, baseline=baseline, traits=traits)


def store_patients(bulk: Bulk, world: World, patients: Sequence[Patient]) -> None:
    """Register them: who came first has the lower record number."""
    for patient in patients:
        _register(world, patient)
    ordered = sorted(patients, key=lambda one: one.registered or world.now)
    for number, patient in enumerate(ordered, 1):
        patient.mrn = mrn.make(number)
    bulk.copy(
        "users",
        "id email phone password_hash role email_verified phone_verified created_at updated_at",
        (
            (
                *(p.id, p.person.email or f"{p.mrn.lower()}@patient.invalid", p.person.phone, "no-login"),
                *("patient", p.person.email is not None, p.person.phone is not None),
                *(p.registered, p.registered),
            )
            for p in ordered
        ),
    )
    bulk.copy(
        "user_profiles",
        "id user_id first_name last_name date_of_birth gender address emergency_contact preferred_language "
        "created_at updated_at",
        (
            (
                *(world.uuid(), p.id, nfc(p.person.first_name), nfc(p.person.last_name)),
                *(p.person.date_of_birth, p.person.gender, address(p.person.address)),
                *(dict(p.person.emergency_contact), p.person.language, p.registered, p.registered),
            )
            for p in ordered
        ),
    )
    bulk.copy(
        "patients",
        "user_id mrn sex_for_clinical_use allergy_status allergy_status_at registered_by created_at",
        (
            (
                *(p.id, p.mrn, p.person.gender, status := _allergy_status(world, p)),
                None if status == "not_asked" else p.registered,
                *(world.random.choice(world.receptionists), p.registered),
            )
            for p in ordered
        ),
    )
    bulk.run("SELECT setval('mrn_numbers', %s)", len(ordered))
    bulk.copy("patient_clinics", "patient_id clinic_id", ((p.id, world.clinic) for p in ordered))
    bulk.copy(
        "contact_points",
        "id user_id kind value",
        ((world.uuid(), p.id, kind, value) for p in ordered for kind, value in _contacts(p)),
    )
    bulk.copy("notification_preferences", "id user_id", ((world.uuid(), p.id) for p in ordered))
    _store_lists(bulk, world, ordered)


def _register(world: World, patient: Patient) -> None:
    if patient.first_booked is not None and world.chance(0.3):
        patient.registered = patient.first_booked - timedelta(minutes=world.random.randint(2, 9))
    else:
        born = world.at(patient.person.date_of_birth, 12 * 60)
        earliest = max(born + timedelta(days=1), world.now - timedelta(days=1500))
        latest = patient.first_booked or world.now - timedelta(hours=12)
        patient.registered = earliest + (latest - earliest) * world.random.random()


def _allergy_status(world: World, patient: Patient) -> str:
    if patient.allergies:
        return "listed"
    return "none_known" if patient.seen or world.chance(0.6) else "not_asked"


def _contacts(patient: Patient) -> list[tuple[str, str]]:
    found = [("phone", patient.phone)]
    return [*found, ("email", patient.person.email)] if patient.person.email else found


def allergy_name(kind: AllergyKind, rules: ClinicalData) -> str:
    """The substance, or the short name of its class."""
    if kind.substance:
        return kind.substance
    row = next(row for row in rules.allergies if row.id == kind.allergy_class)
    return row.name.split(",")[0].split(" (")[0]


def _store_lists(bulk: Bulk, world: World, patients: Sequence[Patient]) -> None:
    doctors = [one.user_id for one in world.doctors]
    bulk.copy(
        "patient_allergies",
        "id patient_id substance allergy_class coded kind reaction severity certainty recorded_by "
        "recorded_at",
        (
            (
                *(world.uuid(), p.id, allergy_name(one, world.rules), one.allergy_class),
                bool(one.allergy_class) or one.substance in world.rules.known,
                *(one.kind, one.reaction, one.severity),
                "suspected" if one.criticality == "unable-to-assess" else "confirmed",
                *(world.random.choice(doctors), p.registered),
            )
            for p in patients
            for one in p.allergies
        ),
    )
    bulk.copy(
        "patient_problems",
        "id patient_id code description onset recorded_by recorded_at",
        (
            (
                *(world.uuid(), p.id, one.icd10, one.problem, _onset(world, p)),
                *(world.random.choice(doctors), p.registered),
            )
            for p in patients
            for one in p.problems
        ),
    )


def _onset(world: World, patient: Patient) -> date:
    longest = min(patient.age_days - 30, 12 * 365)
    return world.today - timedelta(days=world.random.randint(30, max(longest, 31)))
