"""Every product with its value, class and movement; planning and price of the chosen one on the right."""

from collections.abc import Mapping
from decimal import Decimal

from PySide6.QtCore import QModelIndex, Slot
from PySide6.QtWidgets import QTableView, QWidget

from clinicdesk.domain.people import Actor
from clinicdesk.domain.purchasing import ProductSettings, Supplier
from clinicdesk.domain.stock_room import Worth
from clinicdesk.printing import words
from ui.room_view import RoomView, current_thing, show_rows
from ui.screens.worth.presenter import WorthPresenter
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import hide_unless, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.text import label

WIDTHS = (0, 78, 64, 112, 78, 112)
_KINDS = {"A": "info"}


class WorthView(RoomView):
    """By keyboard: Up and Down choose a product, Enter or Ctrl+E sets its planning and price."""

    presenter: WorthPresenter

    def __init__(self, presenter: WorthPresenter, actor: Actor) -> None:
        super().__init__(presenter, "")
        self.title = self.tr("Worth of the stock")
        self._currency, self._may_change = actor.clinic.currency, actor.may("stock.settings")
        self.products = LinesTable(
            [self.tr("Item"), self.tr("Class"), self.tr("Units"), self.tr("Value"),
             self.tr("A year"), self.tr("Last issue")], self)  # fmt: skip
        self.table: QTableView = lines_view(self.products, self.tr("Products by value of use"), WIDTHS)
        self.total = label("", "muted", wrap=True)
        self.change_button = button(self.tr("Planning and price"), "pen-line", primary=True)
        self.change_button.setToolTip(self.tr("Planning and price  (Ctrl+E)"))
        self.settings_form = self._make_form()
        self.idle.setLayout(vbox(EmptyState(
            "boxes", self.tr("Value, use and classes"),
            self.tr("A, B, C: share of a year's use by value. V, E, D: vital, essential, desirable. "
                    "Dead stock: none left the shelf for half a year."),
        )))  # fmt: skip
        self.lay_out((None, self.change_button), self.table, self.total)
        hide_unless(self.change_button, self._may_change)
        self.add_form(self.settings_form, self._save_settings)
        self._connect()

    def _make_form(self) -> EntryForm:
        form = EntryForm(self.tr("Planning and price"), self.tr("Save"), "check")
        form.add_choice("ved", self.tr("Vital, essential or desirable"), [
            (self.tr("Not set (counts as essential)"), ""), (self.tr("Vital"), "V"),
            (self.tr("Essential"), "E"), (self.tr("Desirable"), "D")])  # fmt: skip
        form.add_choice("supplier", self.tr("Supplier"))
        form.add_line("pack_size", self.tr("Units in a pack"), self.tr("Orders are rounded up to packs"))
        form.add_line("lead_days", self.tr("Days to deliver"), self.tr("Empty: the supplier's own"))
        form.add_line(
            "markup_percent", self.tr("Mark-up in percent"), self.tr("Empty: no rule, typed prices")
        )
        form.lay_out("ved", "supplier", ("pack_size", "lead_days"), "markup_percent")
        return form

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.worth_read.connect(self._show_worth)
        presenter.suppliers_read.connect(self._show_suppliers)
        presenter.settings_read.connect(self._show_settings)
        presenter.saved.connect(self._show_saved)
        self.table.activated.connect(self._activated)
        self.change_button.clicked.connect(self.ask_settings)
        if self._may_change:
            self.action(self.tr("Planning and price of the product"), self.ask_settings, "pen-line", "Ctrl+E")
        self.exports(self.products, "stock-value")

    def first_focus(self) -> QWidget:
        return self.table

    @Slot(object)
    def _show_worth(self, found: list[Worth]) -> None:
        show_rows(self.table, [(one, self._cells(one)) for one in found])
        self.change_button.setEnabled(bool(found))
        today = self.presenter.today()
        dead = [one for one in found if one.is_dead(today)]
        if not found:
            self.total.setText(self.tr("No product is on the list yet: receive a delivery or import a list."))
            return
        money = self._money
        self.total.setText(
            self.tr("{0} by batch, {1} by moving average. Dead stock: {2} products, {3}.").format(
                money(sum((one.by_batch for one in found), Decimal(0))),
                money(sum((one.by_average for one in found), Decimal(0))),
                f"{len(dead):,}",
                money(sum((one.by_batch for one in dead), Decimal(0))),
            )
        )

    def _cells(self, one: Worth) -> tuple[object, ...]:
        last: object = words.day(one.last_issue) if one.last_issue else "–"
        if one.is_dead(self.presenter.today()):
            last = (self.tr("Dead stock"), "warn", "clock-alert")
        return (
            f"{one.item_name}\n{one.item_code}",
            (f"{one.abc} · {one.ved}", _KINDS.get(one.abc, "plain"), "boxes"),
            f"{one.quantity:,}",
            f"{self._money(one.by_batch)}\n{self._money(one.by_average)}",
            f"{one.issued_year:,}\n{self._turns(one)}",
            last,
        )

    def _turns(self, one: Worth) -> str:
        return self.tr("{0} turns").format(one.turnover) if one.turnover is not None else "–"

    def list_as_seen(self) -> tuple[list[str], list[list[str]]]:
        """A column for each figure: a spreadsheet has the room that the page has not."""
        heads = [
            self.tr("Code"), self.tr("Item"), self.tr("ABC"), self.tr("VED"), self.tr("Units"),
            self.tr("By batch"), self.tr("Moving average"), self.tr("By average"), self.tr("Units a year"),
            self.tr("Use a year"), self.tr("Turnover"), self.tr("Last issue"), self.tr("Dead stock"),
        ]  # fmt: skip
        today = self.presenter.today()
        found = [self.products.thing(row) for row in range(self.products.rowCount())]
        return heads, [
            [
                *(one.item_code, one.item_name, one.abc, one.ved, str(one.quantity), f"{one.by_batch:.2f}"),
                *(f"{one.average:.2f}", f"{one.by_average:.2f}", str(one.issued_year)),
                *(f"{one.yearly_value:.2f}", "" if one.turnover is None else str(one.turnover)),
                one.last_issue.isoformat() if one.last_issue else "",
                self.tr("yes") if one.is_dead(today) else self.tr("no"),
            ]
            for one in found
        ]

    def _money(self, amount: Decimal) -> str:
        return words.money(amount, self._currency)

    @Slot(object)
    def _show_suppliers(self, found: list[Supplier]) -> None:
        if self.form() is None:  # a list that changes under an open form would lose the choice
            rows: list[tuple[str, object]] = [(self.tr("As on its last delivery"), None)]
            self.settings_form.offer("supplier", [*rows, *((one.name, one.id) for one in found)])

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        self.ask_settings()

    @Slot()
    def ask_settings(self) -> None:
        """Planning and price of the chosen product."""
        one = current_thing(self.table)
        if isinstance(one, Worth) and self._may_change:
            self.presenter.ask_settings(one)

    @Slot(object, object)
    def _show_settings(self, one: Worth, now: ProductSettings) -> None:
        self._changing = one
        self.settings_form.about.setText(f"{one.item_name} ({one.item_code})")
        self.settings_form.put(
            ved=now.ved,
            supplier=now.supplier_id,
            pack_size=now.pack_size,
            lead_days=now.lead_days,
            markup_percent=now.markup_percent,
        )
        self.open_form(self.settings_form)

    @Slot(object)
    def _save_settings(self, said: Mapping[str, object]) -> None:
        self.presenter.save(self._changing, said)

    @Slot(str)
    def _show_saved(self, name: str) -> None:
        self.close_form()
        self.tell(self.tr("Saved for {0}.").format(name), "ok")
