"""A list on its way in: file, columns, dry run, run, undo; knows no widget."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from threading import Event
from typing import Protocol
from uuid import UUID, uuid4

from PySide6.QtCore import Signal, Slot

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.services.stock_import import DryRun, Sheet, StockImport
from ui.news import News
from ui.room_presenter import RoomPresenter
from ui.tasks import TaskRunner


class ImportingDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def stock_import(self) -> StockImport: ...


class ImportingPresenter(RoomPresenter):
    """``progressed(done, all)`` comes from the worker; Qt queues it."""

    sheet_read = Signal(object, object)
    tried = Signal(object)
    progressed = Signal(int, int)
    finished = Signal(int)
    undone = Signal(int)
    template_made = Signal(object)

    def __init__(self, desk: ImportingDesk, tasks: TaskRunner, news: News) -> None:
        super().__init__(tasks, news)
        self._import = desk.stock_import
        self.sheet: Sheet | None = None
        self.found: DryRun | None = None
        self.last: UUID | None = None
        self._stop = Event()

    def read(self) -> None:
        """Nothing is read before a file is chosen."""

    @Slot(str)
    def open_file(self, path: str) -> None:
        """Read a file and guess its columns."""
        self.ask(partial(self._read_file, path), self._opened, key="file")

    def _read_file(self, path: str) -> tuple[Sheet, dict[str, int]]:
        try:
            data = Path(path).read_bytes()
        except OSError:
            raise InvalidField("file", "file") from None
        sheet = self._import.read(Path(path).name, data)
        return sheet, self._import.guess(sheet)

    def _opened(self, found: tuple[Sheet, dict[str, int]]) -> None:
        self.sheet, self.found = found[0], None
        self.sheet_read.emit(*found)

    def try_out(self, columns: Mapping[str, int]) -> None:
        """What would happen with these columns; nothing is written."""
        if self.sheet is not None:
            self.ask(partial(self._import.dry_run, self.sheet, columns), self._tried, key="dry run")

    def _tried(self, found: DryRun) -> None:
        self.found = found
        self.tried.emit(found)

    @Slot()
    def run(self) -> None:
        """Write what the dry run found."""
        if self.sheet is None or self.found is None or not self.found.rows or self.last is not None:
            return
        self.last = uuid4()
        self._stop.clear()
        call = partial(self._import.run, self.last, self.sheet.name, self.found, progress=self._progress)
        self.act("run", lambda _: call(), self._finished)

    def _progress(self, done: int, total: int) -> bool:
        self.progressed.emit(done, total)
        return not self._stop.is_set()

    @Slot()
    def stop(self) -> None:
        """Stop soon, and take back what was written."""
        self._stop.set()

    def _finished(self, made: int) -> None:
        self.found = None
        if made == 0:
            self.last = None
        self.finished.emit(made)

    @Slot()
    def undo(self) -> None:
        """Take the last import back."""
        if self.last is not None:
            self.act("undo", lambda _: self._import.undo(self.last or uuid4()), self._undone)

    def _undone(self, gone: int) -> None:
        self.last = None
        self.undone.emit(gone)

    @Slot()
    def template(self) -> None:
        """An empty list to fill in."""
        self.template_made.emit(self._import.template())
