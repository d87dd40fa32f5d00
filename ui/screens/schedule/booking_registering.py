"""Registering somebody in the middle of a booking."""

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.patients import NewPatient, PatientHit
from ui.registering import Registering
from ui.widgets.layouts import vbox
from ui.widgets.registration import RegistrationForm
from ui.widgets.text import label


class BookingRegistering(QWidget):
    """The form and its answers."""

    left = Signal()
    existing_chosen = Signal(object)
    """PatientHit."""
    registered = Signal(object)
    """PatientSummary."""
    refused = Signal(str)

    def __init__(self, presenter: Registering, today: date) -> None:
        super().__init__()
        self._presenter = presenter
        self.form = RegistrationForm(today)
        column = vbox(
            label(self.tr("Register patient"), "title"), self.form, margins=(14, 12, 14, 12), spacing=8
        )
        column.setStretch(1, 1)
        self.setLayout(column)
        self.form.submitted.connect(self._register)
        self.form.cancelled.connect(self.left)
        self.form.existing_chosen.connect(self.existing_chosen)
        presenter.problems_found.connect(self.form.show_problems)
        presenter.alike_found.connect(self._show_alike)
        presenter.watch(self.form)
        presenter.registered.connect(self.registered)
        presenter.refused.connect(self.refused)
        presenter.busy.connect(self._show_busy)

    @Slot(object, bool)
    def _register(self, new: NewPatient, seen: bool) -> None:
        self._presenter.register(new, seen=seen)

    @Slot(object, bool)
    def _show_alike(self, hits: Sequence[PatientHit], probable: bool) -> None:
        self.form.show_alike(hits, probable=probable)

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        self.form.show_busy(busy=busy)
