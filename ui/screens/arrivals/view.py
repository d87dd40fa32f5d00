"""The queue board with walk-ins, scanning and the call list."""

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QStackedWidget, QTableView, QWidget

from clinicdesk.domain.people import Role
from clinicdesk.domain.queue import EXPECTED, WAITING, CallLine, QueueLine, QueueSlip
from ui.screens.arrivals.keys import key_rows
from ui.screens.arrivals.model import (
    BOARD_WIDTHS,
    CALL_WIDTHS,
    CALLS,
    QUEUE,
    board_heads,
    board_rows,
    call_heads,
    call_rows,
    counts,
)
from ui.screens.arrivals.presenter import ArrivalsPresenter
from ui.screens.arrivals.serving import ServingWindow
from ui.screens.arrivals.walk_in import WalkInPanel
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import Segments, button
from ui.widgets.card import Card, EmptyState
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.paper_panel import PaperPanel
from ui.widgets.text import label

SIDE_WIDTH = 360
WALK_IN, PAPER = range(2)


class ArrivalsView(QWidget):
    """Arrows and one key: I is here, C calls, R back into the queue, U urgent, S with the nurse."""

    chart_asked = Signal(object, object)

    def __init__(self, presenter: ArrivalsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        presenter.setParent(self)
        self.actor = presenter.actor
        self.serving: ServingWindow | None = None
        self._calls: list[CallLine] = []
        self._make_parts()
        self._lay_out()
        self._connect()
        self._make_actions()

    def _make_parts(self) -> None:
        may_book = self.actor.may("appointments.book") and self.actor.role is not Role.NURSE
        self.scan = QLineEdit()
        self.scan.setPlaceholderText(self.tr("Scan the card, or type the MRN"))
        self.scan_field = Field(self.tr("Check in by card"), self.scan)
        hide_unless(self.scan_field, self.actor.may("appointments.status"))
        self.counts = label("", "small")
        words = [self.tr("Queue"), self.tr("Expected"), self.tr("Done")]
        if self.actor.may("calls.make"):
            words.append(self.tr("To call"))
        self.pages = Segments(words, self.tr("List"))
        self.call_next = button(self.tr("Call next"), "bell", primary=True)
        self.walk_in_button = button(self.tr("Walk-in"), "user-plus")
        hide_unless(self.walk_in_button, may_book)
        self.screen_button = button(self.tr("Waiting room screen"), "monitor")
        self.notice = Notice()
        self.model = LinesTable(board_heads(), self)
        self.table = lines_view(self.model, self.tr("Patients of today"), BOARD_WIDTHS, row_height=48)
        self.call_model = LinesTable(call_heads(), self)
        self.call_table = lines_view(self.call_model, self.tr("People to call"), CALL_WIDTHS, row_height=48)
        self.hint = label("", "small")
        self.empty = EmptyState("users", self.tr("Nobody waits"), self.tr("Who arrives appears here."))
        self.walk_in = WalkInPanel(self._presenter.today)
        self.paper = PaperPanel()

    def _lay_out(self) -> None:
        head = hbox(
            label(self.tr("Arrivals"), "title"), None,
            self.screen_button, self.walk_in_button, self.call_next, spacing=10,
        )  # fmt: skip
        line = hbox(self.pages, None, self.scan_field, spacing=12)
        line.setAlignment(self.pages, Qt.AlignmentFlag.AlignBottom)
        self.scan_field.setFixedWidth(300)
        self.list = QStackedWidget()
        for part in (self.table, self.call_table, self.empty):
            self.list.addWidget(part)
        foot = hbox(self.hint, None, self.counts)
        main = vbox(head, line, self.notice, Card(vbox(self.list, margins=(1, 1, 1, 1))), foot, spacing=10)
        main.setStretch(3, 1)
        self.side = QStackedWidget()
        self.side.setFixedWidth(SIDE_WIDTH)
        self.side.addWidget(self.walk_in)
        self.side.addWidget(self.paper)
        self.side.hide()
        row = hbox(main, self.side, margins=(18, 14, 18, 14), spacing=14)
        row.setStretch(0, 1)
        self.setLayout(row)

    def _connect(self) -> None:
        presenter = self._presenter
        self.scan.returnPressed.connect(self._scanned)
        self.pages.chosen.connect(self.show_page)
        self.call_next.clicked.connect(self.ask_next)
        self.walk_in_button.clicked.connect(self.start_walk_in)
        self.screen_button.clicked.connect(self.open_screen)
        self.table.activated.connect(self._activated)
        self.walk_in.search_asked.connect(presenter.search)
        self.walk_in.walk_in_asked.connect(self._walk_in)
        self.walk_in.list_asked.connect(presenter.queue_up)
        self.walk_in.closed.connect(self.close_side)
        self.paper.closed.connect(self.close_side)
        self.paper.said.connect(self.notice.show_notice)
        presenter.board_read.connect(self._show_board)
        presenter.calls_read.connect(self._show_calls)
        presenter.choices_read.connect(self.walk_in.show_choices)
        presenter.slip_ready.connect(self._show_slip)
        presenter.hits_found.connect(self.walk_in.picker.show_hits)
        presenter.field_wrong.connect(self._show_wrong)
        presenter.sheets_ready.connect(self._show_sheets)
        presenter.queued.connect(self._on_list)
        presenter.said.connect(self.notice.show_notice)
        presenter.minute.connect(self._tick)

    def _make_actions(self) -> None:
        rows = key_rows(self, may_walk_in=not self.walk_in_button.isHidden())
        for offered, text, slot, keys, icon in rows:
            if offered:
                make_action(self, text, slot, keys=keys, icon=icon)

    # what the window calls

    def activate(self) -> None:
        """Everything as it is now."""
        self._presenter.start()

    def first_focus(self) -> QWidget:
        return self.table

    # the lists

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Queue, expected, done, or the people to call."""
        self.pages.choose(page)
        self._presenter.show_calls(on=page == CALLS)
        self._fill()
        self._current_table().setFocus()

    @Slot()
    def next_page(self) -> None:
        """Round the lists."""
        self.show_page((self.pages.current() + 1) % (4 if self.actor.may("calls.make") else 3))

    @Slot(object)
    def _show_board(self, _lines: object) -> None:
        self.counts.setText(counts(self._presenter.lines))
        self.call_next.setEnabled(self.actor.may("queue.manage") and self._presenter.next_up() is not None)
        self._fill()
        if self.serving is not None:
            self.serving.show_lines(self._presenter.lines)

    @Slot(object)
    def _show_calls(self, lines: list[CallLine]) -> None:
        self._calls = lines
        if self.pages.current() == CALLS:
            self._fill()

    @Slot()
    def _tick(self) -> None:
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        page, presenter = self.pages.current(), self._presenter
        table = self._current_table()
        had_focus, row, chosen = table.hasFocus(), max(0, table.currentIndex().row()), self._chosen_id()
        if page == CALLS:
            self.call_model.show_lines(call_rows(self._calls, presenter.zone))
            self.empty.show_text(self.tr("Nobody to call"), self.tr("Every visit of the next days is sure."))
            model = self.call_model
        else:
            model = self.model
            model.show_lines(board_rows(presenter.lines, page, presenter.now(), presenter.zone))
            self.empty.show_text(self.tr("Nobody here"), self.tr("Who arrives appears in the queue."))
        self.hint.setText(self._hints(page))
        count = model.rowCount()
        self.list.setCurrentWidget(table if count else self.empty)
        if count:
            same = next((n for n in range(count) if model.thing(n).id == chosen), min(row, count - 1))
            table.selectRow(same)
        if had_focus and count:
            table.setFocus()

    def _hints(self, page: int) -> str:
        if page == CALLS:
            return self.tr("1 reached · 2 not reached · 3 confirmed · Del will not come")
        return self.tr("I is here · C call · R back into the queue · U urgent · P slip")

    def _current_table(self) -> QTableView:
        return self.call_table if self.pages.current() == CALLS else self.table

    def _chosen_id(self) -> object:
        thing = self._thing()
        return thing.id if thing is not None else None

    def _thing(self) -> QueueLine | CallLine | None:
        table = self._current_table()
        model = self.call_model if table is self.call_table else self.model
        found: QueueLine | CallLine | None = model.thing(table.currentIndex().row())
        return found

    def _line(self) -> QueueLine | None:
        thing = self._thing()
        return thing if isinstance(thing, QueueLine) else None

    # one key a row

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        line = self._line()
        if line is not None and line.state == EXPECTED:
            self.check_in()
        elif line is not None and self.actor.may("chart.read"):
            self.chart_asked.emit(line.patient_id, None)
        else:
            self.ask_call()

    @Slot()
    def check_in(self) -> None:
        """The selected one is here."""
        line = self._line()
        if line is not None and line.state == EXPECTED:
            self._presenter.check_in(line)

    @Slot()
    def ask_call(self) -> None:
        """The selected one to the room."""
        self._step("call")

    @Slot()
    def ask_next(self) -> None:
        """Whoever is next: a doctor's own, else anybody's."""
        line = self._presenter.next_up()
        if line is not None:
            self._presenter.step(line, "call")

    @Slot()
    def ask_requeue(self) -> None:
        """Called, but not here."""
        self._step("requeue")

    @Slot()
    def ask_urgent(self) -> None:
        line = self._line()
        if line is not None:
            self._step("not_urgent" if line.urgent else "urgent")

    @Slot()
    def ask_nurse(self) -> None:
        line = self._line()
        if line is not None:
            self._step("nurse" if line.state == WAITING else "back")

    @Slot()
    def ask_slip(self) -> None:
        line = self._line()
        if line is not None and line.number is not None:
            self._presenter.print_again(line)

    def _step(self, step: str) -> None:
        line = self._line()
        if line is not None and line.state != EXPECTED:
            self._presenter.step(line, step)

    @Slot()
    def mark_reached(self) -> None:
        self._called("reached")

    @Slot()
    def mark_not_reached(self) -> None:
        self._called("not_reached")

    @Slot()
    def mark_confirmed(self) -> None:
        self._called("confirmed")

    @Slot()
    def mark_cancelled(self) -> None:
        thing = self._thing()
        if isinstance(thing, CallLine):
            self._presenter.cancel_called(thing, "patient_asked")

    def _called(self, outcome: str) -> None:
        thing = self._thing()
        if isinstance(thing, CallLine):
            self._presenter.called(thing, outcome)

    # scanning and walk-ins

    @Slot()
    def focus_scan(self) -> None:
        """Ready for the scanner."""
        self.scan.setFocus()
        self.scan.selectAll()

    @Slot()
    def _scanned(self) -> None:
        if self.scan.text().strip():
            self._presenter.scan(self.scan.text())

    @Slot()
    def start_walk_in(self) -> None:
        """The panel, ready to type the name."""
        self.side.setCurrentIndex(WALK_IN)
        self.side.show()
        self.walk_in.start()

    @Slot(object, object, object, str)
    def _walk_in(self, patient: object, doctor: object, kind: object, overbook: str) -> None:
        self._presenter.walk_in(patient, doctor, kind, overbook=overbook)  # type: ignore[arg-type]

    @Slot(object, object)
    def _show_slip(self, slip: QueueSlip, pdf: bytes) -> None:
        self.scan.clear()
        words = self.tr("Checked in: {0}, number {1}, Dr {2}")
        said = words.format(slip.patient_name, slip.number, slip.doctor_name)
        self.notice.show_notice(said, "ok")
        self.side.setCurrentIndex(PAPER)
        self.side.show()
        self.paper.show_paper(
            self.tr("Number {0}").format(slip.number), pdf, file_name=f"queue-{slip.number}"
        )
        if self.pages.current() != QUEUE and not self.scan.hasFocus():
            return
        self.paper.done.setFocus()

    @Slot()
    def print_sheets(self) -> None:
        """Of every doctor, or a doctor's own."""
        self._presenter.day_sheets()

    @Slot(object)
    def _show_sheets(self, pdf: bytes) -> None:
        if not pdf:
            self.notice.show_notice(self.tr("Nobody has an appointment today."), "info")
            return
        self.side.setCurrentIndex(PAPER)
        self.side.show()
        self.paper.show_paper(self.tr("Day sheets of today"), pdf, file_name="day-sheets")

    @Slot(str, str)
    def _show_wrong(self, field: str, text: str) -> None:
        if field == "search":
            self.scan_field.show_error(text)
            self.focus_scan()
        elif self.side.isVisible() and self.side.currentIndex() == WALK_IN:
            self.walk_in.show_wrong(text)
        else:
            self.notice.show_notice(text, "error")

    @Slot()
    def _on_list(self) -> None:
        self.notice.show_notice(self.tr("On the waiting list of today"), "ok")
        self.close_side()

    @Slot()
    def close_side(self) -> None:
        """Back to the list."""
        self.side.hide()
        self._current_table().setFocus()

    # the second screen

    @Slot()
    def open_screen(self) -> None:
        """Numbers without names, on a window of its own."""
        if self.serving is None:
            self.serving = ServingWindow(self.actor.clinic.name)
            self.destroyed.connect(self.serving.deleteLater)
        self.serving.show_lines(self._presenter.lines)
        self.serving.show()
        self.serving.raise_()

    def hideEvent(self, event: object) -> None:
        self._presenter.shown = self.serving is not None and self.serving.isVisible()
