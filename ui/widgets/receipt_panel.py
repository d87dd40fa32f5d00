"""A receipt on the screen, for the paper of this desk."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox

from clinicdesk.domain.appointments import Receipt
from clinicdesk.printing.receipt import receipt_pdf
from ui.widgets.paper_panel import PaperPanel


class ReceiptPanel(PaperPanel):
    """The very PDF that is printed or saved: A6, A5, or the roll of a receipt printer."""

    def __init__(self) -> None:
        super().__init__()
        self._receipt: Receipt | None = None
        self.paper = QComboBox()
        self.paper.setAccessibleName(self.tr("Paper"))
        for words, size in (("A6", "a6"), ("A5", "a5"), (self.tr("Receipt roll, 80 mm"), "roll")):
            self.paper.addItem(words, size)
        self.paper.currentIndexChanged.connect(self._draw)
        layout = self.layout()
        assert layout is not None
        layout.insertWidget(1, self.paper)  # type: ignore[attr-defined]

    def show_receipt(self, receipt: Receipt, pdf: bytes = b"") -> None:
        """Preview with the focus on Done: Enter goes on with the day. ``pdf`` is it on A6 if made already."""
        self._receipt = receipt
        self._draw_on(pdf if self.paper.currentData() == "a6" else b"")

    @Slot()
    def _draw(self) -> None:
        self._draw_on(b"")

    def _draw_on(self, pdf: bytes) -> None:
        receipt = self._receipt
        if receipt is None:
            return
        size = self.paper.currentData()
        made = pdf or receipt_pdf(receipt, roll=size == "roll", a5=size == "a5")
        words = self.tr("Receipt {0}") if receipt.kind == "payment" else self.tr("Given back: {0}")
        title = words.format(receipt.number)
        if receipt.copy:
            title += " – " + self.tr("copy {0}").format(receipt.copy)
        self.show_paper(title, made, file_name=receipt.number.replace("/", "-"))
