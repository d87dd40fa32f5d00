"""What the chart screen does with files: ask for one, show one, forget them with their patient."""

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.visits import Visit
from ui.screens.chart.files import AttachSheet, FilesRow
from ui.screens.chart.model import translate
from ui.screens.chart.presenter import ChartPresenter

if TYPE_CHECKING:
    from ui.screens.chart.file_window import FileWindow


class FileDesk(QObject):
    """Ties the rows of files, the sheet and the window to the visit on show."""

    told = Signal(str)

    def __init__(self, page: QWidget, presenter: ChartPresenter, form: FilesRow, reading: FilesRow) -> None:
        super().__init__(page)
        self._page, self._presenter, self._form = page, presenter, form
        self.sheet = AttachSheet(page)
        self.window: FileWindow | None = None
        self._read: Visit | None = None
        attaching = presenter.attaching
        for row in (form, reading):
            row.asked.connect(self._open)
        form.attach_asked.connect(self.attach)
        self.sheet.chosen.connect(attaching.attach)
        attaching.wrong.connect(self.sheet.show_error)
        attaching.kept.connect(self._kept)
        attaching.read.connect(self._show)
        presenter.page.connect(self._page_shown)

    def possible(self) -> bool:
        """Whether a visit is being written."""
        draft = self._presenter.drafting.draft
        return draft is not None and not draft.amending

    @Slot()
    def attach(self) -> None:
        """Ask for a file."""
        self.offer("")

    def offer(self, path: str) -> None:
        """Ask what the file is; nothing happens where no visit is being written."""
        if self.possible():
            self.sheet.ask(path)

    def forget(self) -> None:
        """Another patient comes, or none."""
        self._read = None
        self.sheet.reject()
        if self.window is not None:
            self.window.forget()

    @Slot(object)
    def _page_shown(self, visit: Visit) -> None:
        self._read = visit

    @Slot(str)
    def _kept(self, name: str) -> None:
        self.sheet.accept()
        draft = self._presenter.drafting.draft
        if draft is not None:
            self._form.show_files(draft.visit.attachments, writable=True)
        self.told.emit(translate("files", "Attached: {name}").format(name=name))

    @Slot(str)
    def _open(self, name: str) -> None:
        draft = self._presenter.drafting.draft
        visit = draft.visit if draft is not None else self._read
        if visit is not None:
            self._presenter.attaching.open(visit, name)

    @Slot(object, str, object)
    def _show(self, patient_id: object, name: str, content: bytes) -> None:
        found = self._presenter.on_show
        if found is None or not found.holds(UUID(str(patient_id))):
            return
        if self.window is None:
            # Qt's part for PDF comes with the first file
            from ui.screens.chart.file_window import FileWindow

            self.window = FileWindow(self._page)
        self.window.show_file(name, content, whose=f"{found.patient.name} · {found.patient.mrn}")
