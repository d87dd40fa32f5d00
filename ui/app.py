"""The application: which clinic is opened, and who is received there."""

import gc
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from clinicdesk import settings
from clinicdesk.bootstrap import Core
from clinicdesk.demo.opening import default_demo_dir, open_demo
from clinicdesk.demo.people import DEMO_STAFF
from clinicdesk.domain.errors import DomainError
from clinicdesk.opening import Opened, holds_clinic, open_embedded, open_new_clinic
from clinicdesk.settings import CacheSettings, Deployment, DocumentSettings, PostgresSettings
from ui import theme
from ui.entry_window import EntryWindow
from ui.failures import Failures, start_log
from ui.garbage import GarbageCollector
from ui.messages import message_for
from ui.preferences import PreferencesFile
from ui.reception import Reception
from ui.screens import first_run
from ui.screens.first_run import FirstRunView, NewClinic, Servers
from ui.screens.sign_in import DemoPerson
from ui.seat import Seat
from ui.tasks import TaskRunner
from ui.watchdog import Watchdog

SWITCH_INTERVAL = 0.001  # seconds; busy workers then stall painting a fifth as long (measured)


def run(*, demo: bool, role: str | None, data_dir: Path | None) -> int:
    """Open the window and stay until it is closed; the exit status."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("ClinicDesk")
    qt.setQuitOnLastWindowClosed(False)
    failures = Failures(start_log())
    collector, watchdog = GarbageCollector(), Watchdog()
    watchdog.start()
    program = Program(qt, PreferencesFile())
    # handled between Python steps; the watchdog's timer makes sure there are some
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: qt.quit())
    program.start(demo=demo, role=role, data_dir=data_dir)
    status = qt.exec()
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
        self._dress()

    @property
    def seat(self) -> Seat | None:
        """Who is at work."""
        return self.reception.seat

    def start(self, *, demo: bool, role: str | None, data_dir: Path | None) -> None:
        """Open what was asked for, else what this PC has, else the first-run choices."""
        self._role = role
        page = self._first_run = first_run.build()
        page.demo_requested.connect(self.open_demo)
        page.clinic_requested.connect(self._set_up)
        page.servers_requested.connect(self._connect)
        page.deployment_file_chosen.connect(self._use_file)
        self.entry.put(page)
        self.entry.show()
        if demo:
            self.open_demo(data_dir)
        elif settings.default_config().exists():
            self._use_file(str(settings.default_config()))
        elif holds_clinic(settings.default_data_dir()):
            self._open(partial(open_embedded, settings.default_data_dir(), progress=self._progress.emit))

    def close(self) -> None:
        """Sign out, finish what was asked, stop the servers that are ours."""
        self.reception.close()
        self._file.write(self._likes)
        self.entry.hide()
        self.entry.deleteLater()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    # -- opening a clinic ------------------------------------------------------------

    @Slot()
    def open_demo(self, data_dir: Path | None = None) -> None:
        self._open(partial(open_demo, data_dir or default_demo_dir(), progress=self._progress.emit))

    @Slot(object)
    def _set_up(self, answers: NewClinic) -> None:
        self._open(
            partial(
                open_new_clinic,
                settings.default_data_dir(),
                clinic=answers.clinic,
                admin=answers.admin,
                email=answers.email,
                password=answers.password,
                progress=self._progress.emit,
            )
        )

    @Slot(object)
    def _connect(self, servers: Servers) -> None:
        try:
            deployment = deployment_of(servers)
            settings.save(deployment, settings.default_config())
        except DomainError as error:
            self._failed(error)
            return
        self._ready(Opened(deployment))

    @Slot(str)
    def _use_file(self, path: str) -> None:
        try:
            deployment = settings.load(Path(path))
            if Path(path) != settings.default_config():
                settings.save(deployment, settings.default_config())
        except DomainError as error:
            self._failed(error)
            return
        self._ready(Opened(deployment))

    def _open(self, call: Callable[[], Opened]) -> None:
        self._show_progress(self.tr("Starting the servers"))
        self.tasks.run(call, owner=self, done=self._ready, failed=self._failed)

    def _ready(self, opened: Opened) -> None:
        self._opened = opened
        self._first_run = None
        self._ask_who()

    def _failed(self, error: DomainError) -> None:
        if self._first_run is not None:
            # what the servers of this PC say is already a sentence
            self._first_run.show_failure(str(error) if " " in str(error) else message_for(error))

    @Slot(str)
    def _show_progress(self, sentence: str) -> None:
        if self._first_run is not None:
            self._first_run.show_progress(sentence)

    # -- signing in and out ------------------------------------------------------------

    def _ask_who(self) -> None:
        assert self._opened is not None
        people = [DemoPerson(p.name, p.title, p.email, p.password) for p in DEMO_STAFF]
        page = self.reception.open(self._core, people=people if self._opened.demo else ())
        if self._role is not None and self._opened.demo:
            person = next(p for p in DEMO_STAFF if p.role == self._role)
            self._role = None
            page.sign_in_asked.emit(person.email, person.password)

    def _core(self) -> Core:
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
            again = partial(open_embedded, self._opened.servers.data_dir, progress=self._progress.emit)
            self.tasks.run(again, owner=self, done=self._revived, failed=self._failed, key="revive")

    def _revived(self, opened: Opened) -> None:
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


def deployment_of(servers: Servers) -> Deployment:
    """The settings of typed addresses: TLS wherever the server is not this PC. Raises SettingsError."""

    def host(address: object) -> str:
        found = getattr(address, "host", ""), getattr(address, "port", "")
        return f"{found[0]}:{found[1]}"

    def local(text: str) -> bool:
        return settings.is_loopback(text)

    postgres = host(servers.postgres)
    mongo = host(servers.mongo) if servers.mongo else None
    redis = host(servers.redis) if servers.redis else None
    return Deployment(
        postgres=PostgresSettings(
            hosts=postgres,
            database=servers.database,
            sslmode="disable" if local(postgres) else "verify-full",
            ca=servers.ca_file,
        ),
        documents=DocumentSettings(hosts=mongo, tls=not local(mongo), ca=servers.ca_file) if mongo else None,
        cache=CacheSettings(hosts=redis, tls=not local(redis), ca=servers.ca_file) if redis else None,
    )
