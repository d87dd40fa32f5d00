"""The payments ledger as arithmetic (spec 1.8): rows are only added, everything else is a sum of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.transitions import CANCEL_REASONS

ZERO = Decimal(0)
METHODS = ("cash", "card", "pos", "transfer", "insurance")
EARLY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: a payment above zero, or a refund or void below it that names its payment."""

    id: UUID
    kind: str
    amount: Decimal
    method: str
    refund_of: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One way of paying a share of the amount."""

    amount: Decimal
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the refund rule looks at. ``start`` and ``cancelled_at`` are aware."""

    fee: Decimal
    status: Status
    start: datetime
    cancel_reason: str = ""
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A row as the cashier sees it; ``left`` is what of a payment was not given back yet."""

    id: UUID
    number: str
    kind: str
    amount: Decimal
    method: str
    currency: str
    patient_name: str
    mrn: str
    what: str
    received_at: datetime
    received_by: str
    reason: str
    left: Decimal
    due: Decimal
    """What the rule gives back for the visit now."""
    shift_open: bool
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A cashier's time at the till; ``expected`` by method, the float counted as cash."""

    id: UUID
    user_id: UUID
    cashier: str
    opened_at: datetime
    opening_float: Decimal
    expected: Mapping[str, Decimal]
    closed_at: datetime | None = None
    counted: Mapping[str, Decimal] | None = None
    variance: Decimal = ZERO
    variance_reason: str = ""
    left_in_drawer: Decimal = ZERO
    handed_to: UUID | None = None
    handed_name: str = ""
    accepted_at: datetime | None = None


def net(entries: Iterable[Entry]) -> Decimal:
    """What was received and not given back."""
    return sum((entry.amount for entry in entries), ZERO)


def left(payment: Entry, entries: Iterable[Entry]) -> Decimal:
    """What of one payment can still be given back."""
    return payment.amount + net(entry for entry in entries if entry.refund_of == payment.id)


def payment_status(entries: Sequence[Entry], fee: Decimal, *, cancelled: bool) -> str:
    """The seed's column (spec 0.2): a voided payment was never received."""
    voided = {entry.refund_of for entry in entries if entry.kind == "void"}
    ever = any(entry.kind == "payment" and entry.id not in voided for entry in entries)
    if ever and net(entries) == 0:
        return "refunded"
    if ever and net(entries) >= fee:
        return "paid"
    return "failed" if cancelled and not ever else "pending"


def refund_due(entries: Iterable[Entry], promise: Promise) -> Decimal:
    """What the rule gives back without anybody's permission (spec 1.8)."""
    received = net(entries)
    if promise.status in (Status.RESCHEDULED, Status.NO_SHOW):
        return ZERO
    if promise.status is not Status.CANCELLED:
        return max(ZERO, received - promise.fee)
    cause = CANCEL_REASONS.get(promise.cancel_reason, "patient")
    early = promise.cancelled_at is not None and promise.cancelled_at <= promise.start - EARLY
    return received if cause != "patient" or early else ZERO


def expected(opening_float: Decimal, entries: Iterable[Entry]) -> dict[str, Decimal]:
    """What must be in the drawer and on the slips, by method."""
    sums = dict.fromkeys(METHODS, ZERO)
    sums["cash"] = opening_float
    for entry in entries:
        sums[entry.method] += entry.amount
    return sums


def variance(counted: Mapping[str, Decimal], awaited: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Counted less expected, by method; what was not counted counts as nothing."""
    return {method: counted.get(method, ZERO) - amount for method, amount in awaited.items()}


def amount_of(text: str) -> Decimal:
    """'1,500.50' or '₦1500.50' as typed; nothing counts as nothing. Raises InvalidOperation."""
    plain = text.replace(",", "").replace(" ", "").lstrip("₦")
    return Decimal(plain) if plain else ZERO


def parts_of(amount: str, method: str) -> tuple[Part, ...]:
    """'2000+3000' with 'card+cash' are two parts; an empty second one is none. Raises InvalidOperation."""
    pairs = list(zip(amount.split("+"), method.split("+"), strict=True))
    kept = [pair for pair in pairs if pair[0].strip()]
    if not kept:
        raise InvalidOperation
    return tuple(Part(amount=amount_of(text), method=how) for text, how in kept)
