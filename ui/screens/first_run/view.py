"""The first start: three ways to begin, their forms, and the progress of setting up."""

from collections.abc import Mapping

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ui.screens.first_run.forms import ClinicForm, Form, ServerForm
from ui.screens.first_run.presenter import FirstRunPresenter
from ui.widgets.banner import Notice, announce
from ui.widgets.card import Card
from ui.widgets.choice import ChoiceButton
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import IconLabel, label

WIDTH = 960
FORM_WIDTH = 720
GAP = 16


class FirstRunView(QWidget):
    """Emits what was chosen; ``show_progress`` and ``show_failure`` tell how it goes."""

    demo_requested = Signal()
    clinic_requested = Signal(object)
    servers_requested = Signal(object)
    deployment_file_chosen = Signal(str)

    def __init__(self, presenter: FirstRunPresenter) -> None:
        super().__init__()
        self.setWindowTitle("ClinicDesk")
        self._presenter = presenter
        presenter.setParent(self)
        self.notice = Notice()
        self.clinic_form, self.server_form = ClinicForm(), ServerForm()
        self._choices = self._choice_page()
        self._progress = self._progress_page()
        self._stack = QStackedWidget()
        self._pages = [self._choices, _sheet(self.clinic_form), _sheet(self.server_form), self._progress]
        for page in self._pages:
            self._stack.addWidget(page)
        self._before = 0
        self._lay_out()
        self._connect()

    def first_focus(self) -> QWidget:
        return self.demo_choice

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.first_focus().setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.first_focus().setFocus()

    def show_progress(self, text: str, percent: int | None = None) -> None:
        """Say what is being done; without a percentage the bar only moves."""
        if self._stack.currentWidget() is not self._progress:
            self._before = self._stack.currentIndex()
            self._turn_to(3)
            self.notice.clear()
        if text != self.progress_text.text():
            self.progress_text.setText(text)
            announce(self, text)
        self.bar.setRange(0, 0 if percent is None else 100)
        self.bar.setValue(percent or 0)

    def show_failure(self, text: str) -> None:
        """Back to the page it came from, with everything typed still there."""
        if self._stack.currentWidget() is self._progress:
            self._turn_to(self._before)
        self.notice.show_notice(text, "error")

    def show_unreachable(self, stores: Mapping[str, tuple[str, str]]) -> None:
        """``stores``: postgres, mongo, redis -> address and what the check says, told at its field."""
        self.show_failure(self.tr("Not connected, and nothing was saved."))
        self.server_form.show_unreachable(stores)

    def _choice_page(self) -> QWidget:
        self.demo_choice = ChoiceButton(
            IconLabel("play", name="", role="accent", size=26),
            self.tr("Open the demo clinic"),
            self.tr(
                "A made-up clinic with patients, a calendar and a pharmacy, to look around and to train."
            ),
            tall=True,
        )
        self.clinic_choice = ChoiceButton(
            IconLabel("monitor", name="", role="accent", size=26),
            self.tr("Set up this PC"),
            self.tr("For a clinic with one computer: everything is kept here, nothing else to install."),
            tall=True,
        )
        self.server_choice = ChoiceButton(
            IconLabel("server", name="", role="accent", size=26),
            self.tr("Connect to our servers"),
            self.tr(
                "For a clinic whose seats share one database. Have its addresses or deployment file ready."
            ),
            tall=True,
        )
        for choice in (self.demo_choice, self.clinic_choice, self.server_choice):
            choice.setFixedWidth((WIDTH - 2 * GAP) // 3)
        cards = hbox(self.demo_choice, self.clinic_choice, self.server_choice, spacing=GAP)
        page = QWidget()
        page.setLayout(
            vbox(
                label(self.tr("How do you want to begin?"), "title"),
                label(self.tr("You can do the others later: nothing you choose here is final."), "muted"),
                cards,
                None,
                spacing=8,
            )
        )
        cards.setContentsMargins(0, 8, 0, 0)
        return page

    def _progress_page(self) -> QWidget:
        self.progress_text = label("", "title", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        wait = label(self.tr("This is done once. Please leave the computer on."), "muted")
        page = QWidget()
        page.setLayout(
            vbox(
                Card(vbox(self.progress_text, self.bar, wait, margins=(28, 26, 28, 26), spacing=14)),
                None,
            )
        )
        return page

    def _lay_out(self) -> None:
        logo = IconLabel("heart-pulse", name=self.tr("ClinicDesk"), role="accent", size=30)
        self._middle = QWidget()
        self._middle.setLayout(
            vbox(
                hbox(logo, label(self.tr("Welcome to ClinicDesk"), "hero"), None, spacing=10),
                self.notice,
                self._stack,
                spacing=18,
            )
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        outer.addLayout(hbox(None, self._middle, None))
        outer.addStretch(3)
        self._turn_to(0)

    def _connect(self) -> None:
        self.demo_choice.clicked.connect(self._demo)
        self.clinic_choice.clicked.connect(self._to_clinic)
        self.server_choice.clicked.connect(self._to_servers)
        for form in (self.clinic_form, self.server_form):
            form.left.connect(self._to_choices)
        self.clinic_form.submitted.connect(self._presenter.submit_clinic)
        self.server_form.submitted.connect(self._presenter.submit_servers)
        self.server_form.file_chosen.connect(self.deployment_file_chosen)
        self._presenter.clinic_requested.connect(self.clinic_requested)
        self._presenter.servers_requested.connect(self.servers_requested)
        self._presenter.field_wrong.connect(self._show_field)

    def _open(self, number: int, focus: QWidget) -> None:
        self.notice.clear()
        self._turn_to(number)
        focus.setFocus()

    def _turn_to(self, number: int) -> None:
        """Only the page on show may ask for room, so that each stands in the middle."""
        self._middle.setFixedWidth(WIDTH if number == 0 else FORM_WIDTH)
        for other, page in enumerate(self._pages):
            shown = QSizePolicy.Policy.Preferred if other == number else QSizePolicy.Policy.Ignored
            page.setSizePolicy(QSizePolicy.Policy.Ignored, shown)
        self._stack.setCurrentIndex(number)

    @Slot()
    def _demo(self) -> None:
        self.demo_requested.emit()

    @Slot()
    def _to_choices(self) -> None:
        self._open(0, self.demo_choice)

    @Slot()
    def _to_clinic(self) -> None:
        self._open(1, self.clinic_form)

    @Slot()
    def _to_servers(self) -> None:
        self._open(2, self.server_form)

    @Slot(str, str)
    def _show_field(self, field: str, text: str) -> None:
        form: Form = self.clinic_form if self._stack.currentIndex() == 1 else self.server_form
        form.show_error(field, text)


def _sheet(form: Form) -> QWidget:
    page = QWidget()
    page.setLayout(vbox(Card(vbox(form)), None))
    return page
