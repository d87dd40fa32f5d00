"""At the pharmacy's counter after a supply: taking back, money, what is owed (spec 4.10, 5.4, 5.8)."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.appointments import Receipt
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.stock import Supply, SupplyAccount
from clinicdesk.printing.owed import OwedSlip, owed_pdf
from clinicdesk.printing.receipt import receipt_pdf
from clinicdesk.repositories.supplies import Supplies
from clinicdesk.repositories.work import WorkFactory

METHODS = ("cash", "card", "transfer", "pos", "insurance")
CENT = Decimal("0.01")


class Counter:
    """What follows a supply; every act is a new line of the ledger."""

    def __init__(
        self,
        open_work: WorkFactory,
        actor: Actor,
        now: Callable[[], datetime],
    ) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def supplies(self, prescription_id: UUID) -> tuple[Supply, ...]:
        """Every line that was handed out, newest first."""
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            return Supplies(work).lines(prescription_id)

    def take_back(self, request_id: UUID, supply: Supply, *, kind: str, quantity: int, note: str) -> None:
        """``kind`` reversal: it never left, today; return: the patient brought it back, to quarantine.

        Raises InvalidField (quantity, note), AnotherDay, WitnessMissing.
        """
        self._actor.require("stock.dispense")
        if kind not in ("reversal", "return"):
            raise InvalidField("kind", "choose")
        if quantity <= 0:
            raise InvalidField("quantity", "positive")
        if quantity > supply.quantity - supply.taken_back:
            raise InvalidField("quantity", "more_than_supplied")
        reason = typed.line(note, "note", limit=300)
        if not reason:
            raise InvalidField("note", "reason")
        with self._open_work() as work:
            Supplies(work).take_back(request_id, supply.id, kind=kind, quantity=quantity, note=reason)

    def account(self, prescription_id: UUID) -> SupplyAccount:
        """What was handed out costs, and what was paid for it. Raises NotFound."""
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            return Supplies(work).account(prescription_id)

    def pay(self, request_id: UUID, prescription: Prescription, *, amount: Decimal, method: str) -> Receipt:
        """Into the same ledger as the desk; the same ``request_id`` again answers the first receipt.

        Raises InvalidField (amount: positive, decimals, balance; method), NotFound.
        """
        self._actor.require("stock.dispense")
        if method not in METHODS:
            raise InvalidField("method", "choose")
        if not amount.is_finite() or amount <= 0:
            raise InvalidField("amount", "positive")
        if amount != amount.quantize(CENT):
            raise InvalidField("amount", "decimals", {"max": "2"})
        with self._open_work() as work:
            supplies = Supplies(work)
            paid = supplies.pay(request_id, prescription.id, amount=amount, method=method)
            sold, account = supplies.sold(prescription.id), supplies.account(prescription.id)
        clinic = self._actor.clinic
        lines = [(f"{name}, {count:,} x {price:.2f}", count * price) for name, count, price in sold]
        earlier = account.paid - paid["amount"]
        if earlier > 0:
            lines.append(("Paid earlier", -earlier))
        return Receipt(
            number=paid["number"],
            clinic_name=clinic.name,
            clinic_address=clinic.address,
            clinic_phone=clinic.phone,
            patient_name=prescription.patient_name,
            mrn=prescription.mrn,
            lines=tuple(lines),
            total=account.due - earlier,
            paid=paid["amount"],
            method=paid["method"],
            currency=paid["currency"],
            received_at=paid["received_at"].astimezone(ZoneInfo(clinic.timezone)),
            received_by=self._actor.name,
        )

    def receipt_pdf(self, receipt: Receipt) -> bytes:
        """On paper, with the sentence about goods (spec 5.8)."""
        return receipt_pdf(receipt, goods=True)

    def owed_slip(self, prescription: Prescription) -> bytes:
        """A PDF of what the patient still gets. Raises InvalidField when nothing is owed."""
        self._actor.require("stock.dispense")
        lines = tuple(
            (f"{item.medication_name} {item.strength}".strip(), item.form, item.quantity - item.supplied)
            for item in prescription.items
            if item.quantity > item.supplied
        )
        if not lines or prescription.status != "active":
            raise InvalidField("quantity", "empty")
        clinic = self._actor.clinic
        return owed_pdf(
            OwedSlip(
                clinic_name=clinic.name,
                clinic_phone=clinic.phone,
                patient_name=prescription.patient_name,
                mrn=prescription.mrn,
                prescription_number=prescription.number,
                lines=lines,
                written_on=self._now().astimezone(ZoneInfo(clinic.timezone)).date(),
                until=prescription.expiry_date,
                dispenser=self._actor.name,
            )
        )
