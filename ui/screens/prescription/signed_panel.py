"""A signed prescription: nothing of it can be changed, it can only be cancelled (spec 4.9)."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.printing.words import quantity
from clinicdesk.services.signing import short_digest
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label


class SignedPanel(QWidget):
    """``cancel_asked`` carries the reason."""

    new_asked = Signal()
    cancel_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.state = Banner("ok", "")
        self._items = vbox(spacing=8)
        self._diagnosis = label("", wrap=True)
        self._seal = label("", "small", wrap=True)
        self.new_button = button(self.tr("New prescription"), "plus")
        self.cancel_button = button(self.tr("Cancel prescription…"), "ban", danger=True)
        self.reason = QLineEdit()
        self.reason.setMaxLength(200)
        self.reason_field = Field(self.tr("Reason for cancelling"), self.reason)
        self.confirm_button = button(self.tr("Cancel it for good"), danger=True)
        self.keep_button = button(self.tr("Keep it"))
        self._question = Card(
            vbox(
                self.reason_field,
                hbox(self.confirm_button, self.keep_button, None),
                margins=(14, 10, 14, 12),
                spacing=8,
            )
        )
        self._question.hide()
        self.setLayout(
            vbox(
                self.state,
                self._diagnosis,
                self._items,
                self._seal,
                hbox(self.new_button, self.cancel_button, None, margins=(0, 4, 0, 0)),
                self._question,
                None,
                spacing=10,
            )
        )
        self.new_button.clicked.connect(self.new_asked)
        self.cancel_button.clicked.connect(self._ask)
        self.keep_button.clicked.connect(self._question.hide)
        self.confirm_button.clicked.connect(self._confirm)
        self.reason.returnPressed.connect(self._confirm)

    def show_signed(self, rx: Prescription, when: str) -> None:
        """Number, medicines and seal."""
        self._question.hide()
        self.reason.clear()
        if rx.status == "cancelled":
            title, text, kind = (
                self.tr("Prescription {0} is cancelled"),
                self.tr("Nothing more is given out."),
                "warn",
            )
        elif rx.genuine is False:
            title, kind = self.tr("Prescription {0}: seal not valid"), "danger"
            text = self.tr("It was changed after signing, or the key was revoked.")
        else:
            title, kind = self.tr("Prescription {0} is signed"), "ok"
            text = self.tr("Sent to the pharmacy at {0}.").format(when)
        self.state.show_text(title.format(rx.number), text, kind=kind)
        self.state.announce()
        self.cancel_button.setVisible(rx.status == "active")
        self._diagnosis.setText(self.tr("Diagnosis: {0}").format(rx.diagnosis))
        against = rx.checked_against or self.tr("NOT CHECKED")
        self._seal.setText(
            self.tr("Seal {0} · checked against {1}").format(short_digest(rx.seal).upper(), against)
        )
        while (old := self._items.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for item in rx.items:
            self._items.addWidget(_card(item))

    @Slot()
    def _ask(self) -> None:
        self._question.show()
        self.reason.setFocus()

    @Slot()
    def _confirm(self) -> None:
        reason = self.reason.text().strip()
        if reason:
            self.cancel_asked.emit(reason)
        else:
            self.reason_field.show_error(self.tr("Please give a reason."))
            self.reason.setFocus()


def _card(item: PrescriptionItem) -> Card:
    name = " ".join(part for part in (item.medication_name, item.strength, item.form) if part)
    text = vbox(label(name, "h2", wrap=True), label(item.directions, "muted", wrap=True), spacing=1)
    row = hbox(label(f"{item.line}.", "muted"), text, label(quantity(item.quantity, item.form)), spacing=10)
    row.setStretch(1, 1)
    row.setContentsMargins(14, 9, 14, 9)
    return Card(row)
