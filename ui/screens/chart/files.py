"""The files of a visit: a row of their names, and the sheet that adds one."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QLineEdit, QPushButton, QWidget

from ui.screens.chart.model import translate
from ui.widgets.buttons import button, link_button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

PICTURES = ("png", "jpg", "jpeg", "webp", "tif", "tiff")
SHOWN = 4
_GUESSES = {"pdf": "report", "dcm": "xray", "csv": "lab_result", "txt": "report"}


def kind_words() -> dict[str, str]:
    """Type of an attachment -> word."""
    return {
        "lab_result": translate("files", "Laboratory result"),
        "xray": translate("files", "X-ray"),
        "report": translate("files", "Report"),
        "image": translate("files", "Image"),
    }


def extension(filename: str) -> str:
    """'jpg' for 'Foot.JPG'."""
    return Path(filename).suffix[1:].casefold()


class FilesRow(QWidget):
    """One button a file; a fifth and later ones stand in a list behind 'more'."""

    asked = Signal(str)
    attach_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.buttons: list[QPushButton] = []
        self.attach = link_button(translate("files", "Attach &file"), "paperclip")
        self.attach.setToolTip(translate("files", "Attach file  (Ctrl+Shift+A), or drop it here"))
        self.attach.clicked.connect(self.attach_asked)
        self.more = QComboBox()
        self.more.setAccessibleName(translate("files", "More files"))
        self.more.activated.connect(self._choose)
        self._names = hbox(spacing=4)
        row = hbox(label(translate("files", "Files"), "caps"), self._names, self.more, None)
        row.addWidget(self.attach)
        self.setLayout(row)

    def show_files(self, names: Sequence[str], *, writable: bool) -> None:
        """Replace the row; it is hidden where there is nothing to show and nothing to add."""
        for old in self.buttons:
            self._names.removeWidget(old)
            old.deleteLater()
        self.buttons = [self._button(name) for name in names[:SHOWN]]
        self.more.clear()
        if len(names) > SHOWN:
            count = len(names) - SHOWN
            self.more.addItem(translate("files", "{count} more").format(count=count))
            self.more.addItems(list(names[SHOWN:]))
        self.more.setVisible(len(names) > SHOWN)
        self.attach.setVisible(writable)
        self.setVisible(bool(names) or writable)

    def _button(self, name: str) -> QPushButton:
        short = name if len(name) <= 24 else f"{name[:12]}…{name[-10:]}"
        made = link_button(
            short.replace("&", "&&"), "file-image" if extension(name) in PICTURES else "file-text"
        )
        made.setAccessibleName(translate("files", "Open {name}").format(name=name))
        made.setToolTip(name)
        made.setProperty("filename", name)
        made.clicked.connect(self._open)
        self._names.addWidget(made)
        return made

    @Slot()
    def _open(self) -> None:
        source = self.sender()
        if source is not None:
            self.asked.emit(str(source.property("filename")))

    @Slot(int)
    def _choose(self, row: int) -> None:
        if row > 0:
            self.asked.emit(self.more.itemText(row))
        self.more.setCurrentIndex(0)


class AttachSheet(QDialog):
    """Which file, what it is, a note on it: ``chosen(path, kind, description)``. Stays until it is kept."""

    chosen = Signal(str, str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("files", "Attach a file"))
        self.path, self.kind, self.note = QLineEdit(), QComboBox(), QLineEdit()
        self.note.setMaxLength(500)
        for value, word in kind_words().items():
            self.kind.addItem(word, value)
        self.path_field = Field(
            translate("files", "File"),
            self.path,
            hint=translate("files", "PDF, pictures, DICOM, text; up to 25 MB, DICOM 200 MB."),
        )
        self.kind_field = Field(translate("files", "What it is"), self.kind)
        self.note_field = Field(translate("files", "Description (optional)"), self.note)
        self._browse = button(translate("files", "&Choose…"), "folder-open")
        self._browse.clicked.connect(self.browse)
        self.keep = button(translate("files", "&Attach"), "paperclip", primary=True)
        self.keep.setDefault(True)
        self.keep.clicked.connect(self._submit)
        self._cancel = button(translate("files", "Cancel"))
        self._cancel.clicked.connect(self.reject)
        where = hbox(self.path_field, spacing=8)
        where.addWidget(self._browse)
        where.setStretch(0, 1)
        foot = hbox(None, self._cancel, self.keep, margins=(0, 6, 0, 0))
        self.setLayout(
            vbox(where, self.kind_field, self.note_field, foot, margins=(24, 20, 24, 20), spacing=12)
        )
        self.setMinimumWidth(540)
        self.path.textChanged.connect(self._guess)

    def ask(self, path: str = "") -> None:
        """Open empty, or with the path that was dropped."""
        self.note.clear()
        self.path.setText(path)
        self.path_field.clear_error()
        self.set_busy(busy=False)
        self.open()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        (self.kind if self.path.text() else self.path).setFocus()

    def set_busy(self, *, busy: bool) -> None:
        """While it is on its way nothing can be changed."""
        self.keep.setEnabled(not busy)
        self.keep.setText(translate("files", "Attaching…") if busy else translate("files", "&Attach"))

    def show_error(self, field: str, text: str) -> None:
        """At the field; what was typed stays."""
        self.set_busy(busy=False)
        at = {"kind": self.kind_field, "description": self.note_field}.get(field, self.path_field)
        at.show_error(text)
        at.editor.setFocus()

    @Slot()
    def browse(self) -> None:
        """The system's own dialog."""
        dialog = QFileDialog(self, translate("files", "Attach a file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.path.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _guess(self, path: str) -> None:
        guess = _GUESSES.get(extension(path), "image" if extension(path) in PICTURES else "")
        if guess:
            self.kind.setCurrentIndex(list(kind_words()).index(guess))

    @Slot()
    def _submit(self) -> None:
        if not self.keep.isEnabled():
            return
        path = self.path.text().strip()
        if not path:
            self.show_error("file", translate("files", "Choose a file."))
            return
        self.set_busy(busy=True)
        self.chosen.emit(path, str(self.kind.currentData()), self.note.text().strip())
