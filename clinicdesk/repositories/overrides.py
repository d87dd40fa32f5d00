"""Warnings that were answered, and for how long that is remembered (spec 4.5)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from clinicdesk.domain.prescriptions import Finding
from clinicdesk.repositories.work import Work

REMEMBERED_DAYS = 180
_ABOUT = 400


class OverrideRepository:
    """One transaction's view."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def remembered(self, patient: UUID, *, version: str, today: date) -> frozenset[tuple[str, str]]:
        """(rule, what it was about), answered under this version of the rules, not under a cancelled one."""
        rows = self._work.all(
            "SELECT o.rule, o.about FROM rx_overrides o JOIN prescriptions p ON p.id = o.prescription_id "
            "WHERE o.patient_id = ANY (ARRAY(SELECT cd.same_person(:patient))) "
            "AND o.data_version = :version AND p.status <> 'cancelled' "
            "AND o.at > CAST(:today AS date) - CAST(:days AS int)",
            patient=patient,
            version=version,
            today=today,
            days=REMEMBERED_DAYS,
        )
        return frozenset((row["rule"], row["about"]) for row in rows)

    def add(
        self,
        prescription: UUID,
        patient: UUID,
        clinic: UUID,
        *,
        version: str,
        answered: Sequence[tuple[Finding, str]],
    ) -> None:
        """Each warning with its reason; after the prescription was written."""
        if not answered:
            return
        self._work.run(
            "INSERT INTO rx_overrides(clinic_id, patient_id, prescription_id, rule, about, data_version, "
            "reason) SELECT :clinic, :patient, :prescription, e.rule, e.about, :version, e.reason "
            "FROM jsonb_to_recordset(CAST(:answered AS jsonb)) e(rule text, about text, reason text)",
            clinic=clinic,
            patient=patient,
            prescription=prescription,
            version=version,
            answered=json.dumps(
                [
                    {"rule": one.rule, "about": one.title[:_ABOUT], "reason": reason}
                    for one, reason in answered
                ]
            ),
        )


def mark(findings: Sequence[Finding], known: frozenset[tuple[str, str]]) -> tuple[Finding, ...]:
    """Findings with ``remembered`` set on those that were answered."""
    return tuple(
        replace(one, remembered=True) if (one.rule, one.title[:_ABOUT]) in known else one for one in findings
    )
