"""The payments ledger as arithmetic: whatever is done in whatever order, everything balances to the kobo (spec 1.8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import uuid4

import pytest

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.ledger import (
    METHODS,
    Entry,
    Promise,
    expected,
    left,
    net,
    payment_status,
    refund_due,
    variance,
)

START = datetime(2026, 11, 25, 10, tzinfo=UTC)
KOBO = Decimal("0.01")
SEQUENCES = 10_000


def promise(
    status: Status = Status.CONFIRMED, fee: str = "5000", reason: str = "", hours: int = 48
) -> Promise:
    at = START - timedelta(hours=hours) if status is Status.CANCELLED else None
    return Promise(fee=Decimal(fee), status=status, start=START, cancel_reason=reason, cancelled_at=at)


def paid(amount: str = "5000", method: str = "cash") -> Entry:
    return Entry(id=uuid4(), kind="payment", amount=Decimal(amount), method=method)


def back(payment: Entry, amount: str, kind: str = "refund") -> Entry:
    return Entry(id=uuid4(), kind=kind, amount=-Decimal(amount), method=payment.method, refund_of=payment.id)


@pytest.mark.parametrize(
    ("status", "reason", "hours", "due"),
    [
        (Status.CANCELLED, "doctor_away", 0, "5000"),
        (Status.CANCELLED, "patient_asked", 24, "5000"),
        (Status.CANCELLED, "patient_asked", 23, "0"),
        (Status.CANCELLED, "hold_lapsed", 0, "5000"),
        (Status.NO_SHOW, "", 0, "0"),
        (Status.RESCHEDULED, "", 0, "0"),
        (Status.CONFIRMED, "", 0, "0"),
    ],
)
def test_spec_1_8_what_the_rule_gives_back(status, reason, hours, due):
    assert refund_due([paid()], promise(status, reason=reason, hours=hours)) == Decimal(due)


def test_spec_1_8_a_lower_price_leaves_the_difference():
    assert refund_due([paid("5000")], promise(fee="3000")) == Decimal(2000)


def test_spec_0_2_the_mirrored_status():
    whole, half = paid("5000"), paid("2500", "card")
    fee = Decimal(5000)
    assert payment_status([], fee, cancelled=False) == "pending"
    assert payment_status([], fee, cancelled=True) == "failed"
    assert payment_status([half], fee, cancelled=False) == "pending"
    assert payment_status([whole], fee, cancelled=True) == "paid"
    assert payment_status([whole, back(whole, "5000")], fee, cancelled=True) == "refunded"
    assert payment_status([whole, back(whole, "5000", "void")], fee, cancelled=False) == "pending"
    assert payment_status([whole, back(whole, "5000", "void")], fee, cancelled=True) == "failed"


def act(random: Random, entries: list[Entry], fee: Decimal) -> None:
    """One thing that a cashier may do: pay a part, split, refund a part, void."""
    owed = fee - net(entries)
    open_ones = [e for e in entries if e.kind == "payment" and left(e, entries) > 0]
    whole = [e for e in open_ones if left(e, entries) == e.amount]
    match random.choice(("pay", "split", "refund", "void")):
        case "pay" | "split" as how if owed > 0:
            for _ in range(2 if how == "split" else 1):
                owed = fee - net(entries)
                if owed > 0:
                    entries.append(
                        paid(str(random.randint(1, int(owed / KOBO)) * KOBO), random.choice(METHODS))
                    )
        case "refund" if open_ones:
            one = random.choice(open_ones)
            entries.append(back(one, str(random.randint(1, int(left(one, entries) / KOBO)) * KOBO)))
        case "void" if whole:
            one = random.choice(whole)
            entries.append(back(one, str(one.amount), "void"))


def test_ten_thousand_random_sequences_balance_to_the_kobo():
    """Drawer, ledger, receipts and the visit's column agree after every sequence of pay, split, refund and void."""
    random = Random(18)
    for _ in range(SEQUENCES):
        fee, opening = (
            Decimal(random.randint(0, 2_000_000)) * KOBO,
            Decimal(random.randint(0, 100_000)) * KOBO,
        )
        entries: list[Entry] = []
        drawer = {**dict.fromkeys(METHODS, Decimal(0)), "cash": opening}
        for _ in range(random.randint(1, 6)):
            before = len(entries)
            act(random, entries, fee)
            for entry in entries[before:]:
                drawer[entry.method] += entry.amount
        received = sum((e.amount for e in entries if e.kind == "payment"), Decimal(0))
        returned = sum((-e.amount for e in entries if e.kind != "payment"), Decimal(0))
        assert 0 <= net(entries) == received - returned <= fee
        assert all(0 <= left(e, entries) <= e.amount for e in entries if e.kind == "payment")
        assert expected(opening, entries) == drawer
        assert not any(variance(drawer, expected(opening, entries)).values())
        assert sum(left(e, entries) for e in entries if e.kind == "payment") == net(entries)
        status = payment_status(entries, fee, cancelled=False)
        assert (status == "paid") == (net(entries) >= fee and net(entries) > 0)
        assert net(entries) == net(entries).quantize(KOBO)
