"""What the audit and the row policies cost: the same bare SQL with and without them."""

import statistics
import time
from datetime import datetime, timedelta

from clinicdesk.repositories.audit_check import check_audit
from clinicdesk.services.scheduling import Scheduling
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, needed
from tests.bench.scheduling import INSERT, free_places

ROWS = """SELECT a.id, a.start_time, u.first_name, u.last_name FROM appointments a
  JOIN user_profiles u ON u.user_id = a.patient_id WHERE a.clinic_id = %s AND a.appointment_date = %s"""


def measure(bench: Bench, sheet: Sheet) -> None:
    _audit(bench, sheet)
    _policies(bench, sheet)
    _verify(bench, sheet)


def _verify(bench: Bench, sheet: Sheet) -> None:
    """The whole chain, as `clinicdesk audit verify` checks it; at least 100,000 rows a second are wanted."""
    many = 200_000
    bench.owner.execute(
        "INSERT INTO audit_log(tab, op, row_id, old, new) SELECT 'appointments', 'U', gen_random_uuid()::text, "
        "jsonb_build_object('status', 'confirmed', 'n', n), jsonb_build_object('status', 'completed', 'n', n) "
        "FROM generate_series(1, %s) n",
        (many,),
    )
    bench.owner.execute("SELECT cd.seal()")
    bench.owner.execute("ANALYZE audit_log")
    bench.owner.commit()
    rates = []
    for _ in range(5):
        began = time.perf_counter()
        checked = check_audit(bench.owner)
        rates.append(checked.rows / (time.perf_counter() - began))
        bench.owner.rollback()
    assert checked.faults == ()
    rate = statistics.median(rates)
    note = f"{checked.rows} rows; wanted 100,000 a second"
    sheet.add(Result(operation="audit verify", median=rate, p95=min(rates), note=note, unit="rows a second"))


def _audit(bench: Bench, sheet: Sheet) -> None:
    session = bench.session("receptionist")
    scheduling = Scheduling(session.open_work, session.actor, session.now)
    # later days than the ones the booking took
    places = free_places(bench, scheduling, needed(sheet.samples))
    length, by = timedelta(minutes=scheduling.types()[0].duration), session.actor.user_id

    def insert(schema: str, number: int) -> None:
        one = places[number]
        end = (datetime.combine(one.day, one.start) + length).time()
        row = (one.patient_id, one.doctor_id, bench.clinic, one.type_id, one.day, one.start, end, by)
        bench.do((INSERT.format(schema=schema), row))

    sheet.compare(
        "audit: one bare insert with the trigger",
        lambda number: insert("audited", number),
        lambda number: insert("bare", number),
        note="floor: without the trigger",
    )


def _policies(bench: Bench, sheet: Sheet) -> None:
    day, clinic = bench.full_day(), bench.clinic
    with bench.staff("receptionist") as staff:
        staff.execute("SET jit = off")
        staff.commit()

        def ours(_: int) -> None:
            with staff.transaction():
                staff.execute(ROWS, (clinic, day)).fetchall()

        def bare(_: int) -> None:
            with bench.owner.transaction():
                bench.owner.execute(ROWS, (clinic, day)).fetchall()

        sheet.compare(
            "row policies: a day's names as staff, bare", ours, bare, note="floor: as owner, without policies"
        )
