"""The checks of prescribing, run again with today's data before anything is handed out (spec 4.10)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.people import Clinic
from clinicdesk.domain.prescriptions import Finding, Medicine, Prescription, PrescriptionLine
from clinicdesk.domain.safety import check
from clinicdesk.domain.stock import EarlierFill
from clinicdesk.repositories.medicines import MedicineRepository
from clinicdesk.repositories.supplies import Supplies
from clinicdesk.repositories.work import Work
from clinicdesk.services.prescribing_context import read_context
from clinicdesk.services.prescribing_draft import sig_from_json

NOT_CHECKED = "S0:no-data"
NO_DIRECTIONS = "S0:no-directions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Findings by line number of the prescription, worst first; ``against`` '' means nothing was checked."""

    findings: tuple[Finding, ...] = ()
    fills: tuple[EarlierFill, ...] = ()
    against: str = ""

    @property
    def must_accept(self) -> bool:
        """A contraindication needs the pharmacist's own reason as well (spec 4.10)."""
        return any(finding.tier == "contraindicated" for finding in self.findings)

    def of_line(self, line: int) -> tuple[Finding, ...]:
        """What concerns one item; 0 is the whole prescription."""
        return tuple(finding for finding in self.findings if finding.line == line)


def review(
    work: Work, found: Prescription, *, clinic: Clinic, today: date, rules: Callable[[], ClinicalData | None]
) -> Review:
    """Reads the patient anew. Without the clinical tables it says 'not checked' and blocks nothing."""
    fills = Supplies(work).earlier(found.id, zone=clinic.timezone, today=today)
    data = rules()
    if data is None:
        return Review(
            findings=(_unchecked(NOT_CHECKED, 0, "NOT CHECKED: the safety data are missing"),), fills=fills
        )
    lines, places, unread = _lines(work, found, clinic_id=clinic.id, today=today)
    context = read_context(
        work, found.patient_id, zone=clinic.timezone, today=today, without=found.id, clinic=clinic.id
    )
    # the engine counts lines from 0; the prescription from 1, and 0 is the whole of it
    checked = check(lines, context, data)
    placed = tuple(_placed(finding, places) for finding in checked)
    return Review(findings=(*unread, *placed), fills=fills, against=f"data set {data.version}")


def _lines(
    work: Work, found: Prescription, *, clinic_id: UUID, today: date
) -> tuple[list[PrescriptionLine], list[int], tuple[Finding, ...]]:
    directions = Supplies(work).directions(found.id)
    entries = MedicineRepository(work).by_ids(
        {item.medication_id for item in found.items}, clinic_id, today=today
    )
    known = {(e.medicine.medication_id, e.medicine.strength, e.medicine.form): e.medicine for e in entries}
    lines: list[PrescriptionLine] = []
    places: list[int] = []
    unread: list[Finding] = []
    for item in found.items:
        sig = sig_from_json(directions.get(item.id, {}))
        if sig is None:
            title = f"Dose not checked: the directions of {item.medication_name} cannot be read"
            unread.append(_unchecked(NO_DIRECTIONS, item.line, title))
            continue
        medicine = known.get((item.medication_id, item.strength, item.form)) or Medicine(
            medication_id=item.medication_id,
            name=item.medication_name,
            strength=item.strength,
            form=item.form,
            atc="",
            brand_names=(),
            controlled=False,
            stock=0,
            earliest_expiry=None,
            price=None,
        )
        lines.append(PrescriptionLine(medicine=medicine, sig=sig, quantity=item.quantity))
        places.append(item.line)
    return lines, places, tuple(unread)


def _placed(finding: Finding, places: list[int]) -> Finding:
    line = places[finding.line] if 0 <= finding.line < len(places) else 0
    return Finding(
        rule=finding.rule,
        tier=finding.tier,
        line=line,
        title=finding.title,
        effect=finding.effect,
        action=finding.action,
        source=finding.source,
        checked=finding.checked,
    )


def _unchecked(rule: str, line: int, title: str) -> Finding:
    return Finding(rule=rule, tier="inform", line=line, title=title, checked=False)
