"""Taking money for an appointment, and its receipt (spec 1.8, 5.8)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, Receipt
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.appointments import Appointments
from clinicdesk.repositories.payments import Ledger
from clinicdesk.repositories.work import WorkFactory

METHODS = ("cash", "card", "transfer", "pos", "insurance")
CENT, MOST = Decimal("0.01"), Decimal("99999999.99")  # appointments.fee is DECIMAL(10,2)


class Payments:
    """Money is exact: Decimal with two places in the clinic's currency."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def balance(self, appointment: Appointment) -> Decimal:
        """What is still owed, read anew; never below zero. Raises NotFound."""
        self._actor.require("payments.read")
        with self._open_work() as work:
            return _owed(Appointments(work, money=True).get(appointment.id))

    def take(self, request_id: UUID, appointment: Appointment, *, amount: Decimal, method: str) -> Receipt:
        """The receipt; the same ``request_id`` again answers the first one.

        Raises InvalidField (amount: positive, decimals, too_large; method), NotFound.
        """
        self._actor.require("payments.take")
        if method not in METHODS:
            raise InvalidField("method", "choose")
        if not amount.is_finite() or amount <= 0:
            raise InvalidField("amount", "positive")
        if amount > MOST:
            raise InvalidField("amount", "too_large", {"max": f"{MOST}"})
        if amount != amount.quantize(CENT):
            raise InvalidField("amount", "decimals", {"max": "2"})
        with self._open_work() as work:
            ledger = Ledger(work)
            if not ledger.known(request_id):
                owed = _owed(Appointments(work, money=True).get(appointment.id))
                if amount > owed:
                    raise InvalidField("amount", "too_large", {"max": f"{owed:.2f}"})
            # the definer function brings the day's figures up to date itself
            payment = ledger.take(request_id, appointment.id, amount=amount, method=method)
            return self._receipt(ledger.receipt(payment))

    def receipt(self, payment_id: UUID) -> Receipt:
        """The receipt again. Raises NotFound."""
        self._actor.require("payments.read")
        with self._open_work() as work:
            return self._receipt(Ledger(work).receipt(payment_id))

    def _receipt(self, row: Mapping[str, Any]) -> Receipt:
        clinic = self._actor.clinic
        fee, earlier = row["fee"] or Decimal(0), row["earlier"]
        lines = [(f"{row['type_name'] or 'Consultation'}, {row['day']:%d.%m.%Y}", fee)]
        if earlier:
            lines.append(("Paid earlier", -earlier))
        return Receipt(
            number=row["number"],
            clinic_name=clinic.name,
            clinic_address=clinic.address,
            clinic_phone=clinic.phone,
            patient_name=row["patient_name"],
            mrn=row["mrn"],
            lines=tuple(lines),
            total=fee - earlier,
            paid=row["amount"],
            method=row["method"],
            currency=row["currency"],
            received_at=row["received_at"].astimezone(ZoneInfo(clinic.timezone)),
            received_by=row["received_by"],
        )


def _owed(appointment: Appointment) -> Decimal:
    return max(Decimal(0), (appointment.fee or Decimal(0)) - appointment.paid)
