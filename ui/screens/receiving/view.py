"""A delivery on the screen: one line to scan into, the lines so far, what differs from the order."""

from uuid import UUID

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QTableView, QWidget

from clinicdesk.domain.purchasing import Arrival, Order
from clinicdesk.printing import words
from ui.room_view import RoomView, show_rows
from ui.scanner import WedgeScanner
from ui.screens.receiving.presenter import ReceivingPresenter
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.choose import fill
from ui.widgets.entry_form import EntryForm
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view

SHORT_DAYS = 180


class ReceivingView(RoomView):
    """By keyboard: scan or type a code and Enter; Ctrl+Enter receives; Ctrl+M to quarantine."""

    presenter: ReceivingPresenter

    def __init__(self, presenter: ReceivingPresenter, currency: str) -> None:
        super().__init__(presenter, "")
        self.title = self.tr("Receiving")
        self._currency, self._gtin = currency, ""
        self._orders: dict[UUID, Order] = {}
        self.code, self.supplier, self.invoice = QLineEdit(), QLineEdit(), QLineEdit()
        self.order = QComboBox()
        self.fields = {
            "code": Field(self.tr("Scan, or type a product code"), self.code),
            "supplier": Field(self.tr("Supplier"), self.supplier),
            "invoice": Field(self.tr("Invoice number"), self.invoice),
            "order": Field(self.tr("Order"), self.order),
        }
        self.receive_button = button(self.tr("Receive"), "truck", primary=True)
        self.receive_button.setToolTip(self.tr("Receive  (Ctrl+Enter)"))
        self.again_button = button(self.tr("It is another delivery"), "copy")
        self.again_button.hide()
        self.lines = LinesTable(
            [self.tr("Item"), self.tr("Batch"), self.tr("Expires"), self.tr("Quantity"),
                self.tr("Against the order"),
             self.tr("Price")], self)  # fmt: skip
        self.table: QTableView = lines_view(
            self.lines, self.tr("Lines of the delivery"), (0, 100, 104, 80, 132, 84)
        )
        self.line_form = self._make_line_form()
        self.link_form = EntryForm(self.tr("Unknown code"), self.tr("Link"), "scan-barcode")
        self.link_form.add_line("code", self.tr("Product code it stands for"))
        self.link_form.lay_out("code")
        self.part_form = EntryForm(self.tr("A part to quarantine"), self.tr("Set aside"), "triangle-alert")
        self.part_form.add_line("quantity", self.tr("Quantity that is not as it should be"))
        self.part_form.lay_out("quantity")
        self._part_of = -1
        self.idle.setLayout(vbox(EmptyState(
            "scan-barcode", self.tr("Scan the packs"),
            self.tr("Each scan counts up; what differs from the order is marked. Nothing is booked yet."),
        )))  # fmt: skip
        self.scanner = WedgeScanner(self)
        self._arrange()
        self._connect()
        self._show_lines()

    def _make_line_form(self) -> EntryForm:
        form = EntryForm(self.tr("Complete the line"), self.tr("Add"), "package-plus")
        form.add_line("batch_number", self.tr("Batch number"))
        form.add_line("expiry_date", self.tr("Expiry date"), self.tr("12/2027 is the end of that month"))
        form.add_line("quantity", self.tr("Quantity"))
        form.add_line("unit_cost", self.tr("Cost of one"))
        form.lay_out("batch_number", ("expiry_date", "quantity"), "unit_cost")
        return form

    def _arrange(self) -> None:
        entry = hbox(*self.fields.values(), spacing=10)
        for number, share in enumerate((4, 3, 2, 3)):
            entry.setStretch(number, share)
        self.lay_out((None, self.again_button, self.receive_button), self.table, entry)
        self.add_form(self.line_form, self.presenter.complete)
        self.add_form(self.link_form, self._link)
        self.add_form(self.part_form, self._set_part_aside)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.orders_read.connect(self._show_orders)
        presenter.changed.connect(self._show_lines)
        presenter.added.connect(self._show_added)
        presenter.incomplete.connect(self._ask_line)
        presenter.unknown_code.connect(self._ask_link)
        presenter.received.connect(self._show_received)
        presenter.known_delivery.connect(self.again_button.show)
        self.scanner.scanned.connect(presenter.scan)
        self.code.returnPressed.connect(self._typed)
        self.order.currentIndexChanged.connect(self._order_chosen)
        self.receive_button.clicked.connect(self.receive)
        self.again_button.clicked.connect(self._receive_again)
        self.action(self.tr("Receive the delivery"), self.receive, "truck", "Ctrl+Return")
        self.action(self.tr("To the code"), self.close_form, "scan-barcode", "Ctrl+F")
        self.action(self.tr("Take the line off"), self._remove, "trash-2", "Ctrl+Backspace")
        self.action(
            self.tr("To quarantine, or back to the shelf"), self._set_aside, "triangle-alert", "Ctrl+M"
        )
        self.action(self.tr("A part to quarantine"), self._ask_part, "triangle-alert", "Ctrl+Shift+M")
        self.action(self.tr("Read a delivery note (CSV, Excel)"), self._choose_note, "folder-open", "Ctrl+O")
        self.exports(self.lines, "delivery")

    def first_focus(self) -> QWidget:
        return self.code

    @Slot(object)
    def _show_orders(self, orders: list[Order]) -> None:
        self._orders = {one.id: one for one in orders}
        rows: list[tuple[str, object]] = [(self.tr("Without an order"), None)]
        rows += [(f"{one.number} · {one.supplier_name}", one.id) for one in orders]
        quiet = QSignalBlocker(self.order)
        fill(self.order, rows)
        quiet.unblock()
        chosen = self._orders.get(self.order.currentData())
        if chosen != self.presenter.order:
            self.presenter.choose_order(chosen)

    @Slot(int)
    def _order_chosen(self, _number: int) -> None:
        order = self._orders.get(self.order.currentData())
        self.presenter.choose_order(order)
        if order is not None:
            self.supplier.setText(order.supplier_name)

    @Slot()
    def _typed(self) -> None:
        if text := self.code.text().strip():
            self.presenter.scan(text)

    @Slot()
    def _show_lines(self) -> None:
        gaps = self.presenter.differences()
        show_rows(self.table, [(one, self._cells(one, gaps)) for one in self.presenter.lines])
        self.receive_button.setEnabled(bool(self.presenter.lines))

    @Slot()
    def _show_added(self) -> None:
        self.code.clear()
        self.fields["code"].clear_error()
        self.close_form()

    def _cells(self, one: Arrival, gaps: dict[str, int]) -> tuple[object, ...]:
        ends = words.day(one.expiry) if one.expiry else "–"
        short = one.expiry is not None and (one.expiry - self.presenter.today()).days < SHORT_DAYS
        price = words.money(one.selling_price, self._currency) if one.selling_price is not None else "–"
        gap = gaps.get(one.item_code, 0)
        if self.presenter.order is None:
            against: object = "–"
        elif one.ordered is None:
            against = (self.tr("Not ordered"), "danger", "circle-x")
        elif gap:
            words_ = self.tr("{0} too many") if gap > 0 else self.tr("{0} missing")
            against = (words_.format(f"{abs(gap):,}"), "danger", "triangle-alert")
        else:
            against = (self.tr("As ordered"), "ok", "check")
        name = f"{one.item_name}\n{one.item_code}"
        expiry = f"{ends}\n{self.tr('ends soon')}" if short else ends
        batch = f"{one.batch_number}\n{self.tr('to quarantine')}" if one.quarantine else one.batch_number
        return name, batch, expiry, f"{one.quantity:,}", against, price

    @Slot(object)
    def _ask_line(self, one: Arrival) -> None:
        self.code.clear()
        form = self.line_form
        form.about.setText(f"{one.item_name} ({one.item_code})")
        form.put(
            batch_number=one.batch_number,
            expiry_date=one.expiry.isoformat() if one.expiry else "",
            quantity=one.quantity,
            unit_cost=one.unit_cost,
        )
        self.open_form(form, "expiry_date" if one.batch_number else "batch_number")

    @Slot(str)
    def _ask_link(self, gtin: str) -> None:
        self._gtin = gtin
        self.code.clear()
        self.link_form.about.setText(
            self.tr("No product has the code {0} yet. Type the product's own code once.").format(gtin)
        )
        self.link_form.put(code="")
        self.open_form(self.link_form)

    @Slot(object)
    def _link(self, said: dict[str, str]) -> None:
        self.presenter.link(self._gtin, said["code"])

    @Slot()
    def _choose_note(self) -> None:
        dialog = QFileDialog(self, self.tr("Read a delivery note"), "", "CSV, Excel (*.csv *.xlsx)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.presenter.read_note)
        dialog.open()

    @Slot()
    def _remove(self) -> None:
        self.presenter.remove(self.table.currentIndex().row())

    @Slot()
    def _set_aside(self) -> None:
        self.presenter.set_aside(self.table.currentIndex().row())

    @Slot()
    def _ask_part(self) -> None:
        row = self.table.currentIndex().row()
        if 0 <= row < len(self.presenter.lines):
            one = self.presenter.lines[row]
            self._part_of = row
            self.part_form.about.setText(f"{one.quantity:,} x {one.item_name}, {one.batch_number}")
            self.part_form.put(quantity="")
            self.open_form(self.part_form)

    @Slot(object)
    def _set_part_aside(self, said: dict[str, str]) -> None:
        if self.presenter.part_aside(self._part_of, said["quantity"]):
            self.close_form()

    @Slot()
    def receive(self) -> None:
        """Book every line."""
        self.presenter.receive(self.supplier.text(), self.invoice.text())

    @Slot()
    def _receive_again(self) -> None:
        self.presenter.receive(self.supplier.text(), self.invoice.text(), again=True)

    @Slot(int)
    def _show_received(self, count: int) -> None:
        self.again_button.hide()
        self.invoice.clear()
        self.order.setCurrentIndex(0)
        self.tell(self.tr("Received: {0} lines are on the shelf.").format(count), "ok")
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str, str)
    def show_wrong(self, field: str, text: str) -> None:
        if self.form() is None and field in self.fields:
            self.fields[field].show_error(text)
            self.fields[field].editor.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().show_wrong(field, text)
