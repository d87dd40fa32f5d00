"""The chart screen: who, the visit being written or read, what was, and how it goes."""

from datetime import datetime
from functools import partial
from uuid import UUID

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.people import Role
from clinicdesk.domain.visits import Visit
from ui.screens.chart.file_desk import FileDesk
from ui.screens.chart.form import VisitForm
from ui.screens.chart.glass import Shut
from ui.screens.chart.lists import ListCard
from ui.screens.chart.model import Draft, Opened, clock, local_day, translate, type_words
from ui.screens.chart.page import VisitPage
from ui.screens.chart.presenter import ChartPresenter
from ui.screens.chart.side import SideColumn
from ui.screens.chart.trends import TrendColumn
from ui.widgets.actions import make_action
from ui.widgets.banner import Banner, Notice
from ui.widgets.break_glass import BreakGlass
from ui.widgets.card import Card, EmptyState, ProgressStrip
from ui.widgets.layouts import hbox, vbox
from ui.widgets.patient_banner import PatientBanner

ADULT_YEARS = 16


class ChartView(QWidget):
    """``prescription_asked(patient_id, appointment_id or None, visit_id)``; ``completed(appointment_id)``."""

    prescription_asked = Signal(object, object, object)
    completed = Signal(object)

    def __init__(self, presenter: ChartPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        presenter.setParent(self)
        actor = presenter.desk.actor
        doctor = actor.role is Role.DOCTOR
        self._may_complete = doctor and actor.may("appointments.status")
        may_prescribe = actor.may("prescriptions.write")
        self.banner = PatientBanner()
        self.notice = Notice()
        self.elsewhere = Banner(
            "warn",
            translate("chart", "Changed on another seat"),
            translate("chart", "Reload takes over what was saved there. Your words stay."),
            action=translate("chart", "Reload"),
        )
        self.missing = Banner("warn", "", action=translate("chart", "Try again"))
        self.strip = ProgressStrip(translate("chart", "Opening the chart"))
        self.side = SideColumn(presenter.zone, writable=actor.may("alerts.write"))
        self.trends = TrendColumn(presenter.zone)
        self.form = VisitForm(may_sign=actor.may("visits.sign"), may_prescribe=may_prescribe)
        self.page = VisitPage(may_sign=actor.may("visits.sign"), may_prescribe=may_prescribe)
        self.nothing = EmptyState(
            "notebook-pen",
            translate("chart", "No visit yet"),
            translate("chart", "Start one when the patient is with you."),
        )
        self.closed = EmptyState(
            "search", translate("chart", "No patient open"), translate("chart", "Find one with Ctrl+K.")
        )
        self.glass = BreakGlass()
        self.files = FileDesk(self, presenter, self.form.files, self.page.files)
        self._reading: Visit | None = None
        self._lay_out()
        self._connect()
        self._make_actions()
        self.setAcceptDrops(True)
        self._show_closed()

    def open_patient(self, patient_id: UUID, appointment: UUID | None = None) -> None:
        """Open a chart; the opening is logged before anything shows."""
        self.presenter.open(patient_id, appointment)

    def activate(self) -> None:
        self.presenter.activate()

    def unsaved(self) -> bool:
        """Whether closing now would lose words."""
        return self.presenter.drafting.unsaved()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the screen saves, without waiting for the pause."""
        self.presenter.visible = False
        self.presenter.drafting.save_now()
        super().hideEvent(event)

    # -- parts -------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._centre = QStackedWidget()
        for page in (self.form, self.page, self.nothing, self.closed, self.glass):
            self._centre.addWidget(page)
        self._card = Card(vbox(self._centre, margins=(14, 10, 14, 10)))
        columns = hbox(self.side, self._card, self.trends, spacing=12)
        columns.setStretch(1, 1)
        body = vbox(
            self.notice,
            self.elsewhere,
            self.missing,
            self.banner,
            columns,
            margins=(16, 10, 16, 10),
            spacing=8,
        )
        body.setStretch(4, 1)
        layout = vbox(self.strip, body, spacing=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def _connect(self) -> None:
        presenter, drafting, form = self.presenter, self.presenter.drafting, self.form
        presenter.opened.connect(self._show_opened)
        presenter.cleared.connect(self._show_closed)
        presenter.page.connect(self._show_page)
        presenter.nothing.connect(self._show_nothing)
        presenter.refused.connect(self._refused)
        presenter.told.connect(self._told)
        presenter.busy.connect(self.strip.show_busy)
        presenter.completed.connect(self.completed)
        presenter.list_wrong.connect(self._list_wrong)
        presenter.list_changed.connect(self._list_changed)
        presenter.glass.shut.connect(self._show_shut)
        presenter.glass.wrong.connect(self.glass.show_wrong)
        self.glass.open_asked.connect(presenter.glass.break_glass)
        self.glass.given_up.connect(self._show_closed)
        drafting.form.connect(self._show_form)
        drafting.checked.connect(form.show_checked)
        drafting.saved.connect(self._saved)
        drafting.partly_saved.connect(self._partly_saved)
        drafting.not_saved.connect(self._not_saved)
        drafting.field_wrong.connect(form.show_error)
        self.files.told.connect(self._told)
        drafting.elsewhere.connect(self.elsewhere.setVisible)
        form.typed.connect(drafting.typed)
        form.vitals_left.connect(drafting.look_at_vitals)
        form.critical_confirmed.connect(drafting.confirm_critical)
        form.sign_asked.connect(drafting.sign)
        form.complete_asked.connect(presenter.complete)
        form.prescription_asked.connect(self._prescribe)
        form.amendment_asked.connect(drafting.save_amendment)
        form.amendment_dropped.connect(presenter.drop_amendment)
        self.page.amend_asked.connect(self._amend)
        self.page.complete_asked.connect(presenter.complete)
        self.page.prescription_asked.connect(self._prescribe)
        self.elsewhere.acted.connect(presenter.reload)
        self.missing.acted.connect(self._open_again)
        self.side.start_asked.connect(presenter.start)
        self.side.visit_chosen.connect(presenter.show_visit)
        self._connect_lists()

    def _connect_lists(self) -> None:
        side = self.side
        side.allergy_form.submitted.connect(self._add_allergy)
        side.allergy_form.none_known.connect(self._no_known_allergies)
        side.problem_form.submitted.connect(self._add_problem)
        side.allergies.refute_confirmed.connect(self._refute_allergy)
        side.problems.refute_confirmed.connect(self._refute_problem)

    def _make_actions(self) -> None:
        make_action(self, translate("chart", "Save"), self._save, keys="Ctrl+S", icon="save")
        make_action(self, translate("chart", "Sign"), self._sign, keys="Ctrl+Return", icon="signature")
        make_action(
            self, translate("chart", "Attach file"), self.files.attach, keys="Ctrl+Shift+A", icon="paperclip"
        )
        make_action(
            self, translate("chart", "Start visit"), self._start, keys="Ctrl+Shift+V", icon="stethoscope"
        )
        make_action(
            self, translate("chart", "Complete visit"), self._complete, keys="Ctrl+Shift+Return", icon="check"
        )

        make_action(
            self,
            translate("chart", "Check the health records"),
            self.presenter.check_records,
            icon="shield-check",
        )

    # -- showing -----------------------------------------------------------------------

    @Slot()
    def _show_closed(self) -> None:
        self._reading = None
        self.files.forget()
        self.side.forget()
        self.notice.clear()
        self.banner.hide()
        self.elsewhere.hide()
        self.missing.hide()
        self.side.hide()
        self.trends.hide()
        self._centre.setCurrentWidget(self.closed)

    @Slot(object)
    def _show_shut(self, found: Shut) -> None:
        self._show_closed()
        self.glass.ask(found.who, found.cause)
        self._centre.setCurrentWidget(self.glass)
        self.glass.setFocus()

    @Slot(object)
    def _show_opened(self, found: Opened) -> None:
        self.banner.show_patient(found.patient, datetime.now(self.presenter.zone).date())
        self.side.show_opened(found, start=self._start_words(found))
        born = found.patient.date_of_birth
        today = datetime.now(self.presenter.zone).date()
        adult = born is None or (today - born).days >= ADULT_YEARS * 365.25
        self.trends.show_visits(found.chart.visits, adult=adult)
        self._show_missing(found.chart.documents_missing)
        self.form.set_completable(self._completable(self._visit_on_show()))
        self.page.set_completable(self._completable(self._visit_on_show()))
        for part in (self.banner, self.side, self.trends):
            part.show()

    def _show_missing(self, count: int) -> None:
        if count:
            self.missing.show_text(
                translate("chart", "{count} visits cannot be read now").format(count=count),
                translate("chart", "Charts are on the document server. The lists below are complete."),
                kind="warn",
            )
        self.missing.setVisible(bool(count))

    @Slot(object)
    def _show_form(self, draft: Draft) -> None:
        self._reading = None
        self.notice.clear()
        self.form.fill(draft, self._title(draft.visit), completable=self._completable(draft.visit))
        self.side.choose(draft.visit.id)
        self._centre.setCurrentWidget(self.form)
        self.form.setFocus()

    @Slot(object)
    def _show_page(self, visit: Visit) -> None:
        self._reading = visit
        found = self.presenter.on_show
        appointment = found.appointment if found else None
        self.page.show_visit(
            visit,
            self._title(visit),
            completable=self._completable(visit),
            prescribable=appointment is not None and appointment.visit_id == visit.id,
        )
        self.side.choose(visit.id)
        self._centre.setCurrentWidget(self.page)

    @Slot()
    def _show_nothing(self) -> None:
        self._reading = None
        self._centre.setCurrentWidget(self.nothing)
        if self.side.start.isVisibleTo(self):
            self.side.start.setFocus()

    def _title(self, visit: Visit) -> str:
        zone = self.presenter.zone
        when = f"{local_day(visit.visit_date, zone)}, {clock(visit.visit_date, zone)}"
        found = self.presenter.on_show
        number = found.old_number(visit) if found else ""
        parts = (type_words()[visit.visit_type], when, visit.doctor_name, number)
        return " · ".join(part for part in parts if part)

    def _start_words(self, found: Opened) -> str:
        """'Start visit' for the appointment; 'New visit' for a doctor without one; '' when it is begun."""
        actor, appointment = self.presenter.desk.actor, found.appointment
        if not actor.may("visits.write"):
            return ""
        if appointment is not None and appointment.status in ("confirmed", "in_progress"):
            begun = appointment.visit_id is not None
            waits = actor.role is Role.DOCTOR and appointment.status == "confirmed" and appointment.arrived
            return translate("chart", "Start visit") if waits or not begun else ""
        return translate("chart", "New visit") if actor.doctor_id is not None else ""

    def _visit_on_show(self) -> Visit | None:
        draft = self.presenter.drafting.draft
        return draft.visit if draft else self._reading

    def _completable(self, visit: Visit | None) -> bool:
        found = self.presenter.on_show
        appointment = found.appointment if found else None
        return (
            self._may_complete
            and visit is not None
            and appointment is not None
            and appointment.status == "in_progress"
            and visit.appointment_id == appointment.id
        )

    # -- what was said -----------------------------------------------------------------

    @Slot()
    def _saved(self) -> None:
        moment = clock(datetime.now(self.presenter.zone), self.presenter.zone)
        self.form.show_state(translate("chart", "Saved {time}").format(time=moment), "ok")

    @Slot()
    def _partly_saved(self) -> None:
        self.form.show_state(translate("chart", "Saved, except the marked values"), "danger")

    @Slot(str)
    def _not_saved(self, text: str) -> None:
        self.form.show_state(translate("chart", "Not saved: {why}").format(why=text), "danger")

    @Slot(str)
    def _refused(self, text: str) -> None:
        self.notice.show_notice(text, "error")

    @Slot(str)
    def _told(self, text: str) -> None:
        self.notice.show_notice(text, "ok")

    @Slot(str, str)
    def _list_wrong(self, field: str, text: str) -> None:
        card = self.side.problems if field in ("problem", "code") else self.side.allergies
        card.show_error(text)

    @Slot()
    def _list_changed(self) -> None:
        for card, form in (
            (self.side.allergies, self.side.allergy_form),
            (self.side.problems, self.side.problem_form),
        ):
            if not card.form.isHidden():
                form.clear()
                card.show_form(ListCard.SHUT)

    # -- what is wanted ----------------------------------------------------------------

    @Slot()
    def _save(self) -> None:
        draft = self.presenter.drafting.draft
        if draft is not None and draft.amending:
            self.form.ask_amendment()
        elif draft is not None:
            self.presenter.drafting.save_now()

    @Slot()
    def _sign(self) -> None:
        draft = self.presenter.drafting.draft
        if draft is not None and draft.amending:
            self.form.ask_amendment()
        elif draft is not None and self.presenter.desk.actor.may("visits.sign"):
            self.presenter.drafting.sign()

    @Slot()
    def _start(self) -> None:
        if self.presenter.on_show is not None and self._start_words(self.presenter.on_show):
            self.presenter.start()

    @Slot()
    def _complete(self) -> None:
        if self._completable(self._visit_on_show()):
            self.presenter.complete()

    @Slot()
    def _amend(self) -> None:
        if self._reading is not None:
            self.presenter.amend(self._reading.id)

    @Slot()
    def _open_again(self) -> None:
        self.presenter.open_again()

    @Slot()
    def _prescribe(self) -> None:
        visit, patient = self._visit_on_show(), self._patient()
        if visit is not None and patient is not None:
            self.presenter.drafting.save_now()
            self.prescription_asked.emit(patient, visit.appointment_id, visit.id)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """One file over a visit being written."""
        if self.files.possible() and len(event.mimeData().urls()) == 1:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = event.mimeData().urls()[0].toLocalFile()
        if path:
            event.acceptProposedAction()
            self.files.offer(path)

    @Slot(str, str, str)
    def _add_allergy(self, substance: str, reaction: str, severity: str) -> None:
        charts = self.presenter.desk.charts
        if (patient := self._patient()) is not None:
            self.presenter.change_list(
                partial(charts.add_allergy, patient, substance, reaction=reaction, severity=severity)
            )

    @Slot()
    def _no_known_allergies(self) -> None:
        if (patient := self._patient()) is not None:
            self.presenter.change_list(partial(self.presenter.desk.charts.no_known_allergies, patient))

    @Slot(str, str)
    def _add_problem(self, text: str, code: str) -> None:
        if (patient := self._patient()) is not None:
            self.presenter.change_list(
                partial(self.presenter.desk.charts.add_problem, patient, text, code=code)
            )

    @Slot(object)
    def _refute_allergy(self, row_id: UUID) -> None:
        if (patient := self._patient()) is not None:
            self.presenter.change_list(partial(self.presenter.desk.charts.refute_allergy, patient, row_id))

    @Slot(object)
    def _refute_problem(self, row_id: UUID) -> None:
        if (patient := self._patient()) is not None:
            self.presenter.change_list(partial(self.presenter.desk.charts.refute_problem, patient, row_id))

    def _patient(self) -> UUID | None:
        found = self.presenter.on_show
        return found.patient.id if found else None
