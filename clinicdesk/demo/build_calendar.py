"""Which patient sits in which slot: the demo's twelve weeks of appointments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import exp
from uuid import UUID

from clinicdesk.demo.build_patients import Patient
from clinicdesk.demo.content_types import AppointmentKind, Scenario
from clinicdesk.demo.world import DemoDoctor, World

_NOON = 12 * 60
_POOL = 30  # how many people come again and again for one long-term reason
_GAP = timedelta(days=7)
_OVERBOOK_REASONS = ("emergency", "came from far", "infant with fever", "result to discuss")


@dataclass(slots=True, kw_only=True)
class Slot:
    """One appointment; minutes are wall clock. ``nth`` counts this patient's visits of its kind."""

    id: UUID
    patient: Patient
    doctor: DemoDoctor
    scenario: Scenario
    kind: AppointmentKind
    day: date
    start: int
    end: int
    start_at: datetime
    end_at: datetime
    complaint: str
    nth: int
    status: str = "confirmed"
    source: str = "desk"
    overbook_reason: str = ""
    by: UUID | None = None
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    checked_in_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    no_show_at: datetime | None = None
    hold_until: datetime | None = None
    moved_from: "Slot | None" = None
    moved_to: "Slot | None" = None
    paid: Decimal = Decimal(0)
    payment_status: str = "pending"
    payment_method: str | None = None

    @property
    def remote(self) -> bool:
        """By video: no room, no arrival."""
        return self.kind.name.startswith("Video")


