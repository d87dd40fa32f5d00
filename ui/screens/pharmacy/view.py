"""The pharmacy screen: the queue on the left, the chosen prescription on the right."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHeaderView, QStackedWidget, QTableView, QWidget

from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.stock import Supply, SupplyAccount
from clinicdesk.services.pharmacy import Handover
from ui.scanner import WedgeScanner
from ui.screens.pharmacy.code_box import CodeBox
from ui.screens.pharmacy.delegate import ROW, TwoLineDelegate
from ui.screens.pharmacy.details import BACK, EMPTY, PAY, SHEET, WITNESS, DetailPane
from ui.screens.pharmacy.model import DayModel, QueueModel, RowRole, RowsModel, Supplied
from ui.screens.pharmacy.presenter import PharmacyPresenter
from ui.screens.pharmacy.sound import Sound
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice, announce
from ui.widgets.buttons import Segments
from ui.widgets.card import Card, EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.save_file import SaveFile
from ui.widgets.table import style_table
from ui.widgets.text import label

QUEUE_WIDTH = 452
TICK_MS = 20_000
FRESH_MS = 5_000
WAITING, TODAY = range(2)


def _now() -> datetime:
    return datetime.now(UTC)


class PharmacyView(QWidget):
    """By keyboard: Up, Down, Enter; Tab to the quantities; Ctrl+Enter dispenses; Ctrl+L shows the labels."""

    def __init__(self, presenter: PharmacyPresenter, actor: Actor) -> None:
        super().__init__()
        zone, currency = ZoneInfo(actor.clinic.timezone), actor.clinic.currency
        self.sound = Sound(self, actor.user_id)
        self._presenter = presenter
        presenter.setParent(self)
        self._known: set[UUID] | None = None
        self._focus_after_open = False
        self.queue = QueueModel(self, zone=zone, now=_now)
        self.day = DayModel(self, zone=zone)
        self.queue_table = self._table(self.queue, self.tr("Waiting prescriptions"), (106, 0, 60, 118))
        self.day_table = self._table(self.day, self.tr("Handed out today"), (70, 0, 132, 96))
        self.details = DetailPane(zone, currency)
        self.notice = Notice()
        self.tabs = Segments([self.tr("Waiting"), self.tr("Today")], self.tr("List"))
        self._count = label("", "muted")
        self.code = CodeBox()
        self.scanner = WedgeScanner(self, only="CD2:")
        self._verdict = ("", "")
        self._lists = QStackedWidget()
        self._lay_out()
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.queue.repaint_times)
        self._fresh = QTimer(self)
        self._fresh.setSingleShot(True)
        self._fresh.setInterval(FRESH_MS)
        self._fresh.timeout.connect(self._forget_fresh)
        self._connect()
        self._make_actions()
        self.setFocusProxy(self.queue_table)

    def activate(self) -> None:
        """Read again what changed while the screen was hidden."""
        self._presenter.show_is(shown=True)

    # -- parts

    def _table(self, model: RowsModel, name: str, widths: tuple[int, ...]) -> QTableView:
        table = QTableView()
        table.setModel(model)
        style_table(table, name, row_height=ROW)
        table.setItemDelegate(TwoLineDelegate(table))
        head = table.horizontalHeader()
        head.setStretchLastSection(False)
        for column, width in enumerate(widths):
            if width:
                table.setColumnWidth(column, width)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.installEventFilter(self)
        return table

    def _lay_out(self) -> None:
        self._no_queue = EmptyState(
            "circle-check",
            self.tr("Nobody is waiting"),
            self.tr("A prescription appears here by itself when a doctor signs it."),
        )
        self._no_day = EmptyState("pill", self.tr("Nothing was handed out today"))
        for sheet in (self._no_queue, self.queue_table, self._no_day, self.day_table):
            self._lists.addWidget(sheet)
        column = vbox(self._lists, margins=(1, 4, 1, 4))
        left = vbox(self.notice, Card(column), spacing=10)
        left.setStretch(1, 1)
        holder = QWidget()
        holder.setFixedWidth(QUEUE_WIDTH)
        holder.setLayout(left)
        head = hbox(label(self.tr("Pharmacy"), "title"), self._count, None, self.code, self.tabs, spacing=12)
        body = hbox(holder, self.details, spacing=14)
        body.setStretch(1, 1)
        page = vbox(head, body, margins=(24, 16, 24, 16), spacing=12)
        page.setStretch(1, 1)
        self.setLayout(page)
        self.queue_table.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _connect(self) -> None:
        presenter, details = self._presenter, self.details
        presenter.queue_read.connect(self._show_queue)
        presenter.day_read.connect(self._show_day)
        presenter.opened.connect(self._show_opened)
        presenter.planned.connect(details.show_plan)
        presenter.plan_stale.connect(self._plan_again)
        presenter.supplied.connect(self._show_supplied)
        presenter.labels_made.connect(details.show_labels)
        presenter.zpl_made.connect(self._save_zpl)
        presenter.told.connect(self._tell)
        presenter.doubtful.connect(details.show_doubt)
        presenter.busy.connect(details.show_busy)
        details.quantities_changed.connect(presenter.plan)
        details.dispense_asked.connect(presenter.dispense)
        details.labels_asked.connect(presenter.make_labels)
        details.check_asked.connect(presenter.ask_outcome)
        details.preview.save_wanted.connect(self._save_labels)
        self._connect_after()
        self.sound.said.connect(self.notice.show_notice)
        finder = presenter.finder
        finder.found.connect(self._open_found)
        finder.refused.connect(self._show_refused)
        self.scanner.scanned.connect(finder.look)
        self.code.asked.connect(finder.look)
        self.tabs.chosen.connect(self._show_list)
        self.queue_table.clicked.connect(self._open_index)
        self.day_table.clicked.connect(self._open_index)

    def _connect_after(self) -> None:
        presenter, details, after = self._presenter, self.details, self._presenter.after
        presenter.reviewed.connect(details.take_review)
        presenter.presence.connect(details.show_presence)
        presenter.pickers_read.connect(self.queue.show_pickers)
        presenter.witness_needed.connect(self._ask_witness)
        details.witness_form.submitted.connect(presenter.witness)
        details.pay_form.submitted.connect(after.pay)
        details.back_form.submitted.connect(after.take_back)
        after.account_read.connect(self._show_account)
        after.supplies_read.connect(self._show_supplies)
        after.paper_made.connect(details.show_labels)
        after.taken_back.connect(self._show_taken_back)
        after.wrong.connect(self._show_wrong)
        questions = presenter.questions
        presenter.questions_read.connect(self.queue.show_asked)
        questions.read.connect(details.take_question)
        questions.done.connect(details.show_sheet)
        questions.done.connect(presenter.read_questions)
        questions.wrong.connect(self._show_wrong)
        details.ask_form.submitted.connect(questions.send)

    def _make_actions(self) -> None:
        self.dispense_action = self._action(self.tr("Dispense"), self.details.press_dispense, "package-check")
        self.dispense_action.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        self._action(self.tr("Print labels"), self._presenter.make_labels, "printer", "Ctrl+L")
        after = self._presenter.after
        self._action(self.tr("Take payment"), after.ask_account, "banknote", "Ctrl+P")
        self._action(self.tr("Print owed slip"), after.owed_slip, "receipt-text", "Ctrl+O")
        self._action(self.tr("Take back"), after.ask_supplies, "undo-2", "Ctrl+B")
        self._action(self.tr("Ask the prescriber"), self.details.ask_prescriber, "message-square", "Ctrl+J")
        self._action(self.tr("Save labels for a ZPL printer"), self._presenter.make_zpl, "printer")
        self._action(self.tr("Scan or type a prescription"), self.code.begin, "scan-barcode", "Ctrl+F")
        self._action(self.tr("Waiting prescriptions"), self._to_queue, "list", "Ctrl+1")
        self._action(self.tr("Handed out today"), self._to_day, "history", "Ctrl+2")
        self._action(self.tr("Back"), self._back, "arrow-left", "Escape")

    def _action(self, text: str, slot: Callable[[], object], icon: str, keys: str = "") -> QAction:
        made = make_action(self, text, slot, keys=keys, icon=icon)
        made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return made

    def key_hints(self) -> list[tuple[str, str]]:
        return [(self.tr("Enter"), self.tr("Open the prescription")), ("Tab", self.tr("To the quantities"))]

    # -- events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._presenter.show_is(shown=True)
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._presenter.show_is(shown=False)
        self._tick.stop()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QTableView)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self._focus_after_open = True
            self._open_index(watched.currentIndex())
            return True
        return False

    # -- lists

    @Slot(object)
    def _show_queue(self, queue: tuple[Prescription, ...]) -> None:
        ids = {one.id for one in queue}
        new = set() if self._known is None else ids - self._known
        self._known = ids
        self.queue.show_rows(queue, fresh=new)
        if new:
            self._fresh.start()
            self.sound.ring()
            announce(self, self.tr("{0} new prescriptions").format(len(new)))
        if queue and not self.queue_table.currentIndex().isValid():
            self.queue_table.setCurrentIndex(self.queue.index(0, 0))
        self._count.setText(self._proven(queue))
        self._show_list(self.tabs.current())

    def _proven(self, queue: tuple[Prescription, ...]) -> str:
        """How many wait, and that their signatures were checked."""
        wrong = sum(not one.genuine for one in queue)
        if wrong:
            return self.tr("{0} waiting, {1} NOT genuine").format(len(queue), wrong)
        return self.tr("{0} waiting, all genuine").format(len(queue)) if queue else ""

    @Slot()
    def _forget_fresh(self) -> None:
        self.queue.show_rows(self.queue.rows)

    @Slot(object)
    def _show_day(self, day: list[Handover]) -> None:
        self.day.show_rows(day)
        self._show_list(self.tabs.current())

    @Slot(int)
    def _show_list(self, which: int) -> None:
        model = self.queue if which == WAITING else self.day
        wanted: QWidget = self._no_queue if which == WAITING else self._no_day
        if model.rows:
            wanted = self.queue_table if which == WAITING else self.day_table
        if self._lists.currentWidget() is not wanted:
            self._lists.setCurrentWidget(wanted)

    @Slot()
    def _to_queue(self) -> None:
        self.tabs.choose(WAITING)
        self._show_list(WAITING)
        self.queue_table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _to_day(self) -> None:
        self.tabs.choose(TODAY)
        self._show_list(TODAY)
        self.day_table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if self.day.rows and not self.day_table.currentIndex().isValid():
            self.day_table.setCurrentIndex(self.day.index(0, 0))

    @Slot()
    def _back(self) -> None:
        if self.details.page() not in (EMPTY, SHEET):
            self.details.show_sheet()
        elif self.tabs.current() == TODAY:
            self.day_table.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._to_queue()

    # -- one prescription

    @Slot(QModelIndex)
    def _open_index(self, index: QModelIndex) -> None:
        row = index.data(RowRole) if index.isValid() else None
        if isinstance(row, Handover):
            self._presenter.show_handover(row)
        elif isinstance(row, Prescription):
            self.notice.clear()
            if not self._presenter.open(row.id):
                self._focus_opened()

    @Slot(object)
    def _show_opened(self, found: Prescription) -> None:
        self.notice.clear()
        self.details.show_prescription(found)
        row = self.queue.row_of(found.id)
        if row >= 0 and self.queue_table.currentIndex().row() != row:
            self.queue_table.setCurrentIndex(self.queue.index(row, 0))
        if self._verdict[0]:
            self.details.notice.show_notice(*self._verdict)
            self._verdict = ("", "")
        self._focus_opened()

    # -- one that is brought to the counter

    @Slot(object, str, str)
    def _open_found(self, prescription_id: UUID, text: str, kind: str) -> None:
        self.code.clear()
        self.notice.clear()
        self._verdict, self._focus_after_open = (text, kind), True
        if self._presenter.open(prescription_id):
            return
        self._verdict = ("", "")
        if self._presenter.open_id != prescription_id:
            self._focus_after_open = False
            self.notice.show_notice(self.tr("First finish the supply that is under way."), "error")
            return
        if text:
            self.details.notice.show_notice(text, kind)
        self._focus_opened()

    @Slot(str)
    def _show_refused(self, text: str) -> None:
        self.notice.show_notice(text, "error")
        self.code.begin()

    def _focus_opened(self) -> None:
        if self._focus_after_open:
            self._focus_after_open = False
            self.details.focus_quantity()

    @Slot(object)
    def _show_supplied(self, found: Supplied) -> None:
        self.details.show_supply(found.picks)

    @Slot()
    def _ask_witness(self) -> None:
        self.details.open_page(WITNESS)
        self.details.witness_form.begin()

    @Slot(object)
    def _show_account(self, account: SupplyAccount) -> None:
        if account.owed <= 0:
            self._tell(self.tr("Nothing is to be paid for this prescription."), "info")
            return
        self.details.open_page(PAY)
        self.details.pay_form.begin(account)

    @Slot(object)
    def _show_supplies(self, supplies: tuple[Supply, ...]) -> None:
        if self.details.back_form.begin(supplies):
            self.details.open_page(BACK)
            self.details.back_form.start()
        else:
            self._tell(self.tr("Nothing of this prescription can be taken back."), "info")

    @Slot()
    def _show_taken_back(self) -> None:
        self._tell(self.tr("Taken back. The ledger has a new line."), "ok")
        self.details.show_sheet()

    @Slot(str, str)
    def _show_wrong(self, field: str, text: str) -> None:
        page = self.details.form()
        if page is not None and field in page.fields:
            page.show_wrong(field, text)
        else:
            self.details.show_sheet()
            self._tell(text, "error")

    @Slot()
    def _plan_again(self) -> None:
        self._presenter.plan(self.details.lines())

    @Slot(str, str)
    def _tell(self, text: str, kind: str) -> None:
        if self.details.page() == WITNESS:
            self.details.witness_form.show_wrong("password", text)
            return
        place = self.details.notice if self.details.shown_id else self.notice
        place.show_notice(text, kind)

    # -- labels as a file

    @Slot(object)
    def _save_labels(self, pdf: bytes) -> None:
        self._save("labels.pdf", pdf)

    @Slot(object)
    def _save_zpl(self, zpl: bytes) -> None:
        self._save("labels.zpl", zpl)

    def _save(self, name: str, data: bytes) -> None:
        dialog = SaveFile(self, self.tr("Save labels"), name, data=data)
        dialog.said.connect(self.notice.show_notice)
        dialog.open()
