"""Dispensing on the real database with really signed prescriptions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from uuid import uuid4

import pytest

from clinicdesk.domain.errors import InvalidField, NotAllowed, NotEnoughStock, NotSigned, PrescriptionClosed
from clinicdesk.domain.stock import SupplyLine
from clinicdesk.services.pharmacy import Pharmacy, spelled_out
from tests.signed_prescription import Line, sign_prescription, stock, tamper


def pharmacy(clinic, who="pharmacist", seat="pc-1"):
    session = clinic.sign_in(who, seat=seat)
    return Pharmacy(session.open_work, session.actor, session.now)


def lines(prescription, *quantities):
    pairs = zip(prescription.items, quantities, strict=True)
    return [SupplyLine(prescription_item_id=item.id, quantity=quantity) for item, quantity in pairs]


def test_the_queue_shows_signed_prescriptions_oldest_first_and_genuine(clinic):
    first = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    second = sign_prescription(clinic, [Line("Paracetamol", 12), Line("Azithromycin", 3)], patient=1)
    found = pharmacy(clinic).queue()
    assert [one.id for one in found] == [first, second]
    assert [one.genuine for one in found] == [True, True]
    assert found[0].patient_name == "Ẹniọlá Adébáyọ̀"
    assert [item.medication_name for item in found[1].items] == ["Paracetamol", "Azithromycin"]


def test_the_queue_says_allergies_and_weight(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, reaction) VALUES (%s, 'Penicillin', 'rash')",
            (clinic.small.patients[0],),
        )
        owner.execute(
            "INSERT INTO patient_measures(patient_id, kind, value, measured_at) VALUES (%s, 'weight', 61.5, now())",
            (clinic.small.patients[0],),
        )
    found = pharmacy(clinic).open(rx)
    assert found.patient_allergies == ("Penicillin (rash)",)
    assert found.patient_weight_kg == 61.5


def test_spec_3_11_opening_is_in_the_access_log(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    opened = pharmacy(clinic, seat="till 2").open(rx)
    with clinic.owner() as owner:
        rows = owner.execute("SELECT patient_id, action, purpose, seat FROM access_log").fetchall()
    assert rows == [(clinic.small.patients[0], "dispense", opened.number, "till-2")]


def test_spec_5_3_the_picks_take_the_batch_that_expires_first(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 42)]))
    plan = room.picks(found.id, lines(found, 42))
    assert [(pick.batch_number, pick.quantity, pick.location) for pick in plan.picks] == [
        ("AMX-OLD", 30, "Shelf A1"),
        ("AMX-NEW", 12, "Shelf A1"),
    ]
    assert plan.shortages == ()
    assert stock(clinic)["AMX-OLD"] == 30  # a preview takes nothing


def test_spec_5_3_a_shortage_says_how_much_is_there_and_what_ends_too_soon(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 300, days=60)]))
    plan = room.picks(found.id, lines(found, 300))
    short = plan.shortages[0]
    assert (short.asked, short.available, short.too_soon) == (300, 200, 30)
    assert [pick.batch_number for pick in plan.picks] == ["AMX-NEW"]
    with pytest.raises(NotEnoughStock):
        room.dispense(uuid4(), found, lines(found, 300))
    assert stock(clinic)["AMX-NEW"] == 200


def test_nothing_on_the_shelf_is_a_shortage_with_zero(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Morphine", 10)]))
    plan = room.picks(found.id, lines(found, 10))
    assert plan.picks == ()
    assert [(short.available, short.too_soon) for short in plan.shortages] == [(0, 0)]


def test_spec_4_10_a_part_is_supplied_and_the_rest_owed(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 21), Line("Paracetamol", 12)]))
    request = uuid4()
    after = room.dispense(request, found, lines(found, 10, 12))
    assert [item.supplied for item in after.items] == [10, 12]
    assert after.status == "active"
    assert after.genuine
    assert [one.id for one in room.queue()] == [found.id]
    assert sorted((pick.batch_number, pick.quantity) for pick in room.outcome(request)) == [
        ("AMX-OLD", 10),
        ("PCM-1", 12),
    ]
    done = room.dispense(uuid4(), after, lines(after, 11, 0))
    assert done.status == "completed"
    assert room.queue() == ()
    with pytest.raises(PrescriptionClosed):
        room.dispense(uuid4(), done, lines(done, 1, 0))


def test_the_same_press_twice_supplies_once(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    request = uuid4()
    assert room.outcome(request) == ()
    for _ in range(2):
        assert room.dispense(request, found, lines(found, 21)).items[0].supplied == 21
    assert stock(clinic)["AMX-OLD"] == 9


def test_two_pharmacists_press_at_the_same_moment_and_one_supplies(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    rooms = [pharmacy(clinic, seat=f"till-{number}") for number in range(2)]
    start = Barrier(2)

    def press(room):
        found = room.open(rx)
        start.wait(5)
        try:
            return room.dispense(uuid4(), found, lines(found, 21)).status
        except PrescriptionClosed:
            return "closed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(press, rooms)) == ["closed", "completed"]
    assert stock(clinic) | {"AMX-OLD": 9} == stock(clinic)
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*), sum(quantity) FROM dispenses").fetchone() == (1, 21)


def test_spec_4_9_a_changed_row_is_shown_but_never_dispensed(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    tamper(clinic, found.id, 200)
    assert [one.genuine for one in room.queue()] == [False]
    assert room.open(found.id).genuine is False
    with pytest.raises(NotSigned):
        room.dispense(uuid4(), found, lines(found, 21))
    assert stock(clinic)["AMX-OLD"] == 30


def test_a_stolen_key_makes_what_it_signed_since_then_not_genuine(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    room = pharmacy(clinic)
    revoke = "UPDATE doctor_keys SET revoked_at = now(), revoke_reason = %s, compromised_since = now() - %s::interval"
    with clinic.owner() as owner:
        owner.execute(revoke, ("superseded", "1 hour"))
        assert room.open(rx).genuine
        owner.execute(revoke, ("compromised", "-1 hour"))
        assert room.open(rx).genuine
        owner.execute(revoke, ("compromised", "1 hour"))
        assert room.open(rx).genuine is False


def test_spec_4_8_an_expired_prescription_leaves_the_queue(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    room = pharmacy(clinic)
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE prescriptions SET expiry_date = %s", (clinic.small.today,))
    assert len(room.queue()) == 1  # the day itself is still valid
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE prescriptions SET expiry_date = expiry_date - 1 WHERE id = %s", (rx,))
    assert room.queue() == ()


@pytest.mark.parametrize("quantity", [0, -1, 2**31])
def test_a_quantity_that_cannot_be_is_refused(clinic, quantity):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    with pytest.raises(InvalidField):
        room.dispense(uuid4(), found, lines(found, quantity))


def test_others_may_not_dispense(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    for who in ("doctor", "nurse", "receptionist", "admin"):
        with pytest.raises(NotAllowed):
            pharmacy(clinic, who).open(rx)


def test_labels_and_the_day_list(clinic):
    room = pharmacy(clinic)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 42), Line("Paracetamol", 12)]))
    request = uuid4()
    after = room.dispense(request, found, lines(found, 40, 12))
    pdf = room.labels(after, room.outcome(request))
    assert pdf.startswith(b"%PDF")
    day = room.today()
    assert [(one.request_id, one.quantity, one.by, one.medicines) for one in day] == [
        (request, 52, "Chidi Okeke", ("Amoxicillin 500 mg", "Paracetamol 500 mg"))
    ]
    assert day[0].at <= datetime.now(UTC)


def test_spec_5_10_the_dose_in_words():
    assert spelled_out("Take 1 tablet, at most 2.5 mL in 24 hours") == (
        "Take one tablet, at most two point five mL in twenty-four hours"
    )


def test_spec_4_9_a_queue_that_was_verified_before_sees_a_later_change(clinic):
    room = pharmacy(clinic)
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    assert [[one.genuine for one in room.queue()] for _ in range(2)] == [[True], [True]]
    tamper(clinic, rx, 200)
    assert [one.genuine for one in room.queue()] == [False]
    tamper(clinic, rx, 21)
    assert [one.genuine for one in room.queue()] == [True]
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(
            "UPDATE prescriptions SET doctor_signature = doctor_signature || 'x' WHERE id = %s", (rx,)
        )
    assert [one.genuine for one in room.queue()] == [False]
