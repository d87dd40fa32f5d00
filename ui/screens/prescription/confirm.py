"""A contraindication was overridden: the password once more before it is signed (spec 4.5)."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit


class ConfirmOverride(QWidget):
    """``confirmed`` carries the password; Enter confirms. Nothing of it is kept."""

    confirmed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.banner = Banner(
            "danger",
            self.tr("You sign against a contraindication"),
            self.tr("Your reason goes to the pharmacist, who must accept it, too."),
        )
        self.password = PasswordEdit()
        self.field = Field(self.tr("Your password, once more"), self.password)
        self.confirm_button = button(self.tr("Sign in spite of it"), "badge-check", danger=True)
        self.leave_button = button(self.tr("Back to the prescription"))
        row = hbox(self.field, self.confirm_button, self.leave_button, spacing=8)
        row.setStretch(0, 1)
        self.setLayout(vbox(self.banner, row, spacing=6))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.password.returnPressed.connect(self._confirm)
        self.confirm_button.clicked.connect(self._confirm)
        self.leave_button.clicked.connect(self.leave)

    def ask(self, error: str = "") -> None:
        """Show it, with what was wrong the last time."""
        self.password.clear()
        self.field.show_error(error)
        self.show()
        self.banner.announce()
        self.password.setFocus()

    @Slot()
    def leave(self) -> None:
        self.password.clear()
        self.hide()

    @Slot()
    def _confirm(self) -> None:
        typed = self.password.text()
        if not typed:
            self.field.show_error(self.tr("Type your password."))
            return
        self.leave()
        self.confirmed.emit(typed)
