"""Rooms, and the load of many days as sums."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from clinicdesk.domain.calendar import Room
from clinicdesk.repositories.work import Work


class DoctorLoad(NamedTuple):
    """A doctor's day: appointments and minutes asked for; ``taken`` minutes that nobody else can have.

    ``phases`` counts every kind, in the order of ``calendar.PHASES``.
    """

    day: date
    doctor_id: UUID
    number: int
    booked: int
    taken: int
    phases: list[int]


class CalendarReads:
    """Reads of one clinic."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def rooms(self) -> tuple[Room, ...]:
        """Those in use, by name."""
        rows = self._work.all(
            "SELECT id, name FROM rooms WHERE clinic_id = :clinic AND is_active ORDER BY name, id",
            clinic=self._clinic,
        )
        return tuple(Room(**row) for row in rows)

    def load(
        self, first: date, last: date, *, types: Sequence[UUID] | None, phases: Sequence[str]
    ) -> tuple[DoctorLoad, ...]:
        """A row for each doctor and day that has an appointment; ``types`` None takes every kind."""
        rows = self._work.all(
            "SELECT day, doctor_id, number, booked, taken, phases FROM cd.schedule_load("
            ":clinic, :first, :last, CAST(:types AS uuid[]), CAST(:phases AS text[]))",
            clinic=self._clinic,
            first=first,
            last=last,
            types=list(types) if types is not None else None,
            phases=list(phases),
        )
        return tuple(DoctorLoad(*row.values()) for row in rows)
