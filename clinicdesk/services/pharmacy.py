"""Dispensing signed prescriptions (spec 4.10, 5.3, 5.10)."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain import typed
from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.errors import InvalidField, NotSigned, ReasonMissing
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.domain.safety import MIN_REASON_TEXT
from clinicdesk.domain.stock import Lot, Pick, SupplyLine
from clinicdesk.printing.label import MedicineLabel, label_pdf
from clinicdesk.printing.words import number_in_words
from clinicdesk.printing.zpl import label_zpl
from clinicdesk.repositories.dispensing import Dispensing, Handover, Shortage, Signed
from clinicdesk.repositories.picking import PickBoard
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services import signing
from clinicdesk.services.counselling import sentences
from clinicdesk.services.supply_review import Review, review

__all__ = ["Handover", "Pharmacy", "PickList", "Review", "Shortage"]

MOST = 2**31 - 1  # what a quantity column holds
_SPELL_OUT = ("methotrexate",)  # spec 5.10: with the controlled medicines
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class PickList:
    """The preview of a supply: what leaves which batch, and what is short."""

    picks: tuple[Pick, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    lots: tuple[Lot, ...] = ()


class Pharmacy:
    """Nothing leaves the shelf that the prescriber's signature does not cover."""

    def __init__(
        self,
        open_work: WorkFactory,
        actor: Actor,
        now: Callable[[], datetime],
        *,
        rules: Callable[[], ClinicalData | None] = lambda: None,
        board: PickBoard | None = None,
    ) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._rules, self._board = rules, board
        self._verified: dict[tuple[str, str, bytes | None], bool] = {}
        self._reviewed: dict[UUID, Review] = {}

    def queue(self) -> tuple[Prescription, ...]:
        """Waiting to be supplied, oldest first; ``genuine`` is checked. Not genuine ones are shown too."""
        self._actor.require("prescriptions.read")
        known = dict(self._verified)
        with self._open_work() as work:
            dispensing = Dispensing(work)
            found = dispensing.waiting(self._actor.clinic.id, self._today())
            new = [one for one in found if _key(one) not in known]
            payloads = dispensing.payloads(one.prescription.id for one in new) if new else {}
        for one in new:
            known[_key(one)] = _covers(one, payloads.get(one.proof, ""))
        self._verified = {_key(one): known[_key(one)] for one in found}  # only what still waits
        return tuple(_marked(one, signed=known[_key(one)]) for one in found)

    def open(self, prescription_id: UUID) -> Prescription:
        """The details, after the access log took note (spec 3.11). Raises NotFound."""
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            dispensing = Dispensing(work)
            dispensing.log_access(prescription_id)
            found = dispensing.get(prescription_id)
        return _judged(found)

    def picks(self, prescription_id: UUID, lines: Sequence[SupplyLine]) -> PickList:
        """What would be taken, first to expire first; nothing is reserved (spec 5.3)."""
        self._actor.require("stock.dispense")
        wanted = [line for line in lines if line.quantity > 0]
        with self._open_work() as work:
            return PickList(*Dispensing(work).picks(prescription_id, wanted, today=self._today()))

    def review(self, prescription: Prescription) -> Review:
        """The safety checks with today's data, and earlier fills of the same medicines (spec 4.10)."""
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            return self._review(work, prescription)

    def _review(self, work: Work, prescription: Prescription) -> Review:
        made = review(work, prescription, clinic=self._actor.clinic, today=self._today(), rules=self._rules)
        self._reviewed = {prescription.id: made}
        return made

    def dispense(
        self,
        request_id: UUID,
        prescription: Prescription,
        lines: Sequence[SupplyLine],
        *,
        accepted: str = "",
        collector: str = "",
    ) -> Prescription:
        """Hand out, all lines or nothing; the same ``request_id`` again does it once.

        ``accepted`` is the pharmacist's own reason where a contraindication stands (spec 4.10), ``collector``
        who takes controlled medicines away. Raises NotSigned, NotEnoughStock, NotForSale, PrescriptionClosed,
        ReasonMissing, WitnessMissing, DifferenceOpen, InvalidField (quantity, batch_reason), NotFound.
        """
        self._actor.require("stock.dispense")
        wanted = [line for line in lines if line.quantity > 0]
        if not wanted or any(line.quantity < 0 for line in lines):
            raise InvalidField("quantity", "positive")
        if any(line.quantity > MOST for line in wanted):
            raise InvalidField("quantity", "too_large")
        if any(line.batch_id and not line.reason.strip() for line in wanted):
            raise InvalidField("batch_reason", "reason")
        note = typed.line(accepted, "accepted", limit=300)
        with self._open_work() as work:
            dispensing = Dispensing(work)
            # as stored now, not as it was read when the screen was opened
            found = _judged(dispensing.get(prescription.id))
            if not found.genuine:
                raise NotSigned
            seen = self._reviewed.get(found.id)
            if seen is None and self._rules() is not None:
                seen = self._review(work, found)
            if seen is not None and seen.must_accept and len(note) < MIN_REASON_TEXT:
                raise ReasonMissing
            said = {"note": note, "collector": typed.line(collector, "collector", limit=200)}
            dispensing.dispense(request_id, found.id, wanted, **{k: v for k, v in said.items() if v})
            return _judged(dispensing.get(found.id))

    def stand_at(self, prescription_id: UUID) -> str:
        """Say that this seat picks it; who else does already, '' for nobody or without the cache."""
        return self._board.take(prescription_id) if self._board else ""

    def step_back(self, prescription_id: UUID) -> None:
        """This seat does not pick it any more."""
        if self._board:
            self._board.leave(prescription_id)

    def pickers(self, prescriptions: Sequence[UUID]) -> dict[UUID, str]:
        """Who picks what at other seats; empty without the cache."""
        return self._board.at(prescriptions) if self._board and prescriptions else {}

    def outcome(self, request_id: UUID) -> tuple[Pick, ...]:
        """What left the shelf under this request; empty: it never happened. Asked after a lost connection."""
        self._actor.require("prescriptions.read")
        with self._open_work() as work:
            return Dispensing(work).taken(request_id)

    def today(self) -> list[Handover]:
        """What was handed out since the clinic's midnight, newest first."""
        self._actor.require("prescriptions.read")
        midnight = datetime.combine(self._today(), time(), self._zone)
        with self._open_work() as work:
            return Dispensing(work).handed_out(self._actor.clinic.id, midnight)

    def labels(self, prescription: Prescription, picks: Sequence[Pick], *, size: str = "70x37") -> bytes:
        """A PDF with one label for each medicine handed out. Raises ValueError without picks."""
        return label_pdf(self._labels(prescription, picks), size=size)

    def labels_zpl(self, prescription: Prescription, picks: Sequence[Pick], *, size: str = "70x37") -> bytes:
        """The same labels for a ZPL printer."""
        return label_zpl(self._labels(prescription, picks), size=size)

    def _labels(self, prescription: Prescription, picks: Sequence[Pick]) -> list[MedicineLabel]:
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            known = Dispensing(work).classes(item.medication_id for item in prescription.items)
        return [
            self._label(prescription, item, mine, known=known.get(item.medication_id, ("", False)))
            for item in prescription.items
            if (mine := [pick for pick in picks if pick.prescription_item_id == item.id])
        ]

    def _label(
        self,
        prescription: Prescription,
        item: PrescriptionItem,
        picks: Sequence[Pick],
        *,
        known: tuple[str, bool],
    ) -> MedicineLabel:
        clinic = self._actor.clinic
        ends = [pick.expiry_date for pick in picks if pick.expiry_date]
        atc, controlled = known
        spelled = controlled or any(name in item.medication_name.lower() for name in _SPELL_OUT)
        return MedicineLabel(
            clinic_name=clinic.name,
            clinic_phone=clinic.phone,
            patient_name=prescription.patient_name,
            medicine=f"{item.medication_name} {item.strength}".strip(),
            form=item.form,
            quantity=sum(pick.quantity for pick in picks),
            directions=item.directions,
            dispensed_on=self._today(),
            prescription_number=prescription.number,
            prescriber=prescription.doctor_name,
            dispenser=self._actor.name,
            batch_number=", ".join(dict.fromkeys(pick.batch_number for pick in picks if pick.batch_number)),
            expiry_date=min(ends) if ends else None,
            owing=item.quantity - item.supplied,
            dose_words=spelled_out(item.directions) if spelled else "",
            warnings=sentences(atc),
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._actor.clinic.timezone)

    def _today(self) -> date:
        return self._now().astimezone(self._zone).date()


def _key(one: Signed) -> tuple[str, str, bytes | None]:
    return one.proof, one.prescription.seal, one.public_key


def _judged(one: Signed) -> Prescription:
    return _marked(one, signed=_covers(one, one.proof))


def _covers(one: Signed, payload: str) -> bool:
    public = one.public_key
    return public is not None and signing.verify(payload, one.prescription.seal, public)


def _marked(one: Signed, *, signed: bool) -> Prescription:
    return dataclasses.replace(one.prescription, genuine=signed and not one.distrusted)


def spelled_out(directions: str) -> str:
    """'Take 1 tablet' -> 'Take one tablet': the dose in words beside the figures (spec 5.10)."""
    return _NUMBER.sub(lambda found: _words(found.group()), directions)


def _words(figure: str) -> str:
    whole, _, part = figure.partition(".")
    if len(whole) > 9:
        return figure
    digits = " ".join(number_in_words(int(digit)) for digit in part)
    return f"{number_in_words(int(whole))} point {digits}" if part else number_in_words(int(whole))
