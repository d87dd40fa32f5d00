"""One signed-in person's window: their rooms, the news that reach them, and the ways between rooms."""

import random
from datetime import UTC, date, datetime
from functools import partial
from typing import Protocol, runtime_checkable
from uuid import UUID

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.bootstrap import Loss, Session
from clinicdesk.desk import Desk, desk_of
from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import DomainError, SignedOut, StoreUnavailable
from clinicdesk.domain.patients import PatientHit
from clinicdesk.domain.people import Actor, Duty, Role
from clinicdesk.domain.stores import Pulse
from clinicdesk.services.unlocking import PinVault
from clinicdesk.services.upkeep import Health
from ui.company import ChartCompany
from ui.engaged import engagement
from ui.lock.door import SeatDoor
from ui.lock.watched import WatchedTasks
from ui.messages import message_for, records_words, unprotected_words
from ui.news import News
from ui.own_commands import OwnCommands
from ui.palette import Hit
from ui.rooms import fetch, plain, room_words, rooms_of
from ui.screens import schedule
from ui.shell import Activates, Room, Shell
from ui.side_windows import SideWindows
from ui.tasks import TaskRunner
from ui.typed_booking import Choice, TypedBookings

MINUTE, RETURN_MS, AHEAD_MS = 60_000, 500, 1_000


@runtime_checkable
class HoldsText(Protocol):
    """A page whose typed text may not be saved yet."""

    def unsaved(self) -> bool: ...


