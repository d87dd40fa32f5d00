"""One patient on show: opening, the visit list, the appointment, and news from other seats."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import DomainError, GlassNeeded, InvalidField
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Role
from clinicdesk.domain.visits import Visit
from ui.messages import records_words
from ui.news import News
from ui.screens.chart.attaching import Attaching
from ui.screens.chart.drafting import CHANGED, Drafting
from ui.screens.chart.glass import GlassDoor
from ui.screens.chart.model import ChartDesk, Opened, load, person_of, translate, words, zone_of
from ui.tasks import TaskRunner

T = TypeVar("T")
NEWS_MS = 50
BUSY = True
TOPICS = ("visits", "patients", "appointments", "prescriptions", "")


class ChartPresenter(QObject):
    """``opened(Opened)`` paints all but the form; ``page(Visit)`` shows a visit to read."""

    opened = Signal(object)
    cleared = Signal()
    page = Signal(object)
    nothing = Signal()
    refused = Signal(str)
    list_wrong = Signal(str, str)
    list_changed = Signal()
    told = Signal(str)
    completed = Signal(object)
    busy = Signal(bool)

    def __init__(self, desk: ChartDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.desk, self._tasks = desk, tasks
        self.zone = zone_of(desk.actor)
        self.on_show: Opened | None = None
        self.visible = False
        self._asked: tuple[UUID, UUID | None] | None = None
        self._acting = self._stale = False
        self.drafting = Drafting(desk.charts, tasks, desk.drafts)
        self.drafting.setParent(self)
        self.drafting.stored.connect(self._stored)
        self.drafting.signed.connect(self._signed)
        self.drafting.refused.connect(self.refused)
        self.attaching = Attaching(desk.charts, tasks, self.drafting)
        self.attaching.setParent(self)
        self.attaching.refused.connect(self.refused)
        self.attaching.busy.connect(self.busy)
        self.glass = GlassDoor(desk, tasks)
        self.glass.setParent(self)
        self.glass.opened.connect(self.open_again)
        self.glass.refused.connect(self.refused)
        self._news = QTimer(self)
        self._news.setSingleShot(True)
        self._news.timeout.connect(self._look)
        news.arrived.connect(self._heard)

    # -- opening -----------------------------------------------------------------------

    def open(self, patient_id: UUID, appointment_id: UUID | None = None) -> None:
        """Show a patient; an unsaved draft goes to its own patient first."""
        self.drafting.flush(partial(self._open, patient_id, appointment_id), even_if_refused=True)

    def show_visit(self, visit_id: UUID) -> None:
        """Show one visit: in the form when it may be written, else to read."""
        draft = self.drafting.draft
        if draft is None or draft.visit.id != visit_id:
            self.drafting.flush(partial(self._show_visit, visit_id), even_if_refused=True)

    @Slot()
    def reload(self) -> None:
        """Read again; what is typed is merged with what another seat saved."""
        if self._asked is not None:
            self._run(partial(load, self.desk.charts, *self._asked), self._reloaded, key="open")

    @Slot()
    def open_again(self) -> None:
        """The same patient from the start."""
        if self._asked is not None:
            self.open(*self._asked)

    def activate(self) -> None:
        """The screen comes on show: catch up with news it slept through."""
        self.visible = True
        if self._stale:
            self._news.start(0)

    def _open(self, patient_id: UUID, appointment_id: UUID | None) -> None:
        self._asked = (patient_id, appointment_id)
        self.drafting.leave()
        self.drafting.elsewhere.emit(not CHANGED)
        self.on_show = None
        self.cleared.emit()
        self.busy.emit(BUSY)
        self._run(partial(load, self.desk.charts, patient_id, appointment_id), self._opened, key="open")

    def _opened(self, found: Opened) -> None:
        self.busy.emit(not BUSY)
        self._show(found)
        visit = self._first(found)
        if visit is None:
            self.nothing.emit()
        else:
            self._show_visit(visit.id)

    def _first(self, found: Opened) -> Visit | None:
        """The appointment's visit, else an own draft, else the newest."""
        appointment, visits = found.appointment, found.chart.visits
        if appointment is not None and appointment.visit_id is not None:
            return found.visit(appointment.visit_id)
        doctor = self.desk.actor.doctor_id
        own = (one for one in visits if one.status == "draft" and one.doctor_id == doctor)
        return next(own, visits[0] if visits else None)

    def _show(self, found: Opened) -> None:
        if found != self.on_show:
            self.on_show = found
            self.opened.emit(found)

    def _show_visit(self, visit_id: UUID) -> None:
        visit = self.on_show.visit(visit_id) if self.on_show else None
        if visit is None or self.on_show is None:
            return
        if visit.status == "draft" and self.desk.actor.may("visits.write"):
            self._edit(visit)
        else:
            self.drafting.leave()
            self.page.emit(visit)

    def _edit(self, visit: Visit, *, amending: bool = False) -> None:
        assert self.on_show is not None
        day = visit.visit_date.astimezone(self.zone).date()
        person = person_of(self.on_show.patient, day, self.desk.charts)
        self.drafting.edit(visit, person, amending=amending)

    def _reloaded(self, found: Opened) -> None:
        if self._asked is None or not found.holds(self._asked[0]):
            return
        draft = self.drafting.draft
        theirs = found.visit(draft.visit.id) if draft else None
        self._show(found)
        self.drafting.elsewhere.emit(not CHANGED)
        if theirs is not None and theirs.status != "unreadable":
            self.drafting.take_theirs(theirs)

    # -- the visit ---------------------------------------------------------------------

    @Slot()
    def start(self) -> None:
        """Begin the visit of the appointment, or an unplanned one."""
        found = self.on_show
        if found is None:
            return
        charts, appointment = self.desk.charts, found.appointment
        call: Callable[[], Visit] = partial(charts.begin, found.patient.id)
        if appointment is not None and appointment.status in ("confirmed", "in_progress"):
            call = partial(charts.start, appointment.id)
        self.drafting.flush(partial(self._act, call, self._started), even_if_refused=True)

    def _started(self, visit: Visit) -> None:
        found = self.on_show
        if found is None or not found.holds(visit.patient_id):
            return
        appointment = found.appointment
        if appointment is not None and appointment.id == visit.appointment_id:
            moved = self.desk.actor.role is Role.DOCTOR and appointment.arrived
            status = "in_progress" if moved else appointment.status
            found = replace(found, appointment=replace(appointment, visit_id=visit.id, status=status))
        self._show(found.with_visit(visit))
        self._show_visit(visit.id)

    def amend(self, visit_id: UUID) -> None:
        """Open the form on a signed visit; nothing is stored before the amendment is saved."""
        visit = self.on_show.visit(visit_id) if self.on_show else None
        if visit is not None and visit.status in ("signed", "amended"):
            self._edit(visit, amending=True)

    @Slot()
    def drop_amendment(self) -> None:
        """Back to the signed text."""
        draft = self.drafting.draft
        if draft is not None and draft.amending and not draft.saving:
            self.drafting.drop()
            self._show_visit(draft.visit.id)

    @Slot()
    def complete(self) -> None:
        """End the consultation; an unsigned visit stays a draft."""
        found = self.on_show
        if found is None or found.appointment is None or not self.drafting.all_right():
            return
        call = partial(self.desk.charts.complete, found.appointment.id)
        done = partial(self._completed, found.appointment.id)
        self.drafting.flush(partial(self._act, call, done))

    def _completed(self, appointment_id: UUID, _: None) -> None:
        found = self.on_show
        if found is not None and found.appointment is not None and found.appointment.id == appointment_id:
            self._show(replace(found, appointment=replace(found.appointment, status="completed")))
        self.told.emit(translate("chart", "Visit completed"))
        self.completed.emit(appointment_id)

    @Slot()
    def check_records(self) -> None:
        """Compare all health records with their index now."""
        self.busy.emit(BUSY)
        self._run(self.desk.charts.check_consistency, self._records_checked, key="records")

    def _records_checked(self, found: Consistency) -> None:
        self.busy.emit(not BUSY)
        (self.told if found.sound else self.refused).emit(records_words(found))

    @Slot(object)
    def _stored(self, visit: Visit) -> None:
        found = self.on_show
        if found is None or not found.holds(visit.patient_id):
            return
        self._show(found.with_visit(visit))
        if visit.vitals.weight not in (None, found.patient.weight_kg):
            self._run(partial(self.desk.charts.summary, visit.patient_id), self._banner, key="banner")

    @Slot(object, str)
    def _signed(self, visit: Visit, sentence: str) -> None:
        self._stored(visit)
        if self.drafting.draft is None:
            self._show_visit(visit.id)
        self.told.emit(sentence)

    # -- lists -------------------------------------------------------------------------

    def change_list(self, call: Callable[[], None]) -> None:
        """Run a change of allergies or problems, then read the banner again."""
        self._tasks.run(call, owner=self, done=self._changed, failed=self._not_changed)

    def _changed(self, _: None) -> None:
        self.list_changed.emit()
        if self.on_show is not None:
            self._run(partial(self.desk.charts.summary, self.on_show.patient.id), self._banner, key="banner")

    def _not_changed(self, error: DomainError) -> None:
        if isinstance(error, InvalidField):
            self.list_wrong.emit(error.field, words(error))
        else:
            self.refused.emit(words(error))

    def _banner(self, patient: PatientSummary) -> None:
        if self.on_show is not None and patient.id == self.on_show.patient.id:
            self._show(replace(self.on_show, patient=patient))

    # -- news --------------------------------------------------------------------------

    @Slot(str, str)
    def _heard(self, topic: str, row_id: str) -> None:
        found = self.on_show
        if found is None or topic not in TOPICS:
            return
        appointment = str(found.appointment.id) if found.appointment else ""
        records = map(str, (found.patient.id, *found.chart.former))
        if topic == "prescriptions" or row_id in (*records, appointment, ""):
            self._stale = True
            if self.visible:
                self._news.start(NEWS_MS)

    @Slot()
    def _look(self) -> None:
        """Ask for versions first: content is read, and logged, only when something did change."""
        found, draft = self.on_show, self.drafting.draft
        if found is None:
            return
        if draft is not None and draft.saving:
            self._news.start(NEWS_MS * 4)
            return
        self._stale = False
        call = partial(_news_of, self.desk, found)
        self._tasks.run(call, owner=self, done=self._looked, failed=self._not_looked, key="news")

    def _looked(self, answer: tuple[Opened, dict[UUID, int]]) -> None:
        fresh, versions = answer
        found, draft = self.on_show, self.drafting.draft
        if found is None or found.chart.patient_id != fresh.chart.patient_id:
            return
        if _records(fresh) != _records(found):  # merged or parted meanwhile: another chart
            self._asked = (found.chart.patient_id, None)
            self.open_again()
            return
        chart = replace(found.chart, medicines=fresh.chart.medicines)
        self._show(replace(found, patient=fresh.patient, appointment=fresh.appointment, chart=chart))
        own = versions.pop(draft.visit.id, 0) if draft else 0
        if draft is not None and (draft.saving or self.drafting.changed_to(own)):
            return
        known = {one.id: one.version for one in found.chart.visits}
        if any(known.get(one, 0) < version for one, version in versions.items()):
            self.reload()

    def _not_looked(self, error: DomainError) -> None:
        self._stale = True  # looked at again with the next news, or when the screen is shown

    # -- parts -------------------------------------------------------------------------

    def _act(self, call: Callable[[], T], done: Callable[[T], None]) -> None:
        """One act at a time: a double click is one click."""
        if not self._acting:
            self._acting = True
            self._run(call, partial(self._acted, done), key="act")

    def _acted(self, done: Callable[[T], None], answer: T) -> None:
        self._acting = False
        done(answer)

    def _run(self, call: Callable[[], T], done: Callable[[T], None], *, key: str) -> None:
        self._tasks.run(call, owner=self, done=done, failed=partial(self._failed, key), key=key)

    def _failed(self, key: str, error: DomainError) -> None:
        self._acting = self._acting and key != "act"
        self.busy.emit(not BUSY)
        if isinstance(error, GlassNeeded) and self._asked is not None:
            self.glass.ask(self._asked[0])
        else:
            self.refused.emit(words(error))


def _news_of(desk: ChartDesk, found: Opened) -> tuple[Opened, dict[UUID, int]]:
    """Everything but contents; runs on a worker."""
    charts, appointment = desk.charts, found.appointment
    fresh = replace(found, patient=charts.summary(found.patient.id))
    if _records(fresh) != _records(found):
        return fresh, {}
    fresh = replace(
        fresh,
        appointment=charts.appointment_of(found.patient.id, appointment.id if appointment else None),
        chart=replace(found.chart, medicines=charts.medicines(found.patient.id)),
    )
    return fresh, dict(charts.versions(found.patient.id))


def _records(found: Opened) -> tuple[UUID, tuple[str, ...]]:
    """Which records are read as one."""
    return found.patient.id, found.patient.former_mrns
