"""Patients as the desk and the chart see them."""

from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPatient:
    """What the desk types at registration; ``reason`` overrides a probable duplicate (spec 2.2.5)."""

    first_name: str
    last_name: str
    date_of_birth: date | None
    gender: str
    phone: str = ""
    email: str = ""
    address: str = ""
    dob_precision: str = "day"
    duplicate_reason: str = ""


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
