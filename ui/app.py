"""The application: which clinic is opened, and who is received there."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from clinicdesk.demo.people import DEMO_STAFF
from clinicdesk.domain.errors import DomainError
from clinicdesk.folders import default_config, default_data_dir, holds_clinic
from ui import opening, theme
from ui.entry_window import EntryWindow
from ui.failures import Failures, start_log
from ui.garbage import GarbageCollector
from ui.memory import share_one_arena
from ui.messages import message_for
from ui.opening import GivenUp, Say, Telling, Unreachable
from ui.preferences import PreferencesFile
from ui.reception import Reception
from ui.screens.sign_in import DemoPerson
from ui.tasks import TaskRunner
from ui.watchdog import Watchdog

if TYPE_CHECKING:
    from clinicdesk.bootstrap import Core
    from clinicdesk.opening import Opened
    from ui.screens.first_run import FirstRunView, NewClinic, Servers
    from ui.seat import Seat

SWITCH_INTERVAL = 0.001  # seconds; busy workers then stall painting a fifth as long (measured)
PAINTED_MS = 150  # the sign-in page is on the screen by then


def prepared() -> QApplication:
    """Python, memory and Qt as the program wants them, before any window."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    share_one_arena()
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("ClinicDesk")
    qt.setQuitOnLastWindowClosed(False)
    return qt


def run(*, demo: bool, role: str | None, data_dir: Path | None, say: Say | None = None) -> int:
    """Open the window and stay until it is closed; the exit status.

    With ``say`` the demo's window opens when the clinic does, and the sentences of progress go there.
    """
    qt = prepared()
    failures = Failures(start_log())
    collector, watchdog = GarbageCollector(), Watchdog()
    watchdog.start()
    program = Program(qt, PreferencesFile())
    # handled between Python steps; the watchdog's timer makes sure there are some
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, qt.quit))  # also before there is a loop to quit
    program.start(demo=demo, role=role, data_dir=data_dir, say=say)
    status = qt.exec()
    if program.abandon_demo():
        os._exit(status)
    program.close()
    watchdog.stop()
    collector.stop()
    failures.restore()
    del program, collector, watchdog, failures
    # every window goes while Qt is still whole: Python would take them down in any order at its end
    qt.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    return status


