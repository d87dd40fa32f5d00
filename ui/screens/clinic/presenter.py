"""What happens on the clinic screen; knows no widget."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from clinicdesk.domain.administration import Record
from clinicdesk.domain.errors import DomainError, InvalidField, StaleRecord
from clinicdesk.domain.people import Actor
from clinicdesk.services.administration import Administration, Setting
from ui.messages import message_for
from ui.news import News
from ui.tasks import TaskRunner

if TYPE_CHECKING:  # it brings the driver of the documents
    from clinicdesk.services.sealing import Sealing

translate = QCoreApplication.translate
TOPIC = "setup"


class ClinicDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def administration(self) -> Administration: ...

    @property
    def sealing(self) -> "Sealing": ...


class ClinicPresenter(QObject):
    """Reads and writes of every part; each answer names its part."""

    listed = Signal(str, object)
    settings_read = Signal(object)
    sealing_read = Signal(object)
    saved = Signal(str)
    outdated = Signal()
    changed_elsewhere = Signal(str)
    collided = Signal(object)
    field_wrong = Signal(str, str, str)
    told = Signal(str, str)
    busy = Signal(bool)

    def __init__(self, desk: ClinicDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__()
        self.actor = desk.actor
        self.service = desk.administration
        self._sealing, self._tasks = desk.sealing, tasks
        self.shown = False
        self._saving = 0
        news.arrived.connect(self._arrived)

    @Slot(str, str)
    def _arrived(self, topic: str, _row: str) -> None:
        if topic in ("", TOPIC) and self.shown and not self._saving:
            self.outdated.emit()

    # -- reading

    def read(self, record: str, doctor_id: UUID | None = None) -> None:
        """Answered by ``listed``."""
        self._run(
            partial(self.service.records, record, doctor_id),
            partial(self._listed, record),
            key=f"read {record}",
        )

    def _listed(self, record: str, rows: list[Record]) -> None:
        self.listed.emit(record, rows)

    def read_settings(self) -> None:
        """Answered by ``settings_read`` and, for who chooses it, ``sealing_read``."""
        self._run(self.service.settings, self.settings_read.emit, key="settings")
        if self.actor.may("charts.seal"):
            self._run(self._sealing.progress, self.sealing_read.emit, key="sealing")

    # -- writing

    def set_setting(self, setting: Setting, typed: object) -> None:
        """Answered by ``saved`` or ``field_wrong``."""
        self._write("setting", partial(self.service.set_setting, setting, typed))

    def choose_sealing(self, *, sealed: bool) -> None:
        """From now on; the job converts what is there."""
        self._write("setting", partial(self._sealing.choose, sealed=sealed))

    def save(
        self, record: str, before: Record | None, typed: Mapping[str, object], *, doctor_id: UUID | None
    ) -> None:
        """Every wrong field is named before anything is asked of the database."""
        if self.wrong(record, typed):
            return
        self._write(record, partial(self.service.save, record, before, typed, doctor_id=doctor_id))

    def wrong(self, record: str, typed: Mapping[str, object]) -> bool:
        """Name what is wrong at its field."""
        problems = self.service.problems(record, typed)
        for problem in problems:
            self.field_wrong.emit(record, problem.field, message_for(problem))
        return bool(problems)

    def remove(self, record: str, row: Record) -> None:
        """Hours, sessions, leave, holidays."""
        self._write(record, partial(self.service.remove, record, row))

    def find_collisions(self, doctor_id: UUID, typed: Mapping[str, object]) -> None:
        """Answered by ``collided``, or ``field_wrong``."""
        if not self.wrong("leave", typed):
            self._run(partial(self.service.collisions, doctor_id, typed), self.collided.emit, key="leave")

    # -- plumbing

    def _write(self, record: str, call: Callable[[], Any]) -> None:
        self._count(+1)
        self._tasks.run(
            call, owner=self, done=partial(self._written, record), failed=partial(self._refused, record)
        )

    @property
    def saving(self) -> bool:
        """A second Enter is not a second line."""
        return self._saving > 0

    def say_unsaved(self) -> None:
        """Why the line on show stays."""
        self.told.emit(translate("clinic", "Save what was typed first, or put it back (Esc)."), "info")

    def _count(self, step: int) -> None:
        self._saving += step
        self._tell_busy(busy=self._saving > 0)

    def _tell_busy(self, *, busy: bool) -> None:
        self.busy.emit(busy)

    def _written(self, record: str, _answer: None) -> None:
        self._count(-1)
        self.told.emit(translate("clinic", "Saved; it holds from now on."), "ok")
        self.saved.emit(record)

    def _refused(self, record: str, error: DomainError) -> None:
        self._count(-1)
        if isinstance(error, InvalidField):
            self.field_wrong.emit(record, error.field, message_for(error))
            return
        self._explain(error)
        if isinstance(error, StaleRecord):
            self.changed_elsewhere.emit(record)

    def _run(self, call: Callable[[], Any], done: Callable[[Any], object], *, key: str) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key=key)

    def _explain(self, error: DomainError) -> None:
        self.told.emit(message_for(error), "error")
