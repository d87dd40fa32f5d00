"""What the database refuses to people with raw drivers: the program is not in the way here."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from itertools import product
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.people import Role
from clinicdesk.domain.transitions import TABLE
from clinicdesk.repositories.accounts import login_name
from tests.small_clinic import PASSWORD, STAFF

IMAGE = "iVBORw0KGgo" + "A" * 200


@pytest.fixture
def raw(clinic):
    """``raw("doctor")``: a plain psycopg connection of that person, autocommit."""
    opened = []

    def connect(who):
        made = psycopg.connect(
            **clinic.deployment.postgres.parameters(),
            user=login_name(STAFF[who][0]),
            password=PASSWORD,
            autocommit=True,
        )
        opened.append(made)
        return made

    yield connect
    for connection in opened:
        connection.close()


def refused(code, connection, sql, *values):
    with pytest.raises(psycopg.Error) as caught:
        connection.execute(sql, values)
    assert caught.value.sqlstate == code, caught.value


def book(connection, clinic, start, *, day=None, doctor=None, patient=0, **more):
    columns = {
        "patient_id": clinic.small.patients[patient], "doctor_id": doctor or clinic.small.doctor, "clinic_id": clinic.small.clinic,
        "appointment_type_id": clinic.small.types["Consultation"], "appointment_date": day or clinic.small.tomorrow,
        "start_time": start, "end_time": f"{start[:3]}{int(start[3:]) + 29}", "status": "confirmed", **more,
    }  # fmt: skip
    names = ", ".join(columns)
    marks = ", ".join(["%s"] * len(columns))
    row = connection.execute(
        f"INSERT INTO appointments({names}) VALUES ({marks}) RETURNING id", tuple(columns.values())
    ).fetchone()
    return row[0]


def key_of(connection):
    public = sha256(uuid4().bytes).digest()
    return connection.execute("SELECT cd.add_key(%s, %s)", (public, b"wrapped")).fetchone()[0]


def prescribe(connection, clinic, *, quantity=21, medicine="Amoxicillin", allergies="none_known", sign=True):
    """Writes and seals as a client does; the seal's shape is right, its signature is not (readers check that)."""
    kid = key_of(connection)
    if allergies:
        connection.execute("SELECT cd.no_known_allergies(%s)", (clinic.small.patients[0],))
    rx = uuid4()
    content = {
        "id": str(rx), "clinic_id": str(clinic.small.clinic), "patient_id": str(clinic.small.patients[0]), "diagnosis": "Tonsillitis ‘é’ \"q\"\n\\",
        "items": [{
            "medication_id": str(clinic.small.medications[medicine]), "medication_name": medicine, "strength": "500 mg", "form": "capsule",
            "dosage": "1 capsule", "frequency": "three times a day", "duration": "7 days", "duration_days": 7, "quantity": quantity,
            "instructions": "", "directions": "Take 1 capsule three times a day for 7 days", "sig": {"dose": "1"},
        }],
    }  # fmt: skip
    with connection.transaction():
        payload = connection.execute(
            "SELECT cd.rx_write(%s, %s, %s, %s)", (Jsonb(content), datetime.now(UTC), kid, IMAGE)
        ).fetchone()[0]
        if sign:
            seal = f"ed25519.{kid}.{sha256(payload.encode()).hexdigest()}.{'A' * 86}"
            connection.execute("SELECT cd.rx_sign(%s, %s, %s)", (rx, IMAGE, seal))
    return rx, payload


def test_two_bookings_of_one_slot_and_a_swap_in_one_statement(clinic, raw):
    desk = raw("receptionist")
    first, second = book(desk, clinic, "10:00"), book(desk, clinic, "10:30", patient=1)
    with pytest.raises(psycopg.errors.ExclusionViolation) as caught:
        book(raw("receptionist2"), clinic, "10:00", patient=2)
    assert caught.value.diag.constraint_name == "appointments_doctor_free"
    # times never change in place: a move is a new row (spec 1.2)
    refused("42501", desk, "UPDATE appointments SET start_time = '11:00' WHERE id = %s", first)
    assert second != first


