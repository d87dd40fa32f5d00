"""The patient as the safety checks need to see them (spec 4.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.safety import CurrentMedicine, SafetyContext
from clinicdesk.domain.scores import egfr
from clinicdesk.repositories.acceptances import AcceptanceRepository
from clinicdesk.repositories.patients import PatientRecords
from clinicdesk.repositories.prescriptions import Measure, PrescriptionRepository
from clinicdesk.repositories.work import Work
from clinicdesk.services.prescribing_draft import sig_from_json

_PREGNANT_DAYS = 322  # a pregnancy and 42 days (spec 3.7)
_NOT_PREGNANT_DAYS = 30
_YEAR = Decimal("365.25")


def read_context(
    work: Work, patient_id: UUID, *, zone: str, today: date, without: UUID, clinic: UUID
) -> SafetyContext:
    """Everything on record now, except the prescription ``without``. Raises NotFound."""
    summary = PatientRecords(work).summary(patient_id, zone, alerts=True)
    repository = PrescriptionRepository(work)
    measures = repository.measures(patient_id, zone=zone)
    current = repository.current(patient_id, today=today, without=without)
    accepted = AcceptanceRepository(work).rules(clinic)
    return replace(_context(summary, measures, current, today=today), accepted_rules=accepted)


def _context(
    summary: PatientSummary,
    measures: Mapping[str, Measure],
    current: Sequence[Mapping[Any, Any]],
    *,
    today: date,
) -> SafetyContext:
    born = summary.date_of_birth
    days = None if born is None else (today - born).days
    pregnancy = _pregnancy(measures.get("pregnant"), today)
    weight, creatinine = measures.get("weight"), measures.get("creatinine")
    kidneys = egfr(
        creatinine.value if creatinine else None,
        age_years=None if days is None else int(Decimal(days) / _YEAR),
        sex=summary.gender,
        pregnant=pregnancy == "yes",
    )
    return SafetyContext(
        age_days=days,
        sex=summary.gender,
        weight_kg=weight.value if weight else None,
        weight_on=weight.on if weight else None,
        today=today,
        allergies=summary.allergies,
        allergy_status=summary.allergy_status,
        problems=summary.problems,
        pregnancy=pregnancy,
        egfr=kidneys.value,
        egfr_on=creatinine.on if creatinine and kidneys.value is not None else None,
        current=tuple(_current(row) for row in current),
    )


def _pregnancy(measure: Measure | None, today: date) -> str:
    """An old answer is no answer."""
    if measure is None:
        return "unknown"
    pregnant = bool(measure.value)
    lasts = _PREGNANT_DAYS if pregnant else _NOT_PREGNANT_DAYS
    if (today - measure.on).days > lasts:
        return "unknown"
    return "yes" if pregnant else "no"


def _current(row: Mapping[Any, Any]) -> CurrentMedicine:
    return CurrentMedicine(
        name=row["medication_name"],
        atc=row["atc"],
        strength=row["strength"],
        form=row["form"],
        sig=sig_from_json(row["sig"]) if row["sig"] else None,
    )
