"""The audit screen: five lists, a filter, and the chosen line beside them."""

from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QModelIndex, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from ui.screens.audit.model import ACCESS, Page, cells, heads, kind_words, widths
from ui.screens.audit.presenter import AuditPresenter
from ui.screens.audit.side import FilterPane, LinePane
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import Segments, button
from ui.widgets.card import Card, EmptyState, ProgressStrip
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view, set_widths
from ui.widgets.text import label

SIDE_WIDTH = 380


class AuditView(QWidget):
    """By keyboard: Ctrl+1 to Ctrl+5 a list, Ctrl+F a patient, Ctrl+E exports, Ctrl+P prints, Ctrl+M more."""

    def __init__(self, presenter: AuditPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        self._kinds = presenter.kinds()
        self.parts = Segments([kind_words()[kind] for kind in self._kinds], self.tr("What to show"))
        self.export_button = button(self.tr("Export"), "download")
        self.print_button = button(self.tr("Print for the patient"), "printer")
        self.print_button.hide()
        self.older = button(self.tr("Older lines"), "chevron-down")
        self.older.hide()
        self.notice = Notice()
        self.strip = ProgressStrip()
        self.model = LinesTable(heads(ACCESS), self)
        self.table = lines_view(self.model, self.tr("Lines"), widths(ACCESS))
        self.filter = FilterPane(presenter)
        self.line = LinePane(presenter)
        self.empty = EmptyState(
            "clipboard-list", self.tr("Nothing here"), self.tr("No line fits the filter.")
        )
        self._dialog: QFileDialog | None = None
        self._lay_out()
        self._connect()
        self._make_actions()
        self.setFocusProxy(self.table)

    def activate(self) -> None:
        """Read anew: each reading is a line of the audit itself."""
        self.presenter.start()

    def show_patient(self, patient_id: UUID, words: str, *, restricted: bool) -> None:
        """Who opened this patient's chart; ``words`` name the patient."""
        self.filter.show_patient(patient_id, words, restricted=restricted)
        self._show_kind(0)

    def hideEvent(self, event: QHideEvent) -> None:
        self.presenter.shown = False
        super().hideEvent(event)

    def _lay_out(self) -> None:
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.empty)
        column = vbox(self.pages, hbox(None, self.older, None), margins=(1, 4, 1, 6), spacing=4)
        column.setStretch(0, 1)
        side = QWidget()
        side.setFixedWidth(SIDE_WIDTH)
        beside = vbox(self.filter, self.line, spacing=12)
        beside.setStretch(1, 1)
        side.setLayout(beside)
        row = hbox(Card(column), side, spacing=14)
        row.setStretch(0, 1)
        head = hbox(label(self.tr("Audit"), "title"), self.parts, None, spacing=12)
        head.addWidget(self.print_button)
        head.addWidget(self.export_button)
        body = vbox(head, self.notice, row, margins=(20, 12, 20, 14), spacing=10)
        body.setStretch(2, 1)
        layout = vbox(self.strip, body, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.filter.show_kind(ACCESS)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.listed.connect(self._show_page)
        presenter.told.connect(self.notice.show_notice)
        presenter.busy.connect(self.strip.show_busy)
        self.parts.chosen.connect(self._show_kind)
        self.export_button.clicked.connect(self.ask_export)
        self.print_button.clicked.connect(self.ask_print)
        presenter.paper.connect(self._show_paper)
        self.older.clicked.connect(self._read_older)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.line.review_asked.connect(presenter.review)

    def _make_actions(self) -> None:
        slots = (self._first, self._second, self._third, self._fourth, self._fifth)
        for number, kind in enumerate(self._kinds):
            make_action(self, kind_words()[kind], slots[number], keys=f"Ctrl+{number + 1}", icon="list")
        make_action(self, self.tr("Find a patient's lines"), self._to_patient, keys="Ctrl+F", icon="search")
        make_action(self, self.tr("Export"), self.ask_export, keys="Ctrl+E", icon="download")
        make_action(self, self.tr("Print for the patient"), self.ask_print, keys="Ctrl+P", icon="printer")
        make_action(self, self.tr("Older lines"), self._read_older, keys="Ctrl+M", icon="chevron-down")

    # -- showing

    @Slot(object)
    def _show_page(self, page: Page) -> None:
        rows = [(line, cells(line, self.presenter.zone)) for line in page.lines]
        if page.older:
            self.model.add_lines(rows)
        else:
            before = self.model.thing(self.table.currentIndex().row())
            self.model.show_lines(rows, heads(page.kind))
            set_widths(self.table, widths(page.kind))
            self.pages.setCurrentWidget(self.table if rows else self.empty)
            at = next((n for n, (line, _) in enumerate(rows) if before and line.id == before.id), 0)
            if rows:
                self.table.setCurrentIndex(self.model.index(at, 0))
            else:
                self.line.show_line(None)
        self.older.setVisible(page.more)
        self.print_button.setVisible(page.kind == ACCESS and self.presenter.filter.patient is not None)

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.line.show_line(self.model.thing(now.row()) if now.isValid() else None)

    @Slot(int)
    def _show_kind(self, number: int) -> None:
        self.parts.choose(number)
        kind = self._kinds[number]
        self.older.hide()
        self.presenter.choose(kind)
        self.filter.show_kind(kind)

    # -- asking

    @Slot()
    def _read_older(self) -> None:
        last = self.model.thing(self.model.rowCount() - 1)
        if last is not None and not self.older.isHidden():
            self.presenter.older(last.id)

    @Slot()
    def ask_export(self) -> None:
        """Where to; nothing is read before."""
        dialog = QFileDialog(self, self.tr("Export as CSV"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setNameFilter(self.tr("Tables (*.csv)"))
        dialog.selectFile(f"{self.presenter.kind}-{self.presenter.today():%Y-%m-%d}.csv")
        dialog.fileSelected.connect(self._export)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    @Slot()
    def ask_print(self) -> None:
        """Who opened the chosen patient's chart, as it is handed to the patient."""
        if not self.print_button.isHidden():
            self.presenter.print_access()

    @Slot(object)
    def _show_paper(self, pdf: bytes) -> None:
        from ui.widgets.pdf_dialog import PdfDialog

        name = f"{self.tr('access')}-{self.presenter.today():%Y-%m-%d}"
        self.paper = PdfDialog(self.tr("Who opened the chart"), pdf, file_name=name, parent=self)
        self.paper.said.connect(self.notice.show_notice)
        self.paper.open()

    @Slot(str)
    def _export(self, path: str) -> None:
        self.presenter.export(Path(path))

    @Slot()
    def _to_patient(self) -> None:
        if not self.filter.isHidden():
            self.filter.clear_patient()

    @Slot()
    def _first(self) -> None:
        self._show_kind(0)

    @Slot()
    def _second(self) -> None:
        self._show_kind(1)

    @Slot()
    def _third(self) -> None:
        self._show_kind(2)

    @Slot()
    def _fourth(self) -> None:
        self._show_kind(3)

    @Slot()
    def _fifth(self) -> None:
        self._show_kind(4)