class Seat(QObject):
    """Builds the shell for a session and ties its rooms together.

    ``signed_out`` and ``lock_needed`` carry the sentence that says why.
    """

    left = Signal()
    window_closed = Signal()
    theme_toggled = Signal()
    retry_requested = Signal()
    lock_asked = Signal()
    lock_needed = Signal(str)
    signed_out = Signal(str)
    role_changed = Signal()
    idle_minutes_found = Signal(int)
    _feed_state = Signal(bool)
    _pulse = Signal(object)
    _told_to_leave = Signal()

    def __init__(self, session: Session, tasks: TaskRunner, *, geometry: bytes = b"") -> None:
        super().__init__()
        self.session, self._shared = session, tasks
        self._tasks = WatchedTasks(tasks)
        self.vault = PinVault()
        self.desk: Desk = desk_of(session)
        self.news = News(busy=engagement())
        actor = session.actor
        self._built_for = actor.role, actor.duties  # a seat that comes back may hold a fresher session
        self.shell = Shell(
            actor.clinic.name, actor.name, self._role_words(actor.role), rooms=self._rooms(actor)
        )
        if geometry:
            self.shell.restoreGeometry(QByteArray(geometry))
        self.own = OwnCommands(self.shell, session, self.desk, self.vault, self._tasks)
        self.windows = SideWindows(self.shell, self._schedule)
        self.typed = TypedBookings(self.desk, self._tasks)
        self.typed.setParent(self)
        if actor.may("appointments.book"):
            words = self.tr("A patient, a command, or a booking: ade fri 10:30 follow-up dr obi")
            self.shell.palette_sheet.edit.setPlaceholderText(words)
        self.door = SeatDoor(self.shell, session, self.desk.upkeep, self.vault, tasks)
        self.company = ChartCompany(self.desk.presence, self._tasks, self.shell.statusBar())
        self.company.setParent(self)
        self._connect_shell()
        self._feed_state.connect(self._show_feed, Qt.ConnectionType.QueuedConnection)
        self._pulse.connect(self._show_pulse, Qt.ConnectionType.QueuedConnection)
        self._told_to_leave.connect(self._ended, Qt.ConnectionType.QueuedConnection)
        self._minute = QTimer(self)
        self._minute.timeout.connect(self._look_after)
        # importing takes turns with painting: the day comes first
        self._ahead = QTimer(self, singleShot=True)
        self._ahead.timeout.connect(self._fetch_ahead)
        self._closing = self._outdated = False
        self._records_checked: date | None = None

    def show(self) -> None:
        """The person's own work first."""
        self.shell.show_room(rooms_of(self.session.actor)[0])
        self.shell.show()
        self.desk.upkeep.listen(self._told_to_leave.emit)
        self._begin()
        self._ahead.start(AHEAD_MS)

    @Slot()
    def _fetch_ahead(self) -> None:
        ahead = partial(fetch, rooms_of(self.session.actor))
        self._shared.run(ahead, owner=self, done=self._ignore, failed=self._ignore)

    def geometry(self) -> bytes:
        """Where the window stands, for the next time."""
        return bytes(self.shell.saveGeometry().data())

    def unsaved(self) -> bool:
        """Whether text would be lost with this seat."""
        for key in rooms_of(self.session.actor):
            page: object = self.shell.page(key)
            if isinstance(page, HoldsText) and page.unsaved():
                return True
        return False

    def lock(self) -> None:
        """Nothing of the person is on the screen from here on."""
        self.company.show(None)
        self._minute.stop()
        self.door.lock()

    def depart(self, *, keep_unsaved: bool = False) -> None:
        """Sign out without holding up the program; ``door.gone`` tells when."""
        self._ahead.stop()
        self._minute.stop()
        self._closing = not keep_unsaved
        self.door.depart(unsaved=self.unsaved if keep_unsaved else None)

    def close(self) -> None:
        """Sign out at once: drafts are saved by their screens when they are hidden."""
        self._closing = True
        self._ahead.stop()
        self._minute.stop()
        self.door.shut()
        self.shell.close()
        self.desk.upkeep.leave()
        self.session.close()
        self.shell.deleteLater()
        self.deleteLater()  # a late answer must not find a seat without a window

    def _begin(self) -> None:
        self.session.listen(self.news.announce, self._feed_state.emit, self._pulse.emit)
        self.desk.stores.start(self._pulse.emit)
        self._minute.start(MINUTE)
        self._look_after()
        if self.session.unprotected:
            self.shell.tell(unprotected_words(self.session.unprotected), "error")

    @Slot()
    def _resumed(self) -> None:
        page: object = self.shell.page(self.shell.current_room())
        if isinstance(page, Activates):
            page.activate()
        self._tell_company()
        self.windows.refresh()
        self._begin()

    @Slot()
    def _gone(self) -> None:
        self._closing = True
        self.shell.close()
        self.shell.deleteLater()

    # -- parts -----------------------------------------------------------------------

    def _rooms(self, actor: Actor) -> list[Room]:
        known = room_words()
        return [Room(key, *known[key], partial(self._build, key)) for key in rooms_of(actor)]

    def _build(self, key: str) -> QWidget:
        made: QWidget
        match key:
            case "schedule":
                made = self._schedule()
                self.windows.watch(made)
            case "patients":
                from ui.screens import patients

                people = patients.build(self.desk, self._tasks, self.news)
                people.chart_asked.connect(self._open_chart)
                people.book_asked.connect(self._book)
                made = people
            case "arrivals":
                from ui.screens import arrivals

                board = arrivals.build(self.desk, self._tasks, self.news)
                board.chart_asked.connect(self._open_chart)
                made = board
            case "chart":
                from ui.screens import chart

                sheet = chart.build(self.desk, self._tasks, self.news)
                sheet.prescription_asked.connect(self._prescribe)
                sheet.presenter.opened.connect(self._tell_company)
                sheet.presenter.cleared.connect(self._tell_company)
                made = sheet
            case "prescription":
                from ui.screens import prescription

                pad = prescription.build(self.desk, self._tasks, self.news)
                pad.chart_asked.connect(self._open_chart)
                made = pad
            case "verify":
                from ui.screens import verify

                made = verify.build(self.desk, self._tasks)
            case _:
                made = plain(key, self.desk, self._tasks, news=self.news)
        for action in self.own.actions:  # the palette and the key list read the actions of the page
            made.addAction(action)
        return made

    def _schedule(self, beside: schedule.ScheduleView | None = None) -> schedule.ScheduleView:
        view = schedule.build(self.desk, self._tasks, self.news, beside=beside)
        view.chart_asked.connect(self._open_chart)
        return view

    def _connect_shell(self) -> None:
        self.shell.sign_out_requested.connect(self.left)
        self.shell.room_shown.connect(self._tell_company)
        self.shell.theme_toggled.connect(self.theme_toggled)
        self.shell.retry_requested.connect(self._retry)
        self.shell.patient_asked.connect(self._search)
        self.typed.found.connect(self._found)
        self.typed.booked.connect(self._typed_booked)
        self.typed.said.connect(self.shell.tell)
        self.shell.patient_chosen.connect(self._patient_chosen)
        self.shell.closed.connect(self._closed)
        self.own.lock_asked.connect(self.lock_asked)
        self.door.resumed.connect(self._resumed)
        self.door.gone.connect(self._gone)
        self._tasks.ended.connect(self._ended)
        self._tasks.refused.connect(self._ask_standing)
        self.news.arrived.connect(self._heard)

    def _role_words(self, role: Role) -> str:
        return {
            Role.ADMIN: self.tr("Administrator"),
            Role.DOCTOR: self.tr("Doctor"),
            Role.NURSE: self.tr("Nurse"),
            Role.RECEPTIONIST: self.tr("Reception"),
            Role.PHARMACIST: self.tr("Pharmacist"),
        }[role]

    # -- between rooms -----------------------------------------------------------------

    @Slot(object, object)
    def _open_chart(self, patient_id: UUID, appointment: Appointment | None = None) -> None:
        if "chart" not in rooms_of(self.session.actor):
            self._show_patient(patient_id)
            return
        from ui.screens import chart

        self.shell.show_room("chart")
        self.shell.activateWindow()  # it may have been asked for in another window
        sheet = self.shell.page("chart")
        assert isinstance(sheet, chart.ChartView)
        sheet.open_patient(patient_id, appointment.id if appointment else None)

    @Slot(object, object, object)
    def _prescribe(self, patient_id: UUID, appointment_id: UUID | None, _visit_id: UUID) -> None:
        from ui.screens import prescription

        self.shell.show_room("prescription")
        pad = self.shell.page("prescription")
        assert isinstance(pad, prescription.PrescriptionView)
        pad.open_for(patient_id, appointment_id)

    @Slot(object)
    def _book(self, patient_id: UUID) -> None:
        self.shell.show_room("schedule")
        view = self.shell.page("schedule")
        assert isinstance(view, schedule.ScheduleView)
        view.book_for(patient_id)

    @Slot()
    def _tell_company(self) -> None:
        """Others see who looks at the chart that is on show; nobody is told about other rooms."""
        if self.shell.current_room() != "chart":
            self.company.show(None)
            return
        from ui.screens import chart

        page = self.shell.page("chart")
        found = page.presenter.on_show if isinstance(page, chart.ChartView) else None
        self.company.show(found.patient.id if found is not None else None)

    def _show_patient(self, patient_id: UUID) -> None:
        if "patients" in rooms_of(self.session.actor):
            from ui.screens import patients

            self.shell.show_room("patients")
            people = self.shell.page("patients")
            assert isinstance(people, patients.PatientsView)
            people.show_patient(patient_id)

    # -- the search in the top bar -------------------------------------------------------

    @Slot(str)
    def _search(self, text: str) -> None:
        self.typed.look(text, self._on_show())

    def _on_show(self) -> str:
        """Number of the patient whose chart or prescription is open."""
        room = self.shell.current_room()
        if room not in ("chart", "prescription"):
            return ""
        from ui.screens import chart, prescription

        page = self.shell.page(room)
        if isinstance(page, chart.ChartView) and page.presenter.on_show is not None:
            return page.presenter.on_show.patient.mrn
        if isinstance(page, prescription.PrescriptionView) and page.presenter.patient is not None:
            return page.presenter.patient.mrn
        return ""

    @Slot(str, object, object)
    def _found(self, text: str, lines: list[Hit], hits: list[PatientHit]) -> None:
        self.shell.show_patients(text, [*lines, *(hit_line(hit) for hit in hits)])

    @Slot(object)
    def _patient_chosen(self, token: UUID | Choice) -> None:
        if isinstance(token, Choice):
            self.typed.choose(token)
        else:
            self._open_chart(token, None)

    @Slot(object)
    def _typed_booked(self, appointment: Appointment) -> None:
        self.shell.palette_sheet.dismiss()
        self.shell.show_room("schedule")
        view = self.shell.page("schedule")
        assert isinstance(view, schedule.ScheduleView)
        view.take_booked(appointment)

    def _explain(self, error: DomainError) -> None:
        self.shell.tell(message_for(error), "error")

    # -- stores and sign-out ---------------------------------------------------------------

    @Slot()
    def _look_after(self) -> None:
        self._tasks.run(
            self.desk.upkeep.run, owner=self, done=self._show_health, failed=self._explain, key="upkeep"
        )

    def _show_health(self, health: Health) -> None:
        self.idle_minutes_found.emit(health.idle_minutes)
        if not health.intact:
            self.shell.tell(
                self.tr("The audit does not hold the seal that this PC remembers: tell the server's owner."),
                "error",
            )
        if health.postgres:
            self._check_standing((health.role, health.duties))
        if "chart" in rooms_of(self.session.actor):
            self._tasks.run(
                self.desk.charts.ping,
                owner=self,
                done=self._documents_up,
                failed=self._documents_down,
                key="mongo",
            )

    def _documents_up(self, _: object) -> None:
        today = datetime.now(UTC).date()
        if self._records_checked != today:
            self._records_checked = today
            self._tasks.run(
                self.desk.charts.check_once_a_day, owner=self, done=self._records, failed=self._ignore
            )

    def _records(self, found: Consistency | None) -> None:
        if found is not None and not found.sound:
            self.shell.tell(records_words(found), "error")

    def _documents_down(self, error: DomainError) -> None:
        if isinstance(error, StoreUnavailable):
            self.desk.stores.look()

    @Slot(object)
    def _show_pulse(self, pulse: Pulse) -> None:
        if not self.door.is_open:
            return
        if self.shell.show_pulse(pulse):
            # what could not be read meanwhile is read now; not by fifty seats in the same instant
            QTimer.singleShot(random.randrange(RETURN_MS), self, self._read_again)

    @Slot()
    def _read_again(self) -> None:
        self.news.announce("")

    @Slot(bool)
    def _show_feed(self, connected: bool) -> None:
        if not self.door.is_open:
            return
        self._shared.run(self.session.loss, owner=self, done=self._lost, failed=self._explain, key="loss")

    def _lost(self, loss: Loss) -> None:
        if loss is Loss.ENDED:
            self._ended()
        elif loss is Loss.REFUSED and self.door.is_open:
            self.lock_needed.emit(self.tr("Your password is not valid any more. Type the present one."))

    @Slot()
    def _ended(self) -> None:
        if not self._closing:
            self.signed_out.emit(message_for(SignedOut()))

    @Slot(str, str)
    def _heard(self, topic: str, row: str) -> None:
        if topic == "duties" and row in ("", str(self.session.actor.user_id)):
            self._ask_standing()

    @Slot()
    def _ask_standing(self) -> None:
        if self.door.is_open:
            self._shared.run(
                self.desk.upkeep.standing,
                owner=self,
                done=self._check_standing,
                failed=self._ignore,
                key="standing",
            )

    def _check_standing(self, standing: tuple[str | None, frozenset[Duty]]) -> None:
        if self._outdated or not self.door.is_open:
            return
        if standing[0] is None:
            self._ended()
        elif standing != self._built_for:
            self._outdated = True  # the feed, a refusal and the next minute all tell the same
            self.role_changed.emit()

    def _ignore(self, _: DomainError | None) -> None:
        """Nothing to say: an outage answers nothing about the rights, the next round asks again."""

    @Slot()
    def _retry(self) -> None:
        self.retry_requested.emit()
        self.desk.stores.look()
        self._look_after()

    @Slot()
    def _closed(self) -> None:
        if not self._closing:
            self.window_closed.emit()


def hit_line(hit: PatientHit) -> Hit:
    """A patient as the palette lists it."""
    born = hit.date_of_birth.strftime("%d %b %Y") if hit.date_of_birth else "–"
    return Hit(hit.name, f"{hit.mrn} · {born} · {hit.phone or '–'}", hit.id)
