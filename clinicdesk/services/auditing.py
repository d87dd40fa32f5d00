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

    def duties(self) -> frozenset[str]:
        """The own ones: a privacy officer reads the access log without being an administrator."""
        with self._open_work() as work:
            return Staff(work).duties_of(self._actor.user_id)

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
