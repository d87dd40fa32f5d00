"""Writes the demo's appointments, their history, their payments and the waiting list."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from clinicdesk.demo.build_calendar import Slot
from clinicdesk.demo.build_patients import Patient
from clinicdesk.demo.world import World
from clinicdesk.domain.wall_clock import clock
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.formulary import appointment_type_id

_METHODS = {"cash": 38, "transfer": 24, "pos": 20, "card": 12, "insurance": 6}
_PAID, _IN_PART, _REFUNDED = 0.92, 0.015, 0.12
_LATE_CANCEL = timedelta(hours=24)
_COLUMNS = (
    "id patient_id doctor_id clinic_id appointment_type_id appointment_date start_time end_time status "
    "consultation_type chief_complaint fee payment_status payment_method meeting_link created_at updated_at "
    "confirmed_at completed_at cancelled_at start_at end_at created_by confirmed_by cancelled_by no_show_by "
    "checked_in_at started_at no_show_at rescheduled_at rescheduled_by rescheduled_from_id rescheduled_to_id "
    "reschedule_count cancel_reason late_cancel hold_expires_at overbooked overbook_reason source room_id "
    "row_version"
)
_WAITING_NOTES = ("any doctor", "prefers mornings", "call the daughter", "", "", "travels on Friday", "")
# spec 1.1.4: the history that the guards would have written
_EVENTS = """
INSERT INTO appointment_events (appointment_id, clinic_id, from_status, to_status, actor_id, actor_role, at,
    reason)
SELECT a.id, a.clinic_id, x.old::appointment_status, x.new::appointment_status, x.who,
       coalesce((SELECT role::text FROM users WHERE id = x.who), 'system'), x.at, x.why
  FROM appointments a JOIN doctor_profiles d ON d.id = a.doctor_id CROSS JOIN LATERAL (VALUES
    (NULL, CASE WHEN a.confirmed_at IS NULL THEN 'pending' ELSE 'confirmed' END, a.created_by,
      a.created_at, NULL),
    ('confirmed', 'in_progress', d.user_id, a.started_at, NULL),
    ('in_progress', 'completed', d.user_id, a.completed_at, NULL),
    ('confirmed', 'no_show', a.no_show_by, a.no_show_at, NULL),
    ('confirmed', 'rescheduled', a.rescheduled_by, a.rescheduled_at, NULL),
    (CASE WHEN a.started_at IS NOT NULL THEN 'in_progress' WHEN a.confirmed_at IS NULL THEN 'pending'
      ELSE 'confirmed' END, 'cancelled', a.cancelled_by, a.cancelled_at, a.cancel_reason)
  ) AS x(old, new, who, at, why) WHERE x.at IS NOT NULL ORDER BY x.at
