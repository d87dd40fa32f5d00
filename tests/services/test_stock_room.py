"""Expiry, waste, recalls, counts while selling goes on, transfers, the controlled register, value."""

from decimal import Decimal
from uuid import uuid4

import pytest

from clinicdesk.domain.errors import (
    CountClosed,
    InvalidField,
    NotAllowed,
    NotEnoughStock,
    NotExpired,
    ReasonMissing,
    RecountNeeded,
    WitnessMissing,
)
from tests.services.test_supplying import desk, give_duty, line, put_morphine
from tests.signed_prescription import Line, sign_prescription, stock
from tests.small_clinic import PASSWORD, STAFF

NURSE = {"email": STAFF["nurse"][0], "password": PASSWORD}


def batch(clinic, number):
    with clinic.owner() as owner:
        return owner.execute("SELECT id FROM inventory_items WHERE batch_number = %s", (number,)).fetchone()[
            0
        ]


def ledger_agrees(clinic):
    with clinic.owner() as owner:
        wrong = owner.execute(
            "SELECT i.batch_number FROM inventory_items i LEFT JOIN stock_movements m ON m.inventory_item_id = i.id GROUP BY i.id "
            "HAVING i.current_stock <> coalesce(sum(CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END), 0)"
        ).fetchall()  # fmt: skip
    return wrong == []


def test_spec_5_7_what_ends_soon_is_watched_with_its_value(clinic):
    at = desk(clinic)
    assert [(one.batch_number, one.value) for one in at.stock_care.watched()] == [("AMX-OLD", Decimal(300))]
    assert at.stock_care.watched(30) == []
    at.stock_care.set_state(batch(clinic, "PCM-1"), "quarantine", "wet box")
    assert [(one.batch_number, one.state) for one in at.stock_care.watched(30)] == [("PCM-1", "quarantine")]


def test_spec_5_1_corrections_need_a_reason_and_destruction_a_witness(clinic):
    at = desk(clinic)
    old = batch(clinic, "AMX-OLD")
    for quantity, reason, note, field in ((0, "breakage", "x", "quantity"), (-1, "breakage", "x", "quantity"), (1, "", "x", "reason"), (1, "breakage", " ", "note")):  # fmt: skip
        with pytest.raises(InvalidField) as caught:
            at.stock_care.adjust(uuid4(), old, quantity=quantity, reason=reason, note=note)
        assert caught.value.field == field
    request = uuid4()
    for _ in range(2):
        at.stock_care.adjust(request, old, quantity=3, reason="breakage", note="fell down")
    assert stock(clinic)["AMX-OLD"] == 27
    with pytest.raises(NotEnoughStock):
        at.stock_care.adjust(uuid4(), old, quantity=28, reason="theft_loss", note="gone")
    give_duty(clinic)
    act = uuid4()
    with pytest.raises(WitnessMissing):
        at.stock_care.destroy(act, old, quantity=27, note="burnt")
    at.witnessing.witness(act, **NURSE)
    with pytest.raises(NotExpired):
        at.stock_care.destroy(act, old, quantity=27, note="burnt")
    at.stock_care.set_state(old, "quarantine", "smells")
    at.stock_care.destroy(act, old, quantity=27, note="burnt")
    assert stock(clinic)["AMX-OLD"] == 0
    with clinic.owner() as owner:
        note = owner.execute("SELECT notes FROM stock_movements WHERE reference_type = 'expired'").fetchone()[
            0
        ]
        owner.execute("UPDATE inventory_items SET unit_cost = 9999 WHERE batch_number = 'PCM-1'")
    assert note == "expired (witness Hauwa Sani): burnt"
    with pytest.raises(WitnessMissing):  # two people above a value
        at.stock_care.adjust(uuid4(), batch(clinic, "PCM-1"), quantity=6, reason="breakage", note="x")
    assert ledger_agrees(clinic)


def test_spec_5_4_a_recall_blocks_at_once_and_lists_who_got_it(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 21)]))
    at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 10)])
    old = batch(clinic, "AMX-OLD")
    with pytest.raises(InvalidField):
        at.stock_care.set_state(old, "recalled", "")
    assert at.stock_care.set_state(old, "recalled", "NAFDAC 12/2026") == 1
    got = at.stock_care.recipients(old)
    assert [(one.patient_name, one.quantity, one.phone, one.prescription) for one in got] == [
        ("Ẹniọlá Adébáyọ̀", 10, "+2348030000001", found.number)
    ]
    plan = at.pharmacy.picks(found.id, [line(found.items[0], 11)])
    assert [pick.batch_number for pick in plan.picks] == ["AMX-NEW"]


