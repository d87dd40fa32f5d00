"""Suggested quantities on the left, orders by the second tab, the paper on the right."""

from datetime import tzinfo

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.purchasing import Order, Suggestion
from clinicdesk.printing import words
from ui.room_view import RoomView, current_thing, show_rows
from ui.screens.ordering.presenter import OrderingPresenter
from ui.widgets.buttons import Segments, button
from ui.widgets.layouts import vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.pdf_view import PdfView
from ui.widgets.save_file import SaveFile
from ui.widgets.text import label

SUGGESTED, ORDERS = range(2)


class OrderingView(RoomView):
    """By keyboard: Ctrl+Enter drafts an order for each supplier; Ctrl+2 the orders; Enter shows the paper."""

    presenter: OrderingPresenter

    def __init__(self, presenter: OrderingPresenter, zone: tzinfo) -> None:
        super().__init__(presenter, "")
        self.title, self._zone = self.tr("Ordering"), zone
        self.suggestions = LinesTable(
            [self.tr("Item"), self.tr("Usable"), self.tr("Coming"), self.tr("A month"), self.tr("Levels"),
             self.tr("Order"), self.tr("Supplier")], self)  # fmt: skip
        self.orders = LinesTable(
            [self.tr("Order"), self.tr("Supplier"), self.tr("Written"), self.tr("Lines"), self.tr("To come"),
             self.tr("Status")], self)  # fmt: skip
        name = self.tr("What should be ordered")
        self.table = lines_view(self.suggestions, name, (0, 70, 70, 76, 104, 76, 150))
        self.order_table = lines_view(self.orders, self.tr("Orders"), (138, 0, 150, 56, 80, 104))
        self.tabs = Segments([self.tr("To order"), self.tr("Orders")], self.tr("List"))
        self.draft_button = button(self.tr("Draft the orders"), "file-plus", primary=True)
        self.draft_button.setToolTip(self.tr("Draft the orders  (Ctrl+Enter)"))
        self._pages = QStackedWidget()
        for table in (self.table, self.order_table):
            self._pages.addWidget(table)
        self._words = label(self.tr("Nothing is short."), "muted", wrap=True)
        self.preview = PdfView()
        self.preview.hide()
        side = vbox(self._words, self.preview, spacing=10)
        side.addStretch(1)
        side.setStretch(1, 9)
        self.idle.setLayout(side)
        self.lay_out((None, self.tabs, self.draft_button), self._pages)
        self._connect()

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.suggested.connect(self._show_suggestions)
        presenter.orders_read.connect(self._show_orders)
        presenter.drafted.connect(self._show_drafted)
        presenter.changed.connect(self._show_changed)
        presenter.paper_made.connect(self._show_paper)
        presenter.file_made.connect(self._save_file)
        self.tabs.chosen.connect(self._pages.setCurrentIndex)
        self.draft_button.clicked.connect(self.draft)
        self.order_table.activated.connect(self._paper)
        self.action(self.tr("Draft an order for each supplier"), self.draft, "file-plus", "Ctrl+Return")
        self.action(self.tr("What should be ordered"), self._to_suggestions, "list", "Ctrl+1")
        self.action(self.tr("Orders"), self._to_orders, "clipboard-list", "Ctrl+2")
        self.action(self.tr("Show the order on paper"), self._paper, "printer", "Ctrl+P")
        self.action(self.tr("Save the order as CSV"), self._file, "download", "Ctrl+E")
        self.action(self.tr("Mark the order as sent"), self._sent, "mail", "Ctrl+S")
        self.action(self.tr("Close the order"), self._closed, "check")
        self.action(self.tr("Cancel the order"), self._cancelled, "x")
        self.exports(self.suggestions, "to-order")

    def first_focus(self) -> QWidget:
        return self.table if self.tabs.current() == SUGGESTED else self.order_table

    @Slot(object)
    def _show_suggestions(self, found: list[Suggestion]) -> None:
        show_rows(self.table, [(one, self._cells(one)) for one in found])
        self.draft_button.setEnabled(bool(found))
        suppliers = len({one.supplier_name for one in found})
        text = self.tr("{0} products are at or below their minimum; {1} suppliers.").format(
            len(found), suppliers
        )
        self._words.setText(text if found else self.tr("Nothing is short."))

    def _cells(self, one: Suggestion) -> tuple[object, ...]:
        out = one.usable == 0
        usable: object = (self.tr("None"), "danger", "circle-x") if out else f"{one.usable:,}"
        month = f"{one.monthly:,.0f}" if one.monthly is not None else self.tr("unknown")
        levels = f"{one.minimum:,} – {one.maximum:,}"
        name = f"{one.item_name}\n{one.item_code}"
        supplier = one.supplier_name or self.tr("none")
        return name, usable, f"{one.on_order:,}", month, levels, f"{one.quantity:,}", supplier

    @Slot(object)
    def _show_orders(self, found: list[Order]) -> None:
        show_rows(self.order_table, [(one, self._order_cells(one)) for one in found])

    def _order_cells(self, one: Order) -> tuple[object, ...]:
        coming = sum(line.remaining for line in one.lines) if one.status in ("draft", "sent") else 0
        tag = {
            "draft": (self.tr("Draft"), "info", "file-text"),
            "sent": (self.tr("Sent"), "warn", "truck"),
            "closed": (self.tr("Closed"), "ok", "check"),
        }.get(one.status, (self.tr("Cancelled"), "plain", "x"))
        at = f"{words.moment(one.created_at.astimezone(self._zone))}\n{one.created_by}"
        return one.number, one.supplier_name, at, f"{len(one.lines):,}", f"{coming:,}" if coming else "–", tag

    @Slot()
    def draft(self) -> None:
        """One order for each supplier, with the suggested quantities."""
        found = [self.suggestions.thing(row) for row in range(self.suggestions.rowCount())]
        if found:
            self.presenter.draft([one for one in found if isinstance(one, Suggestion)])

    @Slot(object)
    def _show_drafted(self, orders: list[Order]) -> None:
        names = ", ".join(f"{one.number} ({one.supplier_name})" for one in orders)
        self.tell(self.tr("Drafted: {0}").format(names), "ok")
        self._to_orders()
        if orders:
            self.presenter.paper(orders[0])

    @Slot(object)
    def _show_changed(self, order: Order) -> None:
        self.tell(self.tr("{0} is changed.").format(order.number), "ok")

    def _order(self) -> Order | None:
        found = current_thing(self.order_table)
        return found if isinstance(found, Order) and self.tabs.current() == ORDERS else None

    @Slot()
    def _paper(self) -> None:
        if order := self._order():
            self.presenter.paper(order)

    @Slot(object)
    def _show_paper(self, pdf: bytes) -> None:
        self.preview.show()
        self.preview.show_pdf(pdf)

    @Slot()
    def _file(self) -> None:
        if order := self._order():
            self.presenter.file(order)

    @Slot(object, str)
    def _save_file(self, data: bytes, name: str) -> None:
        dialog = SaveFile(self, self.tr("Save the order"), name, data=data)
        dialog.said.connect(self.tell)
        dialog.open()

    @Slot()
    def _sent(self) -> None:
        self._set("sent")

    @Slot()
    def _closed(self) -> None:
        self._set("closed")

    @Slot()
    def _cancelled(self) -> None:
        self._set("cancelled")

    def _set(self, status: str) -> None:
        if order := self._order():
            self.presenter.set_status(order, status)

    @Slot()
    def _to_suggestions(self) -> None:
        self._to(SUGGESTED)

    @Slot()
    def _to_orders(self) -> None:
        self._to(ORDERS)

    def _to(self, which: int) -> None:
        self.tabs.choose(which)
        self._pages.setCurrentIndex(which)
        self.first_focus().setFocus(Qt.FocusReason.ShortcutFocusReason)
