"""Patients at the front desk (spec 2)."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import matching, mrn, typed
from clinicdesk.domain.errors import InvalidField, PossibleDuplicate
from clinicdesk.domain.matching import Identity
from clinicdesk.domain.patients import (
    PURPOSES,
    RELATIONS,
    NewGuardian,
    NewPatient,
    PatientHit,
    PatientSummary,
)
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.patients import PatientRecords
from clinicdesk.repositories.work import WorkFactory

REGION = "NG"  # spec 2.1: the country of numbers without a prefix
GENDERS = ("female", "male", "other", "prefer_not_to_say")
PRECISIONS = ("day", "month", "year", "estimated")
OLDEST = 120  # years, spec 2.1
MOST_HITS = 100
WIDE = 50  # how many the ranking looks at
SHORTEST, MOST_ALIKE = 3, 5
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
_NUMBER = re.compile(r"(CD)?[0-9 +()-]+", re.IGNORECASE)  # an MRN or a phone: nothing to rank
_LIMITS = {"first_name": 100, "last_name": 100, "address": 300, "duplicate_reason": 300, "other_names": 100}


class Patients:
    """Search, summary, registration."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def search(self, text: str, limit: int = 30) -> list[PatientHit]:
        """By name in any order and spelling, MRN or phone; best first. An empty text finds nobody."""
        self._actor.require("patients.find")
        asked = typed.line(text[:200], "search", limit=200)
        if not asked:
            return []
        with self._open_work() as work:
            found = PatientRecords(work).search(asked, max(limit, min(MOST_HITS, WIDE)))
        number = mrn.tidy(asked)
        if mrn.valid(number):  # spec 2.3.6: the old number opens the record that lives on
            found = [
                hit if hit.mrn == number else dataclasses.replace(hit, former_mrn=number) for hit in found
            ]
        return found[:limit] if _NUMBER.fullmatch(asked) else rank(asked, found, limit)

    def summary(self, patient_id: UUID) -> PatientSummary:
        """The banner. Sections this role may not see are empty. Raises NotFound."""
        self._actor.require("patients.find")
        with self._open_work() as work:
            return PatientRecords(work).summary(
                patient_id, self._actor.clinic.timezone, alerts=self._actor.may("alerts.read")
            )

    def problems(self, new: NewPatient) -> tuple[InvalidField, ...]:
        """Everything wrong with the typed fields (spec 2.1), one for each field. Asks no server."""
        return tuple(_problems(new, self._today()))

    def similar(self, new: NewPatient) -> list[PatientHit]:
        """Who may be the same person, 'possible' and 'probable' (spec 2.2.5), surest first."""
        self._actor.require("patients.register")
        tidy = tidied(new, self._today())
        with self._open_work() as work:
            return _alike(PatientRecords(work), tidy)

    def alike(self, typed_so_far: NewPatient) -> list[PatientHit]:
        """Who may be meant while the form is being filled in; what is not typed yet is not compared."""
        self._actor.require("patients.register")
        if len("".join(matching.tokens(typed_so_far.last_name))) < SHORTEST:
            return []
        tidy = dataclasses.replace(typed_so_far, phone=_phone_so_far(typed_so_far.phone))
        with self._open_work() as work:
            return _alike(PatientRecords(work), tidy)[:MOST_ALIKE]

    def register(self, new: NewPatient) -> UUID:
        """The new patient's id. Raises InvalidField, PossibleDuplicate (spec 2.2.5)."""
        self._actor.require("patients.register")
        tidy = tidied(new, self._today())
        with self._open_work() as work:
            records = PatientRecords(work)
            if not tidy.duplicate_reason:
                probable = [hit.id for hit in _alike(records, tidy) if hit.score >= matching.PROBABLE]
                if probable:
                    raise PossibleDuplicate(tuple(probable))
            return records.register(self._actor.clinic.id, tidy)

    def _today(self) -> date:
        return self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()


def rank(asked: str, found: list[PatientHit], limit: int) -> list[PatientHit]:
    """The ``limit`` hits whose names fit best what was typed; the database's order where that is equal."""
    fits = matching.name_scorer(asked)
    scored = [(max(hit.score, fits(hit.name)), hit) for hit in found]
    scored.sort(key=lambda pair: -pair[0])
    return [
        hit if score == hit.score else dataclasses.replace(hit, score=score) for score, hit in scored[:limit]
    ]