class Program(QObject):
    """Goes from the first start to the reception, where people sign in."""

    _progress = Signal(str)

    def __init__(self, qt: QApplication, preferences: PreferencesFile) -> None:
        super().__init__()
        self._qt, self._file = qt, preferences
        self._likes = preferences.read()
        self.tasks = TaskRunner()
        self.entry = EntryWindow()
        self.entry.closed.connect(self._entry_closed)
        self._progress.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)
        self.reception = Reception(self.entry, self.tasks)
        self.reception.last_email, self.reception.geometry = self._likes.last_email, self._likes.geometry
        self.reception.theme_toggled.connect(self._toggle_theme)
        self.reception.retry_requested.connect(self._revive)
        self.reception.window_closed.connect(self._seat_closed)
        self.reception.remembered.connect(self._remember)
        self._opened: Opened | None = None
        self._first_run: FirstRunView | None = None
        self._role: str | None = None
        self._say: Say | None = None
        self._telling: Telling | None = None
        self._builds_demo = False
        self._arrived: list[Opened] = []
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.timeout.connect(self._prepare_seat)
        self._dress()

    @property
    def seat(self) -> "Seat | None":
        """Who is at work."""
        return self.reception.seat

    def start(self, *, demo: bool, role: str | None, data_dir: Path | None, say: Say | None = None) -> None:
        """Open what was asked for, else what this PC has, else the first-run choices."""
        self._role = role
        if demo:
            self._say = say
            if say is None:
                self._show_first_run()
            self.open_demo(data_dir)
        elif default_config().exists():
            self._open_known(default_config())
        else:
            self._show_first_run()
            if holds_clinic(default_data_dir()):
                self._open(partial(opening.open_here, default_data_dir()))

    def abandon_demo(self) -> bool:
        """Whether a demo was still being built: its servers are dead now, its workers need not be waited for.

        Nothing in there is of value; the next start builds it anew.
        """
        if self._telling is None or not self._builds_demo:
            return False
        self._telling.give_up()
        opening.abandon_servers()
        self._file.write(self._likes)
        return True

    def close(self) -> None:
        """Sign out, finish what was asked, stop the servers that are ours."""
        if self._telling is not None:
            self._telling.give_up()
        self._painted.stop()
        self.reception.close()
        self._file.write(self._likes)
        self.entry.hide()
        self.entry.deleteLater()
        if self._opened is not None:
            self._arrived.append(self._opened)
            self._opened = None
        while self._arrived:  # also what was ready a moment too late
            self._arrived.pop().close()

    # -- opening a clinic ------------------------------------------------------------

    def _show_first_run(self) -> "FirstRunView":
        if self._first_run is None:
            from ui.screens import first_run

            page = self._first_run = first_run.build()
            page.demo_requested.connect(self.open_demo)
            page.clinic_requested.connect(self._set_up)
            page.servers_requested.connect(self._connect)
            page.deployment_file_chosen.connect(self._use_file)
            self.entry.put(page)
        self.entry.show()
        return self._first_run

    @Slot()
    def open_demo(self, data_dir: Path | None = None) -> None:
        self._builds_demo = True
        self._open(partial(opening.open_demo, data_dir))

    @Slot(object)
    def _set_up(self, answers: "NewClinic") -> None:
        self._open(partial(opening.set_up_here, answers))

    @Slot(object)
    def _connect(self, servers: "Servers") -> None:
        self._open(partial(opening.open_typed, servers))

    @Slot(str)
    def _use_file(self, path: str) -> None:
        self._open(partial(opening.open_file, Path(path)))

    def _open_known(self, path: Path) -> None:
        """A small file of this PC: read at once, so that the first picture is the sign-in page."""
        try:
            opened = opening.open_file(path, self._progress.emit)
        except DomainError as error:
            self._show_first_run()
            self._failed(error)
        else:
            self._ready(opened)

    def _open(self, call: "Callable[[Telling], Opened]") -> None:
        telling = self._telling = Telling(self._progress.emit)
        self._show_progress(self.tr("Starting the servers"))
        arrived = self._arrived

        def hold() -> "Opened":
            arrived.append(call(telling))
            return arrived[-1]

        self.tasks.run(hold, owner=self, done=self._ready, failed=self._failed)

    def _ready(self, opened: "Opened") -> None:
        self._telling, self._builds_demo = None, False
        self._arrived.clear()
        self._opened = opened
        self._first_run = None
        self._ask_who()

    def _failed(self, error: DomainError) -> None:
        self._telling, self._builds_demo = None, False
        if isinstance(error, GivenUp):
            return
        if isinstance(error, Unreachable):
            self._show_first_run().show_unreachable(error.stores)
            return
        # what the servers of this PC say is already a sentence
        sentence = str(error) if " " in str(error) else message_for(error)
        if self._say is not None:
            self._say(sentence)
        self._show_first_run().show_failure(sentence)

    @Slot(str)
    def _show_progress(self, sentence: str) -> None:
        if self._first_run is not None:
            self._first_run.show_progress(sentence)
        elif self._say is not None:
            self._say(sentence)

    # -- signing in and out ------------------------------------------------------------

    def _ask_who(self) -> None:
        assert self._opened is not None
        people = [DemoPerson(p.name, p.title, p.email, p.password) for p in DEMO_STAFF]
        page = self.reception.open(self._core, people=people if self._opened.demo else ())
        if self._role is not None and self._opened.demo:
            person = next(p for p in DEMO_STAFF if p.role == self._role)
            self._role = None
            greeting = self.tr(
                "Demo clinic: you are {name}, {title}. To be somebody else, sign out (Ctrl+Shift+Q)."
            ).format(name=person.name, title=person.title)
            self.reception.greeting = (person.email, greeting)
            page.sign_in_asked.emit(person.email, person.password)
        else:
            self._painted.start(PAINTED_MS)

    @Slot()
    def _prepare_seat(self) -> None:
        """What the next window needs is imported while somebody types the password."""
        if self.seat is None:
            self.tasks.run(partial(import_module, "ui.seat"), owner=self, done=_nothing, failed=_nothing)

    def _core(self) -> "Core":
        from clinicdesk.bootstrap import Core

        assert self._opened is not None
        return Core(self._opened.deployment)

    @Slot()
    def _remember(self) -> None:
        demo = self._opened is not None and self._opened.demo
        email = self._likes.last_email if demo else self.reception.last_email
        self._likes = replace(self._likes, last_email=email, geometry=self.reception.geometry)

    @Slot()
    def _seat_closed(self) -> None:
        self._qt.quit()

    @Slot()
    def _entry_closed(self) -> None:
        if self.seat is None:
            self._qt.quit()

    @Slot()
    def _revive(self) -> None:
        """Private servers that another window owned may have gone with it: start them again."""
        if self._opened is not None and self._opened.servers is not None:
            again = partial(opening.open_here, self._opened.servers.data_dir, self._progress.emit)
            self.tasks.run(again, owner=self, done=self._revived, failed=self._failed, key="revive")

    def _revived(self, opened: "Opened") -> None:
        if self._opened is not None:
            before, self._opened = self._opened, replace(opened, demo=self._opened.demo)
            if before.servers is not None and opened.servers is not None and opened.servers.attached:
                # we are the owner already: keep the handle that stops them
                self._opened = before

    # -- looks -------------------------------------------------------------------------

    @Slot()
    def _toggle_theme(self) -> None:
        dark = not theme.current().dark
        self._likes = replace(self._likes, theme="dark" if dark else "light")
        self._file.write(self._likes)
        theme.apply(self._qt, dark)

    def _dress(self) -> None:
        wanted = self._likes.theme
        theme.apply(self._qt, theme.system_is_dark(self._qt) if wanted == "system" else wanted == "dark")


def _nothing(_: object) -> None:
    return
