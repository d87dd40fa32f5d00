"""The fields of a booking's slot: doctor, kind, start, length, and the reasons."""

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QTimeEdit

from clinicdesk.domain.appointments import AppointmentType
from clinicdesk.domain.people import Doctor
from ui.widgets.choose import fill
from ui.widgets.field import Field


class SlotFields(QObject):
    """``fields`` by the names that refusals use."""

    def __init__(self) -> None:
        super().__init__()
        self._types: dict[UUID, AppointmentType] = {}
        self._doctors: tuple[Doctor, ...] = ()
        self.doctor, self.kind = QComboBox(), QComboBox()
        self.start = QTimeEdit()
        self.start.setDisplayFormat("HH:mm")
        self.length = QSpinBox()
        self.length.setRange(5, 480)
        self.length.setSingleStep(5)
        self.length.setSuffix(self.tr(" min"))
        self.reason, self.overbook = QLineEdit(), QLineEdit()
        self.reason.setMaxLength(500)
        self.overbook.setMaxLength(200)
        self.fields = {
            "doctor": Field(self.tr("Doctor"), self.doctor),
            "type": Field(self.tr("Kind"), self.kind),
            "end": Field(self.tr("Start"), self.start),
            "duration": Field(self.tr("Length"), self.length),
            "chief_complaint": Field(self.tr("Reason for the visit"), self.reason),
            "overbook_reason": Field(self.tr("Reason for overbooking"), self.overbook),
        }
        self.fields["overbook_reason"].hide()

    def show_choices(self, doctors: Sequence[Doctor], types: Sequence[AppointmentType]) -> bool:
        """Fill the two lists, keeping what is chosen; whether the doctors are others than before."""
        others = tuple(doctors) != self._doctors
        if others:
            self._doctors = tuple(doctors)
            fill(self.doctor, [(self.tr("Dr {0}").format(d.name), d.id) for d in doctors])
        if list(self._types.values()) != list(types):
            self._types = {kind.id: kind for kind in types}
            words = self.tr("{0} · {1} min")
            fill(self.kind, [(words.format(kind.name, kind.duration), kind.id) for kind in types])
        return others

    def take_length(self) -> None:
        """The kind's length."""
        kind = self._types.get(self.kind.currentData())
        if kind is not None:
            self.length.setValue(kind.duration)
