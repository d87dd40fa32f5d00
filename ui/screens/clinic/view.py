"""The clinic screen: its parts side by side at the top, one of them on show."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from ui.screens.clinic.doctors import DoctorsPage
from ui.screens.clinic.model import part_words
from ui.screens.clinic.page import RecordPage
from ui.screens.clinic.presenter import ClinicPresenter
from ui.screens.clinic.settings_page import SettingsPage
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import Segments
from ui.widgets.card import ProgressStrip
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

Part = SettingsPage | DoctorsPage | RecordPage
LEADS = ("setting", "clinic", "holiday")  # what the clinic lead changes


class ClinicView(QWidget):
    """By keyboard: Ctrl+1 to Ctrl+7 the parts, Ctrl+N new, Ctrl+S save, Delete removes, Esc puts back."""

    def __init__(self, presenter: ClinicPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        whole = presenter.actor.may("clinic.manage")
        self.keys = [key for key in part_words() if whole or key in LEADS]
        self.parts = Segments([part_words()[key] for key in self.keys], self.tr("What to set up"))
        self.notice, self.strip = Notice(), ProgressStrip()
        self.pages: dict[str, Part] = {key: self._made(key) for key in self.keys}
        self.stack = QStackedWidget()
        for page in self.pages.values():
            self.stack.addWidget(page)
        head = hbox(label(self.tr("Clinic"), "title"), self.parts, None, spacing=12)
        body = vbox(head, self.notice, self.stack, margins=(20, 12, 20, 14), spacing=10)
        body.setStretch(2, 1)
        column = vbox(self.strip, body, spacing=0)
        column.setStretch(1, 1)
        self.setLayout(column)
        self.parts.chosen.connect(self.show_part)
        presenter.told.connect(self.notice.show_notice)
        presenter.busy.connect(self.strip.show_busy)
        presenter.outdated.connect(self.reload)
        self._make_actions()

    def _made(self, key: str) -> Part:
        if key == "setting":
            return SettingsPage(self.presenter)
        return DoctorsPage(self.presenter) if key == "doctor" else RecordPage(self.presenter, key)

    def _make_actions(self) -> None:
        slots = (self._part1, self._part2, self._part3, self._part4, self._part5, self._part6, self._part7)
        for number, (key, slot) in enumerate(zip(self.keys, slots, strict=False), start=1):
            make_action(self, part_words()[key], slot, keys=f"Ctrl+{number}", icon="settings")
        new = make_action(self, self.tr("New line"), self.start_new, keys="Ctrl+N", icon="plus")
        make_action(self, self.tr("Save"), self.save, keys="Ctrl+S", icon="save")
        remove = make_action(self, self.tr("Remove"), self.remove, keys="Delete", icon="trash-2")
        make_action(self, self.tr("Put back"), self.put_back, keys="Escape", icon="undo-2")
        self._of_lists = (new, remove)
        self._offer()

    def _offer(self) -> None:
        """Lines are begun and removed where there are lists."""
        for action in self._of_lists:
            action.setEnabled(self.keys[self.stack.currentIndex()] not in ("setting", "clinic"))

    def activate(self) -> None:
        """Read again."""
        self.presenter.shown = True
        self.reload()

    def hideEvent(self, event: QHideEvent) -> None:
        self.presenter.shown = False
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.shown = True

    def first_focus(self) -> QWidget:
        """Where the keys go first."""
        return self.parts

    def unsaved(self) -> bool:
        """Whether typed text would be lost."""
        return any(
            page.form.dirty() if isinstance(page, RecordPage) else page.unsaved()
            for page in self.pages.values()
        )

    @property
    def page(self) -> Part:
        """The part on show."""
        return self.pages[self.keys[self.stack.currentIndex()]]

    @Slot()
    def reload(self) -> None:
        self.page.reload()

    @Slot(int)
    def show_part(self, number: int) -> None:
        """A part by its place."""
        if number < len(self.keys):
            self.parts.choose(number)
            self.stack.setCurrentIndex(number)
            self._offer()
            self.reload()

    def _records(self) -> RecordPage | None:
        page = self.page
        if isinstance(page, DoctorsPage):
            return page.page
        return page if isinstance(page, RecordPage) else None

    @Slot()
    def start_new(self) -> None:
        if (page := self._records()) is not None:
            page.start_new()

    @Slot()
    def save(self) -> None:
        page = self._records() or self.page
        if not isinstance(page, DoctorsPage):
            page.save()

    @Slot()
    def remove(self) -> None:
        if (page := self._records()) is not None:
            page.remove()

    @Slot()
    def put_back(self) -> None:
        page = self._records() or self.page
        if not isinstance(page, DoctorsPage):
            page.put_back()

    @Slot()
    def _part1(self) -> None:
        self.show_part(0)

    @Slot()
    def _part2(self) -> None:
        self.show_part(1)

    @Slot()
    def _part3(self) -> None:
        self.show_part(2)

    @Slot()
    def _part4(self) -> None:
        self.show_part(3)

    @Slot()
    def _part5(self) -> None:
        self.show_part(4)

    @Slot()
    def _part6(self) -> None:
        self.show_part(5)

    @Slot()
    def _part7(self) -> None:
        self.show_part(6)
