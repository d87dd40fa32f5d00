"""Who opened which chart, and what was changed: read, exported, never written."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.access import AccessLine, AuditLine, LogFilter
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.printing.access_list import AccessList, access_list_pdf
from clinicdesk.repositories.access import ChartDoor
from clinicdesk.repositories.audit import Logs
from clinicdesk.repositories.staff import Staff
from clinicdesk.repositories.work import WorkFactory

PAGE = 100
MOST_EXPORTED = 5000
# a spreadsheet would run these as a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Auditing:
    """Every reading and every export leaves a line itself."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's."""
        return ZoneInfo(self._actor.clinic.timezone)

    def today(self) -> date:
        """The clinic's date now."""
        return self._now().astimezone(self.zone).date()

    def colleagues(self) -> list[tuple[UUID, str]]:
        """For the filter: id and name."""
        with self._open_work() as work:
            return Staff(work).colleagues()

    def access(self, wanted: LogFilter, *, before: int | None = None) -> list[AccessLine]:
        """A page of who opened charts, newest first. Raises NotAllowed, InvalidField."""
        self._actor.require("access.read")
        _check(wanted)
        with self._open_work() as work:
            return Logs(work).access(wanted, before=before, limit=PAGE, export=False)

    def changes(self, wanted: LogFilter, *, before: int | None = None) -> list[AuditLine]:
        """A page of what was written, newest first. Raises NotAllowed, InvalidField."""
        self._actor.require("audit.read")
        _check(wanted)
        with self._open_work() as work:
            return Logs(work).changes(wanted, before=before, limit=PAGE, export=False)

    def export_access(self, wanted: LogFilter) -> bytes:
        """CSV for the patient or the file: UTF-8 with a mark, so that spreadsheets read the letters."""
        self._actor.require("access.read")
        _check(wanted)
        with self._open_work() as work:
            lines = Logs(work).access(wanted, before=None, limit=MOST_EXPORTED, export=True)
        head = ("time", "patient", "mrn", "person", "role", "workstation", "action", "purpose", "emergency")
        return _csv(
            head,
            (
                (
                    *(self._clock(one.at), one.patient, one.mrn, one.person, one.role),
                    *(one.seat, one.action, one.purpose, "yes" if one.emergency else ""),
                )
                for one in lines
            ),
        )

    def print_access(self, wanted: LogFilter) -> bytes:
        """Who opened one patient's chart, as a PDF for that patient. Raises NotAllowed, InvalidField."""
        self._actor.require("access.read")
        _check(wanted)
        if wanted.patient is None:
            raise InvalidField("patient", "choose")
        with self._open_work() as work:
            logs = Logs(work)
            patient, mrn = logs.patient(wanted.patient)
            lines = logs.access(wanted, before=None, limit=MOST_EXPORTED, export=False, paper=True)
        paper = AccessList(
            clinic=self._actor.clinic,
            patient=patient,
            mrn=mrn,
            lines=lines,
            made=self._now(),
            first=wanted.first,
            last=wanted.last,
            complete=len(lines) < MOST_EXPORTED,
        )
        return access_list_pdf(paper, self.zone)

    def export_reviews(self, *, open_only: bool) -> bytes:
        """The review list as CSV. Raises NotAllowed."""
        self._actor.require("access.read")
        with self._open_work() as work:
            found = ChartDoor(work).emergencies(open_only=open_only, limit=MOST_EXPORTED)
        head = ("time", "person", "role", "patient", "mrn", "cause", "reason", "note", "used", "reviewer",
            "reviewed", "remark")  # fmt: skip
        return _csv(
            head,
            (
                (
                    *(self._clock(one.at), one.person, one.role, one.patient, one.mrn, one.cause, one.reason),
                    *(one.note, str(one.lines), one.reviewer),
                    *(self._clock(one.reviewed_at) if one.reviewed_at else "", one.review_note),
                )
                for one in found
            ),
        )

    def export_changes(self, wanted: LogFilter) -> bytes:
        """CSV, one line a field. Raises NotAllowed."""
        self._actor.require("audit.read")
        _check(wanted)
        with self._open_work() as work:
            lines = Logs(work).changes(wanted, before=None, limit=MOST_EXPORTED, export=True)
        head = ("time", "person", "workstation", "table", "operation", "row", "field", "before", "after")
        return _csv(
            head,
            (
                (self._clock(one.at), one.person, one.seat, one.table, one.operation, one.row, *cells)
                for one in lines
                for cells in (one.fields() or [("", "", "")])
            ),
        )

    def _clock(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat(sep=" ", timespec="seconds")


def _check(wanted: LogFilter) -> None:
    if wanted.first and wanted.last and wanted.last < wanted.first:
        raise InvalidField("last", "after_start")


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
