"""The accounts screen: the list, one account beside it, and the table of rights."""

from uuid import UUID

from PySide6.QtCore import QModelIndex, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QWidget

from clinicdesk.domain.access import Account
from clinicdesk.domain.people import Role
from clinicdesk.services.accounts import Handover
from ui.messages import role_word
from ui.screens.accounts.family import FamilyDialog
from ui.screens.accounts.forms import AccountPane, HandoverPane, NewAccountForm
from ui.screens.accounts.model import ROLES, account_line, heads, rights_lines
from ui.screens.accounts.presenter import AccountsPresenter
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import Segments, button
from ui.widgets.card import Card, ProgressStrip
from ui.widgets.field import SearchBox
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.text import label

SIDE_WIDTH = 344
WIDTHS = (0, 104, 138, 142, 148)
PEOPLE, RIGHTS = range(2)


class AccountsView(QWidget):
    """By keyboard: Ctrl+F searches, Ctrl+N new, Ctrl+1 people, Ctrl+2 rights, Ctrl+R family, Esc back."""

    def __init__(self, presenter: AccountsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        self._accounts: list[Account] = []
        self._chosen: UUID | None = None
        self.parts = Segments([self.tr("People"), self.tr("Rights")], self.tr("What to show"))
        self.search = SearchBox(self.tr("Search accounts"), self.tr("Name, e-mail or role"))
        self.new = button(self.tr("New account"), "user-plus", primary=True)
        self.notice = Notice()
        self.strip = ProgressStrip()
        self.model = LinesTable(heads(), self)
        self.table = lines_view(self.model, self.tr("Accounts"), WIDTHS)
        self.pane = AccountPane(presenter.zone)
        self.form = NewAccountForm()
        self.handover = HandoverPane()
        self._lay_out()
        self._connect()
        self._make_actions()
        self.setFocusProxy(self.table)

    def activate(self) -> None:
        """Read again: locks and sessions change by themselves."""
        self.presenter.shown = True
        self.presenter.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        self.presenter.shown = False
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.shown = True

    # -- parts

    def _lay_out(self) -> None:
        self.search.setMinimumWidth(240)
        self.side = QStackedWidget()
        for page in (self.pane, self.form, self.handover):
            self.side.addWidget(page)
        frame = QFrame()
        frame.setObjectName("Card")
        frame.setFixedWidth(SIDE_WIDTH)
        frame.setLayout(vbox(self.side, margins=(1, 1, 1, 1)))
        frame.hide()
        self._frame = frame
        people = QWidget()
        row = hbox(Card(vbox(self.table, margins=(1, 4, 1, 4))), frame, spacing=14)
        row.setStretch(0, 1)
        people.setLayout(row)
        self.pages = QStackedWidget()
        self.pages.addWidget(people)
        self.pages.addWidget(self._rights_page())
        head = hbox(label(self.tr("Accounts"), "title"), self.parts, None, self.search, self.new, spacing=12)
        body = vbox(head, self.notice, self.pages, margins=(20, 12, 20, 14), spacing=10)
        body.setStretch(2, 1)
        layout = vbox(self.strip, body, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _rights_page(self) -> QWidget:
        self.rights = LinesTable(
            [self.tr("Right"), *(role_word(role) for role in ROLES), self.tr("Or by duty")], self
        )
        self.rights.show_lines(rights_lines())
        self.rights_table = lines_view(
            self.rights, self.tr("Rights"), (0, 116, *(100 for _ in ROLES[1:]), 160)
        )
        page = QWidget()
        words = label(
            self.tr(
                "One table makes what the databases allow and what the program offers. "
                "Clinic by clinic: everybody sees what belongs to the clinics they work in."
            ),
            "muted",
            wrap=True,
        )
        column = vbox(words, Card(vbox(self.rights_table, margins=(1, 4, 1, 4))), spacing=8)
        column.setStretch(1, 1)
        page.setLayout(column)
        return page

    def _connect(self) -> None:
        presenter, pane, form = self.presenter, self.pane, self.form
        presenter.listed.connect(self._show_list)
        presenter.handed_over.connect(self._show_handover)
        presenter.field_wrong.connect(self._show_wrong)
        presenter.told.connect(self.notice.show_notice)
        presenter.busy.connect(self.strip.show_busy)
        self.parts.chosen.connect(self._show_part)
        self.search.asked.connect(self._fill)
        self.new.clicked.connect(self.start_new)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        pane.reset_asked.connect(self._reset)
        pane.unlock_asked.connect(self._unlock)
        pane.end_asked.connect(self._end)
        pane.active_asked.connect(self._set_active)
        pane.email_asked.connect(self._change_email)
        pane.role_asked.connect(self._set_role)
        pane.duty_asked.connect(self._set_duty)
        pane.family_asked.connect(self.ask_family)
        form.submitted.connect(presenter.create)
        form.cancelled.connect(self.close_form)
        self.handover.done.connect(self.close_form)

    def _make_actions(self) -> None:
        make_action(self, self.tr("Search accounts"), self._to_search, keys="Ctrl+F", icon="search")
        make_action(self, self.tr("New account"), self.start_new, keys="Ctrl+N", icon="user-plus")
        make_action(self, self.tr("Show people"), self._to_people, keys="Ctrl+1", icon="users")
        make_action(self, self.tr("Show rights"), self._to_rights, keys="Ctrl+2", icon="shield-check")
        make_action(self, self.tr("Own chart and family"), self.ask_family, keys="Ctrl+R", icon="users")
        make_action(self, self.tr("Close the form"), self.close_form, keys="Escape", icon="x")

    # -- showing

    @Slot(object)
    def _show_list(self, found: list[Account]) -> None:
        self._accounts = found
        self._fill(self.search.text().strip())

    @Slot(str)
    def _fill(self, text: str) -> None:
        zone, wanted = self.presenter.zone, text.casefold()
        lines = [
            (one.id, account_line(one, zone))
            for one in self._accounts
            if wanted in f"{one.name} {one.email} {role_word(one.role)}".casefold()
        ]
        chosen = self._chosen
        self.model.show_lines(lines)
        row = max(self.model.row_of(chosen), 0)
        if lines:
            self.table.setCurrentIndex(self.model.index(row, 0))
        self._show_chosen()

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            self._chosen = self.model.thing(now.row())
            self._show_chosen()

    def _show_chosen(self) -> None:
        account = next((one for one in self._accounts if one.id == self._chosen), None)
        if account is not None:
            self.pane.show_account(account, own=self.presenter.own(account.id))
        self._frame.setVisible(account is not None or self.side.currentWidget() is not self.pane)

    @Slot(object)
    def _show_handover(self, given: Handover) -> None:
        self._chosen = given.user_id
        self.handover.show_password(given)
        self.side.setCurrentWidget(self.handover)
        self.handover.password.setFocus()

    @Slot(str, str)
    def _show_wrong(self, field: str, text: str) -> None:
        if self.side.currentWidget() is self.form:
            self.form.show_wrong(field, text)
        else:
            self.pane.show_wrong(field, text)

    @Slot(int)
    def _show_part(self, number: int) -> None:
        self.pages.setCurrentIndex(number)
        for widget in (self.search, self.new):
            widget.setVisible(number == PEOPLE)

    # -- asking

    @Slot()
    def start_new(self) -> None:
        """The empty form."""
        self._to_people()
        self._frame.show()
        self.side.setCurrentWidget(self.form)
        self.form.start()

    @Slot()
    def close_form(self) -> None:
        """Back to the account; a password on show is forgotten."""
        self.handover.password.clear()
        self.side.setCurrentWidget(self.pane)
        self._show_chosen()
        self.table.setFocus()

    @Slot()
    def _to_search(self) -> None:
        self._to_people()
        self.search.setFocus()
        self.search.selectAll()

    @Slot()
    def _to_people(self) -> None:
        self.parts.choose(PEOPLE)
        self._show_part(PEOPLE)

    @Slot()
    def _to_rights(self) -> None:
        self.parts.choose(RIGHTS)
        self._show_part(RIGHTS)
        self.rights_table.setFocus()

    @Slot()
    def _reset(self) -> None:
        if self.pane.account is not None:
            self.presenter.reset_password(self.pane.account)

    @Slot()
    def ask_family(self) -> None:
        """Whose charts ask this person for a reason."""
        if self.pane.account is not None:
            self.dialog = FamilyDialog(self.presenter, self.pane.account, self.presenter.today(), self)
            self.dialog.open()

    @Slot()
    def _unlock(self) -> None:
        if self.pane.account is not None:
            self.presenter.unlock(self.pane.account)

    @Slot()
    def _end(self) -> None:
        if self.pane.account is not None:
            self.presenter.end_sessions(self.pane.account)

    @Slot(bool)
    def _set_active(self, active: bool) -> None:
        if self.pane.account is not None:
            self.presenter.set_active(self.pane.account, active=active)

    @Slot(str)
    def _change_email(self, email: str) -> None:
        if self.pane.account is not None:
            self.presenter.change_email(self.pane.account, email)

    @Slot(object)
    def _set_role(self, role: Role) -> None:
        if self.pane.account is not None:
            self.presenter.set_role(self.pane.account, role)

    @Slot(str, bool)
    def _set_duty(self, duty: str, held: bool) -> None:
        if self.pane.account is not None:
            self.presenter.set_duty(self.pane.account, duty, held=held)
