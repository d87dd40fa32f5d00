"""Suggested quantities on the left, orders by the second tab, the paper on the right."""

from datetime import tzinfo
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.purchasing import Order, Suggestion, Supplier
from clinicdesk.printing import words
from clinicdesk.services.ordering import LEAD_DAYS
from ui.room_view import RoomView, current_thing, show_rows
from ui.screens.ordering.presenter import OrderingPresenter
from ui.widgets.buttons import Segments, button
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.save_file import SaveFile
from ui.widgets.text import label

if TYPE_CHECKING:
    from ui.widgets.pdf_view import PdfView

SUGGESTED, ORDERS, SUPPLIERS = range(3)


class OrderingView(RoomView):
    """By keyboard: Enter changes a quantity, Ctrl+Enter drafts an order for each supplier; Ctrl+2, Ctrl+3."""

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
        self.table = lines_view(self.suggestions, name, (0, 88, 76, 80, 104, 66, 120))
        self.order_table = lines_view(self.orders, self.tr("Orders"), (138, 0, 144, 64, 84, 98))
        self.suppliers = LinesTable(
            [self.tr("Supplier"), self.tr("Contact"), self.tr("Days to deliver"), self.tr("Status")], self
        )
        self.supplier_table = lines_view(self.suppliers, self.tr("Suppliers"), (0, 230, 120, 116))
        self.tabs = Segments([self.tr("To order"), self.tr("Orders"), self.tr("Suppliers")], self.tr("List"))
        self.draft_button = button(self.tr("Draft the orders"), "file-plus", primary=True)
        self.draft_button.setToolTip(self.tr("Draft the orders  (Ctrl+Enter)"))
        self._pages = QStackedWidget()
        for table in (self.table, self.order_table, self.supplier_table):
            self._pages.addWidget(table)
        self._words = label(self.tr("Nothing is short."), "muted", wrap=True)
        self._preview: PdfView | None = None
        self._side_column = side = vbox(self._words, spacing=10)
        side.addStretch(1)
        self.idle.setLayout(side)
        self.lay_out((None, self.tabs, self.draft_button), self._pages)
        self.quantity_form = EntryForm(self.tr("Order this product"), self.tr("Change"), "check")
        self.quantity_form.add_line("quantity", self.tr("Quantity"), self.tr("0 leaves it out"))
        self.quantity_form.add_line("supplier", self.tr("Supplier"))
        self.quantity_form.lay_out("quantity", "supplier")
        self.supplier_form = EntryForm(self.tr("Supplier"), self.tr("Save"), "check")
        self.supplier_form.add_line("name", self.tr("Name"))
        self.supplier_form.add_line("contact", self.tr("Phone or e-mail"))
        self.supplier_form.add_line("lead_days", self.tr("Days from order to delivery"))
        self.supplier_form.lay_out("name", "contact", "lead_days")
        self.add_form(self.quantity_form, self._change)
        self.add_form(self.supplier_form, presenter.save_supplier)
        self._connect()

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.suggested.connect(self._show_suggestions)
        presenter.orders_read.connect(self._show_orders)
        presenter.drafted.connect(self._show_drafted)
        presenter.changed.connect(self._show_changed)
        presenter.paper_made.connect(self._show_paper)
        presenter.file_made.connect(self._save_file)
        presenter.suppliers_read.connect(self._show_suppliers)
        presenter.supplier_saved.connect(self._show_saved)
        self.table.activated.connect(self._ask_quantity)
        self.supplier_table.activated.connect(self._ask_supplier)
        self.tabs.chosen.connect(self._pages.setCurrentIndex)
        self.draft_button.clicked.connect(self.draft)
        self.order_table.activated.connect(self._paper)
        self.action(self.tr("Draft an order for each supplier"), self.draft, "file-plus", "Ctrl+Return")
        self.action(self.tr("What should be ordered"), self._to_suggestions, "list", "Ctrl+1")
        self.action(self.tr("Orders"), self._to_orders, "clipboard-list", "Ctrl+2")
        self.action(self.tr("Suppliers"), self._to_suppliers, "truck", "Ctrl+3")
        self.action(self.tr("Change the quantity or the supplier"), self._ask_quantity, "pen-line", "F2")
        self.action(self.tr("New supplier"), self._new_supplier, "plus", "Ctrl+N")
        self.action(self.tr("Supplier out of use, or back"), self._retire, "ban", "Ctrl+D")
        self.action(self.tr("Show the order on paper"), self._paper, "printer", "Ctrl+P")
        self.action(self.tr("Save the order as CSV"), self._file, "download", "Ctrl+E")
        self.action(self.tr("Mark the order as sent"), self._sent, "mail", "Ctrl+S")
        self.action(self.tr("Close the order"), self._closed, "check")
        self.action(self.tr("Cancel the order"), self._cancelled, "x")
        self.exports(self.suggestions, "to-order")

    def first_focus(self) -> QWidget:
        return (self.table, self.order_table, self.supplier_table)[self.tabs.current()]

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
        wanted = f"{one.quantity:,}" if one.quantity else self.tr("left out")
        return name, usable, f"{one.on_order:,}", month, levels, wanted, supplier

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

    @property
    def preview(self) -> "PdfView":
        """Qt's part for PDF comes with the first paper."""
        if self._preview is None:
            from ui.widgets.pdf_view import PdfView

            self._preview = PdfView()
            self._side_column.insertWidget(1, self._preview, 9)
        return self._preview

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

    @Slot()
    def _to_suppliers(self) -> None:
        self._to(SUPPLIERS)

    # -- quantities and suppliers

    @Slot()
    def _ask_quantity(self) -> None:
        one = current_thing(self.table)
        if isinstance(one, Suggestion) and self.tabs.current() == SUGGESTED:
            self._changing = one
            self.quantity_form.about.setText(f"{one.item_name} ({one.item_code})")
            self.quantity_form.put(quantity=one.quantity, supplier=one.supplier_name)
            self.open_form(self.quantity_form)

    @Slot(object)
    def _change(self, said: dict[str, str]) -> None:
        if self.presenter.change(self._changing, said):
            self.close_form()

    @Slot(object)
    def _show_suppliers(self, found: list[Supplier]) -> None:
        days = self.tr("{0} days")
        used, unused = (self.tr("In use"), "ok", "check"), (self.tr("Out of use"), "plain", "ban")
        rows = [
            (
                one,
                (one.name, one.contact or "–", days.format(one.lead_days), used if one.is_active else unused),
            )
            for one in found
        ]
        show_rows(self.supplier_table, rows)

    @Slot()
    def _new_supplier(self) -> None:
        self._to_suppliers()
        self.supplier_form.about.setText(self.tr("The name of a known supplier changes that one."))
        self.supplier_form.put(name="", contact="", lead_days=LEAD_DAYS)
        self.open_form(self.supplier_form)

    @Slot()
    def _ask_supplier(self) -> None:
        one = current_thing(self.supplier_table)
        if isinstance(one, Supplier):
            self.supplier_form.about.setText(self.tr("Another name makes another supplier."))
            self.supplier_form.put(name=one.name, contact=one.contact, lead_days=one.lead_days)
            self.open_form(self.supplier_form, "contact")

    @Slot()
    def _retire(self) -> None:
        one = current_thing(self.supplier_table)
        if isinstance(one, Supplier) and self.tabs.current() == SUPPLIERS:
            self.presenter.retire(one)

    @Slot(str)
    def _show_saved(self, name: str) -> None:
        self.close_form()
        self.tell(self.tr("{0} is saved.").format(name), "ok")

    def _to(self, which: int) -> None:
        self.tabs.choose(which)
        self._pages.setCurrentIndex(which)
        self.first_focus().setFocus(Qt.FocusReason.ShortcutFocusReason)
