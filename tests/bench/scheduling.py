"""The day view and booking."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Booking
from clinicdesk.services.scheduling import Scheduling
from tests.bench import booking_steps
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet, needed

CARDS = """SELECT a.id, a.patient_id, u.first_name, u.last_name, p.mrn, a.doctor_id, du.first_name, du.last_name,
    a.appointment_type_id, t.name, a.appointment_date, a.start_time, a.end_time, a.status, a.consultation_type,
    a.chief_complaint, a.fee, (SELECT sum(y.amount) FROM payments y WHERE y.appointment_id = a.id), a.payment_status,
    a.checked_in_at, a.started_at, a.completed_at, a.overbooked, a.row_version
  FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id JOIN patients p ON p.user_id = a.patient_id
  JOIN doctor_profiles d ON d.id = a.doctor_id JOIN user_profiles du ON du.user_id = d.user_id
  LEFT JOIN appointment_types t ON t.id = a.appointment_type_id
 WHERE a.clinic_id = %s AND a.appointment_date = %s ORDER BY a.start_time"""
HOURS = """SELECT w.doctor_id, w.day_of_week, w.start_time, w.end_time, w.break_start_time, w.break_end_time
  FROM doctor_availability w JOIN doctor_profiles d ON d.id = w.doctor_id WHERE d.clinic_id = %s AND w.day_of_week = %s"""
WAITING = """SELECT w.id, w.patient_id, u.first_name, u.last_name, w.doctor_id, w.earliest, w.latest, w.priority, w.note
  FROM waiting_list w JOIN user_profiles u ON u.user_id = w.patient_id
 WHERE w.clinic_id = %s AND w.status = 'waiting' AND w.latest >= %s ORDER BY w.priority, w.created_at"""
BUSY = """SELECT a.start_at, a.end_at FROM appointments a WHERE a.doctor_id = %s AND a.appointment_date = %s
   AND a.status IN ('pending', 'confirmed', 'in_progress')"""
BETWEEN = timedelta(minutes=30)  # more than any buffer of an appointment type
INSERT = """INSERT INTO {schema}.appointments(patient_id, doctor_id, clinic_id, appointment_type_id, appointment_date,
    start_time, end_time, status, fee, created_by, confirmed_at)
  VALUES (%s, %s, %s, %s, %s, %s, %s, 'confirmed', 5000, %s, now())"""

GUARDED = """INSERT INTO appointments(patient_id, doctor_id, clinic_id, appointment_type_id, appointment_date,
    start_time, end_time, status) VALUES (%s, %s, %s, %s, %s, %s, %s, 'confirmed')"""


def measure(bench: Bench, sheet: Sheet) -> None:
    desk = bench.session("receptionist")
    scheduling = Scheduling(desk.open_work, desk.actor, desk.now)
    _day_view(bench, sheet, scheduling)
    _free_slots(bench, sheet, scheduling)
    _booking(bench, sheet, scheduling)
    booking_steps.measure(bench, sheet, scheduling)


def _day_view(bench: Bench, sheet: Sheet, scheduling: Scheduling) -> None:
    day, clinic = bench.full_day(), bench.clinic
    rows = len(scheduling.day_sheet(day).appointments)

    def bare(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(CARDS, (clinic, day)).fetchall()
            bench.owner.execute(HOURS, (clinic, (day.weekday() + 1) % 7)).fetchall()
            bench.owner.execute(WAITING, (clinic, day)).fetchall()

    sheet.compare(
        "day view, all doctors", lambda _: scheduling.day_sheet(day), bare, note=f"{rows} appointments"
    )


def _free_slots(bench: Bench, sheet: Sheet, scheduling: Scheduling) -> None:
    day = bench.full_day()
    doctor = bench.one("SELECT doctor_id FROM appointments WHERE appointment_date = %s LIMIT 1", day)

    def bare(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(HOURS, (bench.clinic, (day.weekday() + 1) % 7)).fetchall()
            bench.owner.execute(BUSY, (doctor, day)).fetchall()

    sheet.compare("one doctor's day: free slots", lambda _: scheduling.free_slots(doctor, day), bare)


def free_places(bench: Bench, scheduling: Scheduling, count: int) -> list[Booking]:
    """Different free slots from tomorrow on, each for another patient."""
    patients = [
        key
        for (key,) in bench.ask(
            "SELECT patient_id FROM patient_clinics WHERE clinic_id = %s LIMIT %s", bench.clinic, count
        )
    ]
    kind, zone = scheduling.types()[0].id, scheduling.zone
    found: list[Booking] = []
    day = scheduling.clock()[0]
    while len(found) < count:
        day += timedelta(days=1)
        for doctor in scheduling.doctors():
            ends: datetime | None = None
            for slot in scheduling.free_slots(doctor.id, day, type_id=kind):
                if (ends is None or slot.start >= ends) and len(found) < count:
                    ends = slot.end + BETWEEN
                    found.append(
                        _booking_of(
                            patients[len(found) % len(patients)], doctor.id, kind, day, slot.start, zone
                        )
                    )
    return found


def _booking_of(
    patient: UUID, doctor: UUID, kind: UUID, day: date, start: datetime, zone: ZoneInfo
) -> Booking:
    return Booking(
        patient_id=patient, doctor_id=doctor, type_id=kind, day=day, start=start.astimezone(zone).time()
    )


def _booking(bench: Bench, sheet: Sheet, scheduling: Scheduling) -> None:
    """Beside an insert into a bare copy, and beside the same outcome by hand: the insert that the database
    guards, announces and records, as the same person. Checking hours and reading the result come on top.
    """
    count = needed(sheet.samples)
    places = free_places(bench, scheduling, 3 * count)
    length = timedelta(minutes=scheduling.types()[0].duration)
    by = bench.session("receptionist").actor.user_id

    def values(number: int) -> tuple[object, ...]:
        one = places[number]
        end = (datetime.combine(one.day, one.start) + length).time()
        return one.patient_id, one.doctor_id, bench.clinic, one.type_id, one.day, one.start, end

    sheet.compare(
        "book an appointment",
        lambda number: scheduling.book(places[number]),
        lambda number: bench.do((INSERT.format(schema="bare"), (*values(number), by))),
        note="floor: an insert without guards, events and audit",
    )
    with bench.staff("receptionist") as staff:

        def by_hand(number: int) -> None:
            with staff.transaction():
                staff.execute(GUARDED, values(2 * count + number))

        sheet.compare(
            "book an appointment, once more",
            lambda number: scheduling.book(places[count + number]),
            by_hand,
            note="floor: the insert with guards, events and audit",
        )
