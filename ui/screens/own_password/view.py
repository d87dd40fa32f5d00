"""Two or three password fields on a card."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from clinicdesk.domain.passwords import SHORTEST
from ui.screens.own_password.presenter import OwnPasswordPresenter
from ui.widgets.banner import Banner
from ui.widgets.buttons import button, link_button
from ui.widgets.card import Card, ProgressStrip
from ui.widgets.entry import lay_out_entry
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.text import label

WIDTH = 400


class OwnPasswordView(QWidget):
    """``first``: a page of its own, the present password is known. Else it goes into a dialog and asks it."""

    done = Signal(bool)
    cancelled = Signal()
    change_asked = Signal(object, str, str)

    def __init__(self, presenter: OwnPasswordPresenter, *, name: str, first: bool) -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self._presenter = presenter
        presenter.setParent(self)
        self.title = self.tr("Choose your own password") if first else self.tr("Change my password")
        rule = self.tr("At least {min} characters; a short sentence is good.").format(min=SHORTEST)
        self.fields: dict[str, Field] = {} if first else {"old": self._field(self.tr("Present password"))}
        self.fields["password"] = self._field(self.tr("New password"), hint=rule)
        self.fields["again"] = self._field(self.tr("New password again"))
        self.show_box = QCheckBox(self.tr("Show passwords"))
        self.caps = label(self.tr("Caps Lock is on"), "small")
        self.caps.hide()
        self.refusal = Banner("danger", "")
        self.outage = Banner("warn", "", action=self.tr("Retry"))
        self.refusal.hide()
        self.outage.hide()
        self.save_button = button(self.tr("Save password"), "check", primary=True)
        self.cancel_button = link_button(self.tr("Sign out") if first else self.tr("Cancel"))
        self.strip = ProgressStrip(self.tr("Saving"))
        self._lay_out(name, first=first)
        self._connect()

    def first_focus(self) -> QWidget:
        return next(iter(self.fields.values())).editor

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.first_focus().setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.first_focus().setFocus()

    def edit(self, name: str) -> PasswordEdit:
        """The editor of old, password or again."""
        editor = self.fields[name].editor
        assert isinstance(editor, PasswordEdit)
        return editor

    def _field(self, name: str, *, hint: str = "") -> Field:
        return Field(name, PasswordEdit(), hint=hint)

    def _lay_out(self, name: str, *, first: bool) -> None:
        why = (
            self.tr("{name}, the password you signed in with was given to you. From now on only you know it.")
            if first
            else self.tr("It holds on every PC. Prescriptions you signed stay genuine.")
        ).format(name=name)
        form = QWidget()
        form.setLayout(
            vbox(
                label(self.title, "title"),
                label(why, "muted", wrap=True),
                self.refusal,
                self.outage,
                *self.fields.values(),
                hbox(self.show_box, None, self.caps),
                self.save_button,
                hbox(None, self.cancel_button, None),
                margins=(28, 26, 28, 18),
                spacing=12,
            )
        )
        column = vbox(form, self.strip, margins=(1, 1, 1, 1), spacing=0)
        if first:
            card = Card(column)
            card.setFixedWidth(WIDTH)
            lay_out_entry(self, card)
        else:
            self.setLayout(column)
            self.setFixedWidth(WIDTH)

    def _connect(self) -> None:
        for name in self.fields:
            editor = self.edit(name)
            self.show_box.toggled.connect(editor.show_password)
            editor.caps_lock.connect(self.caps.setVisible)
            editor.returnPressed.connect(self._submit)
        self.save_button.setAutoDefault(True)
        self.save_button.clicked.connect(self._submit)
        self.outage.acted.connect(self._submit)
        self.cancel_button.clicked.connect(self._cancel)
        self.change_asked.connect(self._presenter.change)
        self._presenter.changed.connect(self.done)
        self._presenter.refused.connect(self._show_refusal)
        self._presenter.unreachable.connect(self._show_outage)
        self._presenter.field_wrong.connect(self._show_field)
        self._presenter.busy.connect(self._show_busy)

    @Slot()
    def _submit(self) -> None:
        if not self.save_button.isEnabled():
            return
        self.refusal.hide()
        self.outage.hide()
        for field in self.fields.values():
            field.clear_error()
        old = self.edit("old").text() if "old" in self.fields else None
        self.change_asked.emit(old, self.edit("password").text(), self.edit("again").text())

    @Slot()
    def _cancel(self) -> None:
        self.cancelled.emit()

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.strip.show_busy(busy)
        for control in (*(field.editor for field in self.fields.values()), self.show_box, self.save_button):
            control.setEnabled(not busy)

    @Slot(str)
    def _show_refusal(self, text: str) -> None:
        self.refusal.show_text(text)
        self.refusal.show()
        self.refusal.announce()

    @Slot(str)
    def _show_outage(self, text: str) -> None:
        self.outage.show_text(text, self.tr("Check that the server is on and the network works."))
        self.outage.show()
        self.outage.announce()
        self.outage.button.setFocus()

    @Slot(str, str)
    def _show_field(self, name: str, text: str) -> None:
        first = not any(field.error() for field in self.fields.values())
        self.fields[name].show_error(text)
        if first:
            self.edit(name).setFocus()
            self.edit(name).selectAll()


class OwnPasswordDialog(QDialog):
    """The card as a dialog over the work."""

    changed = Signal(bool)

    def __init__(self, view: OwnPasswordView) -> None:
        super().__init__()
        self.view = view
        self.setWindowTitle(view.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setLayout(vbox(view))
        view.done.connect(self._changed)
        view.cancelled.connect(self.reject)

    @Slot(bool)
    def _changed(self, kept: bool) -> None:
        self.changed.emit(kept)
        self.accept()
