"""Taking money for an appointment, giving it back, and the receipts (spec 1.8, 5.8)."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.appointments import Appointment, Receipt
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.ledger import METHODS, LedgerLine, Part
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.payments import Ledger
from clinicdesk.repositories.work import WorkFactory

CENT, MOST = Decimal("0.01"), Decimal("99999999.99")  # appointments.fee is DECIMAL(10,2)


class Payments:
    """Money is exact: Decimal with two places in the clinic's currency."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self.zone = ZoneInfo(actor.clinic.timezone)

    def balance(self, appointment: Appointment) -> Decimal:
        """What is still owed, read anew; never below zero. Raises NotFound."""
        self._actor.require("payments.read")
        with self._open_work() as work:
            return _owed(Appointments(work, money=True).get(appointment.id))

    def take(self, request_id: UUID, appointment: Appointment, *, amount: Decimal, method: str) -> Receipt:
        """The receipt; the same ``request_id`` again answers the first one.

        Raises InvalidField (amount: positive, decimals, too_large; method), NotFound.
        """
        return self.split(request_id, appointment, parts=(Part(amount=amount, method=method),))

    def split(self, request_id: UUID, appointment: Appointment, *, parts: Sequence[Part]) -> Receipt:
        """One payment in several ways, on one receipt. Raises what ``take`` raises."""
        self._actor.require("payments.take")
        for part in parts:
            if part.method not in METHODS:
                raise InvalidField("method", "choose")
            checked(part.amount, "amount")
        with self._open_work() as work:
            ledger = Ledger(work)
            again = ledger.known(request_id)
            if not again:
                owed = _owed(Appointments(work, money=True).get(appointment.id))
                if sum(part.amount for part in parts) > owed:
                    raise InvalidField("amount", "too_large", {"max": f"{owed:.2f}"})
            # the definer function brings the day's figures up to date itself
            payment = ledger.take(request_id, appointment.id, parts=parts)
            return self._receipt(ledger.receipt(payment), 0 if again else ledger.printed(payment))

    def refund(self, request_id: UUID, payment_id: UUID, *, amount: Decimal, reason: str) -> Receipt:
        """By the rule, or beyond it by an administrator (spec 1.8). Raises InvalidField, NeedsLead."""
        self._actor.require("payments.take")
        checked(amount, "amount")
        why = _reason(reason)
        with self._open_work() as work:
            ledger = Ledger(work)
            made = ledger.refund(request_id, payment_id, amount=amount, reason=why)
            return self._receipt(ledger.receipt(made), ledger.printed(made))

    def void(self, request_id: UUID, payment_id: UUID, *, reason: str) -> Receipt:
        """Take back a slip of this shift whole. Raises InvalidField, NeedsLead, ShiftCounted."""
        self._actor.require("payments.take")
        why = _reason(reason)
        with self._open_work() as work:
            ledger = Ledger(work)
            made = ledger.void(request_id, payment_id, reason=why)
            return self._receipt(ledger.receipt(made), ledger.printed(made))

    def receipt(self, payment_id: UUID) -> Receipt:
        """The receipt again, to look at. Raises NotFound."""
        self._actor.require("payments.read")
        with self._open_work() as work:
            return self._receipt(Ledger(work).receipt(payment_id), 0)

    def reprint(self, payment_id: UUID) -> Receipt:
        """The receipt for paper once more, marked as a copy. Raises NotFound."""
        self._actor.require("payments.take")
        with self._open_work() as work:
            ledger = Ledger(work)
            row = ledger.receipt(payment_id)
            return self._receipt(row, ledger.printed(payment_id))

    def lines(self, day: date) -> list[LedgerLine]:
        """The clinic's ledger of a local day, newest first."""
        self._actor.require("payments.take")
        start = datetime.combine(day, time(), self.zone)
        end = datetime.combine(day + timedelta(days=1), time(), self.zone)
        with self._open_work() as work:
            return Ledger(work).lines(self._actor.clinic.id, start, end)

    def today(self) -> date:
        """The clinic's date."""
        return self._now().astimezone(self.zone).date()

    def _receipt(self, row: Mapping[str, Any], copy: int) -> Receipt:
        clinic = self._actor.clinic
        fee, earlier = row["fee"] or Decimal(0), row["earlier"]
        parts = tuple((method, Decimal(amount)) for method, amount in row["parts"])
        paid = sum((amount for _, amount in parts), Decimal(0))
        lines = [(f"{row['type_name'] or 'Consultation'}, {row['day']:%d.%m.%Y}", fee)]
        if earlier:
            lines.append(("Paid earlier", -earlier))
        made = Receipt(
            number=row["number"],
            clinic_name=clinic.name,
            clinic_address=clinic.address,
            clinic_phone=clinic.phone,
            patient_name=row["patient_name"],
            mrn=row["mrn"],
            lines=tuple(lines),
            total=fee - earlier,
            paid=paid,
            method=row["method"],
            currency=row["currency"],
            received_at=row["received_at"].astimezone(self.zone),
            received_by=row["received_by"],
            parts=parts if len(parts) > 1 else (),
            copy=copy,
        )
        if row["kind"] == "payment":
            return made
        return dataclasses.replace(
            made, kind=row["kind"], reason=row["reason"], lines=(lines[0],), total=paid
        )


def checked(amount: Decimal, field: str) -> Decimal:
    """An amount above zero with at most two decimals. Raises InvalidField."""
    if not amount.is_finite() or amount <= 0:
        raise InvalidField(field, "positive")
    if amount > MOST:
        raise InvalidField(field, "too_large", {"max": f"{MOST}"})
    if amount != amount.quantize(CENT):
        raise InvalidField(field, "decimals", {"max": "2"})
    return amount


def _reason(text: str) -> str:
    reason = typed.line(text, "reason", limit=300)
    if not reason:
        raise InvalidField("reason", "reason")
    return reason


def _owed(appointment: Appointment) -> Decimal:
    return max(Decimal(0), (appointment.fee or Decimal(0)) - appointment.paid)
