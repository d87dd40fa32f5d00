"""What the parts of the demo builder share: the clinic, its people, its clock and its dice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.demo.content_types import DemoContent, DoctorDetails
from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.slots import Plan, Span, working_windows
from clinicdesk.domain.wall_clock import instant

DAYS_BACK, DAYS_AHEAD = 56, 28


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDoctor:
    """A doctor of the demo; ``step`` is the grid of bookable starts in minutes from each window's start."""

    id: UUID
    user_id: UUID
    login: str
    name: str
    details: DoctorDetails
    room: UUID
    plan: Plan

    @property
    def specialty(self) -> str:
        """The main one."""
        return self.details.specialties[0]

    @property
    def step(self) -> int:
        """Half the usual duration, so that short and long visits both begin on it."""
        return self.details.duration // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The clinic at the moment of building. ``random`` is the only source of chance."""

    content: DemoContent
    rules: ClinicalData
    now: datetime
    zone: ZoneInfo
    random: Random
    clinic: UUID
    doctors: tuple[DemoDoctor, ...]
    receptionists: tuple[UUID, ...]
    nurses: tuple[UUID, ...]
    pharmacists: tuple[UUID, ...]
    admin: UUID

    @property
    def today(self) -> date:
        """The clinic's date."""
        return self.now.astimezone(self.zone).date()

    @property
    def days(self) -> list[date]:
        """Every day of the demo's calendar, past and future."""
        return [self.today + timedelta(days=n) for n in range(-DAYS_BACK, DAYS_AHEAD + 1)]

    def at(self, day: date, minute: float) -> datetime:
        """The instant of a wall-clock minute."""
        return instant(day, int(minute), zone=self.zone) + timedelta(seconds=int(minute * 60) % 60)

    def windows(self, doctor: DemoDoctor, day: date) -> list[Span]:
        """When the doctor works that day."""
        return working_windows(doctor.plan, day)

    def uuid(self) -> UUID:
        """The next id; the same in each building of one day."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.random.random() < probability
