"""The two forms of the detail panel: a delivery, and the levels of a product."""

from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.stock import Batch, Product
from clinicdesk.services.inventory import Delivery, expiry_from
from ui.messages import message_for
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class Form(QWidget):
    """Enter goes to the next field and on the last one saves; Esc leaves."""

    left = Signal()

    def __init__(self, title: str, save: str, icon: str) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}
        self._title = label(title, "h2")
        self._for = label("", "muted", wrap=True)
        self.save_button = button(save, icon, primary=True)
        self.cancel_button = button(self.tr("Cancel"))
        self.save_button.clicked.connect(self.submit)
        self.cancel_button.clicked.connect(self.left)

    def add(self, key: str, name: str, hint: str = "") -> QLineEdit:
        """One more line to fill in."""
        editor = QLineEdit()
        editor.returnPressed.connect(self._next)
        self.fields[key] = Field(name, editor, hint=hint)
        return editor

    def lay_out(self, *rows: QWidget | tuple[QWidget, QWidget]) -> None:
        column = vbox(self._title, self._for, spacing=8)
        for row in rows:
            if isinstance(row, tuple):
                pair = hbox(*row, spacing=10)
                pair.setStretch(0, 1)
                pair.setStretch(1, 1)
                column.addLayout(pair)
            else:
                column.addWidget(row)
        column.addLayout(hbox(self.save_button, self.cancel_button, None, margins=(0, 6, 0, 0)))
        column.addStretch(1)
        self.setLayout(column)

    def text(self, key: str) -> str:
        editor = self.fields[key].editor
        assert isinstance(editor, QLineEdit)
        return editor.text()

    def set_text(self, key: str, text: str) -> None:
        editor = self.fields[key].editor
        assert isinstance(editor, QLineEdit)
        editor.setText(text)
        self.fields[key].clear_error()

    @Slot(str, str)
    def show_wrong(self, key: str, text: str) -> None:
        """Under its field, with the focus on the first wrong one."""
        field = self.fields.get(key)
        if field is None:
            return
        first = not any(one.error() for one in self.fields.values())
        field.show_error(text)
        if first:
            field.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def refuse(self, refusal: InvalidField) -> None:
        self.show_wrong(refusal.field, message_for(refusal))

    @Slot()
    def _next(self) -> None:
        editors = [field.editor for field in self.fields.values()]
        at = next((number for number, editor in enumerate(editors) if editor.hasFocus()), len(editors) - 1)
        if at + 1 < len(editors):
            editors[at + 1].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.submit()

    @Slot()
    def submit(self) -> None:
        """Subclasses read their fields."""
        raise NotImplementedError

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        self.save_button.setEnabled(not busy)

    def start(self) -> None:
        """Focus the first field."""
        next(iter(self.fields.values())).editor.setFocus(Qt.FocusReason.OtherFocusReason)


class ReceiveForm(Form):
    """A delivery of one batch; ``asked`` carries a Delivery."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__(self.tr("Receive delivery"), self.tr("Receive"), "package-plus")
        self._code = ""
        self.batch = self.add("batch_number", self.tr("Batch number"))
        self.expiry = self.add(
            "expiry_date", self.tr("Expiry date"), self.tr("12/2027 is the end of that month")
        )
        self.quantity = self.add("quantity", self.tr("Quantity"), " ")
        self.cost = self.add("unit_cost", self.tr("Cost of one"), self.tr("Empty: as the last time"))
        self.supplier = self.add("supplier", self.tr("Supplier"))
        fields = self.fields
        self.lay_out(
            fields["batch_number"],
            (fields["expiry_date"], fields["quantity"]),
            (fields["unit_cost"], fields["supplier"]),
        )

    def begin(self, product: Product, batches: tuple[Batch, ...]) -> None:
        """Empty, with the supplier of the newest batch; a form begun for this product stays as typed."""
        self._for.setText(self.tr("Counted in single units: {0}").format(product.unit or self.tr("piece")))
        if product.item_code != self._code:
            self.reset(product.item_code)
            supplier = next((batch.supplier_name for batch in reversed(batches) if batch.supplier_name), "")
            self.set_text("supplier", supplier)
        self.start()

    def reset(self, item_code: str = "") -> None:
        self._code = item_code
        for key in self.fields:
            self.set_text(key, "")

    @Slot()
    def submit(self) -> None:
        for field in self.fields.values():
            field.clear_error()
        try:
            delivery = Delivery(
                item_code=self._code,
                batch_number=self.text("batch_number"),
                expiry=expiry_from(self.text("expiry_date")),
                quantity=whole_number(self.text("quantity"), "quantity"),
                unit_cost=_money(self.text("unit_cost")),
                supplier=self.text("supplier"),
            )
        except InvalidField as refusal:
            self.refuse(refusal)
        else:
            self.asked.emit(delivery)


class LevelsForm(Form):
    """``asked(minimum, maximum or None, place)``."""

    asked = Signal(object, object, str)

    def __init__(self) -> None:
        super().__init__(self.tr("Levels and place"), self.tr("Save"), "save")
        self.minimum = self.add("minimum", self.tr("Reorder at"))
        self.maximum = self.add("maximum", self.tr("Hold at most"), self.tr("Empty: no limit"))
        self.place = self.add("location", self.tr("Place"))
        self.lay_out((self.fields["minimum"], self.fields["maximum"]), self.fields["location"])

    def begin(self, product: Product) -> None:
        """What holds now."""
        self._for.setText(self.tr("They hold for every batch of this product."))
        self.set_text("minimum", str(product.minimum_stock))
        self.set_text("maximum", "" if product.maximum_stock is None else str(product.maximum_stock))
        self.set_text("location", product.location)
        self.start()

    @Slot()
    def submit(self) -> None:
        for field in self.fields.values():
            field.clear_error()
        try:
            minimum = whole_number(self.text("minimum"), "minimum") or 0
            maximum = whole_number(self.text("maximum"), "maximum")
        except InvalidField as refusal:
            self.refuse(refusal)
        else:
            self.asked.emit(minimum, maximum, self.text("location"))


def whole_number(text: str, field: str) -> int | None:
    """'1,200' -> 1200, '' -> None. Raises InvalidField."""
    plain = text.replace(",", "").replace(" ", "")
    if not plain:
        return None
    if not plain.removeprefix("-").isdecimal() or len(plain) > 12:
        raise InvalidField(field, "whole_number")
    return int(plain)


def _money(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace(" ", "").removeprefix("₦")
    try:
        return Decimal(plain) if plain else None
    except InvalidOperation:
        raise InvalidField("unit_cost", "number") from None
