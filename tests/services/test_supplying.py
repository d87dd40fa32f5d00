"""Dispensing to its end: checks again, chosen batches, witnesses, taking back, money, slips, printers."""

from decimal import Decimal
from uuid import uuid4

import pytest

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import (
    AnotherDay,
    DifferenceOpen,
    InvalidField,
    NotForSale,
    NoWitness,
    PrescriptionClosed,
    ReasonMissing,
    WitnessMissing,
    WrongPassword,
)
from clinicdesk.domain.stock import SupplyLine
from tests.printing.papers import text_of
from tests.signed_prescription import Line, sign_prescription, stock
from tests.small_clinic import PASSWORD, STAFF


def desk(clinic, who="pharmacist", seat="pc-1"):
    return desk_of(clinic.sign_in(who, seat=seat))


def line(item, quantity, batch=None, reason=""):
    return SupplyLine(prescription_item_id=item.id, quantity=quantity, batch_id=batch, reason=reason)


def give_duty(clinic, who="nurse"):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT %s, id, 'witness' FROM users WHERE email = %s",
            (clinic.small.clinic, STAFF[who][0]),
        )


def put_morphine(clinic, quantity=100):
    with clinic.owner() as owner:
        batch = owner.execute(
            "INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, unit_of_measure, unit_cost, "
            "selling_price, expiry_date, batch_number, strength, form) VALUES (%s, %s, 'Morphine 10 mg tablet', 'T-MOR', "
            "'tablet', 50, 90, current_date + 300, 'MOR-1', '10 mg', 'tablet') RETURNING id",
            (clinic.small.clinic, clinic.small.medications["Morphine"]),
        ).fetchone()[0]
        owner.execute(
            "INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type) VALUES (%s, 'in', %s, 'purchase')",
            (batch, quantity),
        )
    return batch


def test_spec_4_10_checks_run_again_with_todays_data_and_a_contraindication_wants_an_own_reason(clinic):
    rx = sign_prescription(
        clinic, [Line("Amoxicillin", 21, reason="benefit_outweighs", text="seen by the specialist")]
    )
    at = desk(clinic)
    found = at.pharmacy.open(rx)
    calm = at.pharmacy.review(found)
    assert calm.against.startswith("data set")
    assert not calm.must_accept
    assert found.items[0].override_reason == "benefit_outweighs: seen by the specialist"
    with clinic.owner() as owner:  # learned after signing
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, allergy_class, severity, certainty, coded) "
            "VALUES (%s, 'Amoxicillin', 'penicillins', 'severe', 'confirmed', true)",
            (clinic.small.patients[0],),
        )
    again = at.pharmacy.review(found)
    assert again.must_accept
    assert {finding.tier for finding in again.of_line(1)} >= {"contraindicated"}
    with pytest.raises(ReasonMissing):
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 21)])
    with pytest.raises(ReasonMissing):
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 21)], accepted="ok")
    assert stock(clinic)["AMX-OLD"] == 30
    why = "Allergy disproved by the allergist"
    assert (
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 21)], accepted=why).status == "completed"
    )
    with clinic.owner() as owner:
        assert owner.execute("SELECT note FROM dispenses").fetchone() == (why,)


def test_missing_data_are_said_as_not_checked_and_block_nothing(clinic):
    from clinicdesk.services.pharmacy import Pharmacy

    session = clinic.sign_in("pharmacist")
    room = Pharmacy(session.open_work, session.actor, session.now)
    found = room.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    seen = room.review(found)
    assert [(finding.checked, seen.against) for finding in seen.findings] == [(False, "")]
    assert room.dispense(uuid4(), found, [line(found.items[0], 21)]).status == "completed"


def test_spec_5_3_a_hand_picked_batch_goes_first_and_is_topped_up(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 210)]))
    lots = {lot.batch_number: lot for lot in at.pharmacy.picks(found.id, [line(found.items[0], 5)]).lots}
    assert [lots[name].why for name in ("AMX-OLD", "AMX-NEW")] == ["", ""]
    chosen = lots["AMX-NEW"].inventory_item_id
    plan = at.pharmacy.picks(found.id, [line(found.items[0], 210, chosen, "box open")])
    assert [(pick.batch_number, pick.quantity) for pick in plan.picks] == [("AMX-OLD", 10), ("AMX-NEW", 200)]
    with pytest.raises(InvalidField) as caught:
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 210, chosen)])
    assert (caught.value.field, caught.value.rule) == ("batch_reason", "reason")
    request = uuid4()
    at.pharmacy.dispense(request, found, [line(found.items[0], 210, chosen, "box open")])
    assert sorted((pick.batch_number, pick.quantity) for pick in at.pharmacy.outcome(request)) == [
        ("AMX-NEW", 200), ("AMX-OLD", 10),
    ]  # fmt: skip
    with clinic.owner() as owner:
        rows = owner.execute("SELECT quantity, reason FROM dispenses ORDER BY quantity").fetchall()
    assert rows == [(10, ""), (200, "box open")]


