"""Patients: search, details, registration."""

from uuid import UUID

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QStackedWidget, QTableView, QWidget

from clinicdesk.domain.patients import NewPatient, PatientHit, PatientSummary
from ui.screens.patients.banner import PatientCard
from ui.screens.patients.merge_panel import MergePanel
from ui.screens.patients.model import HitTable
from ui.screens.patients.presenter import PatientsPresenter
from ui.screens.patients.record_panel import RecordPanel
from ui.screens.patients.record_side import RecordSide
from ui.widgets.actions import make_action
from ui.widgets.banner import Notice
from ui.widgets.buttons import button
from ui.widgets.card import Card, EmptyState
from ui.widgets.field import SearchBox
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.paper_panel import PaperPanel
from ui.widgets.registration import RegistrationForm
from ui.widgets.table import style_table
from ui.widgets.text import label

SIDE_WIDTH = 380
TRAVEL = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
COLUMNS = (220, 130, 150, 90)


class PatientsView(QWidget):
    """Type, arrows, Enter."""

    chart_asked = Signal(object, object)
    """Patient id, and None: no appointment."""
    book_asked = Signal(object)
    """Patient id."""

    def __init__(self, presenter: PatientsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        presenter.setParent(self)
        self.actor = presenter.actor
        self.patient: UUID | None = None
        self._summary: PatientSummary | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self._make_actions()
        self.setFocusProxy(self.box)

    def _make_parts(self) -> None:
        may_register = self.actor.may("patients.register")
        self.box = SearchBox(self.tr("Find patient"), self.tr("Name in any spelling, phone or MRN"))
        self.new = button(self.tr("Register patient"), "user-plus", primary=True)
        hide_unless(self.new, may_register)
        self.notice = Notice()
        self.model = HitTable(self._presenter.today, self)
        self.table = QTableView()
        self.table.setModel(self.model)
        style_table(self.table, self.tr("Patients found"))
        for number, width in enumerate(COLUMNS):
            self.table.setColumnWidth(number, width)
        self.empty = EmptyState(
            "users",
            self.tr("Who is it?"),
            self.tr("Type a part of the name, the phone or the MRN."),
            action=self.tr("Register a new patient") if may_register else "",
            action_icon="user-plus",
        )
        self.card = PatientCard(self.actor, self._presenter.today)
        self.form = RegistrationForm(self._presenter.today)
        self._record: RecordPanel | None = None
        self._merge: MergePanel | None = None
        self.paper = PaperPanel()

    @property
    def record(self) -> RecordPanel:
        """Made when it is first wanted: with the merge panel the largest part of the screen."""
        if self._record is None:
            self._record = RecordPanel(self._presenter.today, self._presenter.records.zone)
            self.side.addWidget(self._record)
            self.extras.tie_record(self._record)
        return self._record

    @property
    def merge(self) -> MergePanel:
        """Made when it is first wanted."""
        if self._merge is None:
            self._merge = MergePanel(self._presenter.today, self._presenter.records.zone)
            self.list.addWidget(self._merge)
            self.extras.tie_merging(self._merge)
        return self._merge

    def _lay_out(self) -> None:
        self.list = QStackedWidget()
        self.list.addWidget(self.empty)
        self.list.addWidget(self.table)
        head = hbox(label(self.tr("Patients"), "title"), self.box, self.new, spacing=14)
        head.setStretch(1, 1)
        main = vbox(head, self.notice, Card(vbox(self.list, margins=(1, 1, 1, 1))), spacing=12)
        main.setStretch(2, 1)
        register = QFrame()
        register.setObjectName("Card")
        column = vbox(
            label(self.tr("Register patient"), "title"), self.form, margins=(16, 14, 16, 14), spacing=10
        )
        column.setStretch(1, 1)
        register.setLayout(column)
        self.side = QStackedWidget()
        self.side.setFixedWidth(SIDE_WIDTH)
        self.side.addWidget(self.card)
        self.side.addWidget(register)
        self.side.addWidget(self.paper)
        row = hbox(main, self.side, margins=(18, 14, 18, 14), spacing=14)
        row.setStretch(0, 1)
        self.setLayout(row)

    def _connect(self) -> None:
        presenter, registering = self._presenter, self._presenter.registering
        self.box.asked.connect(self._search)
        self.box.installEventFilter(self)
        self.box.returnPressed.connect(self._enter)
        self.new.clicked.connect(self.start_registering)
        self.empty.acted.connect(self.start_registering)
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.table.activated.connect(self._activated)
        self.card.book_asked.connect(self.ask_booking)
        self.card.chart_asked.connect(self.ask_chart)
        self.form.submitted.connect(self._register)
        self.form.cancelled.connect(self.stop_registering)
        self.form.existing_chosen.connect(self._open_existing)
        presenter.hits_found.connect(self._show_hits)
        presenter.summary_read.connect(self._show_summary)
        presenter.said.connect(self.notice.show_notice)
        registering.problems_found.connect(self.form.show_problems)
        registering.alike_found.connect(self._show_alike)
        registering.registered.connect(self._registered)
        registering.refused.connect(self.refuse)
        registering.busy.connect(self._show_busy)
        registering.watch(self.form)

        self.extras = RecordSide(self, presenter)
        self.card.edit_asked.connect(self.extras.edit_record)

    def _make_actions(self) -> None:
        make_action(self, self.tr("Search"), self._focus_search, keys="Ctrl+F", icon="search")
        if self.actor.may("patients.register"):
            make_action(
                self, self.tr("Register patient"), self.start_registering, keys="Ctrl+N", icon="user-plus"
            )
        if self.actor.may("appointments.book"):
            make_action(
                self, self.tr("Book appointment"), self.ask_booking, keys="Ctrl+B", icon="calendar-plus"
            )
        if self.actor.may("chart.read"):
            make_action(self, self.tr("Open chart"), self.ask_chart, keys="Ctrl+O", icon="folder-open")
        if self.actor.may("patients.register"):
            make_action(
                self, self.tr("Edit the record"), self.extras.edit_record, keys="Ctrl+E", icon="pen-line"
            )
            make_action(
                self, self.tr("Print the label"), self.extras.print_label, keys="Ctrl+L", icon="printer"
            )
        if self.actor.may("patients.restrict"):
            make_action(
                self, self.tr("Restrict chart, or lift it"), self.restrict, keys="Ctrl+Shift+R", icon="lock"
            )
        if self.actor.may("patients.merge"):
            make_action(
                self,
                self.tr("Merge with another record"),
                self.extras.ask_merging,
                keys="Ctrl+M",
                icon="users",
            )
        make_action(self, self.tr("Close registration"), self.stop_registering, keys="Esc", icon="x")

    # what the window calls

    def activate(self) -> None:
        """The patient on show, as it is now."""
        self._presenter.refresh()

    def show_patient(self, patient_id: UUID) -> None:
        """The details of a patient chosen elsewhere."""
        self.side.setCurrentIndex(0)
        self.patient = patient_id
        self._presenter.read(patient_id)

    # searching

    @Slot(str)
    def _search(self, text: str) -> None:
        if text:
            self._presenter.search(text)
        else:
            self._show_hits("", [])

    @Slot(str, object)
    def _show_hits(self, text: str, hits: list[PatientHit]) -> None:
        if text != self.box.text().strip():
            if self.list.currentWidget() is self._merge:
                self.merge.picker.show_hits(text, hits)
            return
        if self.list.currentWidget() is self._merge:
            return
        former = next((hit.former_mrn for hit in hits if hit.former_mrn), "")
        if former:  # spec 2.3.6
            words = self.tr("{0} was merged: this is the record that lives on.").format(former)
            self.notice.show_notice(words, "info")
        self.model.show_hits(hits)
        if text:
            self.empty.show_text(
                self.tr("Nobody found"),
                self.tr("Try another spelling or the phone, or register the patient."),
            )
        else:
            self.empty.show_text(
                self.tr("Who is it?"), self.tr("Type a part of the name, the phone or the MRN.")
            )
        self.list.setCurrentWidget(self.table if hits else self.empty)
        if hits:
            self.table.selectRow(0)

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        hit = self.model.hit(current.row())
        if hit is not None and hit.id != self.patient:
            self.show_patient(hit.id)

    @Slot(object)
    def _show_summary(self, summary: PatientSummary) -> None:
        if summary.id == self.patient:
            self._summary = summary
            self.card.show_summary(summary)

    @Slot()
    def _enter(self) -> None:
        if self.model.rowCount():
            self.table.setFocus()

    @Slot(QModelIndex)
    def _activated(self, _index: QModelIndex) -> None:
        if self.actor.may("chart.read"):
            self.ask_chart()
        else:
            self.ask_booking()

    @Slot()
    def ask_booking(self) -> None:
        """For the patient on show."""
        if self.patient is not None and self.card.book.isEnabled():
            self.book_asked.emit(self.patient)

    @Slot()
    def ask_chart(self) -> None:
        """Of the patient on show."""
        if self.patient is not None:
            self.chart_asked.emit(self.patient, None)

    @Slot()
    def restrict(self) -> None:
        """Of the patient on show: ask for a reason at every opening, or not any more."""
        if self._summary is not None and self._summary.id == self.patient:
            self._presenter.restrict(self._summary.id, restricted=not self._summary.restricted)

    @Slot()
    def _focus_search(self) -> None:
        self.box.setFocus()
        self.box.selectAll()

    # registration

    @Slot()
    def start_registering(self) -> None:
        """The form, with what was searched when nobody was found."""
        self.side.setCurrentIndex(1)
        self.form.start("" if self.model.rowCount() else self.box.text().strip())

    @Slot()
    def stop_registering(self) -> None:
        """Back to the patient on show."""
        if self.list.currentWidget() is self._merge:
            self.extras.stop_merging()
        self.side.setCurrentIndex(0)
        self.box.setFocus()

    @Slot(object, bool)
    def _register(self, new: NewPatient, seen: bool) -> None:
        self._presenter.registering.register(new, seen=seen)

    @Slot(object, bool)
    def _show_alike(self, hits: tuple[PatientHit, ...], probable: bool) -> None:
        self.form.show_alike(hits, probable=probable)

    @Slot(object)
    def _open_existing(self, hit: PatientHit) -> None:
        self.show_patient(hit.id)

    @Slot(object)
    def _registered(self, summary: PatientSummary) -> None:
        self.show_patient(summary.id)
        self.notice.show_notice(self.tr("Registered: {0}, {1}").format(summary.name, summary.mrn), "ok")
        self.box.setText(summary.mrn)
        self.card.book.setFocus()

    @Slot(str)
    def refuse(self, text: str) -> None:
        """Say why not."""
        self.notice.show_notice(text, "error")

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.form.show_busy(busy=busy)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.box
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in TRAVEL
        ):
            self.table.keyPressEvent(event)
            return True
        return False
