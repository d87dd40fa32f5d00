"""The screen: patient above, pad on the left, paper on the right, signing below."""

from uuid import UUID

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QFrame, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from clinicdesk.domain.patients import AllergyStatus
from clinicdesk.domain.prescriptions import Prescription
from ui.news import News
from ui.screens.prescription.confirm import ConfirmOverride
from ui.screens.prescription.pad import Pad
from ui.screens.prescription.paper import Paper
from ui.screens.prescription.presenter import PadPresenter
from ui.screens.prescription.questions import QuestionsBar, QuestionsPresenter
from ui.screens.prescription.rules import RuleKeys
from ui.screens.prescription.signed_panel import SignedPanel
from ui.screens.prescription.templates import TemplateKeys
from ui.tasks import TaskRunner
from ui.widgets.actions import make_action
from ui.widgets.banner import Banner, Notice
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.patient_banner import PatientBanner
from ui.widgets.text import label

_NEWS_MS = 50
_TOPICS = ("patients", "prescriptions", "visits", "stock", "")


class PrescriptionView(QWidget):
    """``done(prescription)`` follows each signature; ``chart_asked(patient_id)`` asks for the chart."""

    done = Signal(object)
    chart_asked = Signal(object)

    def __init__(
        self, presenter: PadPresenter, tasks: TaskRunner, news: News, questions: QuestionsPresenter
    ) -> None:
        super().__init__()
        self.questions = QuestionsBar(questions)
        self.presenter = presenter
        presenter.setParent(self)
        self._stale = False
        self.banner = PatientBanner()
        self.notice = Notice()
        self.pad = Pad(presenter)
        self.signed_panel = SignedPanel()
        self.paper = Paper()
        self.empty = EmptyState(
            "file-plus",
            self.tr("No patient chosen"),
            self.tr("Open a patient's chart or an appointment, then prescribe from there."),
        )
        self.saved_label = label("", "small")
        self.missing_label = label("", "muted")
        self.sign_button = button(self.tr("Sign and send to pharmacy"), "badge-check", primary=True)
        self.sign_button.setToolTip(self.tr("Sign and send to pharmacy (Ctrl+Enter)"))
        self.templates = TemplateKeys(self, presenter, tasks)
        self.rules = RuleKeys(self, presenter, tasks)
        self.confirm = ConfirmOverride()
        self.confirm.hide()
        self._make_questions()
        self._lay_out()
        self._connect(news)
        self._actions = self._make_actions()
        self._news_timer = QTimer(self)
        self._news_timer.setSingleShot(True)
        self._news_timer.setInterval(_NEWS_MS)
        self._news_timer.timeout.connect(presenter.refresh)

    def _make_questions(self) -> None:
        self.allergy_question = Banner(
            "warn",
            self.tr("Allergies were never asked"),
            self.tr("Ask before a first prescription."),
        )
        self.none_button = button(self.tr("No known allergies"), "shield-check")
        self.record_button = button(self.tr("Record allergy"), "shield-alert")
        row = self.allergy_question.layout()
        if row is not None:
            row.addWidget(self.none_button)
            row.addWidget(self.record_button)
        self.key_question = Banner(
            "danger", self.tr("Your signing key does not open"), action=self.tr("Make a new key")
        )
        self.allergy_question.hide()
        self.key_question.hide()

    def _lay_out(self) -> None:
        left = self._left_side()
        self.splitter = QSplitter()
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.paper)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([760, 400])
        sheet = QWidget()
        sheet.setLayout(vbox(self.banner, self.splitter, margins=(0, 0, 0, 0), spacing=0))
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(sheet)
        self.empty.button.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.questions)
        outer.addWidget(self._pages, 1)

    def _left_side(self) -> QWidget:
        bar = QFrame()
        bar.setLayout(
            hbox(
                self.saved_label,
                None,
                self.missing_label,
                self.sign_button,
                margins=(0, 6, 10, 0),
                spacing=12,
            )
        )
        self._bar = bar
        self._left = QStackedWidget()
        self._left.addWidget(self.pad)
        self._left.addWidget(self.signed_panel)
        left = QWidget()
        left.setLayout(
            vbox(
                self.notice,
                self.allergy_question,
                self.key_question,
                self.confirm,
                self.templates.saving,
                self._left,
                bar,
                margins=(16, 10, 6, 10),
                spacing=8,
            )
        )
        return left

    def _connect(self, news: News) -> None:
        presenter, pad = self.presenter, self.pad
        news.arrived.connect(self._news)
        self.none_button.clicked.connect(presenter.no_known_allergies)
        self.record_button.clicked.connect(self._ask_chart)
        self.key_question.acted.connect(self._renew_key)
        self.sign_button.clicked.connect(self.sign)
        pad.signature.changed.connect(self._inked)
        self.signed_panel.new_asked.connect(self._new)
        self.signed_panel.cancel_asked.connect(presenter.cancel)
        self.paper.said.connect(self.notice.show_notice)
        self.paper.print_wanted.connect(self.presenter.print_paper)
        self.presenter.print_ready.connect(self.paper.send)
        presenter.said.connect(self.notice.show_notice)
        self.templates.said.connect(self.notice.show_notice)
        presenter.restored.connect(self._restored)
        presenter.patient_changed.connect(self._show_patient)
        presenter.lines_changed.connect(self._show_lines)
        presenter.findings_changed.connect(self._show_findings)
        presenter.missing_changed.connect(self._show_missing)
        presenter.draft_saved.connect(self.saved_label.setText)
        presenter.signed.connect(self._show_signed)
        presenter.cancelled.connect(self._show_cancelled)
        presenter.pdf_ready.connect(self._show_pdf)
        presenter.key_lost.connect(self._key_lost)
        presenter.password_asked.connect(self.confirm.ask)
        self.confirm.confirmed.connect(self._sign_against)
        presenter.key_renewed.connect(self._key_renewed)
        presenter.busy.connect(self._show_busy)

    def _make_actions(self) -> list[QAction]:
        add = make_action(self, self.tr("Add a medicine"), self._to_medicine_line, keys="Ctrl+M", icon="pill")
        add.setShortcuts([QKeySequence("Ctrl+M"), QKeySequence("/")])
        sign = make_action(
            self, self.tr("Sign and send to pharmacy"), self.sign, keys="Ctrl+Return", icon="badge-check"
        )
        sign.setShortcuts([QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")])
        new = make_action(self, self.tr("New prescription"), self._new, keys="Ctrl+Shift+N", icon="file-plus")
        name = make_action(
            self, self.tr("Write my name as the signature"), self._write_name, keys="Ctrl+I", icon="signature"
        )
        rules = make_action(self, self.tr("Unproven rules"), self.rules.show, icon="shield-alert")
        ask = make_action(
            self,
            self.tr("Answer the pharmacy"),
            self.questions.to_question,
            keys="Ctrl+J",
            icon="message-square",
        )
        return [add, sign, name, new, *self.templates.actions, rules, ask]

    # -- what the shell uses

    def open_for(
        self, patient_id: UUID, appointment_id: UUID | None = None, visit_diagnosis: str = ""
    ) -> None:
        """Start, or go on with, this doctor's prescription for a patient."""
        draft = self.presenter.draft
        same = draft is not None and draft.patient_id == patient_id and self.presenter.prescription is None
        if same and (appointment_id is None or (draft and draft.appointment_id == appointment_id)):
            self.presenter.refresh()
            if draft and not draft.diagnosis.strip():
                self.pad.diagnosis.setText(visit_diagnosis)
        else:
            self._begin()
            self.presenter.open_for(patient_id, appointment_id, visit_diagnosis)
        self.pad.to_medicine_line()

    def activate(self) -> None:
        """Shown again: save what was refused, read what changed meanwhile."""
        self.presenter.flush()
        if self._stale:
            self._stale = False
            self.presenter.refresh()

    def unsaved(self) -> bool:
        """Whether a draft is not in the database yet."""
        return self.presenter.unsaved()

    def actions(self) -> list[QAction]:
        """Name and keys of what can be done here."""
        return self._actions

    # -- showing

    def _begin(self) -> None:
        self.notice.clear()
        self.key_question.hide()
        self.confirm.leave()
        self.saved_label.clear()
        self.pad.editor.close_editor()
        self.pad.medicine.clear()
        self.pad.signature.pad.clear()
        self.paper.show_pdf(b"", "")
        self._left.setCurrentWidget(self.pad)
        self._bar.show()
        self._pages.setCurrentIndex(1)

    @Slot()
    def _show_patient(self) -> None:
        patient, draft = self.presenter.patient, self.presenter.draft
        unknown = patient is not None and patient.allergy_status is AllergyStatus.NOT_ASKED
        self.allergy_question.setVisible(unknown and self.presenter.prescription is None)
        self.banner.setVisible(patient is not None)
        if patient is not None:
            self.banner.show_patient(patient, self.presenter.lookup.day_in(0))
        if draft is not None:
            self.pad.fill(diagnosis=draft.diagnosis, notes=draft.notes)

    @Slot()
    def _show_lines(self) -> None:
        self.pad.show_lines(self.presenter.lines)
        if self.presenter.draft is not None:
            self.pad.fill(diagnosis=self.presenter.draft.diagnosis, notes=self.presenter.draft.notes)

    @Slot()
    def _show_findings(self) -> None:
        self.pad.show_findings(self.presenter.findings, self.presenter.checked.against)

    @Slot(str)
    def _show_missing(self, text: str) -> None:
        self.missing_label.setText(text)
        self.sign_button.setEnabled(not text)
        self.sign_button.setAccessibleDescription(text)

    @Slot(str)
    def _restored(self, text: str) -> None:
        self.notice.show_notice(text, "info")

    @Slot(object)
    def _show_pdf(self, pdf: bytes) -> None:
        signed = self.presenter.prescription
        self.paper.show_pdf(pdf, signed.number if signed else "")

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.pad.setEnabled(not busy)
        self.sign_button.setEnabled(not busy and not self.presenter.missing())
        self.missing_label.setText(self.tr("Signing…") if busy else self.presenter.missing())

    # -- signing

    @Slot(bool)
    def _inked(self, enough: bool) -> None:
        self.presenter.ink(present=enough)

    @Slot()
    def sign(self) -> None:
        """Sign, or go to what is missing."""
        if self.presenter.prescription is not None or self.presenter.draft is None:
            return
        self.notice.clear()
        self.key_question.hide()
        if self.presenter.missing():
            self.pad.to_first_gap()
        elif any(one.tier == "contraindicated" for one in self.presenter.findings):
            self.confirm.ask()
        else:
            self.presenter.sign(self.pad.signature.png())

    @Slot(str)
    def _sign_against(self, password: str) -> None:
        self.presenter.sign(self.pad.signature.png(), password)

    @Slot(object)
    def _show_signed(self, prescription: Prescription) -> None:
        self._show_state(prescription)
        self.done.emit(prescription)
        self.signed_panel.new_button.setFocus()

    @Slot(object)
    def _show_cancelled(self, prescription: Prescription) -> None:
        self._show_state(prescription)
        self.signed_panel.new_button.setFocus()

    def _show_state(self, prescription: Prescription) -> None:
        zone = self.presenter.lookup.clinic_time(prescription.issued_at)
        self.signed_panel.show_signed(prescription, f"{zone:%H:%M}")
        self.allergy_question.hide()
        self._bar.hide()
        self._left.setCurrentWidget(self.signed_panel)

    @Slot(str)
    def _key_lost(self, text: str) -> None:
        self.key_question.show_text(
            self.tr("Your signing key does not open"),
            text + " " + self.tr("What you signed before stays genuine."),
        )
        self.key_question.show()
        self.key_question.announce()
        self.key_question.button.setFocus()

    @Slot()
    def _renew_key(self) -> None:
        self.key_question.hide()
        self.presenter.renew_key()

    @Slot()
    def _key_renewed(self) -> None:
        self.notice.show_notice(self.tr("You have a new signing key. Sign again."), "ok")
        self.sign_button.setFocus()

    # -- elsewhere

    @Slot()
    def _new(self) -> None:
        if self.presenter.prescription is not None:
            self._begin()
            self.presenter.new()
            self.pad.to_medicine_line()

    @Slot()
    def _to_medicine_line(self) -> None:
        if self.presenter.draft is not None and self.presenter.prescription is None:
            self.pad.to_medicine_line()

    @Slot()
    def _write_name(self) -> None:
        if self.presenter.draft is not None and self.presenter.prescription is None:
            self.pad.signature.write_name()

    @Slot()
    def _ask_chart(self) -> None:
        if self.presenter.draft is not None:
            self.chart_asked.emit(self.presenter.draft.patient_id)

    @Slot(str, str)
    def _news(self, topic: str, row_id: str) -> None:
        draft = self.presenter.draft
        if draft is None or topic not in _TOPICS:
            return
        if topic in ("patients", "visits") and row_id and row_id != str(draft.patient_id):
            return
        if self.isVisible():
            self._news_timer.start()
        else:
            self._stale = True

    def hideEvent(self, event: QHideEvent) -> None:
        self.presenter.rest()
        self.questions.presenter.show_is(shown=False)
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.presenter.draw_soon()
        self.questions.presenter.show_is(shown=True)
