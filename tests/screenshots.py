"""``python -m tests.screenshots``: every screen of the demo clinic, light and dark, at two sizes.

All go to ``build/screenshots``; those that the documents show also to ``docs/images``. Needs no display.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinicdesk.bootstrap import Core
from clinicdesk.demo.opening import open_demo
from clinicdesk.demo.people import DEMO_STAFF
from clinicdesk.opening import Opened
from clinicdesk.services.unlocking import PinVault
from ui import theme
from ui.garbage import GarbageCollector
from ui.lock.presenter import LockPresenter
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView
from ui.screens import first_run, sign_in
from ui.screens.sign_in import DemoPerson
from ui.seat import Seat
from ui.tasks import TaskRunner

SIZES = ((1366, 768), (1920, 1080))
PLACE = Path("build/screenshots")
SHOWN = Path("docs/images")
IN_DOCUMENTS = ("schedule", "chart", "prescription", "pharmacy", "inventory", "sign-in")


class Studio:
    """One application, one set of servers, many pictures."""

    def __init__(self, app: QApplication, opened: Opened) -> None:
        self.app, self.opened = app, opened
        self.tasks = TaskRunner()

    @property
    def postgres(self) -> str:
        """The owner's address."""
        assert self.opened.servers is not None
        return self.opened.servers.addresses.postgres

    def settle(self, seconds: float = 0.4) -> None:
        """Until every answer is painted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or not self.tasks.idle():
            self.app.processEvents()
            time.sleep(0.01)

    def take(self, window: QWidget, name: str) -> None:
        """Both themes, both sizes."""
        for width, height in SIZES:
            window.resize(width, height)
            for dark in (False, True):
                theme.apply(self.app, dark)
                self.settle()
                look = "dark" if dark else "light"
                path = PLACE / f"{name}-{look}-{width}.png"
                window.grab().save(str(path))
                if width == SIZES[0][0] and name in IN_DOCUMENTS:
                    shutil.copy(path, SHOWN / f"{name}-{look}.png")
        theme.apply(self.app, dark=False)
        print(name, flush=True)

    def entry(self) -> None:
        """What people see before they are signed in."""
        people = [DemoPerson(p.name, p.title, p.email, p.password) for p in DEMO_STAFF]
        page = sign_in.build(Core(self.opened.deployment).sign_in, self.tasks, demo_people=people)
        for name, window in (("sign-in", page), ("first-run", first_run.build())):
            window.show()
            self.take(window, name)
            window.close()

    def doors(self) -> None:
        """Locked, and who works here."""
        person, other = DEMO_STAFF[0], DEMO_STAFF[1]
        core = Core(self.opened.deployment)
        pages: list[tuple[str, QWidget]] = []
        lock = LockPresenter(partial(core.sign_in, person.email), PinVault(), self.tasks)
        pages.append(("lock", LockView(lock, name=person.name, others=[other.name], reason="")))
        entering = sign_in.build(core.sign_in, self.tasks)
        pages.append(("user-switch", SwitchPage(entering, [person.name, other.name])))
        for name, window in pages:
            window.show()
            self.take(window, name)
            window.close()

    def dialog(self, name: str, ask: Callable[[], None], found: Callable[[], QWidget]) -> None:
        """A window of its own, in both themes."""
        ask()
        self.settle(1.5)
        for dark in (False, True):
            theme.apply(self.app, dark)
            self.settle()
            found().grab().save(str(PLACE / f"{name}-{'dark' if dark else 'light'}.png"))
        theme.apply(self.app, dark=False)
        found().close()
        print(name, flush=True)

    def seat(self, role: str) -> Seat:
        """A person of that role at work."""
        person = next(one for one in DEMO_STAFF if one.role == role)
        made = Seat(Core(self.opened.deployment).sign_in(person.email, person.password), self.tasks)
        made.show()
        self.settle(1.0)
        return made


def receptionist(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """The views of the schedule with a card chosen, and the patients."""
    view: Any = seat.shell.page("schedule")
    if not view.model.appointments:  # a holiday: the next day has some
        view._presenter.step(1)
        studio.settle(1.0)
    if view.model.appointments:
        view.calendar.select(view.model.appointments[len(view.model.appointments) // 2].id)
    yield "schedule", lambda: None
    for name in ("week", "month", "agenda"):
        yield f"schedule-{name}", partial(view.showing.show_view, name)
    view.showing.show_day_view()
    studio.settle(1.0)
    yield "schedule-rooms", view.showing.toggle_columns
    view.showing.toggle_columns()
    view.showing.toggle_doctors()
    yield "schedule-own-week", view.showing.show_week
    view.showing.show_everything()
    view.showing.show_day_view()
    yield "patients", lambda: seat.shell.show_room("patients")
    yield from desk_rooms(studio, seat)


def room_of(studio: Studio, seat: Seat, key: str) -> Any:
    """The page of a room, read."""
    seat.shell.show_room(key)
    studio.settle(0.8)
    return seat.shell.page(key)


def desk_rooms(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """Registration and a record, then the queue and the till."""

    def room(key: str) -> Any:
        return room_of(studio, seat, key)

    def registering() -> None:
        view = room("patients")
        view.start_registering()
        QTest.keyClicks(
            view.form.last_name, view.model.hit(0).name.split()[-1] if view.model.hit(0) else "Adeyemi"
        )
        QTest.keyClicks(view.form.birth, "7")
        studio.settle(1.0)

    def record() -> None:
        view = room("patients")
        QTest.keyClicks(view.box, "ade")
        studio.settle(1.0)
        view.extras.edit_record()
        studio.settle(0.8)

    def family() -> None:
        room("patients").record.show_page(1)

    yield "registration", registering
    yield "record", record
    yield "record-family", family
    yield from queue_and_till(studio, seat)


def queue_and_till(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """The queue with a walk-in, the calls, the till being counted and a refund."""

    def room(key: str) -> Any:
        return room_of(studio, seat, key)

    def queue() -> None:
        view = room("arrivals")
        view.show_page(1)
        for _ in range(3):
            view.check_in()
            studio.settle(0.5)
        view.show_page(0)
        view.ask_next()
        studio.settle(0.5)

    def walk_in() -> None:
        view = room("arrivals")
        view.start_walk_in()
        QTest.keyClicks(view.walk_in.picker.box, "ade")

    def calls() -> None:
        view = room("arrivals")
        view.close_side()
        view.show_page(3)

    def till() -> None:
        view = room("cashier")
        if view.shift.shift is None:
            view._presenter.open("2000")
            studio.settle(0.8)
        view.ask_count()
        view.shift.notes[1000].setText("2")

    def refund() -> None:
        view = room("cashier")
        view.ask_back()

    yield "arrivals", queue
    yield "walk-in", walk_in
    yield "calls", calls
    yield "cashier", till
    yield "refund", refund


def doctor(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """A chart with history, and a prescription being written."""
    patient = busiest(seat)

    def chart() -> None:
        seat.shell.show_room("chart")
        sheet: Any = seat.shell.page("chart")
        sheet.open_patient(patient)
        studio.settle(1.5)

    def pad() -> None:
        seat.shell.show_room("prescription")
        view: Any = seat.shell.page("prescription")
        view.open_for(patient, None, "Essential hypertension")
        studio.settle(1.0)
        for line in ("amlodipine 5 mg od 30d", "paracetamol 500 2 tabs tds 3d"):
            edit = view.pad.medicine.edit
            edit.setFocus()
            QTest.keyClicks(edit, line)
            studio.settle(0.8)
            QTest.keyClick(edit, Qt.Key.Key_Return)
            studio.settle(0.4)
            view.pad.editor.add_button.click()
            studio.settle(0.8)

    yield "chart", chart
    yield "prescription", pad


def pharmacist(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """The queue with a prescription open, and the stock."""

    def queue() -> None:
        seat.shell.show_room("pharmacy")
        view: Any = seat.shell.page("pharmacy")
        last = view.queue.rowCount() - 1
        view.queue_table.setCurrentIndex(view.queue.index(max(last, 0), 0))
        QTest.keyClick(view.queue_table, Qt.Key.Key_Return)
        studio.settle(1.5)

    def curve() -> None:
        view = room_of(studio, seat, "inventory")
        view._to_curve()
        studio.settle(0.8)

    def delivery() -> None:
        view = room_of(studio, seat, "receiving")
        view.order.setCurrentIndex(view.order.count() - 1)
        order = view.presenter.order
        for line in order.lines[:3] if order else ():
            view.presenter.scan(line.item_code)
            studio.settle(0.6)
            said = {"batch_number": f"N-{line.line}", "expiry_date": "12/2031", "unit_cost": ""}
            view.presenter.complete({**said, "quantity": str(line.quantity)})
            studio.settle(0.4)
        view.presenter.set_aside(1)

    def orders() -> None:
        view = room_of(studio, seat, "ordering")
        view._to_orders()
        view._paper()

    def count() -> None:
        view = room_of(studio, seat, "stocktake")
        QTest.keyClick(view, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
        studio.settle(1.0)

    yield "pharmacy", queue
    yield "inventory", lambda: seat.shell.show_room("inventory")
    yield "inventory-curve", curve
    for key in ("board", "receiving", "ordering", "stocktake", "controlled", "worth", "importing", "verify"):
        yield key, partial(seat.shell.show_room, key)
    yield "receiving-order", delivery
    yield "ordering-orders", orders
    yield "ordering-suppliers", lambda: room_of(studio, seat, "ordering")._to_suppliers()
    yield "stocktake-count", count
    yield "worth-product", lambda: room_of(studio, seat, "worth").ask_settings()


def admin(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """Accounts and rights; who opened a chart, what changed, what is to be reviewed."""
    accounts: Any = seat.shell.page("accounts")
    seat.shell.show_room("audit")  # a page is built when it is first shown
    audit: Any = seat.shell.page("audit")
    patient = opened_charts(studio, seat)

    def family() -> None:
        accounts.ask_family()
        studio.settle(0.8)
        doctor = next(one for one in accounts._accounts if one.role == "doctor")
        accounts.dialog._presenter.set_relative(doctor, patient, "family")

    def access() -> None:
        seat.shell.show_room("audit")
        audit.show_patient(patient, "Chosen patient", restricted=False)

    def changes() -> None:
        audit.filter.clear_patient()
        audit._show_kind(1)

    yield "accounts", lambda: seat.shell.show_room("accounts")
    yield "accounts-rights", accounts._to_rights
    accounts._to_people()
    studio.dialog("accounts-family", family, lambda: accounts.dialog)
    yield "audit-access", access
    studio.dialog("audit-paper", audit.ask_print, lambda: audit.paper)
    yield "audit-changes", changes
    yield "audit-accounts", lambda: audit._show_kind(2)
    yield "audit-sign-ins", lambda: audit._show_kind(3)
    yield "audit-review", lambda: audit._show_kind(4)


def clinic_setup(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each part of the clinic's administration, with a line chosen."""
    seat.shell.show_room("clinic")
    view: Any = seat.shell.page("clinic")

    def part(number: int) -> None:
        view.show_part(number)
        studio.settle(0.8)
        if hasattr(view.page, "table"):
            view.page.table.setCurrentIndex(view.page.model.index(0, 0))

    def of_doctor(number: int) -> None:
        part(2)
        view.page.show_part(number)
        studio.settle(0.8)
        if number:
            view.page.page.table.setCurrentIndex(view.page.page.model.index(0, 0))

    for number, key in enumerate(view.keys):
        if key != "doctor":
            yield f"clinic-{key}", partial(part, number)
    for number, key in enumerate(("profile", "hours", "session", "leave")):
        yield f"clinic-doctor-{key}", partial(of_doctor, number)


