"""Payments and receipts on a real database (spec 1.8, 5.8)."""

from datetime import time
from decimal import Decimal
from uuid import uuid4

import pytest

from clinicdesk.domain.appointments import Booking
from clinicdesk.domain.errors import InvalidField, NotAllowed, NotFound
from clinicdesk.services.payments import Payments
from clinicdesk.services.scheduling import Scheduling


def desk_of(clinic, who="receptionist"):
    session = clinic.sign_in(who)
    return (
        Scheduling(session.open_work, session.actor, session.now),
        Payments(session.open_work, session.actor, session.now),
    )


@pytest.fixture
def desk(clinic):
    return desk_of(clinic)


@pytest.fixture
def appointment(clinic, desk):
    small = clinic.small
    return desk[0].book(
        Booking(
            patient_id=small.patients[0],
            doctor_id=small.doctor,
            type_id=small.types["Consultation"],
            day=small.today,
            start=time(14),
        )
    )


def test_a_payment_is_on_the_receipt_the_card_and_the_days_figures(clinic, desk, appointment):
    scheduling, payments = desk
    assert payments.balance(appointment) == Decimal("5000.00")
    receipt = payments.take(uuid4(), appointment, amount=Decimal("5000"), method="cash")
    with clinic.owner() as owner:
        (payment,) = owner.execute("SELECT id FROM payments").fetchone()
    assert receipt == payments.receipt(payment)
    assert receipt.number.startswith(f"RC-{clinic.small.today.year}-")
    assert (receipt.patient_name, receipt.mrn) == (appointment.patient_name, appointment.mrn)
    assert receipt.lines == ((f"Consultation, {clinic.small.today:%d.%m.%Y}", Decimal("5000.00")),)
    assert (receipt.total, receipt.paid, receipt.method, receipt.currency) == (
        Decimal("5000.00"),
        Decimal("5000.00"),
        "cash",
        "NGN",
    )
    assert (receipt.clinic_name, receipt.received_by) == ("Test Clinic", "Tunde Bello")
    assert receipt.received_at.astimezone(clinic.small.zone).utcoffset() == receipt.received_at.utcoffset()
    now = scheduling.appointment(appointment.id)
    assert (now.paid, now.payment_status) == (Decimal("5000.00"), "paid")
    assert payments.balance(appointment) == 0
    with clinic.owner() as owner:
        assert owner.execute(
            "SELECT revenue FROM clinic_metrics WHERE date = %s", (clinic.small.today,)
        ).fetchone() == (Decimal("5000.00"),)


def test_the_same_press_twice_is_one_payment(clinic, desk, appointment):
    _, payments = desk
    request = uuid4()
    first = payments.take(request, appointment, amount=Decimal("5000"), method="card")
    assert payments.take(request, appointment, amount=Decimal("5000"), method="card") == first
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM payments").fetchone() == (1,)


def test_parts_add_up_and_the_second_receipt_says_what_was_paid_before(desk, appointment):
    _, payments = desk
    payments.take(uuid4(), appointment, amount=Decimal("1500.50"), method="cash")
    assert payments.balance(appointment) == Decimal("3499.50")
    receipt = payments.take(uuid4(), appointment, amount=Decimal("3499.50"), method="transfer")
    assert receipt.lines[1] == ("Paid earlier", Decimal("-1500.50"))
    assert (receipt.total, receipt.paid) == (Decimal("3499.50"), Decimal("3499.50"))


@pytest.mark.parametrize(
    ("amount", "method", "field", "rule"),
    [
        ("0", "cash", "amount", "positive"), ("-1", "cash", "amount", "positive"), ("NaN", "cash", "amount", "positive"),
        ("Infinity", "cash", "amount", "positive"), ("1.001", "cash", "amount", "decimals"), ("5000.01", "cash", "amount", "too_large"),
        ("1e30", "cash", "amount", "too_large"), ("10", "'; DROP TABLE payments; --", "method", "choose"), ("10", "", "method", "choose"),
    ],
)  # fmt: skip
def test_wrong_amounts_and_methods_are_named(desk, appointment, amount, method, field, rule):
    with pytest.raises(InvalidField) as refused:
        desk[1].take(uuid4(), appointment, amount=Decimal(amount), method=method)
    assert (refused.value.field, refused.value.rule) == (field, rule)
    assert desk[1].balance(appointment) == 5000


def test_what_was_paid_moves_with_the_appointment(clinic, desk, appointment):  # 1.8
    scheduling, payments = desk
    payments.take(uuid4(), appointment, amount=Decimal("2000"), method="cash")
    now = scheduling.appointment(appointment.id)
    moved = scheduling.move(
        now, doctor_id=clinic.small.doctor2, day=clinic.small.tomorrow, start=600, end=630
    )
    assert (moved.paid, payments.balance(moved)) == (Decimal("2000.00"), Decimal("3000.00"))
    with pytest.raises(InvalidField):
        payments.take(uuid4(), moved, amount=Decimal("3000.01"), method="cash")


def test_a_cancelled_appointment_takes_no_money(desk, appointment):
    scheduling, payments = desk
    gone = scheduling.cancel(appointment, "patient_asked")
    with pytest.raises(InvalidField):
        payments.take(uuid4(), gone, amount=Decimal("10"), method="cash")


@pytest.mark.parametrize("who", ["nurse", "pharmacist"])
def test_others_take_no_money(clinic, appointment, who):
    _, payments = desk_of(clinic, who)
    with pytest.raises(NotAllowed):
        payments.take(uuid4(), appointment, amount=Decimal("10"), method="cash")


def test_an_unknown_receipt(desk):
    with pytest.raises(NotFound):
        desk[1].receipt(uuid4())
