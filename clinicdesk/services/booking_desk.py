"""Everything booking offers beside the scheduler itself, bound to one signed-in person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from clinicdesk.domain.people import Actor
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services.calendar_files import CalendarFiles
from clinicdesk.services.doctor_out import DoctorOut
from clinicdesk.services.next_free import NextFree
from clinicdesk.services.offering import Offering
from clinicdesk.services.patients import Patients
from clinicdesk.services.refilling import Refilling
from clinicdesk.services.series import Series
from clinicdesk.services.swapping import Swapping
from clinicdesk.services.typed_booking import TypedBooking
from clinicdesk.services.undoing import Undoing


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingDesk:
    """One service for each kind of step."""

    typed: TypedBooking
    next_free: NextFree
    swapping: Swapping
    series: Series
    doctor_out: DoctorOut
    refilling: Refilling
    offering: Offering
    undoing: Undoing
    files: CalendarFiles
    now: Callable[[], datetime]


def booking_desk_of(
    open_work: WorkFactory, actor: Actor, now: Callable[[], datetime], *, patients: Patients
) -> BookingDesk:
    """Bind them."""
    return BookingDesk(
        typed=TypedBooking(open_work, actor, now, patients=patients),
        next_free=NextFree(open_work, actor, now),
        swapping=Swapping(open_work, actor, now),
        series=Series(open_work, actor, now),
        doctor_out=DoctorOut(open_work, actor, now),
        refilling=Refilling(open_work, actor, now),
        offering=Offering(open_work, actor, now),
        undoing=Undoing(open_work, actor, now),
        files=CalendarFiles(open_work, actor, now),
        now=now,
    )