def test_spec_1_1_illegal_steps_are_refused_by_the_database(clinic, raw):
    desk, doctor = raw("receptionist"), raw("doctor")
    first = book(desk, clinic, "10:00", day=clinic.small.today)
    change = "UPDATE appointments SET status = %s, cancel_reason = %s WHERE id = %s"
    refused("CD006", doctor, change, "in_progress", None, first)  # T7: not arrived
    refused("42501", desk, change, "in_progress", None, first)
    refused("CD002", doctor, change, "completed", None, first)
    refused("CD005", desk, change, "cancelled", "", first)  # T5: reason
    refused("CD007", desk, change, "no_show", None, first)  # T8: grace
    desk.execute("UPDATE appointments SET checked_in_at = now() WHERE id = %s", (first,))
    doctor.execute(change, ("in_progress", None, first))
    refused("CD008", doctor, change, "completed", None, first)  # T9: no visit record
    doctor.execute(change, ("cancelled", "left_before_seen", first))
    refused("CD002", desk, change, "confirmed", None, first)  # 1.1.2
    rows = doctor.execute(
        "SELECT from_status, to_status, actor_role FROM appointment_events WHERE appointment_id = %s ORDER BY at",
        (first,),
    ).fetchall()
    assert rows == [
        (None, "confirmed", "receptionist"),
        ("confirmed", "in_progress", "doctor"),
        ("in_progress", "cancelled", "doctor"),
    ]
    refused("42501", desk, "DELETE FROM appointment_events")


def test_spec_1_1_the_tables_of_steps_in_code_and_database_agree(clinic):
    staff = {str(role) for role in Role}
    ours = {(row.source, row.target, row.rule, row.roles & staff) for row in TABLE if row.source is not None}
    with clinic.owner() as owner:
        rows = owner.execute(
            "SELECT from_status::text, to_status::text, rule, roles FROM appointment_transitions"
        ).fetchall()
    assert {(a, b, rule, frozenset(roles)) for a, b, rule, roles in rows} == ours


def test_the_past_is_refused_and_a_lapsed_hold_makes_room(clinic, raw):
    desk = raw("receptionist")
    refused_past = clinic.small.today.replace(year=clinic.small.today.year - 1)
    with pytest.raises(psycopg.Error) as caught:
        book(desk, clinic, "10:00", day=refused_past)
    assert caught.value.sqlstate == "CD003"
    held = book(desk, clinic, "10:00", status="pending")
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointments SET hold_expires_at = now() - interval '1 minute' WHERE id = %s", (held,)
        )
    book(desk, clinic, "10:00", patient=1)
    assert desk.execute(
        "SELECT status, cancel_reason FROM appointments WHERE id = %s", (held,)
    ).fetchone() == ("cancelled", "not_confirmed")


def test_spec_1_7_overbooking_needs_permission_reason_and_room(clinic, raw):
    desk = raw("receptionist")
    book(desk, clinic, "10:00")
    more = {"overbooked": True, "overbook_reason": "urgent", "patient": 1}
    with pytest.raises(psycopg.Error) as caught:
        book(desk, clinic, "10:00", **more)
    assert caught.value.sqlstate == "CD004"
    with clinic.owner() as owner:
        owner.execute("UPDATE clinic_staff SET may_overbook = true WHERE role = 'receptionist'")
        owner.execute("UPDATE doctor_profiles SET max_overbook = 1")
    book(desk, clinic, "10:00", **more)
    with pytest.raises(psycopg.Error) as caught:
        book(desk, clinic, "11:00", **{**more, "patient": 2})
    assert caught.value.sqlstate == "CD004"


