"""The lock screen: who is locked, one field, and the way for somebody else."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from ui.lock.presenter import LockPresenter
from ui.widgets.avatar import Avatar
from ui.widgets.banner import Banner
from ui.widgets.buttons import button, link_button
from ui.widgets.card import Card, ProgressStrip
from ui.widgets.choice import ChoiceButton
from ui.widgets.entry import lay_out_entry
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.text import IconLabel, label

translate = QCoreApplication.translate


class ParkedCard(Card):
    """The names of those whose seats wait here; nothing else of theirs."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], *, keys: str = "Alt+") -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        column = vbox(
            label(self.tr("Locked here"), "title"),
            label(self.tr("Their work waits on this PC. Only they can open it."), "muted", wrap=True),
            margins=(22, 26, 22, 22),
            spacing=8,
        )
        for number, name in enumerate(names):
            shortcut = f"{keys}{number + 1}" if keys else ""
            choice = ChoiceButton(Avatar(name, 32), name, self.tr("Locked"), keys=shortcut)
            self._group.addButton(choice, number)
            column.addWidget(choice)
        self._group.idClicked.connect(self._choose)
        self.setLayout(column)
        self.setFixedWidth(320)

    @Slot(int)
    def _choose(self, number: int) -> None:
        self.chosen.emit(number)


class LockView(QWidget):
    """Shows names only. ``others`` are the people whose seats are locked on this PC as well."""

    unlocked = Signal(object)
    somebody_else = Signal()
    sign_out_asked = Signal()
    other_chosen = Signal(int)
    password_given = Signal(str)
    pin_given = Signal(str)

    def __init__(
        self, presenter: LockPresenter, *, name: str, others: Sequence[str] = (), reason: str = ""
    ) -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self.setAutoFillBackground(True)
        self._presenter = presenter
        presenter.setParent(self)
        self._by_pin = presenter.has_pin()
        self.password, self.pin = PasswordEdit(), PasswordEdit()
        self.pin.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhDigitsOnly)
        self.password_field = Field(self.tr("Password"), self.password)
        self.pin_field = Field(self.tr("PIN"), self.pin)
        self.caps = label(self.tr("Caps Lock is on"), "small")
        self.caps.hide()
        self.way_button = link_button(self.tr("Use the password"))
        self.refusal = Banner("danger", "")
        self.refusal.hide()
        self.outage = Banner("warn", "", action=self.tr("Retry"))
        self.outage.hide()
        self.unlock_button = button(self.tr("Unlock"), "lock-open", primary=True)
        self.else_button = button(self.tr("Somebody else"), "users")
        self.leave_button = link_button(self.tr("Sign out"), "log-out")
        self.strip = ProgressStrip(self.tr("Unlocking"))
        self.parked = ParkedCard(others) if others else None
        self._lay_out(name, reason)
        self._connect()
        self._show_way()

    def first_focus(self) -> QWidget:
        return self._editor()

    def _editor(self) -> PasswordEdit:
        return self.pin if self._by_pin else self.password

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._editor().setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self._editor().setFocus()

    def _lay_out(self, name: str, reason: str) -> None:
        head = label(name, "title", wrap=True)
        state = hbox(IconLabel("lock", name=self.tr("Locked"), role="muted", size=14), spacing=6)
        state.addWidget(label(reason or self.tr("Locked. What you typed is kept."), "muted", wrap=True), 1)
        who = hbox(Avatar(name, 44), vbox(head, state, spacing=2), spacing=14)
        who.setStretch(1, 1)
        form = QWidget()
        form.setLayout(
            vbox(
                who,
                self.refusal,
                self.outage,
                self.password_field,
                self.pin_field,
                hbox(self.way_button, None, self.caps),
                self.unlock_button,
                hbox(self.else_button, None, self.leave_button),
                margins=(28, 26, 28, 22),
                spacing=12,
            )
        )
        card = Card(vbox(form, self.strip, margins=(1, 1, 1, 1), spacing=0))
        card.setFixedWidth(400)
        lay_out_entry(self, *([card, self.parked] if self.parked else [card]))

    def _connect(self) -> None:
        self.password.caps_lock.connect(self.caps.setVisible)
        self.password.returnPressed.connect(self._submit)
        self.pin.returnPressed.connect(self._submit)
        self.unlock_button.setAutoDefault(True)
        self.unlock_button.clicked.connect(self._submit)
        self.way_button.clicked.connect(self._other_way)
        self.else_button.clicked.connect(self.somebody_else)
        self.leave_button.clicked.connect(self.sign_out_asked)
        self.outage.acted.connect(self._submit)
        self.password_given.connect(self._presenter.unlock_with_password)
        self.pin_given.connect(self._presenter.unlock_with_pin)
        self._presenter.unlocked.connect(self.unlocked)
        self._presenter.refused.connect(self._show_refusal)
        self._presenter.pin_gone.connect(self._pin_gone)
        self._presenter.unreachable.connect(self._show_outage)
        self._presenter.busy.connect(self._show_busy)
        if self.parked is not None:
            self.parked.chosen.connect(self.other_chosen)

    def _show_way(self) -> None:
        self.pin_field.setVisible(self._by_pin)
        self.password_field.setVisible(not self._by_pin)
        self.way_button.setVisible(self._presenter.has_pin())
        self.way_button.setText(self.tr("Use the password") if self._by_pin else self.tr("Use the PIN"))
        self.way_button.setAccessibleName(self.way_button.text())
        self.caps.hide()

    @Slot()
    def _other_way(self) -> None:
        self._by_pin = not self._by_pin and self._presenter.has_pin()
        self._editor().clear()
        self.refusal.hide()
        self._show_way()
        self._editor().setFocus()

    @Slot()
    def _submit(self) -> None:
        if not self.unlock_button.isEnabled():
            return
        self.refusal.hide()
        self.outage.hide()
        given = self.pin_given if self._by_pin else self.password_given
        given.emit(self._editor().text())

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.strip.show_busy(busy)
        for control in (self.password, self.pin, self.unlock_button, self.else_button, self.leave_button):
            control.setEnabled(not busy)

    @Slot(str)
    def _show_refusal(self, text: str) -> None:
        self.refusal.show_text(text)
        self.refusal.show()
        self.refusal.announce()
        self._editor().setFocus()
        self._editor().selectAll()

    @Slot(str)
    def _pin_gone(self, text: str) -> None:
        self._by_pin = False
        self.pin.clear()
        self._show_way()
        self._show_refusal(text)

    @Slot(str)
    def _show_outage(self, text: str) -> None:
        self.outage.show_text(text, self.tr("Check that the server is on and the network works."))
        self.outage.show()
        self.outage.announce()
        self.outage.button.setFocus()