def e164(phone: str) -> str:
    """'+2348031234567' of '0803 123 4567'; '' stays ''. Raises InvalidField (spec 2.1)."""
    if not phone.strip():
        return ""
    import phonenumbers  # its tables take 3 MiB

    try:
        number = phonenumbers.parse(phone, REGION)
    except phonenumbers.NumberParseException:
        raise InvalidField("phone", "phone") from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidField("phone", "phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def tidied(new: NewPatient, today: date) -> NewPatient:
    """As it will be stored. Raises InvalidField for the first wrong field."""
    for problem in _problems(new, today):
        raise problem
    return dataclasses.replace(
        new,
        first_name=_line(new, "first_name"),
        last_name=_line(new, "last_name"),
        address=_line(new, "address"),
        duplicate_reason=_line(new, "duplicate_reason"),
        phone=",".join(e164(part) for part in _phones(new.phone)),
        other_names=_line(new, "other_names"),
        guardian=_tidy_guardian(new.guardian) if new.guardian else None,
        email=new.email.strip().lower(),
    )


def _line(new: NewPatient, field: str) -> str:
    return typed.line(getattr(new, field), field, limit=_LIMITS[field])


def _problems(new: NewPatient, today: date) -> Iterator[InvalidField]:
    for field in _LIMITS:
        try:
            _line(new, field)
        except InvalidField as problem:
            yield problem
    # spec 2.1: a single name is a family name
    if not matching.tokens(new.last_name):
        yield InvalidField("last_name", "required")
    if new.gender not in GENDERS:
        yield InvalidField("gender", "choose")
    yield from _birth_problems(new, today)
    try:
        for part in _phones(new.phone):
            e164(part)
    except InvalidField as problem:
        yield problem
    if new.guardian is not None:
        yield from _guardian_problems(new.guardian)
    if any(purpose not in PURPOSES for purpose in new.consents):
        yield InvalidField("consents", "choice")
    email = new.email.strip()
    if email and (len(email) > 255 or not _EMAIL.fullmatch(email)):
        yield InvalidField("email", "email")


def _birth_problems(new: NewPatient, today: date) -> Iterator[InvalidField]:
    born = new.date_of_birth
    if new.dob_precision not in PRECISIONS:
        yield InvalidField("dob_precision", "choose")
    if born is None:
        yield InvalidField("date_of_birth", "required")
    elif born > today:
        yield InvalidField("date_of_birth", "in_future")
    elif (today.year - born.year, today.month, today.day) > (OLDEST, born.month, born.day):
        yield InvalidField("date_of_birth", "too_old", {"max": str(OLDEST)})


def _phones(text: str) -> list[str]:
    """Several with commas, semicolons or slashes between them."""
    return [part for part in re.split(r"[,;/]", text) if part.strip()]


def _phone_so_far(text: str) -> str:
    parts = _phones(text)
    try:
        return e164(parts[0]) if parts else ""
    except InvalidField:
        return ""


def _guardian_problems(guardian: NewGuardian) -> Iterator[InvalidField]:
    if not matching.tokens(guardian.name):
        yield InvalidField("guardian", "required")
    if guardian.relation not in RELATIONS:
        yield InvalidField("relation", "choose")
    try:
        e164(guardian.phone)
    except InvalidField:
        yield InvalidField("guardian_phone", "phone")


def _tidy_guardian(guardian: NewGuardian) -> NewGuardian:
    return dataclasses.replace(
        guardian,
        name=typed.line(guardian.name, "guardian", limit=200),
        phone=e164(guardian.phone),
        proof=typed.line(guardian.proof, "proof", limit=100),
    )


def check_guardian(guardian: NewGuardian) -> NewGuardian:
    """As it will be stored. Raises InvalidField."""
    for problem in _guardian_problems(guardian):
        raise problem
    return _tidy_guardian(guardian)


def _alike(records: PatientRecords, new: NewPatient) -> list[PatientHit]:
    own = Identity(
        given=new.first_name,
        family=new.last_name,
        date_of_birth=new.date_of_birth,
        estimated=new.dob_precision != "day",
        phone=new.phone.split(",")[0],
        gender=new.gender,
    )
    scored = [
        dataclasses.replace(hit, score=matching.score(own, other)) for other, hit in records.candidates(new)
    ]
    return sorted((hit for hit in scored if hit.score >= matching.POSSIBLE), key=lambda hit: -hit.score)
