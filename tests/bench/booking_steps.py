"""The answer to a lost race, the next free slots, a typed line."""

from contextlib import suppress
from datetime import timedelta

from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.errors import SlotTaken
from clinicdesk.services.booking_desk import BookingDesk, booking_desk_of
from clinicdesk.services.patients import Patients
from clinicdesk.services.scheduling import Scheduling
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet

HOLDER = """SELECT start_time, end_time, created_by FROM appointments WHERE doctor_id = %s AND appointment_date = %s
  AND status IN ('pending', 'confirmed', 'in_progress') AND start_time < %s + interval '30 minutes' AND end_time > %s"""
BUSY = """SELECT doctor_id, start_at, end_at FROM appointments WHERE clinic_id = %s AND appointment_date BETWEEN %s AND %s
  AND status IN ('pending', 'confirmed', 'in_progress')"""
FEW = 30


def measure(bench: Bench, sheet: Sheet, scheduling: Scheduling) -> None:
    """With a floor where the bare statement says the same."""
    seat = bench.session("receptionist")
    desk = booking_desk_of(
        seat.open_work, seat.actor, seat.now, patients=Patients(seat.open_work, seat.actor, seat.now)
    )
    taken = _taken(bench, scheduling)
    _lost(bench, sheet, scheduling, taken)
    _searches(bench, sheet, scheduling, desk)


def _taken(bench: Bench, scheduling: Scheduling) -> Booking:
    """A slot of a coming day that somebody has."""
    today = scheduling.clock()[0]
    row = bench.ask(
        """SELECT patient_id, doctor_id, appointment_type_id, appointment_date, start_time FROM appointments
           WHERE clinic_id = %s AND appointment_date > %s AND status = 'confirmed' AND NOT overbooked
           ORDER BY appointment_date LIMIT 1""",
        bench.clinic,
        today,
    )[0]
    return Booking(patient_id=row[0], doctor_id=row[1], type_id=row[2], day=row[3], start=row[4])


def _lost(bench: Bench, sheet: Sheet, scheduling: Scheduling, taken: Booking) -> None:
    heard: list[SlotTaken] = []

    def lose(_: int) -> None:
        with suppress(SlotTaken):
            try:
                scheduling.book(taken)
            except SlotTaken as refusal:
                heard.append(refusal)
                raise

    def bare(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(HOLDER, (taken.doctor_id, taken.day, taken.start, taken.start)).fetchall()
            week = (bench.clinic, taken.day - timedelta(days=3), taken.day + timedelta(days=3))
            bench.owner.execute(BUSY, week).fetchall()

    sheet.compare("a lost slot: who has it, three others", lose, bare, samples=FEW, note="at most 300 ms")
    assert heard[0].holder
    assert len(heard[0].nearest) == 3


def _searches(bench: Bench, sheet: Sheet, scheduling: Scheduling, desk: BookingDesk) -> None:
    day, kind = scheduling.clock()[0], scheduling.types()[0]
    tomorrow = day + timedelta(days=1)
    name = bench.one("SELECT last_name FROM user_profiles JOIN patients USING (user_id) LIMIT 1")
    text = f"{name} {tomorrow:%d.%m.%Y} 10:30 {kind.name.split()[0]}"

    def bare(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(BUSY, (bench.clinic, tomorrow, tomorrow + timedelta(days=6))).fetchall()

    sheet.compare(
        "next free of anybody, 8 slots",
        lambda _: desk.next_free.find(kind.id, from_day=tomorrow),
        bare,
        samples=FEW,
    )
    sheet.compare("a typed booking line", lambda _: desk.typed.answer(text), samples=FEW)
