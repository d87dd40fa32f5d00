"""Follows the program from its first picture to the day, then uses it for a while."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from ui.app import Program
from ui.screens.sign_in import SignInView
from ui.watchdog import Watchdog

if TYPE_CHECKING:
    from ui.screens.schedule import ScheduleView  # the program imports it when somebody signs in, not before

LOOK_MS, STEP_MS, SETTLE_MS, GIVE_UP_MS = 2, 250, 1500, 30_000


def resident() -> float:
    """MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Probe(QObject):
    """Waits for paint events of the page that matters and nothing else, to disturb little."""

    def __init__(
        self, program: Program, since: Callable[[], float], email: str, password: str, *, seconds: int
    ) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}
        self.complete = False
        self._program, self._since, self._who = program, since, (email, password)
        self._seconds, self._steps = seconds, 0
        self._waits_for: QWidget | None = None
        self._asked = 0.0
        self._dog = Watchdog(every_ms=5, stack_after_ms=60, logs=False)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._seek)
        self._look.start()
        self._step = QTimer(self, interval=STEP_MS)
        self._step.timeout.connect(self._use)
        QTimer.singleShot(GIVE_UP_MS + seconds * 1000, self._program._qt.quit)

    # what is on show

    def _seek(self) -> None:
        page = self._page()
        if page is not None and page is not self._waits_for:
            self._waits_for = page
            page.installEventFilter(self)
            page.update()

    def _page(self) -> QWidget | None:
        if "sign_in_ms" not in self.found:
            pages = self._program.entry.centralWidget()
            shown = pages.currentWidget() if isinstance(pages, QStackedWidget) else None
            return shown if isinstance(shown, SignInView) else None
        schedule = self._schedule()
        if schedule is not None and "day_ms" not in self.found and schedule.model.rowCount() > 0:
            return schedule.calendar.viewport()
        return None

    def _schedule(self) -> "ScheduleView | None":
        page = self._program.seat.shell.page("schedule") if self._program.seat else None
        if page is None:
            return None
        from ui.screens.schedule import ScheduleView

        return page if isinstance(page, ScheduleView) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._painted)  # after this paint event is done
        return False

    def _painted(self) -> None:
        if "sign_in_ms" not in self.found:
            self.found["sign_in_ms"] = self._since()
            QTimer.singleShot(SETTLE_MS, self._sign_in)
        elif "day_ms" not in self.found:
            self.found["day_ms"] = self._since() - self._asked
            self._look.stop()
            QTimer.singleShot(SETTLE_MS, self._settled)

    def _sign_in(self) -> None:
        self.found["sign_in_mib"] = resident()
        page = self._waits_for
        assert isinstance(page, SignInView)
        self._asked = self._since()
        page.sign_in_asked.emit(*self._who)

    def _settled(self) -> None:
        self.found["day_mib"] = resident()
        if self._seconds:
            self._dog.start()
            self._step.start()
            QTimer.singleShot(self._seconds * 1000, self._finish)
        else:
            self._finish()

    def _finish(self) -> None:
        if self._seconds:
            self._step.stop()
            self._dog.stop()
            gaps = self._dog.gaps
            self.found |= {
                "worst": self._dog.worst(), "p999": self._dog.percentile(0.999), "over_100": sum(gap > 100 for gap in gaps),
                "steps": self._steps, "stacks": self._dog.stacks[:5], "end_mib": resident(),
            }  # fmt: skip
        self.complete = True
        self._program._qt.quit()

    # using it

    def _use(self) -> None:
        """One thing after the other, as fast as a hurried person."""
        shell, schedule = self._program.seat.shell if self._program.seat else None, self._schedule()
        if shell is None or schedule is None:
            return
        if self._steps % 12 in (0, 1):
            shell.show_room("schedule")
        acts: list[Callable[[], object]] = [
            lambda: schedule.header.stepped.emit(1),
            lambda: self._select(schedule),
            lambda: schedule.calendar.set_zoom(schedule.calendar.zoom * 1.15),
            lambda: schedule.header.stepped.emit(-1),
            lambda: shell.patient_asked.emit("ade"),
            lambda: schedule.calendar.set_zoom(schedule.calendar.zoom / 1.15),
            lambda: self._open_chart(schedule),
            lambda: shell.patient_asked.emit("okafr"),
            lambda: shell.show_room("patients"),
            lambda: shell.show_room("schedule"),
            lambda: schedule.new_appointment(),
        ]
        acts[self._steps % len(acts)]()
        self._steps += 1

    def _select(self, schedule: "ScheduleView") -> None:
        row = self._steps % max(1, schedule.model.rowCount())
        schedule.calendar.setCurrentIndex(schedule.model.index(row, 0))

    def _open_chart(self, schedule: "ScheduleView") -> None:
        """A doctor opens the selected patient's chart; reception sees the patient's page."""
        found = schedule.calendar.current_appointment()
        if found is not None:
            schedule.chart_asked.emit(found.patient_id, found)
