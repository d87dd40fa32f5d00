"""The two forms of the first start."""

from collections.abc import Mapping
from typing import TypeGuard

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QLineEdit, QWidget

from clinicdesk.domain.passwords import SHORTEST
from ui.widgets.buttons import button, link_button
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.password import PasswordEdit
from ui.widgets.text import label


class Form(QWidget):
    """Fields by name; ``submitted`` carries what was typed, unchecked."""

    submitted = Signal(object)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Field] = {}

    def show_error(self, name: str, text: str) -> None:
        """Say it at the field; the first wrong field gets the focus."""
        field = self.fields.get(name)
        if field is None:
            return
        first = not any(each.error() for each in self.fields.values())
        field.show_error(text)
        if first:
            field.editor.setFocus()

    def answers(self) -> dict[str, str]:
        return {name: field.editor.text() for name, field in self.fields.items() if is_line(field.editor)}

    def add(self, name: str, title: str, *, editor: QLineEdit | None = None, hint: str = "") -> Field:
        line = editor or QLineEdit()
        line.returnPressed.connect(self.submit)
        made = self.fields[name] = Field(title, line, hint=hint)
        return made

    @Slot()
    def submit(self) -> None:
        for field in self.fields.values():
            field.clear_error()
        self.submitted.emit(self.answers())

    @Slot()
    def _leave(self) -> None:
        self.left.emit()


class ClinicForm(Form):
    """A clinic on this PC: its name and the first administrator."""

    def __init__(self) -> None:
        super().__init__()
        self.add(
            "clinic",
            self.tr("Name of the clinic"),
            hint=self.tr("As it shall stand on prescriptions and receipts."),
        )
        self.add("admin", self.tr("Your name"), hint=self.tr("You become the administrator."))
        self.add("email", self.tr("Your e-mail"), hint=self.tr("You sign in with it."))
        self.password, self.again = PasswordEdit(), PasswordEdit()
        rule = self.tr("At least {min} characters; a short sentence is good.").format(min=SHORTEST)
        self.add("password", self.tr("Password"), editor=self.password, hint=rule)
        self.add("again", self.tr("Password again"), editor=self.again)
        shown = QCheckBox(self.tr("Show passwords"))
        shown.toggled.connect(self.password.show_password)
        shown.toggled.connect(self.again.show_password)
        grid = _grid()
        grid.addWidget(self.fields["clinic"], 0, 0, 1, 2)
        grid.addWidget(self.fields["admin"], 1, 0)
        grid.addWidget(self.fields["email"], 1, 1)
        grid.addWidget(self.fields["password"], 2, 0)
        grid.addWidget(self.fields["again"], 2, 1)
        back = link_button(self.tr("Back"), "arrow-left")
        back.clicked.connect(self._leave)
        go = button(self.tr("Set up this PC"), "check", primary=True)
        go.setAutoDefault(True)
        go.clicked.connect(self.submit)
        self.setLayout(
            vbox(
                label(self.tr("A clinic on this PC"), "title"),
                label(
                    self.tr(
                        "The databases run here and start with ClinicDesk. You can move to servers later."
                    ),
                    "muted",
                    wrap=True,
                ),
                grid,
                shown,
                hbox(back, None, go, margins=(0, 8, 0, 0)),
                margins=(28, 24, 28, 24),
                spacing=12,
            )
        )
        self.setFocusProxy(self.fields["clinic"].editor)


class ServerForm(Form):
    """The clinic's own servers, typed in or read from the administrator's file."""

    file_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.add(
            "postgres",
            self.tr("Database server (PostgreSQL)"),
            hint=self.tr("Name or address, such as db.clinic.example"),
        )
        self.add("database", self.tr("Database name"))
        self.add("mongo", self.tr("Document server (MongoDB)"), hint=self.tr("Empty: charts are off."))
        self.add("redis", self.tr("Cache server (Redis or Valkey)"), hint=self.tr("Empty: presence is off."))
        self.add(
            "ca_file",
            self.tr("Certificate of the clinic (CA file)"),
            hint=self.tr("Empty: the system's certificates."),
        )
        self._line("database").setText("clinicdesk")
        grid = _grid()
        for place, name in enumerate(("postgres", "database", "mongo", "redis")):
            grid.addWidget(self.fields[name], place // 2, place % 2)
        browse = button(self.tr("Choose…"), "folder-open")
        browse.setAccessibleName(self.tr("Choose the CA file"))
        browse.clicked.connect(self._choose_ca)
        grid.addLayout(self._ca_row(browse), 2, 0, 1, 2)
        from_file = button(self.tr("Read deployment file…"), "file-text")
        from_file.clicked.connect(self._choose_file)
        back = link_button(self.tr("Back"), "arrow-left")
        back.clicked.connect(self._leave)
        go = button(self.tr("Connect"), "server", primary=True)
        go.setAutoDefault(True)
        go.clicked.connect(self.submit)
        self.setLayout(
            vbox(
                label(self.tr("Our clinic's servers"), "title"),
                label(
                    self.tr(
                        "Your administrator knows these, or gave you a deployment.toml that holds them all."
                    ),
                    "muted",
                    wrap=True,
                ),
                grid,
                hbox(back, None, from_file, go, margins=(0, 8, 0, 0)),
                margins=(28, 24, 28, 24),
                spacing=12,
            )
        )
        self.setFocusProxy(self.fields["postgres"].editor)

    def show_unreachable(self, stores: Mapping[str, tuple[str, str]]) -> None:
        """One sentence at each server that cannot be reached."""
        silent = self.tr("{0} gives no answer. Check the name and port, and whether the server runs.")
        refused = self.tr("{0} answers, but its certificate or TLS is refused. Check the CA file.")
        for name, (address, reason) in stores.items():
            self.show_error(name, (silent if reason == "no answer" else refused).format(address))

    def _ca_row(self, browse: QWidget) -> QGridLayout:
        row = QGridLayout()
        row.setHorizontalSpacing(8)
        row.addWidget(self.fields["ca_file"], 0, 0)
        row.addLayout(vbox(label(" "), browse, None, spacing=4), 0, 1)
        row.setColumnStretch(0, 1)
        return row

    def _line(self, name: str) -> QLineEdit:
        editor = self.fields[name].editor
        assert is_line(editor)
        return editor

    @Slot()
    def _choose_ca(self) -> None:
        dialog = self._dialog(self.tr("Certificates (*.pem *.crt *.cer);;All files (*)"))
        dialog.fileSelected.connect(self._line("ca_file").setText)
        dialog.open()

    @Slot()
    def _choose_file(self) -> None:
        dialog = self._dialog(self.tr("Deployment files (*.toml)"))
        dialog.fileSelected.connect(self._tell_file)
        dialog.open()

    def _dialog(self, kinds: str) -> QFileDialog:
        dialog = QFileDialog(self, "ClinicDesk", "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    @Slot(str)
    def _tell_file(self, path: str) -> None:
        self.file_chosen.emit(path)


def is_line(editor: QWidget) -> TypeGuard[QLineEdit]:
    """Whether an editor is one line of text."""
    return isinstance(editor, QLineEdit)


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(12)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(1, 1)
    return grid
