"""Rules that only inform because no source proves them; the clinical lead accepts them one by one."""

from functools import partial
from zoneinfo import ZoneInfo

from PySide6.QtCore import QModelIndex, QObject, Slot
from PySide6.QtWidgets import QDialog, QWidget

from clinicdesk.domain.errors import DomainError
from clinicdesk.printing.words import day
from clinicdesk.services.rule_acceptance import UnprovenRule
from ui.screens.prescription.model import problem_words
from ui.screens.prescription.presenter import PadPresenter
from ui.tasks import TaskRunner
from ui.widgets.banner import Notice
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.layouts import hbox, vbox
from ui.widgets.lines import Cell, LinesTable, lines_view
from ui.widgets.text import label

WIDTHS = (0, 132, 250, 210)


class RulesDialog(QDialog):
    """Enter on a row, or the button, accepts or takes back."""

    def __init__(self, parent: QWidget, presenter: PadPresenter, tasks: TaskRunner) -> None:
        super().__init__(parent)
        self._rules, self._tasks = presenter.service.rules, tasks
        self._zone = ZoneInfo(presenter.actor.clinic.timezone)
        self.setWindowTitle(self.tr("Unproven rules"))
        self.resize(940, 560)
        self.notice = Notice()
        heads = [self.tr("Rule"), self.tr("Would be"), self.tr("Source"), self.tr("State")]
        self.model = LinesTable(heads, self)
        self.table = lines_view(self.model, self.tr("Unproven rules"), WIDTHS)
        self.accept_button = button(self.tr("Accept for the clinic"), "badge-check", primary=True)
        self.close_button = button(self.tr("Close"))
        words = label(
            self.tr(
                "Their sources were not confirmed, so they inform and never stop a signature. "
                "Once the clinical lead accepts one, it warns with its own weight, under that name."
            ),
            "muted",
            wrap=True,
        )
        column = vbox(
            words,
            self.notice,
            Card(vbox(self.table, margins=(1, 4, 1, 4))),
            hbox(self.accept_button, None, self.close_button),
            margins=(18, 14, 18, 14),
            spacing=10,
        )
        column.setStretch(2, 1)
        self.setLayout(column)
        self.table.activated.connect(self._toggle)
        self.accept_button.clicked.connect(self.toggle)
        self.close_button.clicked.connect(self.accept)
        self.table.selectionModel().currentRowChanged.connect(self._name_button)

    def reload(self) -> None:
        self._tasks.run(self._rules.all, owner=self, done=self._show, failed=self._explain, key="rules")

    def _show(self, found: list[UnprovenRule]) -> None:
        at = max(0, self.table.currentIndex().row())
        self.model.show_lines([(rule, self._cells(rule)) for rule in found])
        self.table.setCurrentIndex(self.model.index(min(at, len(found) - 1), 0))
        self._name_button()

    def _cells(self, rule: UnprovenRule) -> list[Cell]:
        state = self.tr("informs only")
        if rule.accepted_by and rule.accepted_at:
            state = f"{rule.accepted_by}, {day(rule.accepted_at.astimezone(self._zone).date())}"
        return [f"{rule.id}  {rule.what}", rule.tier, rule.source, state]

    @Slot()
    def _name_button(self) -> None:
        rule = self.model.thing(self.table.currentIndex().row())
        self.accept_button.setEnabled(rule is not None)
        taken = rule is not None and rule.accepted_by
        self.accept_button.setText(self.tr("Take it back") if taken else self.tr("Accept for the clinic"))

    @Slot(QModelIndex)
    def _toggle(self, _: QModelIndex) -> None:
        self.toggle()

    @Slot()
    def toggle(self) -> None:
        """Accept the row, or take it back."""
        rule = self.model.thing(self.table.currentIndex().row())
        if rule is None:
            return
        act = self._rules.withdraw if rule.accepted_by else self._rules.accept
        self._tasks.run(
            partial(act, rule.id), owner=self, done=self._done, failed=self._explain, key="accept"
        )

    def _done(self, _: None) -> None:
        self.notice.clear()
        self.reload()

    def _explain(self, error: DomainError) -> None:
        self.notice.show_notice(problem_words(error), "error")


class RuleKeys(QObject):
    """Opens the dialog, one at a time."""

    def __init__(self, owner: QWidget, presenter: PadPresenter, tasks: TaskRunner) -> None:
        super().__init__(owner)
        self._owner, self._presenter, self._tasks = owner, presenter, tasks
        self.dialog: RulesDialog | None = None

    @Slot()
    def show(self) -> None:
        if self.dialog is None:
            self.dialog = RulesDialog(self._owner, self._presenter, self._tasks)
        self.dialog.reload()
        self.dialog.open()
