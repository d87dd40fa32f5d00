"""A visit to read: signed, of a colleague, altered, or not readable now."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from clinicdesk.domain.visits import Visit
from ui.screens.chart.files import FilesRow
from ui.screens.chart.model import note_titles, status_look, translate
from ui.screens.chart.vitals import reading
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import label


class VisitPage(QWidget):
    """Title, status, vital signs, the note; signed ones can be amended."""

    amend_asked = Signal()
    complete_asked = Signal()
    prescription_asked = Signal()

    def __init__(self, *, may_sign: bool, may_prescribe: bool) -> None:
        super().__init__()
        self._may_sign, self._may_prescribe = may_sign, may_prescribe
        self.title = label("", "h2")
        self.status = Tag("")
        self.warning = Banner("danger", "")
        self.warning.hide()
        self.vitals = label("", wrap=True)
        self.texts: dict[str, QLabel] = {}
        self._heads: dict[str, QWidget] = {}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(4)
        column.addWidget(label(translate("chart", "Vital signs"), "caps"))
        column.addWidget(self.vitals)
        for name, (letter, title) in note_titles().items():
            head = label(f"{letter} · {title.replace('&', '')}", "caps")
            text = label("", wrap=True)
            for part in (head, text):
                column.addWidget(part)
            column.addSpacing(6)
            self._heads[name], self.texts[name] = head, text
        self.files = FilesRow()
        column.addWidget(self.files)
        column.addStretch(1)
        for text in (self.vitals, *self.texts.values()):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scroll.setAccessibleName(translate("chart", "Visit"))
        self._scroll.setWidget(body)
        self._make_buttons()
        foot = hbox(None, self.amend, self.prescribe, self.complete)
        layout = vbox(hbox(self.title, self.status, None), self.warning, self._scroll, foot, spacing=8)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.setFocusProxy(self._scroll)

    def _make_buttons(self) -> None:
        self.amend = button(translate("chart", "A&mend"), "pen-line")
        self.prescribe = button(translate("chart", "Write prescriptio&n"), "pill")
        self.complete = button(translate("chart", "&Complete visit"), "circle-check", primary=True)
        self.amend.clicked.connect(self._amend)
        self.prescribe.clicked.connect(self._prescribe)
        self.complete.clicked.connect(self._complete)

    def show_visit(self, visit: Visit, title: str, *, completable: bool, prescribable: bool) -> None:
        word, kind, icon = status_look(visit.status)
        self.title.setText(title)
        self.status.show_tag(word, kind, icon)
        self._scroll.setAccessibleName(f"{title}, {word}")
        readable = visit.status != "unreadable"
        self.vitals.setText(reading(visit.vitals) if readable else "–")
        for name, text in self.texts.items():
            words = getattr(visit.note, name)
            text.setText(words)
            for part in (text, self._heads[name]):
                part.setVisible(bool(words))
        self.files.show_files(visit.attachments, writable=False)
        self._warn(visit.status)
        self.amend.setVisible(self._may_sign and visit.status in ("signed", "amended"))
        self.prescribe.setVisible(self._may_prescribe and prescribable)
        self.set_completable(completable)
        self._scroll.verticalScrollBar().setValue(0)

    def set_completable(self, possible: bool) -> None:
        self.complete.setVisible(possible)

    def _warn(self, status: str) -> None:
        if status == "altered":
            self.warning.show_text(
                translate("chart", "This text is not what was saved"),
                translate("chart", "The document was changed outside ClinicDesk. Tell your administrator."),
                kind="danger",
            )
        elif status == "unreadable":
            self.warning.show_text(
                translate("chart", "The text of this visit cannot be read now"),
                translate("chart", "The document server does not answer, or the document is missing."),
                kind="warn",
            )
        self.warning.setVisible(status in ("altered", "unreadable"))

    @Slot()
    def _amend(self) -> None:
        self.amend_asked.emit()

    @Slot()
    def _prescribe(self) -> None:
        self.prescription_asked.emit()

    @Slot()
    def _complete(self) -> None:
        self.complete_asked.emit()
