"""The look of the pages before the work: the name of the program over one or two cards, in the middle."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.widgets.card import Card
from ui.widgets.layouts import hbox
from ui.widgets.text import IconLabel, label

GAP = 20


def lay_out_entry(page: QWidget, *cards: Card) -> None:
    """Fill a page with cards of fixed width."""
    name = page.tr("ClinicDesk")
    brand = hbox(IconLabel("heart-pulse", name=name, role="accent", size=30), spacing=10)
    brand.addWidget(label("ClinicDesk", "hero"))
    brand.addStretch(1)
    head = QWidget()
    head.setFixedWidth(sum(card.width() for card in cards) + GAP * (len(cards) - 1))
    head.setLayout(brand)
    row = hbox(None, *cards, None, spacing=GAP)
    for card in cards:
        row.setAlignment(card, Qt.AlignmentFlag.AlignTop)
    outer = QVBoxLayout(page)
    outer.setContentsMargins(24, 24, 24, 24)
    outer.addStretch(2)
    outer.addLayout(hbox(None, head, None, margins=(0, 0, 0, 12)))
    outer.addLayout(row)
    outer.addStretch(3)