def test_spec_5_3_lots_that_end_before_the_last_dose_are_passed_over_and_said_why(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 100, days=60)]))
    plan = at.pharmacy.picks(found.id, [line(found.items[0], 100)])
    assert [(lot.batch_number, lot.why) for lot in plan.lots] == [
        ("AMX-OLD", "ends_too_soon"),
        ("AMX-NEW", ""),
    ]
    soon = plan.lots[0].inventory_item_id
    with pytest.raises(NotForSale):
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 100, soon, "nearest")])
    assert stock(clinic)["AMX-NEW"] == 200  # all or nothing
    with clinic.owner() as owner:
        owner.execute("UPDATE inventory_items SET state = 'recalled' WHERE batch_number = 'AMX-NEW'")
        owner.execute(
            "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'expiry_covers_treatment', 'false')",
            (clinic.small.clinic,),
        )
    plan = at.pharmacy.picks(found.id, [line(found.items[0], 30)])
    assert [(lot.batch_number, lot.why) for lot in plan.lots] == [("AMX-OLD", ""), ("AMX-NEW", "recalled")]
    assert [pick.batch_number for pick in plan.picks] == ["AMX-OLD"]


def test_spec_5_10_a_second_fill_of_the_same_medicine_is_warned_about(clinic):
    at = desk(clinic)
    first = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21, days=10)]))
    at.pharmacy.dispense(uuid4(), first, [line(first.items[0], 21)])
    second = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21), Line("Paracetamol", 12)]))
    fills = at.pharmacy.review(second).fills
    assert [(fill.medicine, fill.quantity, fill.number) for fill in fills] == [
        ("Amoxicillin 500 mg", 21, first.number)
    ]
    assert (fills[0].lasts_until - fills[0].on).days == 10
    assert fills[0].prescription_item_id == second.items[0].id


def test_spec_4_10_a_reversal_goes_back_to_the_shelf_and_a_return_to_quarantine(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 21)])
    supply = at.counter.supplies(found.id)[0]
    for wrong, field in ((0, "positive"), (22, "more_than_supplied")):
        with pytest.raises(InvalidField) as caught:
            at.counter.take_back(uuid4(), supply, kind="reversal", quantity=wrong, note="x")
        assert caught.value.rule == field
    with pytest.raises(InvalidField):
        at.counter.take_back(uuid4(), supply, kind="reversal", quantity=1, note="  ")
    request = uuid4()
    for _ in range(2):
        at.counter.take_back(request, supply, kind="reversal", quantity=11, note="not collected")
    after = at.pharmacy.open(found.id)
    assert (after.status, after.items[0].supplied, after.genuine) == ("active", 10, True)
    assert stock(clinic)["AMX-OLD"] == 20
    at.counter.take_back(
        uuid4(), at.counter.supplies(found.id)[0], kind="return", quantity=4, note="felt sick"
    )
    after = at.pharmacy.open(found.id)
    assert after.items[0].supplied == 10  # a return never raises what is owed
    assert stock(clinic)["AMX-OLD"] == 20
    assert stock(clinic)["AMX-OLD (returned)"] == 4
    with pytest.raises(InvalidField) as caught:
        at.counter.take_back(uuid4(), at.counter.supplies(found.id)[0], kind="return", quantity=7, note="x")
    assert caught.value.rule == "more_than_supplied"
    assert at.pharmacy.dispense(uuid4(), after, [line(after.items[0], 11)]).status == "completed"
    with clinic.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE dispenses SET dispensed_at = dispensed_at - interval '2 days'")
    with pytest.raises(AnotherDay):
        at.counter.take_back(
            uuid4(), at.counter.supplies(found.id)[0], kind="reversal", quantity=1, note="late"
        )


def test_spec_5_6_controlled_medicines_need_a_second_person_with_the_own_password(clinic):
    put_morphine(clinic)
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Morphine", 10)]))
    request, email = uuid4(), STAFF["nurse"][0]
    with pytest.raises(WitnessMissing):
        at.pharmacy.dispense(request, found, [line(found.items[0], 10)])
    with pytest.raises(NoWitness):
        at.witnessing.witness(request, email=email, password=PASSWORD)
    give_duty(clinic)
    with pytest.raises(WrongPassword):
        at.witnessing.witness(request, email=email, password="not this one")
    with pytest.raises(InvalidField) as caught:
        at.witnessing.witness(request, email=STAFF["pharmacist"][0].upper(), password=PASSWORD)
    assert caught.value.rule == "other_person"
    at.witnessing.witness(request, email=email, password=PASSWORD)
    with pytest.raises(WitnessMissing):  # for this act only
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 10)])
    done = at.pharmacy.dispense(request, found, [line(found.items[0], 10)], collector="Bisi Ade, NIN 123")
    assert done.status == "completed"
    with clinic.owner() as owner:
        row = owner.execute(
            "SELECT u.email, d.collector FROM dispenses d JOIN users u ON u.id = d.witness_id"
        ).fetchone()
    assert row == (email, "Bisi Ade, NIN 123")
    paper = text_of(at.pharmacy.labels(found, at.pharmacy.outcome(request)))
    assert "TAKE ONE TABLET" in " ".join(paper.split())


