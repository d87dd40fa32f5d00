"""Asks for a place and writes bytes there; a refusal of the disk is said."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget


class SaveFile(QFileDialog):
    """``open()`` it; ``said(text, kind)`` tells how it went."""

    said = Signal(str, str)

    def __init__(self, parent: QWidget, title: str, name: str, *, data: bytes) -> None:
        super().__init__(parent, title)
        self._data = data
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setDefaultSuffix(Path(name).suffix.removeprefix("."))
        self.selectFile(name)
        self.fileSelected.connect(self.write_to)

    @Slot(str)
    def write_to(self, path: str) -> None:
        """Write the bytes."""
        try:
            Path(path).write_bytes(self._data)
        except OSError:
            self.said.emit(self.tr("The file could not be written. Choose another folder."), "error")
        else:
            self.said.emit(self.tr("Saved as {0}").format(Path(path).name), "ok")
