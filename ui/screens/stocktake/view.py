"""The list to count, one figure at a time beside it; then the differences with their reasons."""

from datetime import tzinfo
from uuid import UUID

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.stock_room import CountLine, Stocktake, ToCount
from clinicdesk.printing import words
from ui.room_view import RoomView, current_thing, show_rows
from ui.scanner import WedgeScanner
from ui.screens.stocktake.presenter import StocktakePresenter
from ui.widgets.buttons import Segments, button
from ui.widgets.card import EmptyState
from ui.widgets.entry_form import EntryForm
from ui.widgets.field import SearchBox
from ui.widgets.layouts import vbox
from ui.widgets.lines import LinesTable, lines_view

COUNT, DIFFERENCES = range(2)


class StocktakeView(RoomView):
    """By keyboard: Ctrl+N starts; a figure and Enter, the next batch follows; Ctrl+2 the differences."""

    presenter: StocktakePresenter

    def __init__(self, presenter: StocktakePresenter, zone: tzinfo, currency: str) -> None:
        super().__init__(presenter, "")
        self.title, self._zone, self._currency = self.tr("Stocktake"), zone, currency
        self._reasons: dict[UUID, str] = {}
        self.to_count = LinesTable(
            [self.tr("Place"), self.tr("Item"), self.tr("Batch"), self.tr("Counted")], self
        )
        self.lines = LinesTable(
            [self.tr("Item"), self.tr("Batch"), self.tr("Counted"), self.tr("Ledger"), self.tr("Difference"),
             self.tr("Worth"), self.tr("Reason")], self)  # fmt: skip
        self.table = lines_view(self.to_count, self.tr("What is to count"), (140, 0, 130, 110))
        name = self.tr("Differences")
        self.line_table = lines_view(self.lines, name, (0, 104, 76, 70, 140, 96, 112))
        self.tabs = Segments([self.tr("Count"), self.tr("Differences")], self.tr("Part"))
        self.search = SearchBox(self.tr("Search what is to count"), self.tr("Place, item, code or batch"))
        self.search.setMinimumWidth(220)
        self.start_button = button(self.tr("Start a count"), "play", primary=True)
        self.approve_button = button(self.tr("Approve"), "check", primary=True)
        self._pages = QStackedWidget()
        for table in (self.table, self.line_table):
            self._pages.addWidget(table)
        self.count_form = EntryForm(self.tr("Count"), self.tr("Save the figure"), "check")
        self.count_form.add_line("counted", self.tr("How many are there"))
        self.count_form.lay_out("counted")
        self.reason_form = EntryForm(self.tr("Reason of the difference"), self.tr("Keep"), "pen-line")
        self.reason_form.add_line("reason", self.tr("Reason"))
        self.reason_form.lay_out("reason")
        text = self.tr("Selling goes on: each figure is compared with the ledger of its own second.")
        self.idle.setLayout(vbox(EmptyState("clipboard-check", self.tr("Count blind"), text)))
        self.scanner = WedgeScanner(self)
        head = (None, self.search, self.tabs, self.start_button, self.approve_button)
        self.lay_out(head, self._pages)
        self.add_form(self.count_form, self._count)
        self.add_form(self.reason_form, self._keep_reason)
        self._connect()

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.takes_read.connect(self._show_takes)
        presenter.listed.connect(self._show_list)
        presenter.reviewed.connect(self._show_lines)
        presenter.counted.connect(self._show_counted)
        presenter.closed.connect(self._show_closed)
        self.scanner.scanned.connect(self._scanned)
        self.search.asked.connect(presenter.search)
        self.tabs.chosen.connect(self._to)
        self.start_button.clicked.connect(self.begin)
        self.approve_button.clicked.connect(self.approve)
        self.table.activated.connect(self._ask_count)
        self.line_table.activated.connect(self._ask_reason)
        self.action(self.tr("Start a count"), self.begin, "play", "Ctrl+N")
        self.action(self.tr("Count the chosen batch"), self._ask_count, "pen-line", "Ctrl+E")
        self.action(self.tr("What is to count"), self._to_list, "list", "Ctrl+1")
        self.action(self.tr("Differences"), self._to_lines, "clipboard-list", "Ctrl+2")
        self.action(self.tr("Reason of the difference"), self._ask_reason, "pen-line", "Ctrl+G")
        self.action(self.tr("Approve the count"), self.approve, "check", "Ctrl+Return")
        self.action(self.tr("Cancel the count"), self._cancel, "x")
        self.exports(self.lines, "stocktake")

    def first_focus(self) -> QWidget:
        return self.table if self._pages.currentIndex() == COUNT else self.line_table

    # -- showing

    @Slot(object)
    def _show_takes(self, takes: list[Stocktake]) -> None:
        open_ = self.presenter.take is not None
        self.start_button.setVisible(not open_)
        self.approve_button.setVisible(open_ and self._pages.currentIndex() == DIFFERENCES)
        for part in (self.tabs, self.search):
            part.setEnabled(open_)
        if not open_ and takes:
            last = takes[0]
            at = words.moment(last.started_at.astimezone(self._zone))
            self.tell(
                self.tr("Last count: {0}, {1}, {2} batches.").format(last.title, at, last.counted), "info"
            )

    @Slot(object)
    def _show_list(self, found: list[ToCount]) -> None:
        done = (self.tr("Counted"), "ok", "check")
        rows = [(one, (one.location or "–", f"{one.item_name}\n{one.item_code}", one.batch_number,
            done if one.counted else "")) for one in found]  # fmt: skip
        show_rows(self.table, rows)
        if found and self.form() is None and self._pages.currentIndex() == COUNT and self.isVisible():
            self._next_open(0)

    @Slot(object)
    def _show_lines(self, found: list[CountLine]) -> None:
        show_rows(self.line_table, [(one, self._cells(one)) for one in found])

    def _cells(self, one: CountLine) -> tuple[object, ...]:
        if one.recount:
            tag: object = (
                self.tr("{0}, count again").format(f"{one.difference:+,}"),
                "danger",
                "triangle-alert",
            )
        elif one.difference:
            tag = (f"{one.difference:+,}", "warn", "triangle-alert")
        else:
            tag = (self.tr("Agrees"), "ok", "check")
        name = f"{one.item_name}\n{one.counted_by}"
        worth = words.money(one.value, self._currency)
        reason = self._reasons.get(one.inventory_item_id, "")
        return name, one.batch_number, f"{one.counted:,}", f"{one.expected:,}", tag, worth, reason or "–"

    # -- counting

    @Slot()
    def begin(self) -> None:
        """A new count."""
        if self.presenter.take is None:
            self._reasons = {}
            self.presenter.start("")

    @Slot()
    def _ask_count(self) -> None:
        one = current_thing(self.table)
        if isinstance(one, ToCount) and self.presenter.take is not None:
            self.count_form.about.setText(f"{one.item_name} · {one.batch_number} · {one.location or '–'}")
            self.count_form.put(counted="")
            self.open_form(self.count_form)

    def _next_open(self, start: int) -> None:
        """The next batch without a figure, from a row on."""
        for row in range(start, self.to_count.rowCount()):
            thing = self.to_count.thing(row)
            if isinstance(thing, ToCount) and not thing.counted:
                self.table.setCurrentIndex(self.to_count.index(row, 0))
                self._ask_count()
                return
        self.close_form()

    @Slot(object)
    def _count(self, said: dict[str, str]) -> None:
        one = current_thing(self.table)
        if isinstance(one, ToCount):
            self.presenter.count(one, said["counted"])

    @Slot(object, int)
    def _show_counted(self, batch: ToCount, round_: int) -> None:
        again = self.tr("Second count of {0} saved.") if round_ > 1 else self.tr("{0} is counted.")
        self.tell(again.format(f"{batch.item_name} {batch.batch_number}"), "ok")
        self._next_open(self.table.currentIndex().row() + 1)

    @Slot(str)
    def _scanned(self, text: str) -> None:
        """A scanned batch or code narrows the list to it."""
        self.search.setText(text[:60])

    # -- approving

    @Slot()
    def _ask_reason(self) -> None:
        one = current_thing(self.line_table)
        if isinstance(one, CountLine) and self._pages.currentIndex() == DIFFERENCES:
            self.reason_form.about.setText(f"{one.item_name} · {one.batch_number}: {one.difference:+,}")
            self.reason_form.put(reason=self._reasons.get(one.inventory_item_id, ""))
            self.open_form(self.reason_form)

    @Slot(object)
    def _keep_reason(self, said: dict[str, str]) -> None:
        one = current_thing(self.line_table)
        if isinstance(one, CountLine):
            self._reasons[one.inventory_item_id] = said["reason"].strip()
        self.close_form()
        self.presenter.show_lists()

    @Slot()
    def approve(self) -> None:
        """Book the differences."""
        if self._pages.currentIndex() == DIFFERENCES:
            self.presenter.close(approve=True, reasons=self._reasons)

    @Slot()
    def _cancel(self) -> None:
        self.presenter.close(approve=False, reasons={})

    @Slot(int)
    def _show_closed(self, count: int) -> None:
        said = self.tr("Approved: {0} batches corrected.").format(count)
        if count < 0:
            said = self.tr("Cancelled: nothing was changed.")
        self._to(COUNT)
        self.tabs.choose(COUNT)
        self.tell(said, "ok")

    @Slot()
    def _to_list(self) -> None:
        self.tabs.choose(COUNT)
        self._to(COUNT)

    @Slot()
    def _to_lines(self) -> None:
        self.tabs.choose(DIFFERENCES)
        self._to(DIFFERENCES)

    @Slot(int)
    def _to(self, which: int) -> None:
        self.side.setCurrentWidget(self.idle)
        self._pages.setCurrentIndex(which)
        self.approve_button.setVisible(which == DIFFERENCES and self.presenter.take is not None)
        self.presenter.review(on=which == DIFFERENCES)
        self.first_focus().setFocus(Qt.FocusReason.ShortcutFocusReason)
