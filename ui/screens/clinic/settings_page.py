"""The settings that the program reads, and whether charts are sealed."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QScrollArea, QWidget

from clinicdesk.services.administration import Setting
from ui.screens.clinic.field_words import field_words, sealing_words
from ui.screens.clinic.form import editor_of, show_in, typed_of
from ui.screens.clinic.presenter import ClinicPresenter
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import label

if TYPE_CHECKING:  # it brings the driver of the documents
    from clinicdesk.services.sealing import SealingProgress

FIELD_WIDTH = 260


class SealingCard(QWidget):
    """The choice, what it means, and how far the conversion is."""

    chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.progress: SealingProgress | None = None
        self.tag = Tag("", "plain")
        self.state = label("", "muted", wrap=True)
        self.switch = button(self.tr("Seal charts"), "lock")
        self.switch.clicked.connect(self._switch)
        column = vbox(
            hbox(label(self.tr("Sealed charts"), "title"), self.tag, None),
            label(sealing_words(), wrap=True),
            self.state,
            hbox(self.switch, None),
            margins=(16, 14, 16, 14),
            spacing=10,
        )
        self.setLayout(column)

    def show_progress(self, found: "SealingProgress") -> None:
        """Nothing is claimed that the database does not say."""
        self.progress = found
        if found.sealed:
            self.tag.show_tag(self.tr("Sealed"), "ok", "lock")
            self.switch.setText(f"  {self.tr('Stop sealing')}")
        else:
            self.tag.show_tag(self.tr("Not sealed"), "plain", "lock-open")
            self.switch.setText(f"  {self.tr('Seal charts')}")
        self.switch.setAccessibleName(self.switch.text().strip())
        self.state.setText(self._words(found))

    def _words(self, found: "SealingProgress") -> str:
        if not found.remaining:
            return self.tr("All {0} versions of notes stand in the chosen form.").format(found.total)
        words = self.tr("{0} of {1} versions of notes are to be converted still.").format(
            found.remaining, found.total
        )
        if found.running_since is None:
            return f"{words} {self.tr('The job does not run now: start clinicdesk sealing run.')}"
        return f"{words} {self.tr('The job runs.')}"

    @Slot()
    def _switch(self) -> None:
        if self.progress is not None:
            self.chosen.emit(not self.progress.sealed)


class SettingRow(QWidget):
    """One setting; Enter or its button saves, a tick saves at once."""

    saved = Signal(object, object)

    def __init__(self, setting: Setting, *, allowed: bool) -> None:
        super().__init__()
        self.setting = setting
        name, hint = field_words(setting.rule.field)
        self.editor = editor_of(setting.rule)
        self.editor.setEnabled(allowed)
        if isinstance(self.editor, QCheckBox):
            self.field: Field | None = None
            self.editor.setAccessibleName(name)
            self.editor.setAccessibleDescription(hint)
            self.editor.clicked.connect(self.save)
            self.setLayout(vbox(self.editor, label(hint, "small", wrap=True), spacing=2))
        else:
            self.field = Field(name, self.editor, hint=hint)
            self.editor.setFixedWidth(FIELD_WIDTH)
            self.field.setMinimumWidth(2 * FIELD_WIDTH)
            self.button = button(self.tr("Save"), "save")
            self.button.setAccessibleName(self.tr("Save: {0}").format(name))
            self.button.setEnabled(allowed)
            self.button.clicked.connect(self.save)
            if isinstance(self.editor, QLineEdit):
                self.editor.returnPressed.connect(self.save)
            self.setLayout(vbox(self.field, hbox(self.button, None)))
        show_in(self.editor, setting.value)

    def dirty(self) -> bool:
        clean = self.setting.value if isinstance(self.editor, QCheckBox) else str(self.setting.value)
        return typed_of(self.editor) != clean

    @Slot()
    def save(self) -> None:
        if self.field is not None:
            self.field.clear_error()
        self.saved.emit(self.setting, typed_of(self.editor))

    def take(self, setting: Setting, *, force: bool) -> None:
        """What is stored now; a typed value stays."""
        keep = self.dirty() and not force
        self.setting = setting
        if not keep:
            show_in(self.editor, setting.value)
            if self.field is not None:
                self.field.clear_error()


class SettingsPage(QWidget):
    """A row for each line of the table of settings."""

    def __init__(self, presenter: ClinicPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._force = False
        self.rows: dict[str, SettingRow] = {}
        self.sealing = SealingCard()
        self._column = vbox(
            label(self.tr("Settings of the clinic"), "title"), margins=(16, 14, 16, 14), spacing=14
        )
        page = vbox(Card(self._column), spacing=14)
        if presenter.actor.may("charts.seal"):
            page.addWidget(Card(vbox(self.sealing)))
        page.addStretch(1)
        sheet = QWidget()
        sheet.setLayout(page)
        area = QScrollArea()  # more than a screen of 768 lines holds
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(sheet)
        self.setLayout(vbox(area))
        presenter.settings_read.connect(self._read)
        presenter.sealing_read.connect(self.sealing.show_progress)
        presenter.saved.connect(self._saved)
        presenter.changed_elsewhere.connect(self._saved)
        presenter.field_wrong.connect(self._wrong)
        self.sealing.chosen.connect(self._choose)

    @Slot()
    def reload(self) -> None:
        self._presenter.read_settings()

    @Slot(object)
    def _read(self, found: list[Setting]) -> None:
        for setting in found:
            key = setting.rule.field
            if key in self.rows:
                self.rows[key].take(setting, force=self._force)
                continue
            row = SettingRow(setting, allowed=self._presenter.service.may_change(setting.rule))
            row.saved.connect(self._presenter.set_setting)
            self.rows[key] = row
            self._column.addWidget(row)
        self._force = False

    @Slot(str)
    def _saved(self, record: str) -> None:
        if record == "setting":
            self._force = True
            self.reload()

    @Slot(str, str, str)
    def _wrong(self, record: str, field: str, text: str) -> None:
        if record == "setting" or field in self.rows:
            row = self.rows.get(field)
            if row is not None and row.field is not None:
                row.field.show_error(text)

    @Slot(bool)
    def _choose(self, sealed: bool) -> None:
        self._presenter.choose_sealing(sealed=sealed)

    def save(self) -> None:
        """Everything that was typed and not saved."""
        for row in self.rows.values():
            if row.dirty():
                row.save()

    def put_back(self) -> None:
        """What is stored again."""
        for row in self.rows.values():
            row.take(row.setting, force=True)

    def unsaved(self) -> bool:
        return any(row.dirty() for row in self.rows.values())

    def start(self) -> None:
        """Focus the first setting."""
        for row in self.rows.values():
            row.editor.setFocus()
            return