def test_a_signed_prescription_is_frozen_for_everybody(clinic, raw):
    doctor = raw("doctor")
    rx, payload = prescribe(doctor, clinic)
    assert json.loads(payload)["items"][0]["quantity"] == 21
    assert doctor.execute("SELECT cd.rx_payload(%s)", (rx,)).fetchone()[0] == payload
    assert doctor.execute("SELECT cd.jcs(%s::jsonb)", (payload,)).fetchone()[0] == payload
    number, status = doctor.execute(
        "SELECT prescription_number, status FROM prescriptions WHERE id = %s", (rx,)
    ).fetchone()
    assert number.startswith(f"RX-{clinic.small.today.year}000001")
    assert status == "active"
    refused("42501", doctor, "UPDATE prescriptions SET diagnosis = 'x' WHERE id = %s", rx)
    refused("42501", doctor, "DELETE FROM prescription_items")
    with clinic.owner() as owner:
        refused("CD045", owner, "UPDATE prescriptions SET diagnosis = 'x' WHERE id = %s", rx)
        refused("CD045", owner, "UPDATE prescription_items SET quantity = 99 WHERE prescription_id = %s", rx)
        refused("CD045", owner, "DELETE FROM prescriptions WHERE id = %s", rx)


def test_an_unsigned_prescription_cannot_be_committed(clinic, raw):
    with pytest.raises(psycopg.Error) as caught:
        prescribe(raw("doctor"), clinic, sign=False)
    assert caught.value.sqlstate == "CD045"
    with clinic.owner() as owner:
        assert owner.execute(
            "SELECT (SELECT count(*) FROM prescriptions), (SELECT coalesce(sum(last), 0) FROM counters)"
        ).fetchone() == (0, 0)


def test_allergies_must_be_answered_first_and_only_doctors_prescribe(clinic, raw):
    with pytest.raises(psycopg.Error) as caught:
        prescribe(raw("doctor"), clinic, allergies=None)
    assert caught.value.sqlstate == "CD047"
    for who in ("nurse", "receptionist", "pharmacist", "admin"):
        refused("42501", raw(who), "SELECT cd.rx_write('{}', now(), '', '')")


def dispense(connection, rx, quantity, request=None):
    item = connection.execute(
        "SELECT id FROM prescription_items WHERE prescription_id = %s", (rx,)
    ).fetchone()[0]
    connection.execute(
        "SELECT cd.dispense(%s, %s, %s)",
        (request or uuid4(), rx, Jsonb([{"item": str(item), "qty": quantity}])),
    )


def stock(connection):
    return dict(
        connection.execute(
            "SELECT batch_number, current_stock FROM inventory_items WHERE batch_number LIKE 'AMX%'"
        ).fetchall()
    )


def test_spec_5_3_the_batch_that_expires_first_leaves_first(clinic, raw):
    rx, _ = prescribe(raw("doctor"), clinic, quantity=42)
    pharmacist = raw("pharmacist")
    dispense(pharmacist, rx, 42)
    assert stock(pharmacist) == {"AMX-OLD": 0, "AMX-NEW": 188}
    rows = pharmacist.execute(
        "SELECT m.quantity, m.balance, m.reference_type, m.reference_id FROM stock_movements m WHERE movement_type = 'out' ORDER BY seq"
    ).fetchall()
    assert sorted(rows) == sorted([(30, 0, "sale", rx), (12, 188, "sale", rx)])
    assert pharmacist.execute("SELECT status FROM prescriptions WHERE id = %s", (rx,)).fetchone() == (
        "completed",
    )
    refused("CD046", pharmacist, "SELECT cd.dispense(%s, %s, '[]')", uuid4(), rx)


def test_the_same_press_twice_supplies_once_and_never_beyond(clinic, raw):
    rx, _ = prescribe(raw("doctor"), clinic, quantity=21)
    pharmacist, request = raw("pharmacist"), uuid4()
    dispense(pharmacist, rx, 10, request)
    dispense(pharmacist, rx, 10, request)
    assert stock(pharmacist) == {"AMX-OLD": 20, "AMX-NEW": 200}
    with pytest.raises(psycopg.errors.CheckViolation):
        dispense(pharmacist, rx, 12)
    assert stock(pharmacist) == {"AMX-OLD": 20, "AMX-NEW": 200}