"""


def store_appointments(bulk: Bulk, world: World, slots: Sequence[Slot]) -> None:
    """Appointments with their payments, mirrored as the ledger says."""
    payments = list(_payments(world, slots))
    bulk.copy("appointments", _COLUMNS, (_row(world, slot) for slot in slots))
    bulk.run(_EVENTS)
    last = 0
    year = world.today.year
    rows: list[tuple[object, ...]] = []
    numbers: dict[int, int] = {}
    for at, slot, amount, method, key, refund_of in sorted(payments, key=lambda one: one[0]):
        year = at.astimezone(world.zone).year
        last = numbers[year] = numbers.get(year, 0) + 1
        rows.append(
            (
                *(key, world.clinic, slot.patient.id, slot.id, "refund" if refund_of else "payment", amount),
                *(world.content.clinic.currency, method, f"RC-{year}-{last:06d}", refund_of),
                "cancelled by the clinic" if refund_of else None,
                *(world.random.choice(world.receptionists), at, world.uuid()),
            )
        )
    bulk.copy(
        "payments",
        "id clinic_id patient_id appointment_id kind amount currency method receipt_number refund_of reason "
        "received_by received_at request_id",
        rows,
    )
    bulk.copy(
        "counters",
        "clinic_id name year last",
        ((world.clinic, "receipt", year, count) for year, count in numbers.items()),
    )


def _payments(
    world: World, slots: Sequence[Slot]
) -> Iterator[tuple[datetime, Slot, Decimal, str, UUID, UUID | None]]:
    for slot in slots:
        fee = slot.kind.price
        method = world.random.choices(list(_METHODS), list(_METHODS.values()))[0]
        if slot.status == "completed" and slot.completed_at is not None:
            if not world.chance(_PAID):
                continue
            amount = fee
            if world.chance(_IN_PART):
                amount = (fee / 2).quantize(Decimal("0.01"))
            at = min(slot.completed_at + timedelta(minutes=world.random.uniform(1, 12)), world.now)
            slot.payment_status, slot.payment_method = "paid" if amount == fee else "pending", method
            yield at, slot, amount, method, world.uuid(), None
        elif slot.status == "cancelled":
            slot.payment_status = "failed"
            if slot.cancelled_at and slot.created_at and slot.confirmed_at and world.chance(_REFUNDED):
                first = world.uuid()
                slot.payment_status, slot.payment_method = "refunded", method
                yield slot.created_at + timedelta(minutes=1), slot, fee, method, first, None
                back = max(slot.cancelled_at, slot.created_at + timedelta(minutes=2))
                yield min(back, world.now), slot, -fee, method, world.uuid(), first


def _row(world: World, slot: Slot) -> tuple[object, ...]:
    confirmed_by = slot.by if slot.confirmed_at else None
    cancelled = slot.cancelled_at if slot.status == "cancelled" else None
    moved = slot.cancelled_at if slot.status == "rescheduled" else None
    late = bool(cancelled and slot.confirmed_at and cancelled > slot.start_at - _LATE_CANCEL)
    changed = max(
        at
        for at in (slot.created_at, slot.checked_in_at, slot.completed_at, slot.cancelled_at, slot.no_show_at)
        if at is not None
    )
    return (
        *(slot.id, slot.patient.id, slot.doctor.id, world.clinic, appointment_type_id(slot.kind.name)),
        *(slot.day, clock(slot.start), clock(slot.end), slot.status),
        "video_call" if slot.remote else "in_person",
        *(_filled(world, slot), slot.kind.price, slot.payment_status, slot.payment_method),
        f"https://demo.clinic.invalid/meet/{slot.id.hex[:10]}" if slot.remote else None,
        *(slot.created_at, changed, slot.confirmed_at, slot.completed_at, cancelled),
        *(slot.start_at, slot.end_at, slot.by, confirmed_by),
        slot.by if cancelled and slot.cancel_reason != "not_confirmed" else None,
        slot.by if slot.no_show_at else None,
        *(slot.checked_in_at, slot.started_at, slot.no_show_at, moved, slot.by if moved else None),
        slot.moved_from.id if slot.moved_from else None,
        slot.moved_to.id if slot.moved_to else None,
        1 if slot.moved_from else 0,
        *(slot.cancel_reason or None, late, slot.hold_until),
        *(bool(slot.overbook_reason), slot.overbook_reason or None, slot.source),
        None if slot.overbook_reason or slot.remote else slot.doctor.room,
        1,
    )


def _filled(world: World, slot: Slot) -> str:
    return slot.complaint.format_map({"days": str(2 + slot.id.int % 4)})


def store_waiting(bulk: Bulk, world: World, patients: Sequence[Patient], count: int = 11) -> None:
    """People who would come sooner, for today and the next days."""
    chosen = [p for p in patients if p.last_day < world.today - timedelta(days=3)]
    kinds = [kind for kind in world.content.appointment_types if kind.weight >= 8]
    rows: list[tuple[object, ...]] = []
    for number, patient in enumerate(world.random.sample(chosen, count)):
        scenarios = [
            s for s in world.content.scenarios if s.suits(patient.person.gender, patient.age_days)
        ] or list(world.content.scenarios)
        scenario = world.random.choice(scenarios)
        doctor = next((one for one in world.doctors if one.specialty == scenario.specialty), None)
        kind = next((one for one in kinds if one.name == scenario.appointment_type), kinds[0])
        earliest, latest = _span(world, number)
        made = max(world.now - timedelta(hours=world.random.uniform(1, 120)), patient.registered or world.now)
        rows.append(
            (
                *(world.uuid(), world.clinic, patient.id, doctor.id if doctor and number % 3 else None),
                *(appointment_type_id(kind.name), earliest, latest),
                *(world.random.choice(("any", "any", "morning", "afternoon")), 1 + number % 3),
                *(_WAITING_NOTES[number % len(_WAITING_NOTES)], world.random.choice(world.receptionists)),
                made,
            )
        )
    bulk.copy(
        "waiting_list",
        "id clinic_id patient_id doctor_id appointment_type_id earliest latest part_of_day priority note "
        "created_by created_at",
        rows,
    )


def _span(world: World, number: int) -> tuple[date, date]:
    return world.today, world.today + timedelta(days=3 + number % 12)
