"""The sign-in page with the names of those who are locked on this PC beside it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.lock.view import ParkedCard
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

BRAND_HEIGHT = 54  # the names begin where the card of the sign-in page does


class SwitchPage(QWidget):
    """``going`` is the person whose seat would have to end to make room, if there is none left."""

    chosen = Signal(int)

    def __init__(self, sign_in: QWidget, names: Sequence[str], *, going: str = "") -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self.sign_in = sign_in
        self.parked = ParkedCard(names, keys="")  # the people of the demo have Alt+1 and so on
        self.parked.chosen.connect(self.chosen)
        self.warning = label(
            self.tr(
                "No more than {count} people can be locked here: another sign-in signs {name} out."
            ).format(count=len(names), name=going)
            if going
            else "",
            "muted",
            wrap=True,
        )
        self.warning.setFixedWidth(self.parked.width())
        self.warning.setVisible(bool(going))
        side = vbox(spacing=10)
        side.addStretch(2)
        side.addSpacing(BRAND_HEIGHT)
        side.addWidget(self.parked)
        side.addWidget(self.warning)
        side.addStretch(3)
        self.setLayout(hbox(None, sign_in, side, None, spacing=0))
        self.setFocusProxy(sign_in)
