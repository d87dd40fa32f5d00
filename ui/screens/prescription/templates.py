"""Lines by one chord: favourites and order sets, the last prescription, everything long-term."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QSizePolicy, QWidget

from clinicdesk.domain.errors import DomainError
from clinicdesk.services.prescribing_draft import LoadedDraft
from clinicdesk.services.prescribing_templates import LONGEST_NAME, Template, Templates
from ui.screens.prescription.model import problem_words
from ui.screens.prescription.presenter import PadPresenter
from ui.tasks import TaskRunner
from ui.widgets.actions import make_action
from ui.widgets.buttons import button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox

T = TypeVar("T")


class TemplateKeys(QObject):
    """Ctrl+T favourites and order sets, Ctrl+R repeats the last, Ctrl+Shift+R renews all long-term."""

    said = Signal(str, str)

    def __init__(self, owner: QWidget, presenter: PadPresenter, tasks: TaskRunner) -> None:
        super().__init__(owner)
        self._owner, self._presenter, self._tasks = owner, presenter, tasks
        self._templates: Templates = presenter.service.templates
        self.menu = QMenu(owner)
        self.menu.triggered.connect(self._chosen)
        self.saving = SaveTemplate()
        self.saving.save_asked.connect(self._save)
        self.saving.hide()
        text = self.tr
        self.actions = [
            make_action(owner, text("Favourites and order sets"), self.ask, keys="Ctrl+T", icon="list"),
            make_action(owner, text("Repeat the last prescription"), self.last, keys="Ctrl+R", icon="redo-2"),
            make_action(
                owner,
                text("Renew all long-term medicines"),
                self.renew,
                keys="Ctrl+Shift+R",
                icon="refresh-cw",
            ),
            make_action(
                owner, text("Keep these lines as a favourite"), self.keep, keys="Ctrl+Shift+S", icon="save"
            ),
        ]

    def _may(self) -> bool:
        return self._presenter.draft is not None and self._presenter.prescription is None

    @Slot()
    def ask(self) -> None:
        """List what is kept; a letter jumps, Enter adds."""
        if self._may():
            self._run(self._templates.all, self._show)

    @Slot()
    def last(self) -> None:
        """All lines of the patient's last prescription."""
        if self._may() and self._presenter.draft is not None:
            self._run(partial(self._templates.last_lines, self._presenter.draft.patient_id), self._add)

    @Slot()
    def renew(self) -> None:
        """The newest line of every medicine taken for a month or more."""
        if self._may() and self._presenter.draft is not None:
            self._run(partial(self._templates.long_term_lines, self._presenter.draft.patient_id), self._add)

    @Slot()
    def keep(self) -> None:
        """Ask for a name."""
        if self._may() and self._presenter.lines:
            self.saving.ask(self._presenter.lines[0].medicine.name if len(self._presenter.lines) == 1 else "")

    def _show(self, found: list[Template]) -> None:
        self.menu.clear()
        for template in found:
            where = "" if template.own else self.tr(" · clinic")
            medicines = self.tr("1 medicine") if template.count == 1 else self.tr("{0} medicines")
            name = template.name.replace("&", "&&")
            entry = self.menu.addAction(f"{name}  ({medicines.format(template.count)}{where})")
            entry.setData(template)
        if not found:
            none = self.menu.addAction(self.tr("None kept yet: write lines, then press Ctrl+Shift+S"))
            none.setEnabled(False)
        self.menu.popup(self._owner.mapToGlobal(QPoint(24, 120)))
        if found:
            self.menu.setActiveAction(self.menu.actions()[0])

    @Slot(QAction)
    def _chosen(self, entry: QAction) -> None:
        self._run(partial(self._templates.lines_of, entry.data()), self._add)

    def _add(self, loaded: LoadedDraft) -> None:
        added = self._presenter.add_lines(loaded.draft.lines)
        if loaded.withdrawn:
            names = ", ".join(loaded.withdrawn)
            self.said.emit(self.tr("Without {0}: withdrawn meanwhile.").format(names), "error")
        elif not added:
            self.said.emit(
                self.tr("Nothing to add: no such earlier medicine that is not here already."), "info"
            )
        else:
            self.said.emit(self.tr("Medicines added: {0}. Read them before you sign.").format(added), "info")

    @Slot(str, bool)
    def _save(self, name: str, for_clinic: bool) -> None:
        call = partial(self._templates.save, name, self._presenter.lines, for_clinic=for_clinic)
        self._tasks.run(call, owner=self, done=self._saved, failed=self._not_saved, key="template")

    def _saved(self, _: object) -> None:
        self.saving.hide()
        self.said.emit(self.tr("Kept. Ctrl+T brings it back."), "ok")

    def _not_saved(self, error: DomainError) -> None:
        self.saving.field.show_error(problem_words(error))

    def _run(self, call: Callable[[], T], done: Callable[[T], object]) -> None:
        self._tasks.run(call, owner=self, done=done, failed=self._explain, key="template")

    def _explain(self, error: DomainError) -> None:
        self.said.emit(problem_words(error), "error")


class SaveTemplate(QWidget):
    """One line: the name, for me or for the clinic. Esc closes it."""

    save_asked = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.field = Field(self.tr("Keep these lines as"), self.name)
        self.mine = button(self.tr("For me"), "save", primary=True)
        self.clinic = button(self.tr("For the clinic"), "users")
        self.close_button = button(self.tr("Do not keep"))
        row = hbox(self.field, self.mine, self.clinic, self.close_button, spacing=8)
        row.setStretch(0, 1)
        self.setLayout(row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.name.returnPressed.connect(self._mine)
        self.mine.clicked.connect(self._mine)
        self.clinic.clicked.connect(self._clinic)
        self.close_button.clicked.connect(self.hide)

    def ask(self, name: str) -> None:
        """Show it with a proposal."""
        self.field.clear_error()
        self.name.setText(name)
        self.show()
        self.name.setFocus()
        self.name.selectAll()

    @Slot()
    def _mine(self) -> None:
        self.save_asked.emit(self.name.text(), False)  # noqa: FBT003 a signal's argument

    @Slot()
    def _clinic(self) -> None:
        self.save_asked.emit(self.name.text(), True)  # noqa: FBT003 a signal's argument
