"""The report of the dry run on the left, the columns of the file on the right."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from clinicdesk.services.stock_import import COLUMNS, DryRun, Sheet
from ui.messages import field_message
from ui.room_view import RoomView, show_rows
from ui.screens.importing.presenter import ImportingPresenter
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.save_file import SaveFile

SHOWN = 2000


class ImportingView(RoomView):
    """By keyboard: Ctrl+O chooses a file, Enter through the columns tries it, Ctrl+Enter takes it over."""

    presenter: ImportingPresenter

    def __init__(self, presenter: ImportingPresenter) -> None:
        super().__init__(presenter, "")
        self.title = self.tr("Import a stock list")
        self.report = LinesTable([self.tr("Row"), self.tr("What"), self.tr("Why")], self)
        self.table = lines_view(self.report, self.tr("Report of the dry run"), (110, 0, 330))
        self.open_button = button(self.tr("Choose a file"), "folder-open")
        self.template_button = button(self.tr("Empty template"), "download")
        self.run_button = button(self.tr("Take over"), "upload", primary=True)
        self.stop_button = button(self.tr("Stop"), "x")
        self.undo_button = button(self.tr("Undo the import"), "undo-2")
        self.bar = QProgressBar()
        self.bar.setAccessibleName(self.tr("Progress of the import"))
        for part in (self.bar, self.stop_button, self.undo_button):
            part.hide()
        self.run_button.setEnabled(False)
        self.columns = self._make_form()
        text = self.tr("CSV or Excel, one batch a row. Nothing is written before you saw the report.")
        self.idle.setLayout(vbox(EmptyState("upload", self.tr("Choose a file"), text)))
        head = (
            None,
            self.template_button,
            self.open_button,
            self.undo_button,
            self.stop_button,
            self.run_button,
        )
        self.lay_out(head, self.table, self.bar)
        self.add_form(self.columns, self._try)
        self._connect()

    def _make_form(self) -> EntryForm:
        form = EntryForm(self.tr("Columns of the file"), self.tr("Try it"), "list-filter")
        words = {
            "item_code": self.tr("Code"),
            "item_name": self.tr("Name"),
            "category": self.tr("Category"),
            "unit": self.tr("Unit"),
            "medicine": self.tr("Medicine"),
            "strength": self.tr("Strength"),
            "form": self.tr("Form"),
            "batch_number": self.tr("Batch"),
            "expiry_date": self.tr("Expiry"),
            "quantity": self.tr("Quantity"),
            "unit_cost": self.tr("Cost"),
            "selling_price": self.tr("Price"),
            "supplier_name": self.tr("Supplier"),
            "location": self.tr("Place"),
            "minimum": self.tr("Minimum"),
            "maximum": self.tr("Maximum"),
        }
        keys = list(COLUMNS)
        for key in keys:
            form.add_choice(key, words[key])
        form.lay_out(*(tuple(keys[at : at + 3]) for at in range(0, len(keys), 3)))
        return form

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.sheet_read.connect(self._show_sheet)
        presenter.tried.connect(self._show_report)
        presenter.progressed.connect(self._show_progress, Qt.ConnectionType.QueuedConnection)
        presenter.finished.connect(self._show_finished)
        presenter.undone.connect(self._show_undone)
        presenter.template_made.connect(self._save_template)
        self.open_button.clicked.connect(self.choose_file)
        self.template_button.clicked.connect(presenter.template)
        self.run_button.clicked.connect(self.run)
        self.stop_button.clicked.connect(presenter.stop)
        self.undo_button.clicked.connect(presenter.undo)
        self.action(self.tr("Choose a file"), self.choose_file, "folder-open", "Ctrl+O")
        self.action(self.tr("Take the list over"), self.run, "upload", "Ctrl+Return")
        self.action(self.tr("Undo the import"), presenter.undo, "undo-2")
        self.action(self.tr("Save an empty template"), presenter.template, "download")
        self.exports(self.report, "import-report")

    def first_focus(self) -> QWidget:
        return self.open_button

    @Slot()
    def choose_file(self) -> None:
        """CSV or Excel."""
        dialog = QFileDialog(self, self.tr("Choose a stock list"), "", "CSV, Excel (*.csv *.xlsx)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.presenter.open_file)
        dialog.open()

    @Slot(object, object)
    def _show_sheet(self, sheet: Sheet, guessed: Mapping[str, int]) -> None:
        heads: list[tuple[str, object]] = [(self.tr("– not in the file –"), None)]
        heads += [(head or self.tr("Column {0}").format(at + 1), at) for at, head in enumerate(sheet.heads)]
        for key in COLUMNS:
            self.columns.offer(key, heads)
            self.columns.put(**{key: guessed.get(key)})
        self.columns.about.setText(self.tr("{0}: {1} rows").format(sheet.name, f"{len(sheet.rows):,}"))
        self.open_form(self.columns)
        self._try({key: self.columns.value(key) for key in COLUMNS})

    @Slot(object)
    def _try(self, said: Mapping[str, object]) -> None:
        self.presenter.try_out({key: at for key, at in said.items() if isinstance(at, int)})

    @Slot(object)
    def _show_report(self, found: DryRun) -> None:
        self.columns.show_busy(busy=False)
        bad = (self.tr("Not taken over"), "danger", "circle-x")
        here = (self.tr("Here already"), "info", "info")
        rows: list[tuple[object, tuple[object, ...]]] = [
            (one, (f"{one.row:,}", bad, f"{one.field.replace('_', ' ')}: {field_message(one.rule)}"))
            for one in found.wrong[:SHOWN]
        ]
        rows += [
            (n, (f"{n:,}", here, self.tr("This batch is in the stock; it stays.")))
            for n in found.known[:SHOWN]
        ]
        rows += [
            (n, (f"{n:,}", here, self.tr("Twice in the file; the first one counts.")))
            for n in found.twice[:SHOWN]
        ]
        unknown = self.tr("Not in the formulary: it cannot be prescribed.")
        rows += [(name, ("–", (name, "warn", "triangle-alert"), unknown)) for name in found.unmatched[:SHOWN]]
        show_rows(self.table, rows)
        self.run_button.setEnabled(bool(found.rows) and self.presenter.last is None)
        left = len(found.wrong) + len(found.known) + len(found.twice)
        said = self.tr("{0} rows would be taken over, {1} would not.").format(
            f"{len(found.rows):,}", f"{left:,}"
        )
        self.tell(said, "info")

    @Slot()
    def run(self) -> None:
        """Write it; Stop takes all of it back."""
        if self.run_button.isEnabled():
            self.run_button.setEnabled(False)
            for part in (self.bar, self.stop_button):
                part.show()
            self.bar.setRange(0, 0)
            self.presenter.run()

    @Slot(int, int)
    def _show_progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    @Slot(int)
    def _show_finished(self, made: int) -> None:
        for part in (self.bar, self.stop_button):
            part.hide()
        self.undo_button.setVisible(made > 0)
        self.tell(
            self.tr("Taken over: {0} batches.").format(f"{made:,}")
            if made
            else self.tr("Stopped: nothing was taken over."),
            "ok",
        )
        self.close_form()

    @Slot(int)
    def _show_undone(self, gone: int) -> None:
        self.undo_button.hide()
        self.tell(self.tr("Undone: {0} batches were taken back.").format(f"{gone:,}"), "ok")

    @Slot(object)
    def _save_template(self, data: bytes) -> None:
        dialog = SaveFile(self, self.tr("Save the template"), "stock-list.csv", data=data)
        dialog.said.connect(self.tell)
        dialog.open()

    @Slot(str, str)
    def tell(self, text: str, kind: str = "info") -> None:
        if kind == "error" and self.presenter.last is None:
            for part in (self.bar, self.stop_button):
                part.hide()
        super().tell(text, kind)
