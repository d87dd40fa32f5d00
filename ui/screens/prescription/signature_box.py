"""The doctor's signature: drawn, or the name written by the pad."""

from PySide6.QtCore import Signal, Slot

from ui.widgets.buttons import icon_button, link_button
from ui.widgets.card import Card
from ui.widgets.layouts import hbox, vbox
from ui.widgets.signature_pad import SignaturePad
from ui.widgets.text import label

_HEIGHT = 130


class SignatureBox(Card):
    """``changed`` says whether there is enough ink (spec 4.9.3)."""

    changed = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.pad = SignaturePad()
        self.pad.setFixedHeight(_HEIGHT)
        self.type_button = link_button(self.tr("Write my name instead"))
        self.type_button.setToolTip(self.tr("Write my name instead (Ctrl+I)"))
        self.undo_button = icon_button("undo-2", self.tr("Undo last stroke"))
        self.clear_button = icon_button("eraser", self.tr("Clear signature"))
        self._hint = label("", "error")
        head = hbox(
            label(self.tr("Signature"), "h2"),
            None,
            self._hint,
            self.type_button,
            self.undo_button,
            self.clear_button,
        )
        self.setLayout(vbox(head, self.pad, margins=(14, 8, 12, 12), spacing=6))
        self.pad.changed.connect(self._tell)
        self.type_button.clicked.connect(self.write_name)
        self.undo_button.clicked.connect(self.pad.undo)
        self.clear_button.clicked.connect(self.pad.clear)
        self._tell()

    def png(self) -> bytes:
        """The picture that is signed with."""
        return self.pad.png_bytes()

    @Slot()
    def write_name(self) -> None:
        """The name of the person who signs, in place of strokes."""
        self.pad.draw_name(self._name)

    @Slot()
    def _tell(self) -> None:
        enough, empty = self.pad.is_plausible(), self.pad.is_empty()
        self.undo_button.setEnabled(not empty)
        self.clear_button.setEnabled(not empty)
        self._hint.setText("" if empty or enough else self.tr("Too small: draw it larger"))
        self.changed.emit(enough)
