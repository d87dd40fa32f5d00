"""Right of the calendar: the selected appointment with the waiting list, or what is being done."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.appointments import AppointmentType, Receipt
from clinicdesk.domain.people import Actor, Doctor
from ui.screens.schedule.booking import BookingPanel
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.details import AppointmentPanel
from ui.screens.schedule.payment import PaymentPanel, ReceiptPanel
from ui.screens.schedule.waiting import WaitingPanel
from ui.widgets.layouts import vbox

WIDTH, RECEIPT_WIDTH = 330, 400


class SidePanels(QStackedWidget):
    """The details are there from the start; every other panel is made when it is first wanted."""

    closed = Signal()
    take_asked = Signal(object, object, str, str)
    """As PaymentPanel's."""
    said = Signal(str, str)

    def __init__(self, actor: Actor, booking: BookingPresenter, *, zone: ZoneInfo, today: date) -> None:
        super().__init__()
        self._actor, self._presenter, self._zone, self._today = actor, booking, zone, today
        self._booking: BookingPanel | None = None
        self._payment: PaymentPanel | None = None
        self._receipt: ReceiptPanel | None = None
        self._choices: tuple[Sequence[Doctor], Sequence[AppointmentType]] = ((), ())
        self.details = AppointmentPanel(actor, today)
        self.waiting = WaitingPanel(may_book=actor.may("appointments.book"))
        self._first = QWidget()
        column = vbox(self.details, self.waiting, spacing=10)
        column.setStretch(0, 3)
        column.setStretch(1, 2)
        self._first.setLayout(column)
        self.addWidget(self._first)
        self.show_details()

    @property
    def booking(self) -> BookingPanel:
        """The largest one."""
        if self._booking is None:
            may_register = self._actor.may("patients.register")
            self._booking = BookingPanel(
                self._presenter, zone=self._zone, today=self._today, may_register=may_register
            )
            self._booking.show_choices(*self._choices)
            self._add(self._booking)
        return self._booking

    @property
    def payment(self) -> PaymentPanel:
        """Amount and method."""
        if self._payment is None:
            self._payment = PaymentPanel(self._actor.clinic.currency)
            self._payment.take_asked.connect(self.take_asked)
            self._add(self._payment)
        return self._payment

    @property
    def receipt(self) -> ReceiptPanel:
        """It needs more room than the others."""
        if self._receipt is None:
            self._receipt = ReceiptPanel()
            self._receipt.said.connect(self.said)
            self._add(self._receipt)
        return self._receipt

    def _add(self, panel: BookingPanel | PaymentPanel | ReceiptPanel) -> None:
        panel.closed.connect(self.closed)
        self.addWidget(panel)

    def show_details(self) -> None:
        """The selected appointment and the waiting list."""
        self.show_panel(self._first)

    def show_panel(self, panel: QWidget, *, width: int = WIDTH) -> None:
        """``width`` in pixels; a panel of another's joins at its first showing."""
        if self.indexOf(panel) < 0:
            self.addWidget(panel)
        self.setFixedWidth(width)
        self.setCurrentWidget(panel)

    def show_receipt(self, receipt: Receipt, pdf: bytes) -> None:
        """On the screen; it can be printed and saved."""
        self.show_panel(self.receipt, width=RECEIPT_WIDTH)
        self.receipt.show_receipt(receipt, pdf)

    def show_choices(self, doctors: Sequence[Doctor], types: Sequence[AppointmentType]) -> None:
        """Whom and what can be booked, also for a panel that is made later."""
        self._choices = doctors, types
        if self._booking is not None:
            self._booking.show_choices(doctors, types)

    def shows_details(self) -> bool:
        """Nothing else is being done."""
        return self.currentWidget() is self._first

    def books(self) -> bool:
        """The booking panel is on show."""
        return self._booking is not None and self.currentWidget() is self._booking

    def book_for(self, patient_id: UUID) -> None:
        """The patient of the booking that is being made."""
        self.booking.take_patient(patient_id)

    def step_back(self) -> bool:
        """Out of a page inside the booking panel; False when there is none."""
        return self._booking is not None and self._booking.step_back()

    @Slot(str, str)
    def show_payment_wrong(self, field: str, text: str) -> None:
        """A refusal at its field."""
        self.payment.show_wrong(field, text)
