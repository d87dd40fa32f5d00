"""Dispensing signed prescriptions (spec 4.10, 5.3, 5.10)."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import InvalidField, NotSigned
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.domain.stock import Pick, SupplyLine
from clinicdesk.printing.label import MedicineLabel, label_pdf
from clinicdesk.printing.words import number_in_words
from clinicdesk.repositories.dispensing import Dispensing, Handover, Shortage, Signed
from clinicdesk.repositories.work import WorkFactory
from clinicdesk.services import signing

__all__ = ["Handover", "Pharmacy", "PickList", "Shortage"]

MOST = 2**31 - 1  # what a quantity column holds
_SPELL_OUT = ("methotrexate",)  # spec 5.10: with the controlled medicines
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class PickList:
    """The preview of a supply: what leaves which batch, and what is short."""

    picks: tuple[Pick, ...] = ()
    shortages: tuple[Shortage, ...] = ()


class Pharmacy:
    """Nothing leaves the shelf that the prescriber's signature does not cover."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._verified: dict[tuple[str, str, bytes | None], bool] = {}

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

    def dispense(
        self, request_id: UUID, prescription: Prescription, lines: Sequence[SupplyLine]
    ) -> Prescription:
        """Hand out, all lines or nothing; the same ``request_id`` again does it once.

        Raises NotSigned, NotEnoughStock, PrescriptionClosed, InvalidField (quantity), NotFound.
        """
        self._actor.require("stock.dispense")
        wanted = [line for line in lines if line.quantity > 0]
        if not wanted or any(line.quantity < 0 for line in lines):
            raise InvalidField("quantity", "positive")
        if any(line.quantity > MOST for line in wanted):
            raise InvalidField("quantity", "too_large")
        with self._open_work() as work:
            dispensing = Dispensing(work)
            # as stored now, not as it was read when the screen was opened
            if not _judged(dispensing.get(prescription.id)).genuine:
                raise NotSigned
            dispensing.dispense(request_id, prescription.id, wanted)
            return _judged(dispensing.get(prescription.id))

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

    def labels(self, prescription: Prescription, picks: Sequence[Pick]) -> bytes:
        """A PDF with one label for each medicine handed out. Raises ValueError without picks."""
        self._actor.require("stock.dispense")
        with self._open_work() as work:
            controlled = Dispensing(work).controlled(item.medication_id for item in prescription.items)
        made = [
            self._label(prescription, item, mine, spelled=item.medication_id in controlled)
            for item in prescription.items
            if (mine := [pick for pick in picks if pick.prescription_item_id == item.id])
        ]
        return label_pdf(made)

    def _label(
        self, prescription: Prescription, item: PrescriptionItem, picks: Sequence[Pick], *, spelled: bool
    ) -> MedicineLabel:
        clinic = self._actor.clinic
        ends = [pick.expiry_date for pick in picks if pick.expiry_date]
        spelled = spelled or any(name in item.medication_name.lower() for name in _SPELL_OUT)
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