def test_a_lot_that_ends_before_the_course_is_skipped(clinic, raw):
    rx, _ = prescribe(raw("doctor"), clinic, quantity=21)
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE inventory_items SET expiry_date = current_date + 5 WHERE batch_number = 'AMX-OLD'"
        )
    pharmacist = raw("pharmacist")
    dispense(pharmacist, rx, 21)
    assert stock(pharmacist) == {"AMX-OLD": 30, "AMX-NEW": 179}


def test_all_or_nothing_when_stock_is_short(clinic, raw):
    rx, _ = prescribe(raw("doctor"), clinic, quantity=300)
    pharmacist = raw("pharmacist")
    with pytest.raises(psycopg.Error) as caught:
        dispense(pharmacist, rx, 231)
    assert caught.value.sqlstate == "CD030"
    assert stock(pharmacist) == {"AMX-OLD": 30, "AMX-NEW": 200}


def test_stock_is_the_ledger_for_raw_sql_too(clinic, raw):
    pharmacist = raw("pharmacist")
    for sql in ("UPDATE inventory_items SET current_stock = 5", "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity) SELECT id, 'in', 5 FROM inventory_items",
                "UPDATE stock_movements SET quantity = 1", "DELETE FROM stock_movements", "TRUNCATE stock_movements"):  # fmt: skip
        refused("42501", pharmacist, sql)
    with clinic.owner() as owner:
        refused("CD031", owner, "UPDATE inventory_items SET current_stock = 5")
        refused("42501", owner, "DELETE FROM stock_movements")
        assert owner.execute(
            "SELECT count(*) FROM inventory_items i WHERE current_stock <> (SELECT sum(CASE movement_type WHEN 'out' THEN -quantity ELSE quantity END) FROM stock_movements m WHERE m.inventory_item_id = i.id)"
        ).fetchone() == (0,)


def test_a_delivery_counted_twice_is_received_once(clinic, raw):
    pharmacist, request = raw("pharmacist"), uuid4()
    delivery = Jsonb(
        {
            "clinic_id": str(clinic.small.clinic),
            "item_code": "T-AMO",
            "batch_number": "AMX-3",
            "expiry_date": "2099-01-31",
            "quantity": 100,
            "unit_cost": "12.50",
        }
    )
    made = {
        pharmacist.execute("SELECT cd.receive_batch(%s, %s)", (request, delivery)).fetchone()[0]
        for _ in range(2)
    }
    assert len(made) == 1
    assert stock(pharmacist)["AMX-3"] == 100
    other = Jsonb(
        {
            "clinic_id": str(clinic.small.clinic),
            "item_code": "T-AMO",
            "batch_number": "AMX-3",
            "expiry_date": "2099-02-28",
            "quantity": 1,
        }
    )
    refused("CD035", pharmacist, "SELECT cd.receive_batch(%s, %s)", uuid4(), other)


def test_a_payment_is_taken_once_and_mirrored(clinic, raw):
    desk, request = raw("receptionist"), uuid4()
    appointment = book(desk, clinic, "10:00")
    pay = "SELECT cd.take_payment(%s, %s, %s, %s)"
    refused("CD063", desk, pay, uuid4(), appointment, 5001, "cash")
    refused("CD062", desk, pay, uuid4(), appointment, 5000, "shells")
    for _ in range(2):
        desk.execute(pay, (request, appointment, 5000, "cash"))
    assert desk.execute("SELECT payment_status, payment_method, fee FROM appointments").fetchall() == [
        ("paid", "cash", 5000)
    ]
    assert desk.execute("SELECT count(*), sum(amount), max(receipt_number) FROM payments").fetchone() == (
        1,
        5000,
        f"RC-{clinic.small.today.year}-000001",
    )
    assert desk.execute(
        "SELECT revenue FROM clinic_metrics WHERE date = %s", (clinic.small.today,)
    ).fetchone() == (5000,)
    refused("42501", raw("nurse"), pay, uuid4(), appointment, 1, "cash")


