"""Right of the calendar: the selected appointment with the waiting list, or what is being done."""

from datetime import date
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QStackedWidget, QWidget

from clinicdesk.domain.people import Actor
from ui.screens.schedule.booking import BookingPanel
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.details import AppointmentPanel
from ui.screens.schedule.payment import PaymentPanel, ReceiptPanel
from ui.screens.schedule.waiting import WaitingPanel
from ui.widgets.layouts import vbox

WIDTH, RECEIPT_WIDTH = 330, 400
DETAILS, BOOKING, PAYMENT, RECEIPT = range(4)


class SidePanels(QStackedWidget):
    """Four pages; a receipt needs more room than the others."""

    def __init__(self, actor: Actor, booking: BookingPresenter, *, zone: ZoneInfo, today: date) -> None:
        super().__init__()
        self.details = AppointmentPanel(actor, today)
        self.waiting = WaitingPanel(may_book=actor.may("appointments.book"))
        self.booking = BookingPanel(
            booking, zone=zone, today=today, may_register=actor.may("patients.register")
        )
        self.payment = PaymentPanel(actor.clinic.currency)
        self.receipt = ReceiptPanel()
        first = QWidget()
        column = vbox(self.details, self.waiting, spacing=10)
        column.setStretch(0, 3)
        column.setStretch(1, 2)
        first.setLayout(column)
        for page in (first, self.booking, self.payment, self.receipt):
            self.addWidget(page)
        self.show_page(DETAILS)

    def show_page(self, page: int) -> None:
        """DETAILS, BOOKING, PAYMENT or RECEIPT."""
        self.setFixedWidth(RECEIPT_WIDTH if page == RECEIPT else WIDTH)
        self.setCurrentIndex(page)