def test_spec_5_5_a_blind_count_while_selling_goes_on(clinic):
    at, other = desk(clinic), desk(clinic, seat="pc-2")
    take = at.stocktaking.start(uuid4(), "Shelf A1")
    listed = at.stocktaking.to_count(take, "amox")
    assert [(one.batch_number, one.counted) for one in listed] == [("AMX-NEW", False), ("AMX-OLD", False)]
    old, new = batch(clinic, "AMX-OLD"), batch(clinic, "AMX-NEW")
    found = other.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 60)]))
    assert at.stocktaking.count(uuid4(), take, new, counted=199) == 1  # one is missing
    other.pharmacy.dispense(uuid4(), found, [line(found.items[0], 50)])  # 30 of the old, 20 of the new
    request = uuid4()
    for _ in range(2):
        assert at.stocktaking.count(request, take, old, counted=10) == 1  # ten more than the ledger's nought
    lines = {one.batch_number: one for one in at.stocktaking.lines(take)}
    assert (lines["AMX-NEW"].expected, lines["AMX-NEW"].difference, lines["AMX-NEW"].recount) == (
        200,
        -1,
        False,
    )
    assert (lines["AMX-OLD"].expected, lines["AMX-OLD"].difference, lines["AMX-OLD"].recount) == (0, 10, True)
    with pytest.raises(RecountNeeded):
        at.stocktaking.approve(take, {})
    assert at.stocktaking.count(uuid4(), take, old, counted=0) == 2
    with clinic.owner() as owner:
        owner.execute("INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'stocktake_reason_value', '5')", (clinic.small.clinic,))  # fmt: skip
    with pytest.raises(ReasonMissing):
        at.stocktaking.approve(take, {})
    assert at.stocktaking.approve(take, {new: "found under the shelf, wet"}) == 1
    assert (stock(clinic)["AMX-NEW"], stock(clinic)["AMX-OLD"]) == (179, 0)  # the sale of 20 is not lost
    for act in (
        lambda: at.stocktaking.count(uuid4(), take, old, counted=1),
        lambda: at.stocktaking.cancel(take),
    ):
        with pytest.raises(CountClosed):
            act()
    with pytest.raises(InvalidField):
        at.stocktaking.count(uuid4(), take, old, counted=-1)
    assert ledger_agrees(clinic)


def test_spec_5_6_the_register_has_a_running_balance_and_no_gaps(clinic):
    put_morphine(clinic)
    give_duty(clinic)
    at = desk(clinic)
    which = at.controlled.medicines()[0]
    assert (which.name, which.balance, which.open_check) == ("Morphine", 100, None)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Morphine", 10)]))
    supply = uuid4()
    at.witnessing.witness(supply, **NURSE)
    at.pharmacy.dispense(supply, found, [line(found.items[0], 10)], collector="Bisi Ade")
    wrong = uuid4()
    with pytest.raises(WitnessMissing):
        at.stock_care.adjust(wrong, batch(clinic, "MOR-1"), quantity=1, reason="breakage", note="broken")
    at.witnessing.witness(wrong, **NURSE)
    at.stock_care.adjust(wrong, batch(clinic, "MOR-1"), quantity=1, reason="breakage", note="broken")
    evening = uuid4()
    at.witnessing.witness(evening, **NURSE)
    for _ in range(2):
        assert at.controlled.check(evening, which, counted=88, note="evening") == -1
    lines = at.controlled.register(which)
    assert [(one.number, one.kind, one.quantity_in, one.quantity_out, one.balance, one.witness) for one in lines] == [
        (4, "check", 0, 0, 89, "Hauwa Sani"), (3, "correction", 0, 1, 89, "Hauwa Sani"),
        (2, "supplied", 0, 10, 90, "Hauwa Sani"), (1, "received", 100, 0, 100, ""),
    ]  # fmt: skip
    assert lines[2].who == "Ẹniọlá Adébáyọ̀, Bisi Ade"
    assert (lines[2].prescription, lines[2].prescriber) == (found.number, "Ada Obi")
    now = at.controlled.medicines()[0]
    assert now.open_difference == -1
    assert now.open_check is not None
    with pytest.raises(InvalidField):
        at.controlled.acknowledge(now.open_check, "short")
    at.controlled.acknowledge(now.open_check, "one tablet was found on the floor")
    assert at.controlled.medicines()[0].open_check is None
    with pytest.raises(NotAllowed):
        desk(clinic, "nurse").controlled.medicines()


def test_stock_moves_between_two_clinics_of_the_same_person_only(clinic):
    at = desk(clinic)
    new = batch(clinic, "AMX-NEW")
    with clinic.owner() as owner:
        there = owner.execute("INSERT INTO clinics(name, address, timezone, license_number) VALUES ('Hill Clinic', '{}', 'UTC', 'TC-2') RETURNING id").fetchone()[0]  # fmt: skip
    with pytest.raises(NotAllowed):
        at.stock_care.transfer(uuid4(), new, there, quantity=50)
    assert at.stock_care.other_clinics() == []
    with clinic.owner() as owner:
        owner.execute("INSERT INTO clinic_staff(clinic_id, user_id, role) SELECT %s, id, 'pharmacist' FROM users WHERE email = %s", (there, STAFF["pharmacist"][0]))  # fmt: skip
    assert at.stock_care.other_clinics() == [(there, "Hill Clinic")]
    request = uuid4()
    for _ in range(2):
        at.stock_care.transfer(request, new, there, quantity=50)
    with pytest.raises(NotEnoughStock):
        at.stock_care.transfer(uuid4(), new, there, quantity=151)
    with clinic.owner() as owner:
        rows = owner.execute("SELECT clinic_id, current_stock FROM inventory_items WHERE batch_number = 'AMX-NEW' ORDER BY current_stock").fetchall()  # fmt: skip
    assert rows == [(there, 50), (clinic.small.clinic, 150)]
    assert ledger_agrees(clinic)


def test_spec_5_8_value_both_ways_classes_and_dead_stock(clinic):
    at = desk(clinic)
    found = at.pharmacy.open(sign_prescription(clinic, [Line("Amoxicillin", 60)]))
    at.pharmacy.dispense(uuid4(), found, [line(found.items[0], 60)])
    worth = {one.item_code: one for one in at.stock_care.worth()}
    amox = worth["T-AMO"]
    assert (amox.quantity, amox.by_batch, amox.by_average, amox.issued_year) == (170, Decimal("1700.00"), Decimal("1700.00"), 60)  # fmt: skip
    assert (amox.abc, amox.ved, amox.last_issue) == ("A", "E", clinic.small.today)
    assert worth["T-PAR"].is_dead(clinic.small.today)
    assert not amox.is_dead(clinic.small.today)
