"""Patients as the desk and the chart see them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class AllergyStatus(StrEnum):
    """Chart state of spec 3.8: 'not asked' is not 'none'."""

    NOT_ASKED = "not_asked"
    NONE_KNOWN = "none_known"
    LISTED = "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientHit:
    """One line of a patient search. ``score`` is 0..1, best first."""

    id: UUID
    mrn: str
    name: str
    date_of_birth: date | None
    gender: str
    phone: str
    score: float = 1.0
    restricted: bool = False
    former_mrn: str = ""
    """The number that was asked for, when its record was merged into this one (spec 2.3.6)."""


RELATIONS = ("mother", "father", "grandparent", "sibling", "aunt_uncle", "legal_guardian", "other")
PURPOSES = ("treatment", "reminders", "other_provider", "payer", "research", "photo")  # spec 2.5
ADULT = 18  # years, spec 2.4


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGuardian:
    """Who speaks for a child (spec 2.4); ``person_id`` when that person is a patient here too."""

    name: str
    relation: str
    phone: str = ""
    proof: str = ""
    may_consent: bool = True
    may_collect: bool = True
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """What the desk types at registration; ``reason`` overrides a probable duplicate (spec 2.2.5).

    ``phone`` may list several, with commas. ``consents``: purposes that were agreed to (spec 2.5).
    """

    first_name: str
    last_name: str
    date_of_birth: date | None
    gender: str
    phone: str = ""
    email: str = ""
    address: str = ""
    dob_precision: str = "day"
    duplicate_reason: str = ""
    other_names: str = ""
    guardian: NewGuardian | None = None
    consents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy:
    """One allergy. ``substance`` is an INN, ``allergy_class`` a class of allergy_classes.csv or ''."""

    id: UUID
    substance: str
    allergy_class: str
    reaction: str
    severity: str
    coded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One line of the problem list; ``code`` is an ICD-10 code with its dot, or ''."""

    id: UUID
    code: str
    text: str
    status: str
    onset: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSummary:
    """What the banner shows on each screen of this patient (spec 2.7: staff roles get what they need)."""

    id: UUID
    mrn: str
    name: str
    date_of_birth: date | None
    gender: str
    phone: str
    address: str
    allergy_status: AllergyStatus
    allergies: tuple[Allergy, ...]
    problems: tuple[Problem, ...]
    weight_kg: float | None
    weight_on: date | None
    restricted: bool
    deceased: bool
    former_mrns: tuple[str, ...] = ()
    """Numbers of records that were merged into this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """A stored guardian; ``valid_to`` in the past means ended."""

    id: UUID
    name: str
    relation: str
    phone: str
    proof: str
    may_consent: bool
    may_collect: bool
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The newest answer for a purpose."""

    id: UUID
    purpose: str
    given: bool
    given_by: str
    method: str
    recorded_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """Everything the desk may correct, as it was read: ``version`` guards against another seat."""

    id: UUID
    mrn: str
    version: int
    first_name: str
    last_name: str
    other_names: str
    date_of_birth: date | None
    dob_precision: str
    gender: str
    phones: tuple[str, ...]
    email: str
    address: str
    guardians: tuple[Guardian, ...]
    consents: tuple[Consent, ...]
    photo: bytes
    child: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the record's history: who changed what."""

    at: datetime
    person: str
    table: str
    op: str
    old: dict[str, object]
    new: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRecord:
    """Something that names a patient: what a merge touches, and what came after it."""

    kind: str
    id: UUID
    at: datetime | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A merge: proposed, merged or closed (spec 2.3)."""

    id: UUID
    loser_id: UUID
    loser_name: str
    loser_mrn: str
    survivor_id: UUID
    survivor_name: str
    survivor_mrn: str
    reason: str
    state: str
    asked_by: UUID | None
    asked_name: str
    since: datetime | None
