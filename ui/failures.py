"""Bugs: logged with an incident number, told once, and the program goes on."""

import logging
import secrets
import sys
import threading
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

log = logging.getLogger("clinicdesk.incident")
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
OURS = ("clinicdesk.", "ui.")


def start_log(folder: Path | None = None) -> Path:
    """Log warnings and worse to a file of at most 5 x 1 MB; returns the folder."""
    folder = folder or user_log_path("ClinicDesk", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        folder / "clinicdesk.log", maxBytes=1_000_000, backupCount=4, encoding="utf-8", delay=True
    )
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().addHandler(handler)
    return folder


def incident_number() -> str:
    """Short enough to read over the phone: 1123-K7F3."""
    return datetime.now(UTC).strftime("%m%d-") + "".join(secrets.choice(LETTERS) for _ in range(4))


def describe(error: BaseException) -> str:
    """Type and places of an exception and its causes. The text of foreign exceptions is left out:
    drivers and the standard library quote the value, which may be a patient's."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 6:
        kind = type(seen)
        name = f"{kind.__module__}.{kind.__qualname__}"
        text = f": {seen}" if kind.__module__.startswith(OURS) else ""
        frames = "".join(traceback.format_tb(seen.__traceback__))
        parts.append(f"{name}{text}\n{frames}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "caused by ".join(parts)


class IncidentDialog(QDialog):
    """Tells a number and lets people go on."""

    def __init__(self, number: str, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folder, self._numbers = folder, [number]
        heading = QLabel(self.tr("ClinicDesk made a mistake"))
        heading.setProperty("role", "title")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(420)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._say()
        box = QDialogButtonBox()
        go_on = box.addButton(self.tr("Go on"), QDialogButtonBox.ButtonRole.AcceptRole)
        go_on.setProperty("primary", "true")
        copy = box.addButton(self.tr("Copy number"), QDialogButtonBox.ButtonRole.ActionRole)
        show = box.addButton(self.tr("Open log folder"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setAutoDefault(False)
        show.setAutoDefault(False)
        box.accepted.connect(self.accept)
        copy.clicked.connect(self._copy)
        show.clicked.connect(self._show_log)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 18)
        layout.setSpacing(12)
        for part in (heading, self._text, box):
            layout.addWidget(part)
        go_on.setDefault(True)
        go_on.setFocus()

    def add(self, number: str) -> None:
        """One more incident while the dialog is open."""
        self._numbers.append(number)
        self._say()

    def _say(self) -> None:
        self._text.setText(
            self.tr(
                "The last action may not have been done: please look before you repeat it. Everything "
                "already saved is safe.\n\nIncident {numbers} is in the log, without patient data."
            ).format(numbers=", ".join(self._numbers[-5:]))
        )

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(", ".join(self._numbers))

    @Slot()
    def _show_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


class Failures(QObject):
    """Installs itself as sys.excepthook and threading.excepthook; ``restore`` undoes it."""

    happened = Signal(str)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._dialog: IncidentDialog | None = None
        self._before = (sys.excepthook, threading.excepthook)
        self.happened.connect(self._tell)
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def restore(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _caught(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        number = incident_number()
        log.error("incident %s\n%s", number, describe(error))
        self.happened.emit(number)

    def _caught_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._caught(caught.exc_type, caught.exc_value, caught.exc_traceback)

    @Slot(str)
    def _tell(self, number: str) -> None:
        if self._dialog is not None:
            self._dialog.add(number)
            return
        self._dialog = IncidentDialog(number, self._folder, QApplication.activeWindow())
        self._dialog.finished.connect(self._forget)
        self._dialog.open()

    @Slot()
    def _forget(self) -> None:
        self._dialog = None
