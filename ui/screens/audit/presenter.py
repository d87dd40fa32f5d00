"""What happens on the audit screen; knows no widget."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot

from clinicdesk.domain.access import LogFilter
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Actor
from clinicdesk.services.auditing import PAGE, Auditing
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.patients import Patients
from ui.messages import message_for
from ui.news import News
from ui.screens.audit.model import ACCESS, ACCOUNTS, CHANGES, REVIEW, SIGN_INS, Page, translate
from ui.tasks import TaskRunner

MOST_HITS = 8


class AuditDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...
    @property
    def auditing(self) -> Auditing: ...
    @property
    def access(self) -> ChartAccess: ...
    @property
    def patients(self) -> Patients: ...


class AuditPresenter(QObject):
    """``listed(Page)``; ``people(list)`` fills the filter; ``hits(text, list)`` answers the picker."""

    listed = Signal(object)
    people = Signal(object)
    hits = Signal(str, object)
    field_wrong = Signal(str, str)
    told = Signal(str, str)
    busy = Signal(bool)
    paper = Signal(object)
    """The PDF for the patient, as bytes."""

    def __init__(self, desk: AuditDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.actor = desk.actor
        self.zone = desk.auditing.zone
        self._auditing, self._access, self._patients = desk.auditing, desk.access, desk.patients
        self._tasks = tasks
        self.kind = ACCESS
        self.filter = LogFilter()
        self.waiting = False
        self.shown = self._stale = False
        news.arrived.connect(self._heard)

    def kinds(self) -> tuple[str, ...]:
        """A privacy officer who is no administrator reads about charts only."""
        every = (ACCESS, CHANGES, ACCOUNTS, SIGN_INS, REVIEW)
        return every if self.actor.may("audit.read") else (ACCESS, REVIEW)

    def start(self) -> None:
        """The screen comes on show."""
        self.shown = True
        self._run(self._auditing.colleagues, self.people.emit, key="people")
        self.reload()

    def choose(self, kind: str) -> None:
        """Another list, under the same filter."""
        self.kind = kind
        self.reload()

    def ask(self, **changes: Any) -> None:
        """Narrow or widen the list."""
        wanted = replace(self.filter, **changes)
        if wanted != self.filter:
            self.filter = wanted
            self.reload()

    @Slot(bool)
    def ask_waiting(self, only: bool) -> None:
        """Of the review list only what nobody reviewed yet."""
        self.waiting = only
        self.reload()

    @Slot()
    def reload(self) -> None:
        self._read(before=None)

    def older(self, last_id: int) -> None:
        """The page after this line."""
        self._read(before=last_id)

    def search(self, text: str) -> None:
        call = partial(self._patients.search, text, MOST_HITS)
        self._run(call, partial(self._found, text), key="search")

    def export(self, path: Path) -> None:
        """Everything of the list, up to the most an export holds, as CSV."""
        kind, wanted = self.kind, self.filter
        self._show_busy(busy=True)
        self._tasks.run(
            partial(_export, self._auditing, kind, wanted=wanted, waiting=self.waiting, path=path),
            owner=self,
            done=partial(self._exported, path),
            failed=self._failed,
        )

    def print_access(self) -> None:
        """Who opened the chosen patient's chart, on paper; logged before it is shown."""
        self._show_busy(busy=True)
        call = partial(self._auditing.print_access, self.filter)
        self._tasks.run(call, owner=self, done=self._printed, failed=self._failed, key="paper")

    def _printed(self, pdf: bytes) -> None:
        self._show_busy(busy=False)
        self.paper.emit(pdf)

    def review(self, emergency_id: UUID, note: str) -> None:
        """Mark as looked at."""
        self._show_busy(busy=True)
        call = partial(self._access.review, emergency_id, note)
        self._tasks.run(call, owner=self, done=self._reviewed, failed=self._failed)

    def restrict(self, *, restricted: bool) -> None:
        """The chosen patient's chart always asks for a reason, or not any more."""
        if self.filter.patient is not None:
            call = partial(self._access.set_restricted, self.filter.patient, restricted=restricted)
            done = partial(self._restricted, restricted)
            self._tasks.run(call, owner=self, done=done, failed=self._failed)

    # -- plumbing

    def _read(self, *, before: int | None) -> None:
        kind = self.kind
        self._show_busy(busy=True)
        call: Callable[[], list[Any]]
        if kind == REVIEW:
            call = partial(self._access.emergencies, open_only=self.waiting)
        elif kind == ACCESS:
            call = partial(self._auditing.access, self.filter, before=before)
        else:
            call = partial(self._auditing.changes, replace(self.filter, kind=kind), before=before)
        self._run(call, partial(self._came, kind, older=before is not None), key="list")

    def _came(self, kind: str, lines: list[Any], *, older: bool) -> None:
        self._show_busy(busy=False)
        if kind == self.kind:
            self.listed.emit(Page(kind, lines, len(lines) == PAGE and kind != REVIEW, older))

    def _found(self, text: str, found: list[PatientHit]) -> None:
        self.hits.emit(text, found)

    def _exported(self, path: Path, count: int) -> None:
        self._show_busy(busy=False)
        text = translate("audit", "Exported to {file} ({size} bytes). The export is logged.")
        self.told.emit(text.format(file=path.name, size=f"{count:,}"), "ok")

    def _reviewed(self, _: None) -> None:
        self.told.emit(translate("audit", "Marked as reviewed."), "ok")
        self.reload()

    def _restricted(self, now: bool, _: None) -> None:
        text = (
            translate("audit", "The chart is restricted: it always asks for a reason.")
            if now
            else translate("audit", "The chart is not restricted any more.")
        )
        self.told.emit(text, "ok")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._failed, key=key)

    def _failed(self, error: DomainError) -> None:
        self._show_busy(busy=False)
        if isinstance(error, InvalidField):
            self.field_wrong.emit(error.field, message_for(error))
        else:
            self.told.emit(message_for(error), "error")

    def _show_busy(self, *, busy: bool) -> None:
        self.busy.emit(busy)

    @Slot(str, str)
    def _heard(self, topic: str, _row: str) -> None:
        # reading is logged, so only the review list follows by itself
        if topic == "access" and self.shown and self.kind == REVIEW:
            self.reload()

    def today(self) -> date:
        """The clinic's date."""
        return self._auditing.today()


def _export(auditing: Auditing, kind: str, *, wanted: LogFilter, waiting: bool, path: Path) -> int:
    """How many bytes; runs on a worker."""
    if kind == ACCESS:
        content = auditing.export_access(wanted)
    elif kind == REVIEW:
        content = auditing.export_reviews(open_only=waiting)
    else:
        content = auditing.export_changes(replace(wanted, kind=kind))
    try:
        path.write_bytes(content)
    except OSError:
        raise InvalidField("file", "file") from None
    return len(content)
