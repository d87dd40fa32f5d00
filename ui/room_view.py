"""What simple rooms look like: a head, a notice, a table, and a side that shows words or a form."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QTableView, QWidget

from clinicdesk.services.exporting import as_csv, as_xlsx
from ui.room_presenter import RoomPresenter
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.card import Card
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import Part, hbox, vbox
from ui.widgets.lines import LinesTable
from ui.widgets.save_file import SaveFile
from ui.widgets.text import label

SIDE = 372


class RoomView(QWidget):
    """Subclasses make their parts and call ``lay_out``; forms of the side are shown by ``open_form``."""

    def __init__(self, presenter: RoomPresenter, title: str) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        self.title = title
        self.notice = Notice()
        self.side = QStackedWidget()
        self.idle = QWidget()
        self.side.addWidget(self.idle)
        self.forms: list[EntryForm] = []
        self._listed: tuple[LinesTable, str] | None = None
        presenter.told.connect(self.tell)
        presenter.wrong.connect(self.show_wrong)

    def lay_out(self, head: Sequence[Part], main: QWidget, *above: Part) -> None:
        """Title and buttons, what stands over the table, the table beside the side."""
        holder = QWidget()
        holder.setFixedWidth(SIDE)
        inside = vbox(self.side, margins=(16, 14, 16, 12))
        holder.setLayout(vbox(Card(inside)))
        column = vbox(main, margins=(1, 4, 1, 4))
        body = hbox(Card(column), holder, spacing=14)
        body.setStretch(0, 1)
        top = hbox(label(self.title, "title"), *head, spacing=10)
        page = vbox(top, self.notice, *above, body, margins=(24, 14, 24, 14), spacing=12)
        page.setStretch(2 + len(above), 1)
        self.setLayout(page)

    def add_form(self, form: EntryForm, asked: Callable[[Any], object]) -> None:
        """A form of the side; Back and Esc close it."""
        self.forms.append(form)
        self.side.addWidget(form)
        form.submitted.connect(asked)
        form.left.connect(self.close_form)

    def open_form(self, form: EntryForm, key: str = "") -> None:
        """Show it with the focus on a field."""
        self.side.setCurrentWidget(form)
        form.start(key)

    def form(self) -> EntryForm | None:
        """The form on show."""
        return next((one for one in self.forms if self.side.currentWidget() is one), None)

    @Slot()
    def close_form(self) -> None:
        """Back to the words, the focus to the page's main widget."""
        self.side.setCurrentWidget(self.idle)
        self.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def first_focus(self) -> QWidget:
        """The page's main widget."""
        raise NotImplementedError

    def activate(self) -> None:
        """Read again what changed while the page was hidden."""
        self.presenter.show_is(shown=True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.show_is(shown=True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.presenter.show_is(shown=False)
        super().hideEvent(event)

    @Slot(str, str)
    def tell(self, text: str, kind: str = "info") -> None:
        """A line over the table."""
        form = self.form()
        if form is not None and kind == "error":
            form.show_busy(busy=False)
        self.notice.show_notice(text, kind)

    @Slot(str, str)
    def show_wrong(self, field: str, text: str) -> None:
        """At its field when the form has it, else over the table."""
        form = self.form()
        if form is not None and field in form.fields:
            form.show_wrong(field, text)
        else:
            self.tell(text, "error")

    def action(self, text: str, slot: Callable[[], object], icon: str, keys: str = "") -> QAction:
        return make_action(self, text, slot, keys=keys, icon=icon)

    # -- a list as seen

    def exports(self, model: LinesTable, name: str) -> None:
        """Two actions that save this list as it is shown."""
        self._listed = (model, name)
        self.action(self.tr("Export the list as CSV"), self._export_csv, "download")
        self.action(self.tr("Export the list as a spreadsheet"), self._export_xlsx, "download")

    def list_as_seen(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of words."""
        assert self._listed is not None
        model = self._listed[0]
        across = range(model.columnCount())
        heads = [str(model.headerData(at, Qt.Orientation.Horizontal) or "") for at in across]
        rows = [
            [str(model.index(row, at).data() or "").replace("\n", " ") for at in across]
            for row in range(model.rowCount())
        ]
        return heads, rows

    @Slot()
    def _export_csv(self) -> None:
        self._export("csv")

    @Slot()
    def _export_xlsx(self) -> None:
        self._export("xlsx")

    def _export(self, kind: str) -> None:
        assert self._listed is not None
        heads, rows = self.list_as_seen()
        title = self.title
        make = partial(as_csv, heads, rows) if kind == "csv" else partial(as_xlsx, heads, rows, title=title)
        self.presenter.ask(make, partial(self._save, f"{self._listed[1]}.{kind}"), key="export")

    def _save(self, name: str, data: bytes) -> None:
        dialog = SaveFile(self, self.tr("Save the list"), name, data=data)
        dialog.said.connect(self.tell)
        dialog.open()


def current_thing(table: QTableView) -> object:
    """What the chosen row stands for; None without one."""
    model = table.model()
    index = table.currentIndex()
    return model.thing(index.row()) if isinstance(model, LinesTable) and index.isValid() else None


def show_rows(table: QTableView, rows: Sequence[tuple[object, Sequence[object]]]) -> None:
    """Replace the lines; the chosen one stays chosen by its place."""
    model = table.model()
    assert isinstance(model, LinesTable)
    row, at = table.currentIndex().row(), table.verticalScrollBar().value()
    model.show_lines(rows)  # type: ignore[arg-type]
    if model.rowCount():
        table.setCurrentIndex(model.index(min(max(row, 0), model.rowCount() - 1), 0))
    table.verticalScrollBar().setValue(at)
