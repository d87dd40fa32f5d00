"""Says in the status bar who else has the same chart open."""

from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QLabel, QStatusBar

from clinicdesk.domain.errors import DomainError
from clinicdesk.domain.presence import Company
from clinicdesk.services.presence import RENEW_SECONDS, Presence
from ui.tasks import TaskRunner
from ui.widgets.text import label


class ChartCompany(QObject):
    """``show(patient)`` while a chart is on show, ``show(None)`` when it is not."""

    def __init__(self, presence: Presence, tasks: TaskRunner, bar: QStatusBar) -> None:
        super().__init__()
        self._presence, self._tasks = presence, tasks
        self._patient: UUID | None = None
        self.text: QLabel = label("", "small")
        self.text.hide()
        bar.addWidget(self.text)
        self._timer = QTimer(self)
        self._timer.setInterval(int(RENEW_SECONDS * 1000))
        self._timer.timeout.connect(self._renew)

    def show(self, patient: UUID | None) -> None:
        """Another chart, or none; the place before is left."""
        if patient == self._patient:
            return
        if self._patient is not None:
            gone = partial(self._presence.leave, "chart", self._patient)
            self._tasks.run(gone, owner=self, done=self._ignore, failed=self._ignore, key="leave")
        self._patient = patient
        self._say([])
        if patient is None:
            self._timer.stop()
        else:
            self._timer.start()
            self._renew()

    @Slot()
    def _renew(self) -> None:
        if self._patient is not None:
            call = partial(self._presence.at, "chart", self._patient)
            self._tasks.run(call, owner=self, done=self._found, failed=self._ignore, key="company")

    def _found(self, company: list[Company]) -> None:
        if self._patient is not None:
            self._say(sorted({one.name for one in company}))

    def _say(self, names: list[str]) -> None:
        words = self.tr("Also in this chart: {names}").format(names=", ".join(names)) if names else ""
        self.text.setText(words)
        self.text.setAccessibleName(words)
        self.text.setVisible(bool(words))

    def _ignore(self, _: DomainError | None) -> None:
        """The hint is missing; the status bar says that the cache is away."""
