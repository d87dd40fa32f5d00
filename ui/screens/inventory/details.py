"""The chosen product: figures, batches, ledger, and its forms in place."""

from datetime import date, datetime, time, tzinfo
from decimal import Decimal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHeaderView, QStackedWidget, QTableView, QWidget

from clinicdesk.domain.stock import Batch, Movement, Product
from clinicdesk.domain.visits import VitalPoint
from clinicdesk.printing import words
from clinicdesk.services.inventory import Delivery
from ui.screens.inventory.delegate import TagDelegate
from ui.screens.inventory.forms import LevelsForm, ReceiveForm
from ui.screens.inventory.model import LinesModel, Opened, batch_line, movement_line
from ui.widgets.banner import Notice
from ui.widgets.buttons import Segments, link_button
from ui.widgets.card import Card, EmptyState
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.table import style_table
from ui.widgets.text import label
from ui.widgets.trend_chart import Series, TrendChart

EMPTY, PRODUCT, RECEIVE, LEVELS = range(4)
BATCHES, LEDGER, CURVE = range(3)
WIDTH = 420
ROW = 34
LEDGER_ROW = 44


class ProductPane(Card):
    """``receive_asked`` and ``levels_asked`` carry what the forms hold."""

    receive_asked = Signal(object)
    levels_asked = Signal(object, object, str)
    older_asked = Signal(object)

    def __init__(self, zone: tzinfo, currency: str, *, may_change: bool) -> None:
        super().__init__()
        self._zone, self._currency = zone, currency
        self._product: Product | None = None
        self._batches: tuple[Batch, ...] = ()
        self._movements: list[Movement] = []
        self.setFixedWidth(WIDTH)
        self._name = label("", "title", wrap=True)
        self._about = label("", "muted", wrap=True)
        self._figures = label("", "", wrap=True)
        self.notice = Notice()
        self.tabs = Segments([self.tr("Batches"), self.tr("Ledger"), self.tr("Curve")], self.tr("Part"))
        self.levels_button = link_button(self.tr("Levels and place"), "settings")
        hide_unless(self.levels_button, may_change)
        self.older_button = link_button(self.tr("Earlier lines"), "history")
        self.older_button.hide()
        self.batches = LinesModel(
            [self.tr("Batch"), self.tr("Stock"), self.tr("Expires"), self.tr("State")], self, numbers=(1,)
        )
        heads = [
            self.tr("When"),
            self.tr("What, by whom"),
            self.tr("Batch"),
            self.tr("Change"),
            self.tr("Left"),
        ]
        self.ledger = LinesModel(heads, self, numbers=(3, 4))
        self.batch_table = self._table(self.batches, self.tr("Batches"), (0, 62, 92, 120))
        self.ledger_table = self._table(self.ledger, self.tr("Ledger"), (72, 0, 88, 66, 56))
        self.ledger_table.verticalHeader().setDefaultSectionSize(LEDGER_ROW)
        self.receive_form = ReceiveForm()
        self.levels_form = LevelsForm()
        self._tables = QStackedWidget()
        self._tables.addWidget(self.batch_table)
        self._tables.addWidget(self.ledger_table)
        self.curve = TrendChart(self.tr("Stock"), "", zone=zone)
        self._tables.addWidget(self.curve)
        self._pages = QStackedWidget()
        self._lay_out()
        self.tabs.chosen.connect(self.show_part)
        self.older_button.clicked.connect(self._ask_older)
        self.levels_button.clicked.connect(self.start_levels)
        self.receive_form.asked.connect(self.receive_asked)
        self.levels_form.asked.connect(self.levels_asked)
        for form in (self.receive_form, self.levels_form):
            form.left.connect(self.show_product_page)

    def _table(self, model: LinesModel, name: str, widths: tuple[int, ...]) -> QTableView:
        table = QTableView()
        table.setModel(model)
        style_table(table, name, row_height=ROW)
        table.setItemDelegate(TagDelegate(table))
        head = table.horizontalHeader()
        head.setStretchLastSection(False)
        head.setStyleSheet("QHeaderView::section { padding: 6px 8px; }")
        head.setMinimumSectionSize(40)
        for column, width in enumerate(widths):
            if width:
                table.setColumnWidth(column, width)
            else:
                head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return table

    def _lay_out(self) -> None:
        product = QWidget()
        column = vbox(
            hbox(self.tabs, None, self.levels_button), self._tables, hbox(self.older_button, None), spacing=8
        )
        column.setStretch(1, 1)
        product.setLayout(column)
        empty = EmptyState(
            "boxes", self.tr("Choose a product"), self.tr("Its batches and its ledger are shown here.")
        )
        for page in (empty, product, self.receive_form, self.levels_form):
            self._pages.addWidget(page)
        head = vbox(self._name, self._about, self._figures, spacing=2)
        page_column = vbox(head, self.notice, self._pages, margins=(16, 14, 16, 12), spacing=10)
        page_column.setStretch(2, 1)
        self.setLayout(page_column)

    # -- showing

    @property
    def product(self) -> Product | None:
        """What is on show."""
        return self._product

    def page(self) -> int:
        """EMPTY, PRODUCT, RECEIVE or LEVELS."""
        return self._pages.currentIndex()

    def show_product(self, found: Opened, today: date) -> None:
        """Figures and tables; a form that is being filled in stays."""
        product = found.product
        other = self._product is None or self._product.item_code != product.item_code
        self._product, self._batches = product, found.batches
        self._name.setText(product.item_name)
        about = (product.item_code, product.category, product.location)
        self._about.setText(" · ".join(part for part in about if part))
        self._figures.setText(self._figure_words(product))
        _keep_scroll(self.batch_table, [batch_line(batch, today) for batch in found.batches], self.batches)
        self._movements = list(found.movements)
        self._show_curve(found)
        self._show_ledger()
        if other or self.page() == EMPTY:
            self.notice.clear()
            self.receive_form.reset()
            self.show_product_page()

    def _show_curve(self, found: Opened) -> None:
        points = tuple(
            VitalPoint(measured_at=datetime.combine(day, time(12), self._zone), value=float(stock))
            for day, stock in found.curve
        )
        low, high = found.product.minimum_stock, found.product.maximum_stock
        self.curve.set_band((float(low), float(high)) if high else None)
        self.curve.show_series((Series(name=self.tr("Stock"), points=points),))

    def _figure_words(self, product: Product) -> str:
        parts = [self.tr("{0} usable").format(words.quantity(product.stock, product.unit))]
        if product.minimum_stock:
            parts.append(self.tr("reorder at {0}").format(f"{product.minimum_stock:,}"))
        if product.maximum_stock:
            parts.append(self.tr("at most {0}").format(f"{product.maximum_stock:,}"))
        if product.value > Decimal(0):
            parts.append(self.tr("worth {0}").format(words.money(product.value, self._currency)))
        return " · ".join(parts)

    def _show_ledger(self) -> None:
        _keep_scroll(
            self.ledger_table, [movement_line(one, self._zone) for one in self._movements], self.ledger
        )
        self.older_button.setVisible(self.tabs.current() == LEDGER and len(self._movements) >= 50)

    @Slot(object)
    def add_older(self, lines: list[Movement]) -> None:
        """More of the ledger; a short answer was its end."""
        self._movements += lines
        self._show_ledger()
        if len(lines) < 50:
            self.older_button.hide()

    @Slot(int)
    def show_part(self, which: int) -> None:
        self.tabs.choose(which)
        self._tables.setCurrentIndex(which)
        self.older_button.setVisible(which == LEDGER and len(self._movements) >= 50)

    @Slot()
    def show_product_page(self) -> None:
        if self._product is not None:
            self._pages.setCurrentIndex(PRODUCT)

    # -- forms

    @Slot()
    def start_receiving(self) -> None:
        if self._product is not None:
            self.notice.clear()
            self._pages.setCurrentIndex(RECEIVE)
            self.receive_form.begin(self._product, self._batches)

    @Slot()
    def start_levels(self) -> None:
        if self._product is not None:
            self.notice.clear()
            self._pages.setCurrentIndex(LEVELS)
            self.levels_form.begin(self._product)

    @Slot(str, str)
    def show_wrong(self, field: str, text: str) -> None:
        form = self.levels_form if self.page() == LEVELS else self.receive_form
        form.show_wrong(field, text)

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        self.receive_form.show_busy(busy)
        self.levels_form.show_busy(busy)

    def show_received(self, batch: Batch, quantity: Delivery | None) -> None:
        """Done: what is on the shelf of this batch now."""
        self.receive_form.reset()
        self.show_product_page()
        self.show_part(BATCHES)
        count = f"{quantity.quantity:,}" if quantity and quantity.quantity else ""
        text = self.tr("Received {0} into batch {1}. It now holds {2}.").format(
            count, batch.batch_number, f"{batch.current_stock:,}"
        )
        self.notice.show_notice(text, "ok")

    @Slot()
    def show_levels_saved(self) -> None:
        self.show_product_page()
        self.notice.show_notice(self.tr("Levels saved."), "ok")

    @Slot()
    def _ask_older(self) -> None:
        if self._movements:
            self.older_asked.emit(self._movements[-1])


def _keep_scroll(table: QTableView, lines: list[tuple[object, ...]], model: LinesModel) -> None:
    at, row = table.verticalScrollBar().value(), table.currentIndex().row()
    model.show_lines(lines)
    if 0 <= row < model.rowCount():
        table.setCurrentIndex(model.index(row, 0))
    table.verticalScrollBar().setValue(at)