def test_visits_are_written_by_clinicians_and_never_overwritten(clinic, raw):
    doctor, nurse = raw("doctor"), raw("nurse")
    visit = {"id": str(uuid4()), "expected_version": 0, "clinic_id": str(clinic.small.clinic), "patient_id": str(clinic.small.patients[0]), "doctor_id": str(clinic.small.doctor),
             "visit_date": datetime.now(UTC).isoformat(), "visit_type": "routine", "status": "draft", "document_id": "a" * 24, "sha256": "b" * 64, "weight": "62.5"}  # fmt: skip
    save = "SELECT cd.save_visit(%s)"
    refused("42501", raw("receptionist"), save, Jsonb(visit))
    assert nurse.execute(save, (Jsonb(visit),)).fetchone() == (1,)
    refused("CD050", doctor, save, Jsonb(visit))
    assert doctor.execute(
        save, (Jsonb({**visit, "expected_version": 1, "status": "signed"}),)
    ).fetchone() == (2,)
    refused("CD052", doctor, save, Jsonb({**visit, "expected_version": 2}))
    refused("CD005", doctor, save, Jsonb({**visit, "expected_version": 2, "status": "amended"}))
    assert doctor.execute(
        save, (Jsonb({**visit, "expected_version": 2, "status": "amended", "reason": "typing error"}),)
    ).fetchone() == (3,)
    assert doctor.execute("SELECT count(*) FROM visit_versions").fetchone() == (3,)
    assert doctor.execute("SELECT value FROM patient_measures").fetchall() == [(62.5,)]
    refused("42501", raw("pharmacist"), "SELECT * FROM visits")


def test_another_clinic_is_invisible(clinic, raw):
    with clinic.owner() as owner:
        other = owner.execute(
            "INSERT INTO clinics(name, address) VALUES ('Other', '{}') RETURNING id"
        ).fetchone()[0]
        owner.execute("UPDATE clinic_staff SET clinic_id = %s WHERE role = 'receptionist'", (other,))
    desk = raw("receptionist")
    assert desk.execute("SELECT count(*) FROM appointments").fetchone() == (0,)
    assert desk.execute("SELECT count(*) FROM cd.search_patients('Nwosu')").fetchone() == (0,)
    assert desk.execute("SELECT count(*) FROM user_profiles WHERE last_name = 'Nwosu'").fetchone() == (0,)
    with pytest.raises(psycopg.Error) as caught:
        book(desk, clinic, "10:00")
    assert caught.value.sqlstate == "42501"


@pytest.mark.parametrize("who", ["doctor", "nurse", "receptionist", "pharmacist", "admin"])
def test_nobody_climbs(clinic, raw, who):
    person = raw(who)
    for sql in ("SELECT password_hash FROM users", "SET ROLE cd_owner", "SET SESSION AUTHORIZATION super", "SELECT * FROM pg_authid", "CREATE TABLE x(a int)", "CREATE TEMP TABLE x(a int)",
                f"GRANT cd_admin TO {login_name(STAFF[who][0])}", "ALTER TABLE users DISABLE TRIGGER ALL", "SELECT pg_advisory_lock(1)", "SELECT pg_notify('a', 'b')", "LOCK TABLE appointments",
                "SELECT * FROM counters", "UPDATE users SET role = 'admin'", "DELETE FROM users", "DELETE FROM access_log", "INSERT INTO audit_log(tab, op) VALUES ('x', 'I')"):  # fmt: skip
        with pytest.raises(psycopg.Error) as caught, person.transaction():
            person.execute(sql)
        assert caught.value.sqlstate in ("42501", "22023", "42704"), (sql, caught.value)


