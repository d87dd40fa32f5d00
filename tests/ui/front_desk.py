"""A front desk for screen tests: a person signed in, with the screen, the worker threads and the news."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from clinicdesk.bootstrap import Session
from clinicdesk.domain.appointments import Appointment, Booking
from clinicdesk.domain.people import Actor
from clinicdesk.services.arrivals import Arrivals
from clinicdesk.services.booking_desk import BookingDesk, booking_desk_of
from clinicdesk.services.calendar import Calendar
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.patients import Patients
from clinicdesk.services.payments import Payments
from clinicdesk.services.records import Merging, Records
from clinicdesk.services.scheduling import Scheduling
from clinicdesk.services.till import Till
from ui import theme
from ui.news import News
from ui.tasks import TaskRunner


@dataclass(frozen=True)
class FrontDesk:
    """The part of the core that the front desk needs."""

    actor: Actor
    scheduling: Scheduling
    calendar: Calendar
    patients: Patients
    payments: Payments
    arrivals: Arrivals
    till: Till
    records: Records
    merging: Merging
    access: ChartAccess
    bookings: BookingDesk


def desk_of(session: Session) -> FrontDesk:
    parts = (session.open_work, session.actor, session.now)
    scheduling, people = Scheduling(*parts), Patients(*parts)
    return FrontDesk(
        session.actor,
        scheduling,
        Calendar(*parts),
        people,
        Payments(*parts),
        Arrivals(*parts, scheduling=scheduling),
        Till(*parts),
        Records(*parts),
        Merging(session.open_work, session.actor),
        ChartAccess(*parts),
        booking_desk_of(*parts, patients=people),
    )


def book(clinic: Any, desk: FrontDesk, patient: int = 0, start: time = time(14), **more: Any) -> Appointment:
    small = clinic.small
    wish = {
        "patient_id": small.patients[patient],
        "doctor_id": small.doctor,
        "type_id": small.types["Consultation"],
        "day": small.today,
        "start": start,
    }
    return desk.scheduling.book(Booking(**{**wish, **more}))


class Stand:
    """Opens screens for sessions and closes everything at the end."""

    def __init__(self, qtbot: Any, clinic: Any) -> None:
        self.qtbot, self.clinic = qtbot, clinic
        self.tasks = TaskRunner()
        self.news = News()
        self.views: list[QWidget] = []
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, dark=False)

    def open(self, build: Any, who: str = "receptionist", seat: str = "pc-1", *, listen: bool = False) -> Any:
        """The screen of a person, on show and read."""
        session = self.clinic.sign_in(who, seat=seat)
        news = News() if listen else self.news
        view: QWidget = build(desk_of(session), self.tasks, news)
        view.resize(1170, 660)
        self.views.append(view)
        view.show()
        self.qtbot.waitExposed(view)
        view.activate()  # type: ignore[attr-defined]
        self.settle()
        if listen:
            view.setProperty("news", news)
            session.changes.start(news.announce)
        view.activateWindow()
        return view

    def settle(self) -> None:
        """Until every call was answered."""
        self.qtbot.waitUntil(self.tasks.idle, timeout=8000)

    def close(self) -> None:
        # the screens first: a search box asks once more 120 ms after the last key
        for view in self.views:
            view.close()
            view.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.tasks.close()
