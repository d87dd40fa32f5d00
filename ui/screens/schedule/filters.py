"""What a person wants to see of the schedule; everything else is counted as hidden."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.calendar import PHASES
from clinicdesk.domain.people import Doctor

OFF_SHEET = frozenset({"cancelled", "rescheduled"})


__all__ = ["EVERYTHING", "OFF_SHEET", "PHASES", "Filters", "specialties_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """None means all of them. ``hidden_phases`` are left out besides cancelled and rescheduled ones."""

    doctors: frozenset[UUID] | None = None
    specialties: frozenset[str] | None = None
    types: frozenset[UUID] | None = None
    hidden_phases: frozenset[str] = frozenset()

    def shows(self, appointment: Appointment) -> bool:
        """Whether a card is on show; ``doctors`` must have been narrowed to the specialties before."""
        return (
            appointment.phase not in OFF_SHEET
            and appointment.phase not in self.hidden_phases
            and (self.doctors is None or appointment.doctor_id in self.doctors)
            and (self.types is None or appointment.type_id in self.types)
        )

    def staff(self, doctors: Sequence[Doctor]) -> tuple[Doctor, ...]:
        """Those whose columns are on show."""
        return tuple(
            doctor
            for doctor in doctors
            if (self.doctors is None or doctor.id in self.doctors)
            and (self.specialties is None or self.specialties & specialties_of(doctor))
        )

    @property
    def phases(self) -> list[str]:
        """Those that are on show."""
        return [phase for phase in PHASES if phase not in self.hidden_phases]


EVERYTHING = Filters()


def specialties_of(doctor: Doctor) -> frozenset[str]:
    """A doctor may have several; '' stands for none."""
    return frozenset(part.strip() for part in doctor.specialty.split(","))
