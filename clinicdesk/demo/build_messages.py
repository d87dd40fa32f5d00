"""Messages of the demo, filled from its templates, and counts of what was used."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from clinicdesk.demo.build_calendar import Slot
from clinicdesk.demo.build_patients import nfc
from clinicdesk.demo.build_prescriptions import Rx
from clinicdesk.demo.build_stock import Pharmacy
from clinicdesk.demo.content_types import NotificationTemplate
from clinicdesk.demo.world import World
from clinicdesk.domain.wall_clock import hhmm
from clinicdesk.repositories.bulk import Bulk

Row = tuple[object, ...]
_RECENT = timedelta(days=12)
_STATES = {"delivered": 80, "sent": 12, "failed": 5, "dead": 2, "obsolete": 1}
_USED = {
    "receptionist": ("appointment_booked", "patient_registered", "payment_taken", "search_used"),
    "doctor": ("chart_opened", "visit_signed", "prescription_signed", "search_used"),
    "nurse": ("chart_opened", "vitals_recorded", "search_used"),
    "pharmacist": ("prescription_dispensed", "delivery_received", "stock_searched"),
    "admin": ("figures_opened", "account_changed"),
}


class Messages:
    """Makes rows of ``notifications``; what would have been sent was sent by nobody."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._templates = {(one.event, one.type): one for one in world.content.templates}
        self.rows: list[Row] = []

    def of_appointments(self, slots: Sequence[Slot]) -> None:
        """Confirmations, reminders and cancellations of the last days, and reminders that wait."""
        now = self._world.now
        for slot in slots:
            values = self._about(slot)
            if slot.confirmed_at and now - slot.confirmed_at < _RECENT:
                self._patient(slot, "appointment_confirmed", slot.confirmed_at, values=values)
            due = slot.start_at - timedelta(hours=24)
            if slot.status in ("confirmed", "completed", "no_show") and abs(now - due) < timedelta(days=1.5):
                self._patient(slot, "appointment_reminder_24h", due, values=values)
            if slot.cancelled_at and now - slot.cancelled_at < _RECENT:
                moved = slot.status == "rescheduled" and slot.moved_to is not None
                event = "appointment_rescheduled" if moved else "appointment_cancelled"
                target = slot.moved_to if moved and slot.moved_to else slot
                self._patient(slot, event, slot.cancelled_at, values=self._about(target))
                if not moved and slot.start_at > now - timedelta(days=2):
                    self._staff(slot.doctor.user_id, event, slot.cancelled_at, values=values)

    def of_prescriptions(self, prescriptions: Sequence[Rx]) -> None:
        """'Your order is ready', by e-mail; by SMS only for who asked (nobody: it is off by default)."""
        for rx in prescriptions:
            if self._world.now - rx.issued_at > _RECENT or not any(line.supplied for line in rx.lines):
                continue
            done = rx.status(self._world.today) == "completed"
            event = "prescription_ready" if done else "prescription_partly_ready"
            at = min(rx.issued_at + timedelta(minutes=50), self._world.now)
            values = {**self._about(rx.visit.slot), "reference": rx.number, "item_count": str(len(rx.lines))}
            self._patient(rx.visit.slot, event, at, values=values, suppressed=("sms",))

    def of_staff(self, slots: Sequence[Slot], pharmacy: Pharmacy) -> None:
        """What waits in the bell of each person."""
        world = self._world
        morning = min(world.at(world.today, 7 * 60), world.now)
        low = sum(
            0 < sum(b.stock for b in shelf.batches) <= shelf.minimum for shelf in pharmacy.shelves.values()
        )
        out = sum(not any(b.stock for b in shelf.batches) for shelf in pharmacy.shelves.values())
        limit = world.today + timedelta(days=90)
        soon = sum(
            b.stock > 0 and world.today <= b.expiry <= limit
            for s in pharmacy.shelves.values()
            for b in s.batches
        )
        for user in (*world.pharmacists, world.admin):
            for days in range(9):
                at = morning - timedelta(days=days)
                self._staff(user, "low_stock", at, values={"item_count": str(low + days // 3)})
            self._staff(user, "stock_out", morning, values={"item_count": str(out)})
            values = {"item_count": str(soon), "date": f"{limit:%d %b %Y}"}
            self._staff(user, "expiry", morning, values=values)
        pending = [slot for slot in slots if slot.status == "pending" and slot.created_at]
        for slot in pending[:10]:
            assert slot.created_at is not None
            for user in world.receptionists:
                self._staff(user, "appointment_requested", slot.created_at, values=self._about(slot))
        for doctor in world.doctors:
            self._staff(doctor.user_id, "result_available", world.now - timedelta(hours=20), values={})

    def _about(self, slot: Slot) -> dict[str, str]:
        clinic = self._world.content.clinic
        return {
            "first_name": nfc(slot.patient.person.first_name),
            "clinic_name": clinic.short_name,
            "clinic_phone": clinic.phone,
            "date": f"{slot.day:%a %d %b %Y}",
            "time": hhmm(slot.start),
            "tz_abbrev": f"{slot.start_at.astimezone(self._world.zone):%Z}",
            "doctor_name": slot.doctor.name,
            "location": clinic.address["line1"],
            "confirm_link": f"{clinic.website}/c/{slot.id.hex}",
            "cancel_link": f"{clinic.website}/x/{slot.id.hex}",
            "amount": f"{slot.kind.price}",
            "currency": clinic.currency,
            "reference": slot.id.hex[:8],
        }

    def _patient(
        self,
        slot: Slot,
        event: str,
        at: datetime,
        *,
        values: Mapping[str, str],
        suppressed: tuple[str, ...] = (),
    ) -> None:
        world = self._world
        for kind in ("email", "sms"):
            template = self._templates.get((event, kind))
            if template is None or (kind == "email" and slot.patient.person.email is None):
                continue
            state = world.random.choices(list(_STATES), list(_STATES.values()))[0]
            if kind in suppressed:
                state = "suppressed"
            if at > world.now:
                state = "queued"
            made = min(at, world.now)
            sent = made if state in ("sent", "delivered") else None
            self.rows.append(
                self._row(
                    slot.patient.id,
                    template,
                    made,
                    values=values,
                    state=state,
                    sent_at=sent,
                )
            )

    def _staff(self, user: UUID, event: str, at: datetime, *, values: Mapping[str, str]) -> None:
        read = at < self._world.now - timedelta(hours=26)
        template = self._templates[event, "in_app"]
        self.rows.append(
            self._row(
                *(user, template, at),
                values=values,
                state="delivered",
                sent_at=at,
                read_at=at + timedelta(minutes=30) if read else None,
            )
        )

    def _row(
        self,
        user: UUID,
        template: NotificationTemplate,
        at: datetime,
        *,
        values: Mapping[str, str],
        state: str,
        sent_at: datetime | None,
        read_at: datetime | None = None,
    ) -> Row:
        world = self._world
        title = template.subject.format_map(values) or world.content.clinic.short_name
        return (
            *(world.uuid(), user, template.type, title, template.content.format_map(values)),
            *({"template": template.name}, read_at is not None, sent_at is not None, sent_at, read_at, at),
            *(world.clinic, template.event, state),
        )


def store_messages(bulk: Bulk, messages: Messages) -> None:
    """All of them."""
    bulk.copy(
        "notifications",
        "id user_id type title content data is_read is_sent sent_at read_at created_at clinic_id event state",
        messages.rows,
    )


def store_usage(bulk: Bulk, world: World) -> None:
    """``analytics_events``: ids and counts, no names (spec 7)."""
    people = [
        *((user, "receptionist") for user in world.receptionists),
        *((doctor.user_id, "doctor") for doctor in world.doctors),
        *((user, "nurse") for user in world.nurses),
        *((user, "pharmacist") for user in world.pharmacists),
        (world.admin, "admin"),
    ]
    bulk.copy(
        "analytics_events",
        "id event_type user_id session_id properties context created_at",
        _usage(world, people),
    )


def _usage(world: World, people: Sequence[tuple[UUID, str]]) -> Iterator[Row]:
    for day in world.days:
        if day > world.today or day.isoweekday() == 7:
            continue
        for user, role in people:
            begun = world.at(day, world.random.uniform(7.6 * 60, 9 * 60))
            session = world.uuid().hex
            for number in range(world.random.randint(3, 9)):
                at = begun + timedelta(minutes=number * world.random.uniform(10, 50))
                event = "signed_in" if number == 0 else world.random.choice(_USED[role])
                if at <= world.now:
                    yield world.uuid(), event, user, session, {"role": role}, {"program": "desktop"}, at
