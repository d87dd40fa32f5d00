"""The Verify screen: a scanner types the code here; a PDF can be opened; the answer stands beside it."""

from datetime import datetime

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QLineEdit, QScrollArea, QStackedWidget, QWidget

from clinicdesk.domain.verification import KeyRing, Verification
from clinicdesk.printing.words import moment
from ui.screens.verify.model import facts, medicines
from ui.screens.verify.presenter import VerifyPresenter
from ui.verdict_words import explanation, headline
from ui.widgets.actions import make_action
from ui.widgets.banner import Banner, Notice
from ui.widgets.buttons import button
from ui.widgets.card import Card, EmptyState, ProgressStrip
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

LONGEST = 2100


class VerifyView(QWidget):
    """By keyboard: scan or paste, Enter checks; Ctrl+O opens a PDF, Ctrl+E exports the public keys."""

    def __init__(self, presenter: VerifyPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        self.setAcceptDrops(True)
        self.strip, self.notice = ProgressStrip(), Notice()
        self.code = QLineEdit()
        self.code.setMaxLength(LONGEST)
        self.code.setClearButtonEnabled(True)
        self.field = Field(
            self.tr("Code of the prescription"),
            self.code,
            hint=self.tr("Scan the square code, or paste its text and press Enter."),
        )
        self.check_button = button(self.tr("Check"), "shield-check", primary=True)
        self.open_button = button(self.tr("Open PDF…"), "folder-open")
        self.export_button = button(self.tr("Export public keys…"), "key-round")
        self.verdict = Banner("info", "")
        self.contact = label("", "small", wrap=True)
        self._lay_out()
        self._connect()
        make_action(self, self.tr("Open a PDF to check"), self._ask_file, keys="Ctrl+O", icon="folder-open")
        make_action(self, self.tr("Export public keys"), self._ask_where, keys="Ctrl+E", icon="key-round")
        make_action(self, self.tr("Check the code"), self.check, icon="shield-check")
        self._show_contact(None)

    def activate(self) -> None:
        """Fetch keys and states while there is a network."""
        self.presenter.refresh()

    def first_focus(self) -> QWidget:
        """Where the scanner types."""
        return self.code

    # -- parts

    def _lay_out(self) -> None:
        ask = vbox(
            self.field,
            hbox(self.check_button, self.open_button, None),
            None,
            label(
                self.tr("The check needs no network: it uses the doctors' public keys on this PC."),
                "muted",
                wrap=True,
            ),
            self.contact,
            hbox(self.export_button, None),
            margins=(18, 16, 18, 16),
            spacing=12,
        )
        left = Card(ask)
        left.setFixedWidth(400)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(18)
        self._facts.setVerticalSpacing(8)
        self._facts.setColumnStretch(1, 1)
        self._lines = vbox(spacing=6)
        self._claim_title = label(self.tr("What the doctor signed"), "h2")
        self._result = QWidget()
        self._result.setLayout(
            vbox(self.verdict, self._claim_title, self._facts, self._lines, None, spacing=14)
        )
        self._empty = EmptyState(
            "scan-line",
            self.tr("Nothing checked yet"),
            self.tr("Genuine, altered, revoked, expired, cancelled or already dispensed: it is said here."),
        )
        self._empty.button.hide()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self._result)
        self._answer = QStackedWidget()
        self._answer.addWidget(self._empty)
        self._answer.addWidget(area)
        right = Card(vbox(self._answer, margins=(18, 16, 18, 16)))
        row = hbox(left, right, spacing=14)
        row.setStretch(1, 1)
        body = vbox(
            label(self.tr("Verify a prescription"), "title"),
            self.notice,
            row,
            margins=(20, 12, 20, 14),
            spacing=10,
        )
        body.setStretch(2, 1)
        layout = vbox(self.strip, body, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        presenter = self.presenter
        presenter.found.connect(self._show_found)
        presenter.contact.connect(self._show_contact)
        presenter.told.connect(self.notice.show_notice)
        presenter.busy.connect(self.strip.show_busy)
        self.code.returnPressed.connect(self.check)
        self.check_button.clicked.connect(self.check)
        self.open_button.clicked.connect(self._ask_file)
        self.export_button.clicked.connect(self._ask_where)

    # -- asking

    @Slot()
    def check(self) -> None:
        """Check what stands in the field; the next scan replaces it."""
        if not self.code.text().strip():
            self.field.show_error(self.tr("Scan or paste a code first."))
            return
        self.presenter.check(self.code.text())
        self.code.selectAll()

    @Slot()
    def _ask_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Check a prescription"), "", "PDF (*.pdf);;*")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.presenter.check_path)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _ask_where(self) -> None:
        dialog = QFileDialog(self, self.tr("Export public keys"), "clinicdesk-keys.json", "JSON (*.json)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(self.presenter.export)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.presenter.check_path(event.mimeData().urls()[0].toLocalFile())

    # -- answers

    @Slot(object)
    def _show_found(self, found: Verification) -> None:
        kind, title = headline(found)
        zone = self.presenter.zone
        self.verdict.show_text(title, explanation(found, zone), kind=kind)
        self._clear()
        said = facts(found, zone)
        for row, (caption, value) in enumerate(said):
            text = label(value, wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(label(caption, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(text, row, 1)
        for line in medicines(found):
            self._lines.addWidget(label(line, "h2", wrap=True))
        self._claim_title.setVisible(bool(said))
        self._answer.setCurrentIndex(1)
        self.verdict.announce()

    def _clear(self) -> None:
        for layout in (self._facts, self._lines):
            while (item := layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()

    @Slot(object)
    def _show_contact(self, ring: KeyRing | None) -> None:
        if ring is None:
            self.contact.setText(self.tr("Last contact with the clinic's database: none yet."))
            return
        at: datetime = ring.as_of.astimezone(self.presenter.zone)
        self.contact.setText(
            self.tr("Last contact with the clinic's database: {0}. Keys: {1}. Prescriptions: {2}.").format(
                moment(at), len(ring.keys), len(ring.states)
            )
        )