def test_money_goes_into_the_same_ledger_and_never_beyond_what_was_handed_out(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21), Line("Paracetamol", 10)]))
    after = at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 20), line(found.items[1], 10)])
    account = at.counter.account(found.id)
    assert (account.due, account.owed) == (Decimal(850), Decimal(850))
    for amount, rule in ((Decimal(851), "balance"), (Decimal("0.001"), "decimals"), (Decimal(0), "positive")):
        with pytest.raises(InvalidField) as caught:
            at.counter.pay(uuid4(), after, amount=amount, method="cash")
        assert caught.value.rule == rule
    request = uuid4()
    receipts = [at.counter.pay(request, after, amount=Decimal(500), method="cash") for _ in range(2)]
    assert receipts[0].number == receipts[1].number
    rest = at.counter.pay(uuid4(), after, amount=Decimal(350), method="pos")
    assert (rest.total, rest.paid, rest.lines[-1]) == (
        Decimal(350),
        Decimal(350),
        ("Paid earlier", Decimal(-500)),
    )
    assert "Amoxicillin 500 mg, 20 x 40.00" in text_of(at.counter.receipt_pdf(receipts[0]))
    assert at.counter.account(found.id).owed == 0
    with clinic.owner() as owner:
        assert owner.execute("SELECT sum(amount), count(*) FROM payments WHERE prescription_id = %s", (found.id,)).fetchone() == (850, 2)  # fmt: skip
        assert owner.execute("SELECT revenue FROM clinic_metrics").fetchone() == (850,)


def test_what_is_owed_is_a_slip_and_nothing_owed_is_none(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    part = at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 6)])
    slip = " ".join(text_of(at.counter.owed_slip(part)).split())
    assert "Amoxicillin 500 mg 15 capsules" in slip
    assert found.number in slip
    whole = at.pharmacy.dispense(uuid4(), part, [line(found.items[0], 15)])
    with pytest.raises(InvalidField):
        at.counter.owed_slip(whole)


def test_labels_for_several_printers_and_no_name_is_a_printer_command(clinic):
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE user_profiles SET last_name = 'A^XZ~B' WHERE user_id = %s", (clinic.small.patients[0],)
        )
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21), Line("Paracetamol", 12)]))
    request = uuid4()
    at.pharmacy.dispense(request, found, [line(found.items[0], 21), line(found.items[1], 12)])
    picks = at.pharmacy.outcome(request)
    zpl = at.pharmacy.labels_zpl(found, picks, size="62x29").decode()
    assert zpl.count("^XA") == zpl.count("^XZ") >= 2
    assert "A_5EXZ_7EB" in zpl
    assert "^PW496" in zpl
    assert "Finish the whole course" in " ".join(
        text_of(at.pharmacy.labels(found, picks, size="100x50")).split()
    )


def test_an_open_difference_of_a_controlled_medicine_stops_its_supply(clinic):
    put_morphine(clinic)
    give_duty(clinic)
    at = desk(clinic)
    request, nurse = uuid4(), {"email": STAFF["nurse"][0], "password": PASSWORD}
    at.witnessing.witness(request, **nurse)
    with at.pharmacy._open_work() as work:
        gap = work.value(
            "SELECT cd.check_controlled(:r, :c, :m, '10 mg', 'tablet', 98, 'evening')",
            r=request, c=clinic.small.clinic, m=clinic.small.medications["Morphine"],
        )  # fmt: skip
    assert gap == -2
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Morphine", 10)]))
    again = uuid4()
    at.witnessing.witness(again, **nurse)
    with pytest.raises(DifferenceOpen):
        at.pharmacy.dispense(again, found, [line(found.items[0], 10)])
    with at.pharmacy._open_work() as work:
        work.run("SELECT cd.acknowledge_check(id, 'two tablets broken, see log') FROM controlled_checks")
    assert at.pharmacy.dispense(again, found, [line(found.items[0], 10)]).status == "completed"


def test_presence_of_who_is_picking_shows_at_the_other_seat_and_needs_no_cache(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    at = desk(clinic)
    assert at.pharmacy.stand_at(rx) == ""
    from clinicdesk.repositories.picking import PickBoard

    session = clinic.sessions[-1]
    other = PickBoard(session.cache_uri, prefix=session.cache_prefix, name="Zainab")
    assert other.take(rx) == "Chidi Okeke"
    assert other.at([rx, uuid4()]) == {rx: "Chidi Okeke"}
    at.pharmacy.step_back(rx)
    assert other.take(rx) == ""
    assert at.pharmacy.pickers([rx]) == {rx: "Zainab"}
    other.close()
    gone = PickBoard("redis://127.0.0.1:1/0", prefix="x", name="a")
    assert (gone.take(rx), gone.at([rx])) == ("", {})


def test_a_cancelled_prescription_closes_the_supply(clinic):
    rx = sign_prescription(clinic, [Line("Amoxicillin", 21)])
    at = desk(clinic)
    found = at.pharmacy.open(rx)
    with clinic.sign_in("doctor").open_work() as work:
        work.run("SELECT cd.rx_cancel(:id, 'wrong dose')", id=rx)
    with pytest.raises(PrescriptionClosed):
        at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 21)])
