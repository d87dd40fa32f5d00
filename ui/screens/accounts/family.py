"""Whose charts ask a member of staff for a reason: the own one and those of the family (spec 2.8)."""

from datetime import date

from PySide6.QtCore import QModelIndex, QSize, Qt, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from clinicdesk.domain.access import Account, Relative
from clinicdesk.domain.patients import PatientHit
from ui.screens.accounts.model import relation_words
from ui.screens.accounts.presenter import AccountsPresenter
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import LinesTable, lines_view
from ui.widgets.patient_picker import PatientPicker
from ui.widgets.text import label

_SIZE = QSize(520, 520)


class FamilyDialog(QDialog):
    """Type a name and Enter records it; Delete takes the chosen line away, except the own ones."""

    def __init__(self, presenter: AccountsPresenter, account: Account, today: date, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Family of {0}").format(account.name))
        self.resize(_SIZE)
        self._presenter, self._account = presenter, account
        self.model = LinesTable([self.tr("Patient"), self.tr("Relation")], self)
        self.table = lines_view(self.model, self.tr("Own chart and family"), (0, 130))
        self.relation = QComboBox()
        for code, words in relation_words().items():
            self.relation.addItem(words, code)
        self.relation.setCurrentIndex(1)
        self.picker = PatientPicker(today)
        self.notice = Notice()
        self.remove = button(self.tr("Take away"), "trash-2")
        self.close_button = button(self.tr("Close"))
        self._lay_out()
        self._connect()
        presenter.read_family(account)
        self.picker.box.setFocus()

    def _lay_out(self) -> None:
        rule = label(
            self.tr(
                "For this person these charts open with a reason only, for an hour, appointments or not. "
                "Each such opening waits for somebody else's review."
            ),
            "muted",
            wrap=True,
        )
        row = hbox(Field(self.tr("Relation"), self.relation), Field(self.tr("Patient to add"), self.picker))
        row.setStretch(1, 1)
        foot = hbox(self.remove, None, self.close_button)
        column = vbox(rule, self.notice, row, self.table, foot, margins=(16, 14, 16, 14), spacing=10)
        column.setStretch(3, 1)
        self.setLayout(column)

    def _connect(self) -> None:
        presenter = self._presenter
        presenter.family.connect(self._show)
        presenter.family_told.connect(self.notice.show_notice)
        presenter.hits.connect(self._show_hits)
        self.picker.asked.connect(presenter.search)
        self.picker.chosen.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.close_button.clicked.connect(self.accept)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        make_action(self.table, self.tr("Take away"), self._remove, keys="Delete", icon="trash-2")

    @Slot(object)
    def _show(self, found: list[Relative]) -> None:
        words = relation_words()
        rows = [(one, (f"{one.patient}\n{one.mrn}", words[one.relation])) for one in found]
        self.model.show_lines(rows)
        if rows:
            self.table.setCurrentIndex(self.model.index(0, 0))
        self._row_changed(self.table.currentIndex(), QModelIndex())

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.remove.setEnabled(now.isValid() and not self._presenter.own(self._account.id))

    @Slot(str, object)
    def _show_hits(self, text: str, found: list[PatientHit]) -> None:
        self.picker.show_hits(text, found)

    @Slot(object)
    def _add(self, hit: PatientHit) -> None:
        self._presenter.set_relative(self._account, hit.id, str(self.relation.currentData()))
        self.picker.clear()

    @Slot()
    def _remove(self) -> None:
        chosen = self.model.thing(self.table.currentIndex().row())
        if isinstance(chosen, Relative) and self.remove.isEnabled():
            self._presenter.set_relative(self._account, chosen.patient_id, None)
