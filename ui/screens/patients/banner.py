"""Who is on show: identity, and what the role may see of alerts."""

from datetime import date

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QStackedLayout, QWidget

from clinicdesk.domain.patients import AllergyStatus, PatientSummary
from clinicdesk.domain.people import Actor
from ui.widgets.avatar import Avatar
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.person import age_words, day_words, gender_word
from ui.widgets.text import label


class PatientCard(QFrame):
    """The selected patient with what can be done."""

    book_asked = Signal()
    chart_asked = Signal()
    edit_asked = Signal()

    def __init__(self, actor: Actor, today: date) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._actor, self._today = actor, today
        self.summary: PatientSummary | None = None
        nobody = EmptyState(
            "user-round", self.tr("No patient selected"), self.tr("Search by name, phone or MRN.")
        )
        self._avatar = Avatar("", 48)
        self.name = label("", "title", wrap=True)
        self.who = label("", "muted", wrap=True)
        self.state = Banner("info", "")
        self.alerts = Banner("warn", "")
        self.rows = label("", wrap=True)
        self.book = button(self.tr("Book appointment"), "calendar-plus", primary=True)
        hide_unless(self.book, actor.may("appointments.book"))
        self.chart = button(self.tr("Open chart"), "folder-open")
        hide_unless(self.chart, actor.may("chart.read"))
        self.edit = button(self.tr("Edit"), "pen-line")
        hide_unless(self.edit, actor.may("patients.register"))
        for made, asked in ((self.book, self._book), (self.chart, self._chart), (self.edit, self._edit)):
            made.setAutoDefault(True)
            made.clicked.connect(asked)
        head = hbox(self._avatar, vbox(self.name, self.who, spacing=2), spacing=12)
        head.setStretch(1, 1)
        sheet = QWidget()
        sheet.setLayout(
            vbox(
                head, self.state, self.alerts, self.rows, hbox(self.book, self.chart, self.edit, None), None,
                margins=(16, 16, 16, 14), spacing=10,
            )
        )  # fmt: skip
        self._pages = QStackedLayout(self)
        self._pages.addWidget(nobody)
        self._pages.addWidget(sheet)

    def show_summary(self, summary: PatientSummary | None) -> None:
        """None shows that nobody is selected."""
        self.summary = summary
        self._pages.setCurrentIndex(0 if summary is None else 1)
        if summary is None:
            return
        self._avatar.show_name(summary.name)
        self.name.setText(summary.name)
        parts = (age_words(summary.date_of_birth, self._today), gender_word(summary.gender), summary.mrn)
        self.who.setText(" · ".join(part for part in parts if part))
        self._show_state(summary)
        self._show_alerts(summary)
        rows = (
            (self.tr("Born"), day_words(summary.date_of_birth)),
            (self.tr("Phone"), summary.phone or "–"),
            (self.tr("Address"), summary.address or "–"),
            *((self.tr("Merged into this record"), mrn) for mrn in summary.former_mrns),
        )
        self.rows.setText("\n".join(f"{title}: {text}" for title, text in rows))
        self.book.setEnabled(not summary.deceased)

    def _show_state(self, summary: PatientSummary) -> None:
        if summary.deceased:
            self.state.show_text(self.tr("This patient has died"), self.tr("Booking is off."), kind="warn")
        elif summary.restricted:
            self.state.show_text(
                self.tr("Restricted record"), self.tr("Opening it is reported."), kind="warn"
            )
        self.state.setVisible(summary.deceased or summary.restricted)

    def _show_alerts(self, summary: PatientSummary) -> None:
        self.alerts.setVisible(self._actor.may("alerts.read"))
        problems = ", ".join(problem.text for problem in summary.problems)
        if summary.allergies:
            words = ", ".join(
                f"{allergy.substance} – {allergy.reaction}" if allergy.reaction else allergy.substance
                for allergy in summary.allergies
            )
            self.alerts.show_text(words, problems, kind="danger")
        elif summary.allergy_status is AllergyStatus.NONE_KNOWN:
            self.alerts.show_text(self.tr("No known allergies"), problems, kind="ok")
        else:
            self.alerts.show_text(self.tr("Allergies were never asked"), problems, kind="warn")

    @Slot()
    def _book(self) -> None:
        self.book_asked.emit()

    @Slot()
    def _edit(self) -> None:
        self.edit_asked.emit()

    @Slot()
    def _chart(self) -> None:
        self.chart_asked.emit()
