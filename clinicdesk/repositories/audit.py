"""The logs as the screens read them. The functions behind write a line about each reading themselves."""

import json
from typing import Any
from uuid import UUID

from clinicdesk.domain.access import AccessLine, AuditLine, LogFilter
from clinicdesk.domain.errors import NotFound
from clinicdesk.repositories.work import Work


class Logs:
    """Newest first; ``before`` is the id of the last line already read."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def patient(self, patient_id: UUID) -> tuple[str, str]:
        """Name and record number. Raises NotFound outside the own clinics."""
        row = self._work.first(
            "SELECT x.mrn, p.first_name, p.last_name FROM patients x JOIN user_profiles p "
            "ON p.user_id = x.user_id WHERE x.user_id = :patient",
            patient=patient_id,
        )
        if row is None:
            raise NotFound
        return f"{row['first_name']} {row['last_name']}".strip(), row["mrn"]

    def access(
        self, wanted: LogFilter, *, before: int | None, limit: int, export: bool, paper: bool = False
    ) -> list[AccessLine]:
        """Who opened charts; ``paper`` says that it is printed. Raises NotAllowed."""
        rows = self._work.all(
            "SELECT * FROM cd.read_access(CAST(:filter AS jsonb), :before, :limit)",
            filter=_filter(wanted, export=export, paper=paper),
            before=before,
            limit=limit,
        )
        return [
            AccessLine(
                id=row["id"],
                at=row["at"],
                user_id=row["user_id"],
                person=row["person"] or "",
                role=row["role"],
                seat=row["seat"],
                address=row["addr"],
                patient_id=row["patient_id"],
                patient=row["patient"] or "",
                mrn=row["mrn"],
                action=row["action"],
                purpose=row["purpose"],
                emergency=row["emergency"],
            )
            for row in rows
        ]

    def changes(self, wanted: LogFilter, *, before: int | None, limit: int, export: bool) -> list[AuditLine]:
        """What was written. Raises NotAllowed."""
        rows = self._work.all(
            "SELECT * FROM cd.read_audit(CAST(:filter AS jsonb), :before, :limit)",
            filter=_filter(wanted, export=export),
            before=before,
            limit=limit,
        )
        return [
            AuditLine(
                id=row["id"],
                at=row["at"],
                person=row["person"],
                seat=row["seat"],
                address=row["addr"],
                table=row["tab"],
                operation=row["op"],
                row=row["row_id"],
                subject=row["subject"],
                before=row["old"] or {},
                after=row["new"] or {},
                masked=row["masked"],
            )
            for row in rows
        ]


def _filter(wanted: LogFilter, *, export: bool, paper: bool = False) -> str:
    values: dict[str, Any] = {
        "kind": wanted.kind,
        "person": str(wanted.person) if wanted.person else None,
        "patient": str(wanted.patient) if wanted.patient else None,
        "table": wanted.table or None,
        "row": wanted.row or None,
        "from": wanted.first.isoformat() if wanted.first else None,
        "to": wanted.last.isoformat() if wanted.last else None,
        "emergency": wanted.emergency or None,
        "export": export or None,
        "print": paper or None,
    }
    return json.dumps({key: value for key, value in values.items() if value is not None})