def opened_charts(studio: Studio, seat: Seat) -> UUID:
    """A patient whose chart was opened in ways that the lists tell apart."""
    with psycopg.connect(studio.postgres, autocommit=True) as owner:
        row = owner.execute(
            "SELECT patient_id FROM visits GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        ).fetchone()
        assert row is not None
        owner.execute("UPDATE patients SET restricted = true WHERE user_id = %s", row)
    for role, action, reason in (("doctor", "view", "emergency"), ("nurse", "edit", "cover")):
        person = next(one for one in DEMO_STAFF if one.role == role)
        session = Core(studio.opened.deployment, seat="ward-2").sign_in(person.email, person.password)
        with session.open_work() as work:
            work.value("SELECT cd.log_access(:p, 'refused', 'restricted')", p=row[0])
            work.value("SELECT cd.break_glass(:p, :r, '')", p=row[0], r=reason)
        with session.open_work() as work:
            work.value("SELECT cd.log_access(:p, :a, 'care')", p=row[0], a=action)
        session.close()
    found: UUID = row[0]
    return found


def glass(studio: Studio, seat: Seat) -> Iterator[tuple[str, Callable[[], None]]]:
    """A chart that opens after a reason."""

    def ask() -> None:
        with psycopg.connect(studio.postgres, autocommit=True) as owner:
            owner.execute("UPDATE patients SET restricted = true")
            owner.execute("UPDATE emergency_accesses SET expires_at = broken_at")
        seat.shell.show_room("chart")
        sheet: Any = seat.shell.page("chart")
        sheet.open_patient(busiest(seat))

    yield "break-the-glass", ask


def busiest(seat: Seat) -> object:
    """A patient with many visits, so that the trends have something to show."""
    with seat.session.open_work() as work:
        return work.value(
            "SELECT patient_id FROM visits GROUP BY patient_id ORDER BY count(*) DESC, patient_id LIMIT 1"
        )


TOURS = (
    ("receptionist", receptionist),
    ("doctor", doctor),
    ("pharmacist", pharmacist),
    ("admin", admin),
    ("admin", clinic_setup),
    ("doctor", glass),
)


def main(*wanted: str) -> int:
    """Exit status; ``wanted`` names some of the tours (and 'entry'), nothing means all."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    collector = GarbageCollector()
    for place in (PLACE, SHOWN):
        place.mkdir(parents=True, exist_ok=True)
    theme.apply(app, dark=False)
    with tempfile.TemporaryDirectory(prefix="clinicdesk-pictures-") as folder:
        # the pictures are not somebody's preferences
        QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, folder)
        opened = open_demo(Path(folder) / "demo", progress=lambda _: None)
        studio = Studio(app, opened)
        try:
            if not wanted or "entry" in wanted:
                studio.entry()
                studio.doors()
            for role, tour in TOURS:
                if wanted and tour.__name__ not in wanted:
                    continue
                seat = studio.seat(role)
                for name, go in tour(studio, seat):
                    go()
                    studio.settle(0.8)
                    studio.take(seat.shell, name)
                seat.close()
        finally:
            studio.settle()
            studio.tasks.close()
            opened.close()
            collector.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