class Calendar:
    """Fills the doctors' windows day by day; ``slots`` is in order of day and start."""

    def __init__(self, world: World, patients: list[Patient]) -> None:
        self._world, self._patients = world, patients
        self._kinds = {kind.name: kind for kind in world.content.appointment_types}
        self._video = next(kind for name, kind in self._kinds.items() if name.startswith("Video"))
        self._pools: dict[str, list[Patient]] = {}
        self._visits: dict[tuple[UUID, str], int] = {}
        self._moving: dict[UUID, list[Slot]] = {}
        self.slots: list[Slot] = []

    def fill(self) -> None:
        """Place everybody."""
        for day in self._world.days:
            for doctor in self._world.doctors:
                placed = self._day(doctor, day)
                placed += self._overbooked(doctor, day, placed)
                self.slots += sorted(placed, key=lambda slot: (slot.start, bool(slot.overbook_reason)))

    def to_move(self, slot: Slot) -> None:
        """``slot`` is given up for a later one of the same doctor."""
        self._moving.setdefault(slot.doctor.id, []).append(slot)

    def _day(self, doctor: DemoDoctor, day: date) -> list[Slot]:
        placed: list[Slot] = []
        for low, high in self._world.windows(doctor, day):
            minute, gap = low, 0
            while minute < high:
                slot = None
                if self._world.chance(self._load(day, minute)):
                    slot = self._slot(doctor, day, minute=minute, until=high, gap=gap)
                if slot is None:
                    minute, gap = minute + doctor.step, 0
                    continue
                placed.append(slot)
                gap = slot.kind.buffer_after
                minute = low + -(-(slot.end - low) // doctor.step) * doctor.step
                while minute < slot.end + gap:
                    minute += doctor.step
        return placed

    def _load(self, day: date, minute: int) -> float:
        ahead = (day - self._world.today).days
        if ahead <= 0:
            return 0.86 if minute < _NOON else 0.55
        return (0.6 if minute < _NOON else 0.38) * exp(-ahead / 14) + 0.05

    def _slot(self, doctor: DemoDoctor, day: date, *, minute: int, until: int, gap: int) -> Slot | None:
        for _ in range(8):
            scenario = self._scenario(doctor)
            patient = self._who(scenario, day)
            if patient is None:
                continue
            kind = self._kinds[scenario.appointment_type]
            if scenario.visit_type == "follow_up" and kind.name == "Follow-up" and self._world.chance(0.05):
                kind = self._video
            if kind.buffer_before > gap and gap:
                continue
            if minute + kind.duration <= until:
                return self._booked(doctor, day, minute=minute, who=(patient, scenario, kind))
        return None

    def _booked(
        self, doctor: DemoDoctor, day: date, *, minute: int, who: tuple[Patient, Scenario, AppointmentKind]
    ) -> Slot:
        world, (patient, scenario, kind) = self._world, who
        patient.last_day = day
        nth = self._visits[patient.id, scenario.code] = self._visits.get((patient.id, scenario.code), 0) + 1
        complaint = world.random.choice(scenario.complaints)
        return Slot(
            id=world.uuid(),
            patient=patient,
            doctor=doctor,
            scenario=scenario,
            kind=kind,
            day=day,
            start=minute,
            end=minute + kind.duration,
            start_at=world.at(day, minute),
            end_at=world.at(day, minute + kind.duration),
            complaint=complaint,
            nth=nth,
        )

    def _scenario(self, doctor: DemoDoctor) -> Scenario:
        own = [one for one in self._world.content.scenarios if one.specialty == doctor.specialty]
        return self._world.random.choices(own, [one.weight for one in own])[0]

    def _who(self, scenario: Scenario, day: date) -> Patient | None:
        pool = self._pools.get(scenario.code)
        if pool is None:
            pool = self._pools[scenario.code] = self._pool(scenario)
        for _ in range(5):
            patient = self._world.random.choice(pool)
            if patient.last_day == date.min or day - patient.last_day >= _GAP:
                return patient
        return None

    def _pool(self, scenario: Scenario) -> list[Patient]:
        fitting = [p for p in self._patients if scenario.suits(p.person.gender, p.age_days)]
        known = [p for p in fitting if any(one.scenario == scenario.code for one in p.problems)]
        if known:
            return known[:_POOL]
        if scenario.visit_type == "follow_up" or scenario.code == "antenatal":
            return self._world.random.sample(fitting, min(_POOL, len(fitting)))
        return fitting

    def _overbooked(self, doctor: DemoDoctor, day: date, placed: Iterable[Slot]) -> list[Slot]:
        """Spec 1.7: few, with a reason, never two at one start."""
        normal = list(placed)
        made: list[Slot] = []
        near = -21 <= (day - self._world.today).days <= 3
        while normal and near and len(made) < doctor.details.max_overbook and self._world.chance(0.3):
            beside = normal.pop(self._world.random.randrange(len(normal)))
            scenario = self._scenario(doctor)
            patient = self._who(scenario, day)
            if patient is None or patient is beside.patient:
                continue
            kind = beside.kind
            slot = self._booked(doctor, day, minute=beside.start, who=(patient, scenario, kind))
            slot.overbook_reason = self._world.random.choice(_OVERBOOK_REASONS)
            made.append(slot)
        return made

    def settle_moves(self) -> None:
        """Link each given-up slot with a later one of the same doctor; without one it was cancelled."""
        taken: set[UUID] = set()
        by_doctor: dict[UUID, list[Slot]] = {}
        for slot in self.slots:
            by_doctor.setdefault(slot.doctor.id, []).append(slot)
        for doctor, moving in self._moving.items():
            for old in moving:
                new = next(
                    (slot for slot in by_doctor[doctor] if slot.id not in taken and _replaces(slot, old)),
                    None,
                )
                if new is None:
                    old.status, old.cancel_reason = "cancelled", "patient_asked"
                    continue
                taken.add(new.id)
                self._give(old, new)

    def _give(self, old: Slot, new: Slot) -> None:
        old.moved_to, new.moved_from = new, old
        new.patient, new.scenario, new.complaint, new.nth = old.patient, old.scenario, old.complaint, old.nth
        new.created_at = new.confirmed_at = old.cancelled_at


def _replaces(new: Slot, old: Slot) -> bool:
    later = timedelta(days=2) <= new.day - old.day <= timedelta(days=12)
    free = new.moved_to is None and new.moved_from is None and not new.overbook_reason
    plain = new.status in ("completed", "confirmed", "no_show") and new.source == "desk"
    return later and free and plain and new.kind is old.kind and old.patient is not new.patient
