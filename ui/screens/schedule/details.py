"""The selected appointment: who, when, what was paid, and what may be done now."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLineEdit, QPushButton, QStackedLayout, QWidget

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.bookings import Extras
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor, Role
from clinicdesk.domain.series import Scope
from clinicdesk.domain.transitions import possible
from clinicdesk.printing.words import money
from ui import icons
from ui.screens.schedule.step_words import kind_words, source_words
from ui.screens.schedule.words import cancel_reasons
from ui.widgets.avatar import Avatar
from ui.widgets.buttons import button
from ui.widgets.card import EmptyState
from ui.widgets.choose import fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.person import age_words, gender_word
from ui.widgets.tag import Tag, phase_word
from ui.widgets.text import label

ENDED = frozenset({Status.CANCELLED, Status.RESCHEDULED})
OPEN = frozenset({Status.PENDING, Status.CONFIRMED, Status.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: the action's name, its word, icon, and the key that does the same."""

    action: str
    word: str
    icon: str
    danger: bool = False


def allowed(appointment: Appointment, actor: Actor) -> list[str]:
    """What this person may do with the appointment now, most likely first. The database decides."""
    rules = {step.rule for step in possible(appointment.status, str(actor.role))}
    arrived, steps = appointment.phase == "arrived", actor.may("appointments.status")
    waiting = appointment.status is Status.CONFIRMED and not arrived
    owed = (appointment.fee or Decimal(0)) - appointment.paid
    chances = {
        "confirm": steps and "T3" in rules,
        "check_in": steps and waiting,
        "start_visit": steps and arrived and "T7" in rules,
        "complete": steps and "T9" in rules,
        "chart": actor.may("chart.read"),
        "pay": actor.may("payments.take") and owed > 0 and appointment.status not in ENDED,
        "cut": actor.may("appointments.book") and "T6" in rules,
        "undo_check_in": steps and arrived,
        "no_show": steps and waiting and "T8" in rules,
        "undo_no_show": steps and "C1" in rules,
        "reopen": steps and "C2" in rules,
        "edit": actor.may("appointments.book") and appointment.status in OPEN,
        "cancel": steps and bool(rules & {"T4", "T5", "T10"}),
    }
    return [action for action, may in chances.items() if may]


