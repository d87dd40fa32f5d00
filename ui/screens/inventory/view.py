"""The inventory screen: figures, the list of products, and the chosen one beside it."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHeaderView, QTableView, QWidget

from clinicdesk.domain.people import Actor
from clinicdesk.domain.stock import Batch
from clinicdesk.services.inventory import EXPIRING_DAYS, Delivery, ProductPage
from ui.column_memory import ColumnMemory
from ui.screens.inventory.cards import FilterCard
from ui.screens.inventory.delegate import StockDelegate
from ui.screens.inventory.details import BATCHES, CURVE, LEDGER, PRODUCT, ProductPane
from ui.screens.inventory.model import ORDERS, PAGE, Listed, Opened, ProductModel
from ui.screens.inventory.presenter import InventoryPresenter
from ui.widgets.actions import make_action
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.field import SearchBox
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.save_file import SaveFile
from ui.widgets.table import style_table
from ui.widgets.text import label

FILTERS = ("all", "low", "expiring", "out")
WIDTHS = (0, 90, 120, 152, 116, 126)
WIDE = 900  # pixels from which code and place have columns of their own
SELECT_MS = 80
PAGES_MS = 40


class InventoryView(QWidget):
    """By keyboard: Ctrl+F searches, Up and Down choose, Ctrl+R receives, Ctrl+1 batches, Ctrl+2 ledger."""

    def __init__(self, presenter: InventoryPresenter, actor: Actor) -> None:
        super().__init__()
        self._presenter = presenter
        presenter.setParent(self)
        clinic = actor.clinic
        self._delivery: Delivery | None = None
        self.products = ProductModel(self)
        self.search = SearchBox(self.tr("Search stock"), self.tr("Name, code, batch or supplier"))
        self.receive_button = button(self.tr("Receive delivery"), "truck", primary=True)
        self.receive_button.setToolTip(self.tr("Receive delivery  (Ctrl+R)"))
        hide_unless(self.receive_button, actor.may("stock.receive"))
        self.table = self._make_table()
        self._columns = ColumnMemory(self.table, "inventory", actor.user_id)
        self._columns.restore()
        self._nothing = label("", "muted")
        self.details = ProductPane(
            ZoneInfo(clinic.timezone), clinic.currency, may_change=actor.may("stock.settings")
        )
        self.cards = self._make_cards()
        self._select = self._timer(SELECT_MS, self._open_current)
        self._paging = self._timer(PAGES_MS, self._read_pages_in_view)
        self._lay_out()
        self._connect()
        self._make_actions(may_receive=actor.may("stock.receive"))
        self.setFocusProxy(self.table)

    def activate(self) -> None:
        """Read again what changed while the screen was hidden."""
        self._presenter.show_is(shown=True)

    # -- parts

    def _timer(self, interval: int, slot: Callable[[], object]) -> QTimer:
        made = QTimer(self)
        made.setSingleShot(True)
        made.setInterval(interval)
        made.timeout.connect(slot)
        return made

    def _make_cards(self) -> dict[str, FilterCard]:
        days = self.tr("Expiring within {0} days").format(EXPIRING_DAYS)
        made = {
            "all": FilterCard(self.tr("Products tracked"), "boxes", "info"),
            "low": FilterCard(self.tr("Below minimum"), "triangle-alert", "warn"),
            "expiring": FilterCard(days, "clock-alert", "warn"),
            "out": FilterCard(self.tr("Out of stock"), "circle-x", "danger"),
        }
        self._filters = QButtonGroup(self)
        for number, card in enumerate(made.values()):
            self._filters.addButton(card, number)
        made["all"].setChecked(True)
        return made

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.products)
        style_table(table, self.tr("Stock"))
        self._rows = StockDelegate(table)
        table.setItemDelegate(self._rows)
        head = table.horizontalHeader()
        head.setStretchLastSection(False)
        for column, width in enumerate(WIDTHS):
            if width:
                table.setColumnWidth(column, width)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        head.setMinimumSectionSize(48)
        head.setSectionsClickable(True)
        head.setSortIndicatorShown(True)
        head.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return table

    def _lay_out(self) -> None:
        self.search.setMinimumWidth(280)
        head = hbox(
            label(self.tr("Inventory"), "title"),
            self._nothing,
            None,
            self.search,
            self.receive_button,
            spacing=10,
        )
        figures = hbox(*self.cards.values(), spacing=12)
        column = vbox(self.table, margins=(1, 4, 1, 4))
        body = hbox(Card(column), self.details, spacing=14)
        body.setStretch(0, 1)
        page = vbox(head, figures, body, margins=(24, 14, 24, 14), spacing=12)
        page.setStretch(2, 1)
        self.setLayout(page)

    def _connect(self) -> None:
        presenter, details = self._presenter, self.details
        presenter.listed.connect(self._show_list)
        presenter.page_read.connect(self._show_page)
        presenter.opened.connect(self._show_product)
        presenter.older_read.connect(details.add_older)
        presenter.received.connect(self._show_received)
        presenter.levels_saved.connect(details.show_levels_saved)
        presenter.field_wrong.connect(details.show_wrong)
        presenter.told.connect(details.notice.show_notice)
        presenter.busy.connect(details.show_busy)
        presenter.exported.connect(self._save)
        details.receive_asked.connect(self._receive)
        details.levels_asked.connect(self._set_levels)
        details.older_asked.connect(presenter.read_older)
        self.search.asked.connect(self._search)
        self.receive_button.clicked.connect(details.start_receiving)
        self.products.page_wanted.connect(self._page_wanted)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.table.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.table.horizontalHeader().sectionClicked.connect(self._sort)
        self._filters.idClicked.connect(self._filter)

    def _make_actions(self, *, may_receive: bool) -> None:
        add = self._add
        add(self.tr("Search stock"), self._to_search, "search", "Ctrl+F")
        if may_receive:
            add(self.tr("Receive delivery"), self.details.start_receiving, "truck", "Ctrl+R")
        add(self.tr("Show batches"), self._to_batches, "package", "Ctrl+1")
        add(self.tr("Show ledger"), self._to_ledger, "history", "Ctrl+2")
        add(self.tr("Sort by name"), self._sort_by_name, "list", "")
        add(self.tr("Sort by stock"), self._sort_by_stock, "list", "")
        add(self.tr("Sort by expiry"), self._sort_by_expiry, "list", "")
        add(self.tr("Show the stock curve"), self._to_curve, "chart-line", "Ctrl+3")
        add(self.tr("Export the list as CSV"), self._export_csv, "download", "")
        add(self.tr("Export the list as a spreadsheet"), self._export_xlsx, "download", "")
        add(self.tr("Shelf tag of the product"), self._tag, "printer", "Ctrl+L")
        add(self.tr("Shelf tags of the list"), self._tags, "printer", "Ctrl+Shift+L")
        add(self.tr("Shelf tags of the list for a ZPL printer"), self._tags_zpl, "printer", "")
        add(self.tr("Back to the list"), self._back, "arrow-left", "Escape")

    def _add(self, text: str, slot: Callable[[], object], icon: str, keys: str) -> QAction:
        return make_action(self, text, slot, keys=keys, icon=icon)

    # -- events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() - self.details.width() < WIDE
        self._rows.narrow = narrow
        for column in (ProductModel.CODE, ProductModel.LOCATION):
            self.table.setColumnHidden(column, narrow)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._presenter.show_is(shown=True)

    def hideEvent(self, event: QHideEvent) -> None:
        self._presenter.show_is(shown=False)
        self._columns.keep()
        super().hideEvent(event)

    # -- the list

    @Slot(object)
    def _show_list(self, found: Listed) -> None:
        at = self.table.verticalScrollBar().value()
        self.products.begin(found.pages, self._presenter.today())
        for key, card in self.cards.items():
            card.show_figure(getattr(found.counts, "tracked" if key == "all" else key))
        self._nothing.setText("" if self.products.rowCount() else self.tr("Nothing matches"))
        self._keep_current()
        self.table.verticalScrollBar().setValue(at)
        self._tell_view()

    def _keep_current(self) -> None:
        code = self._presenter.item_code
        row = self.products.row_of(code) if code else 0
        if row >= 0 and self.products.rowCount():
            if self.table.currentIndex().row() != row:
                self.table.setCurrentIndex(self.products.index(row, 0))
        elif self.table.currentIndex().isValid():
            self._select.stop()
            self.table.setCurrentIndex(QModelIndex())

    @Slot(object)
    def _show_page(self, page: ProductPage) -> None:
        self.products.add(page)
        if page.first <= self.table.currentIndex().row() < page.first + len(page.rows):
            self._select.start()  # it was chosen before it was read

    @Slot(int)
    def _page_wanted(self, _number: int) -> None:
        self._paging.start()

    @Slot()
    def _read_pages_in_view(self) -> None:
        """Pages that flew by while scrolling are not read."""
        first, last = self._rows_in_view()
        for number in self.products.waiting_pages():
            if first // PAGE <= number <= last // PAGE:
                self._presenter.read_page(number)
            else:
                self.products.forget(number)

    def _rows_in_view(self) -> tuple[int, int]:
        last = self.table.rowAt(self.table.viewport().height() - 1)
        return max(0, self.table.rowAt(0)), last if last >= 0 else max(0, self.products.rowCount() - 1)

    @Slot()
    def _scrolled(self) -> None:
        self._tell_view()

    def _tell_view(self) -> None:
        self._presenter.look_at(*self._rows_in_view())

    @Slot(str)
    def _search(self, text: str) -> None:
        self.table.scrollToTop()
        self._presenter.look_for(text=text)

    @Slot(int)
    def _filter(self, number: int) -> None:
        self.table.scrollToTop()
        self._presenter.look_for(shown=FILTERS[number])

    @Slot(int)
    def _sort(self, column: int) -> None:
        query = self._presenter.query
        again = ORDERS[column] == query.order
        self._order(column, descending=again and not query.descending)

    def _order(self, column: int, *, descending: bool) -> None:
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.table.horizontalHeader().setSortIndicator(column, order)
        self._presenter.look_for(order=ORDERS[column], descending=descending)

    @Slot()
    def _sort_by_name(self) -> None:
        self._sort(ProductModel.NAME)

    @Slot()
    def _sort_by_stock(self) -> None:
        self._sort(ProductModel.STOCK)

    @Slot()
    def _sort_by_expiry(self) -> None:
        self._sort(ProductModel.EXPIRES)

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._select.start()

    @Slot()
    def _open_current(self) -> None:
        index = self.table.currentIndex()
        product = self.products.product(index.row()) if index.isValid() else None
        if product is not None:
            self._presenter.open(product.item_code)

    # -- the product

    @Slot(object)
    def _show_product(self, found: Opened) -> None:
        self.details.show_product(found, self._presenter.today())

    @Slot(object)
    def _receive(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self._presenter.receive(delivery)

    @Slot(object)
    def _show_received(self, batch: Batch) -> None:
        self.details.show_received(batch, self._delivery)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object, object, str)
    def _set_levels(self, minimum: int, maximum: int | None, location: str) -> None:
        self._presenter.set_levels(minimum, maximum=maximum, location=location)

    @Slot()
    def _to_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot()
    def _to_batches(self) -> None:
        self._to_part(BATCHES)

    @Slot()
    def _to_ledger(self) -> None:
        self._to_part(LEDGER)

    def _to_part(self, which: int) -> None:
        if self.details.product is not None:
            self.details.show_product_page()
            self.details.show_part(which)
            table = self.details.batch_table if which == BATCHES else self.details.ledger_table
            table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _to_curve(self) -> None:
        if self.details.product is not None:
            self.details.show_product_page()
            self.details.show_part(CURVE)
            self.details.curve.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _export_csv(self) -> None:
        self._presenter.export("csv")

    @Slot()
    def _export_xlsx(self) -> None:
        self._presenter.export("xlsx")

    @Slot()
    def _tag(self) -> None:
        self._presenter.shelf_tags("pdf", whole_list=False)

    @Slot()
    def _tags(self) -> None:
        self._presenter.shelf_tags("pdf", whole_list=True)

    @Slot()
    def _tags_zpl(self) -> None:
        self._presenter.shelf_tags("zpl", whole_list=True)

    @Slot(str, object)
    def _save(self, name: str, data: bytes) -> None:
        dialog = SaveFile(self, self.tr("Save the list"), name, data=data)
        dialog.said.connect(self.details.notice.show_notice)
        dialog.open()

    @Slot()
    def _back(self) -> None:
        if self.details.page() != PRODUCT:
            self.details.show_product_page()
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)