def test_the_audit_is_sealed_and_a_tampered_row_is_named(clinic, raw):
    desk = raw("receptionist")
    book(desk, clinic, "10:00")
    assert desk.execute("SELECT cd.seal()").fetchone()[0] >= 1
    assert desk.execute("SELECT * FROM cd.verify_seals()").fetchall() == []
    with clinic.owner() as owner:
        owner.execute("UPDATE audit_log SET new = '{}' WHERE tab = 'appointments'")
    assert [problem for _, problem in desk.execute("SELECT * FROM cd.verify_seals()").fetchall()] == [
        "content changed"
    ]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("adebayo", "Ẹniọlá"),
        ("Adebayoh eniola", "Ẹniọlá"),
        ("chukwemeka", "Chukwuẹmeka"),
        ("olatunji sade", "Ṣadé"),
        ("0803 000 0002", "Chukwuẹmeka"),
        ("balogan", "Ọlásúnkànmí"),
    ],
)
def test_people_are_found_by_misspelt_names_and_phones(clinic, raw, typed, first):
    rows = raw("receptionist").execute("SELECT first_name FROM cd.search_patients(%s)", (typed,)).fetchall()
    assert rows[0] == (first,)


@pytest.mark.parametrize("typed", ["", " ", "%", "'; DROP TABLE users; --", "\\", "😀" * 50, "_" * 300])
def test_a_search_for_nonsense_finds_nobody(clinic, raw, typed):
    assert raw("receptionist").execute(
        "SELECT count(*) FROM cd.search_patients(%s)", (typed,)
    ).fetchone() == (0,)


@pytest.mark.parametrize("who", ["receptionist", "doctor", "nurse", "admin"])
def test_spec_1_1_no_pair_outside_the_table_passes_the_database(clinic, raw, who):
    legal = {(str(row.source), str(row.target)) for row in TABLE}
    made, hands = book(raw("receptionist2"), clinic, "14:00", day=clinic.small.today), raw(who)
    with clinic.owner() as owner:
        for source, target in product(Status, Status):
            if source == target or (str(source), str(target)) in legal:
                continue
            owner.execute("UPDATE appointments SET status = %s WHERE id = %s", (str(source), made))
            change = "UPDATE appointments SET status = %s, cancel_reason = 'other' WHERE id = %s"
            refused("CD002", hands, change, str(target), made)
            found = owner.execute("SELECT status::text FROM appointments WHERE id = %s", (made,)).fetchone()
            assert found == (str(source),)


def test_a_restored_row_follows_only_ones_own_fresh_cancellation(clinic, raw):  # spec 1.1.2
    desk, other = raw("receptionist"), raw("receptionist2")
    made = book(desk, clinic, "10:00")
    desk.execute(
        "UPDATE appointments SET status = 'cancelled', cancel_reason = 'other' WHERE id = %s", (made,)
    )
    again = """INSERT INTO appointments(id, patient_id, doctor_id, clinic_id, appointment_date, start_time, end_time,
        status, rescheduled_from_id) SELECT gen_random_uuid(), patient_id, doctor_id, clinic_id, appointment_date,
        start_time + %s::interval, end_time + %s::interval, 'confirmed', id FROM appointments WHERE id = %s"""
    refused("42501", other, again, "0", "0", made)  # somebody else's
    refused("42501", desk, again, "1 hour", "1 hour", made)  # another time
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointments SET cancelled_at = now() - interval '61 seconds' WHERE id = %s", (made,)
        )
    refused("42501", desk, again, "0", "0", made)  # too late
    with clinic.owner() as owner:
        owner.execute("UPDATE appointments SET cancelled_at = now() WHERE id = %s", (made,))
    desk.execute(again, ("0", "0", made))
    refused("23505", desk, again, "0", "0", made)  # one successor only


def test_nobody_marks_an_act_as_the_programs_own(clinic, raw):
    for who in ("receptionist", "admin", "nurse"):
        hands = raw(who)
        refused("42501", hands, "INSERT INTO cd.system_acts VALUES (pg_current_xact_id())")
        refused("42501", hands, "SELECT * FROM cd.system_acts")