class AppointmentPanel(QFrame):
    """Emits the name of what was asked for; cancelling asks for its reason in place."""

    asked = Signal(str, object)
    """Action, Appointment."""
    cancel_asked = Signal(object, str, str)
    """Appointment, reason code, how the wish reached the desk."""
    reopen_asked = Signal(object, str)
    """Appointment, reason."""

    def __init__(self, actor: Actor, today: date) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._actor, self._today = actor, today
        self.appointment: Appointment | None = None
        self._nothing = EmptyState(
            "calendar-days",
            self.tr("No appointment selected"),
            self.tr("Choose a card with the arrows or the mouse."),
        )
        self._sheet = QWidget()
        self._make_head()
        self._make_buttons()
        self._make_cancel()
        self._lay_out()
        self.show_appointment(None)

    def _make_head(self) -> None:
        self._avatar = Avatar("", 40)
        self.name = label("", "title", wrap=True)
        self.who = label("", "small", wrap=True)
        self.phone = label("", "small")
        self.when = label("", "title")
        self.tag = Tag("", "plain")
        self.what = label("", "muted", wrap=True)
        self.reason = label("", wrap=True)
        self.money = label("", "small", wrap=True)
        self.extras = label("", "small", wrap=True)
        self.scope = QComboBox()
        fill(
            self.scope,
            [
                (self.tr("Only this one"), Scope.THIS),
                (self.tr("This and later ones"), Scope.LATER),
                (self.tr("All of the series"), Scope.ALL),
            ],
        )
        self.scope_field = Field(self.tr("Move or cancel"), self.scope)
        self.scope_field.hide()

    def _make_buttons(self) -> None:
        offers = (
            Offer("confirm", self.tr("Confirm"), "check"),
            Offer("check_in", self.tr("Check in"), "door-open"),
            Offer("start_visit", self.tr("Start visit"), "stethoscope"),
            Offer("complete", self.tr("Complete visit"), "circle-check"),
            Offer("chart", self.tr("Open chart"), "folder-open"),
            Offer("pay", self.tr("Take payment"), "banknote"),
            Offer("cut", self.tr("Reschedule"), "calendar-clock"),
            Offer("undo_check_in", self.tr("Undo check-in"), "undo-2"),
            Offer("no_show", self.tr("No-show"), "user-x"),
            Offer("undo_no_show", self.tr("Undo no-show"), "undo-2"),
            Offer("reopen", self.tr("Reopen visit"), "undo-2"),
            Offer("edit", self.tr("Edit"), "pen-line"),
            Offer("cancel", self.tr("Cancel visit"), "calendar-x", danger=True),
        )
        self.buttons: dict[str, QPushButton] = {}
        self._icons: dict[str, str] = {}
        for offer in offers:
            made = button(offer.word, offer.icon, danger=offer.danger)
            made.setObjectName(offer.action)
            made.setAutoDefault(True)
            made.clicked.connect(self._clicked)
            self.buttons[offer.action] = made
            self._icons[offer.action] = offer.icon
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setSpacing(6)

    def _make_cancel(self) -> None:
        self.why = QComboBox()
        self.why_field = Field(self.tr("Why is it cancelled?"), self.why)
        self.asked_how = QComboBox()
        fill(self.asked_how, [(words, code) for code, words in source_words().items()])
        how = Field(self.tr("How did they ask?"), self.asked_how)
        self.cancel_now = button(self.tr("Cancel it"), "calendar-x", danger=True)
        self.keep = button(self.tr("Keep"))
        for made, slot in ((self.cancel_now, self._cancel), (self.keep, self.stop_cancelling)):
            made.setAutoDefault(True)
            made.clicked.connect(slot)
        self._cancel_box = QWidget()
        self._cancel_box.setLayout(
            vbox(self.why_field, how, hbox(self.keep, None, self.cancel_now), spacing=8)
        )
        self.reopen_why = QLineEdit()
        self.reopen_why.setMaxLength(200)
        self.reopen_field = Field(self.tr("Why is the visit reopened? (Enter)"), self.reopen_why)
        self.reopen_why.returnPressed.connect(self._reopen)
        self.reopen_field.hide()

    def _lay_out(self) -> None:
        head = hbox(self._avatar, vbox(self.name, self.who, self.phone, spacing=1), spacing=12)
        head.setStretch(1, 1)
        self._sheet.setLayout(
            vbox(
                head,
                hbox(self.when, None, self.tag, margins=(0, 6, 0, 0)),
                self.what,
                self.reason,
                self.money,
                self.extras,
                self.scope_field,
                self._grid,
                self._cancel_box,
                self.reopen_field,
                None,
                margins=(14, 14, 14, 12),
                spacing=4,
            )
        )
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(self._sheet)

    def show_appointment(self, appointment: Appointment | None) -> None:
        """A newer snapshot, another appointment, or none."""
        other = appointment is None or self.appointment is None or appointment.id != self.appointment.id
        self.appointment = appointment
        self._pages.setCurrentWidget(self._nothing if appointment is None else self._sheet)
        if appointment is None:
            return
        if other:
            self.who.setText(appointment.mrn)
            self.phone.setText("")
            self.extras.setText("")
            self.scope_field.hide()
            self.scope.setCurrentIndex(0)
            self.stop_cancelling()
        self._avatar.show_name(appointment.patient_name)
        self.name.setText(appointment.patient_name)
        self.when.setText(f"{appointment.start:%H:%M} – {appointment.end:%H:%M}")
        self.tag.show_tag(phase_word(appointment.phase), appointment.phase)
        over = self.tr("overbooked") if appointment.overbooked else ""
        remote = (
            ""
            if appointment.consultation_type == "in_person"
            else kind_words()[appointment.consultation_type]
        )
        parts = (self.tr("Dr {0}").format(appointment.doctor_name), appointment.type_name, remote, over)
        self.what.setText(" · ".join(part for part in parts if part))
        self.reason.setText(appointment.chief_complaint)
        self.reason.setVisible(bool(appointment.chief_complaint))
        self._show_money(appointment)
        self._show_buttons(appointment)

    def show_summary(self, summary: PatientSummary) -> None:
        """Age, sex and phone, when they arrive for the patient on show."""
        if self.appointment is None or summary.id != self.appointment.patient_id:
            return
        parts = (age_words(summary.date_of_birth, self._today), gender_word(summary.gender), summary.mrn)
        self.who.setText(" · ".join(part for part in parts if part))
        self.phone.setText(summary.phone)

    def show_extras(self, appointment_id: UUID, extras: Extras) -> None:
        """Room, link, who asked how, who did the last step."""
        if self.appointment is None or appointment_id != self.appointment.id:
            return
        last = extras.events[-1] if extras.events else None
        who = last.who or self.tr("the program") if last else ""
        done = self.tr("{0} by {1}").format(phase_word(last.status), who) if last else ""
        asked = source_words().get(last.source or extras.source, "") if last else ""
        zone = ZoneInfo(self._actor.clinic.timezone)
        until = f"{extras.offered_until.astimezone(zone):%H:%M}" if extras.offered_until else ""
        held = self.tr("Offered, held until {0}: confirm or cancel").format(until) if until else ""
        urgent = self.tr("Emergency") if extras.emergency else ""
        reason = last.reason if last else ""
        parts = (urgent, held, extras.room, extras.meeting_link, asked, done, reason)
        self.extras.setText(" · ".join(part for part in parts if part))
        series = extras.series_id is not None and self.appointment.status in OPEN
        self.scope_field.setVisible(series)

    def scope_for(self, appointment: Appointment) -> Scope:
        """What a move or cancellation of this appointment is about."""
        if self.appointment is None or appointment.id != self.appointment.id or self.scope_field.isHidden():
            return Scope.THIS
        return Scope(self.scope.currentData())

    def _show_money(self, appointment: Appointment) -> None:
        self.money.setVisible(self._actor.may("payments.read"))
        fee, currency = appointment.fee or Decimal(0), self._actor.clinic.currency
        text = self.tr("Fee {0} · paid {1}").format(money(fee, currency), money(appointment.paid, currency))
        if 0 < fee <= appointment.paid:
            text += " · " + self.tr("settled")
        self.money.setText(text)

    def _show_buttons(self, appointment: Appointment) -> None:
        may = allowed(appointment, self._actor)
        for made in self.buttons.values():
            self._grid.removeWidget(made)
            made.hide()
        for number, action in enumerate(may):
            made = self.buttons[action]
            primary = number == 0 and action != "cancel"
            if bool(made.property("primary")) != primary:
                made.setProperty("primary", primary)
                made.setIcon(icons.icon(self._icons[action], "on_accent" if primary else "text"))
                made.style().unpolish(made)
                made.style().polish(made)
            self._grid.addWidget(made, number // 2, number % 2)
            made.show()

    def focus_first(self) -> None:
        """Focus what the appointment most likely needs next."""
        for action in allowed(self.appointment, self._actor) if self.appointment else ():
            self.buttons[action].setFocus(Qt.FocusReason.OtherFocusReason)
            return

    def may(self, action: str) -> bool:
        """Whether the action is offered for the appointment on show."""
        return self.appointment is not None and action in allowed(self.appointment, self._actor)

    def ask(self, action: str) -> None:
        """As if its button was pressed; nothing when it is not offered."""
        if not self.may(action) or self.appointment is None:
            return
        if action == "cancel":
            self._ask_why(self.appointment)
        elif action == "reopen" and self._actor.role is Role.ADMIN:
            self.reopen_field.show()
            self.reopen_why.setFocus()
        elif action == "reopen":
            self.reopen_asked.emit(self.appointment, "")
        else:
            self.asked.emit(action, self.appointment)

    def _ask_why(self, appointment: Appointment) -> None:
        self.why.clear()
        for code, words in cancel_reasons(appointment):
            self.why.addItem(words, code)
        self._cancel_box.show()
        self.why.setFocus()

    @Slot()
    def stop_cancelling(self) -> None:
        """Back to the buttons."""
        self._cancel_box.hide()
        self.reopen_field.hide()
        self.reopen_why.clear()
        self.asked_how.setCurrentIndex(0)

    @Slot()
    def _cancel(self) -> None:
        if self.appointment is not None:
            self._cancel_box.hide()
            how = str(self.asked_how.currentData())
            self.cancel_asked.emit(self.appointment, str(self.why.currentData()), how)

    @Slot()
    def _reopen(self) -> None:
        if self.appointment is not None and self.reopen_why.text().strip():
            self.reopen_asked.emit(self.appointment, self.reopen_why.text())
            self.stop_cancelling()

    @Slot()
    def _clicked(self) -> None:
        self.ask(self.sender().objectName())
