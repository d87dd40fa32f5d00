"""What the audit and the row policies cost: the same bare SQL with and without them."""

import time
from datetime import datetime, timedelta

from clinicdesk.repositories.audit_check import check_audit
from clinicdesk.services.scheduling import Scheduling
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet, needed
from tests.bench.scheduling import INSERT, free_places

ROWS = """SELECT a.id, a.start_time, u.first_name, u.last_name FROM appointments a
  JOIN user_profiles u ON u.user_id = a.patient_id WHERE a.clinic_id = %s AND a.appointment_date = %s"""
MANY = """INSERT INTO audit_log(tab, op, row_id, old, new) SELECT 'appointments', 'U', gen_random_uuid()::text,
  jsonb_build_object('status', 'confirmed', 'at', now()), jsonb_build_object('status', 'completed', 'at', now())
  FROM generate_series(1, 50000)"""
HASHES = "SELECT count(*), sha256(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id)) FROM audit_log a"


def measure(bench: Bench, sheet: Sheet) -> None:
    _audit(bench, sheet)
    _verify(bench, sheet)
    _policies(bench, sheet)


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


def _verify(bench: Bench, sheet: Sheet) -> None:
    """All seals, beside one statement that does nothing but hash the same rows."""
    owner, rows = bench.owner, 0
    for _ in range(4):
        owner.execute(MANY)
        owner.execute("SELECT cd.seal()")
    owner.execute("ANALYZE audit_log")

    def ours(_: int) -> None:
        nonlocal rows
        checked = check_audit(owner)
        assert checked.faults == ()
        rows = checked.rows

    began = time.perf_counter()
    ours(0)
    rate = rows / (time.perf_counter() - began)
    sheet.compare(
        "audit: every seal verified",
        ours,
        lambda _: owner.execute(HASHES).fetchone(),
        samples=3,
        note=f"{rows:,} rows, {rate:,.0f} a second; floor: hashing them",
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
