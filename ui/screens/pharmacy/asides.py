"""What stands beside the sheet for a moment: the witness, the payment, taking back."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.stock import Supply, SupplyAccount
from clinicdesk.printing import words
from ui.widgets.entry_form import EntryForm

translate = QCoreApplication.translate


def payment_methods() -> list[tuple[str, object]]:
    """Words and code."""
    return [
        (translate("pharmacy", "Cash"), "cash"),
        (translate("pharmacy", "POS terminal"), "pos"),
        (translate("pharmacy", "Bank transfer"), "transfer"),
        (translate("pharmacy", "Card"), "card"),
        (translate("pharmacy", "Insurance"), "insurance"),
    ]


class PayForm(EntryForm):
    """Money for what was handed out."""

    def __init__(self, currency: str) -> None:
        super().__init__(self.tr("Payment"), self.tr("Take payment"), "banknote")
        self._currency = currency
        self.add_line("amount", self.tr("Amount"))
        self.add_choice("method", self.tr("Method"), payment_methods())
        self.lay_out(("amount", "method"))

    def begin(self, account: SupplyAccount) -> None:
        """With what is owed."""
        self.about.setText(
            self.tr("Handed out for {0}, paid {1}.").format(
                words.money(account.due, self._currency), words.money(account.paid, self._currency)
            )
        )
        self.put(amount=f"{account.owed:.2f}")
        self.show_busy(busy=False)
        self.start("amount")


class TakeBackForm(EntryForm):
    """A line that takes a supply back, or part of it (spec 4.10, 5.4)."""

    def __init__(self) -> None:
        super().__init__(self.tr("Take back"), self.tr("Take back"), "undo-2")
        self.about.setText(
            self.tr(
                "It never left the counter: back to its batch, today only. "
                "The patient brought it back: to quarantine, never sold again."
            )
        )
        self.add_choice("supply", self.tr("What was handed out"))
        self.add_choice(
            "kind",
            self.tr("How it comes back"),
            [
                (self.tr("It never left the counter"), "reversal"),
                (self.tr("The patient brought it back"), "return"),
            ],
        )
        self.add_line("quantity", self.tr("Quantity"))
        self.add_line("note", self.tr("Reason"))
        self.lay_out("supply", ("kind", "quantity"), "note")

    def begin(self, supplies: Sequence[Supply]) -> bool:
        """False: nothing can be taken back."""
        rows: list[tuple[str, object]] = [
            (self.tr("{0} x {1}, batch {2}").format(f"{left:,}", one.medicine, one.batch_number or "–"), one)
            for one in supplies
            if (left := one.quantity - one.taken_back) > 0
        ]
        if rows:
            self.offer("supply", rows)
            first = rows[0][1]
            assert isinstance(first, Supply)
            self.put(quantity=first.quantity - first.taken_back, note="")
            self.show_busy(busy=False)
            self.start("supply")
        return bool(rows)
