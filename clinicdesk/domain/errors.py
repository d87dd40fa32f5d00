"""What the clinic can refuse. Wording belongs to the user interface (``ui/messages.py``)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


class DomainError(Exception):
    """An outcome a person can understand and act upon."""


class NotAllowed(DomainError):
    """Role and duties may not do this. ``args``: the action; or 'database' and the reason it gave."""


class GlassNeeded(DomainError):
    """The chart opens only after giving a reason (spec 2.8). ``args[0]``: no_relation, restricted or own."""

    @property
    def cause(self) -> str:
        """Why; 'no_relation' when it was not said."""
        return str(self.args[0]) if self.args else "no_relation"


class NotFound(DomainError):
    """The record does not exist, or belongs to a clinic the person does not work in."""


class WrongPassword(DomainError):
    """E-mail or password is wrong, or the account is locked or unknown (told apart by nobody)."""


class WrongPin(DomainError):
    """The PIN is not right. ``args[0]`` is how many tries are left; at 0 only the password opens."""


class PastTime(DomainError):
    """An appointment may not start in the past (spec 1.1 T1)."""


class IllegalTransition(DomainError):
    """The status step is not in the table of spec 1.1."""


class NotArrived(DomainError):
    """A visit starts after check-in, on its own day (spec 1.1 T7)."""


class NoShowTooEarly(DomainError):
    """No-show is set after the grace period and never for somebody who arrived (spec 1.1 T8)."""


class VisitMissing(DomainError):
    """An appointment is completed when its visit record exists (spec 1.1 T9)."""


class OverbookingLimit(DomainError):
    """Overbooking needs the permission, a reason and room under the doctor's limit (spec 1.7)."""


class OutsideHours(DomainError):
    """The doctor does not work then: hours, break, leave or holiday (spec 1.5)."""


class DoctorLeft(OutsideHours):
    """The doctor was deactivated meanwhile and takes no more appointments."""


class NotSigned(DomainError):
    """The prescription carries no valid signature, or was changed after signing."""


class SignatureMissing(DomainError):
    """The drawn signature is empty or too small (spec 4.9.3)."""


class SigningKeyInvalid(DomainError):
    """The doctor's signing key is missing, revoked, or wrapped with another password."""


class ClockDiffers(DomainError):
    """This PC's clock and the server's differ by more than five minutes."""


class AllergyNotAsked(DomainError):
    """Allergy status must be answered before a first prescription."""


class ReasonMissing(DomainError):
    """A warning needs a coded reason before signing (spec 4.5)."""


class PasswordNeeded(DomainError):
    """A contraindication is overridden: the doctor types the password once more (spec 4.5)."""


class NotEnoughStock(DomainError):
    """The usable batches hold less than asked for (spec 5.3)."""


class PrescriptionClosed(DomainError):
    """Cancelled, expired or already fully supplied (spec 4.8)."""


class NeedsLead(DomainError):
    """Beyond the refund rule, or another's till: an administrator or the cashier lead (spec 1.8)."""


class NeedsRecords(DomainError):
    """Merging is for the records officer or an administrator (spec 2.3.1)."""


class SecondPersonNeeded(DomainError):
    """Signed notes or prescriptions: whoever asked for the merge cannot confirm it (spec 2.3.1)."""


class NotForSale(DomainError):
    """Expired, recalled or quarantined stock never leaves as a sale (spec 5.1, 5.3)."""


class NotExpired(DomainError):
    """Only expired or blocked stock is destroyed as expired (spec 5.1)."""


class AnotherDay(DomainError):
    """A supply is reversed on its own day only; later the patient brings it back (spec 4.10)."""


class WitnessMissing(DomainError):
    """A second person has to say yes to this act first (spec 5.5, 5.6)."""


class NoWitness(DomainError):
    """This person may not be a witness here: the duty is missing."""


class RecountNeeded(DomainError):
    """A difference above the limit, or a controlled medicine, is counted twice (spec 5.5)."""


class CountClosed(DomainError):
    """The stocktake was approved or cancelled already."""


class DifferenceOpen(DomainError):
    """The last count of a controlled medicine differs and nobody acknowledged it (spec 5.6)."""


class QuestionOpen(DomainError):
    """The prescriber was asked about it and has not answered: nothing is handed out (spec 4.10)."""


class QuestionAnswered(DomainError):
    """Somebody else answered it meanwhile."""


class SupplierInUse(DomainError):
    """An order at this supplier is open."""


class OrderClosed(DomainError):
    """The order's status does not allow this step."""


class ImportInUse(DomainError):
    """Something of the import has moved since: it cannot be undone any more."""


@dataclass(eq=False)
class InvalidField(DomainError):
    """One field is wrong: ``field`` names it, ``rule`` the rule, ``detail`` numbers for the sentence."""

    field: str
    rule: str
    detail: dict[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.field}: {self.rule}"


class Conflict(DomainError):
    """Somebody else was faster; what is on the screen is out of date."""


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A bookable start for one doctor, aware instants."""

    doctor_id: UUID
    start: datetime
    end: datetime


@dataclass(eq=False)
class SlotTaken(Conflict):
    """Doctor or room are booked then; ``holder`` says who has it, ``nearest`` the free slots next to it."""

    holder: str = ""
    nearest: tuple[FreeSlot, ...] = ()

    def __str__(self) -> str:
        return "slot taken"


class RoomTaken(Conflict):
    """The room is booked then; overbooking never stands above a room (spec 1.7)."""


class OfferedElsewhere(Conflict):
    """The person has an offer that is not answered yet: one at a time (spec 1.10)."""


class CannotUndo(Conflict):
    """Too late, or what was done is not as it was left: nothing is taken back."""


class AlreadySigned(Conflict):
    """A signed prescription or visit is never changed; it is cancelled or amended (spec 3.9, 4.9)."""


class StaleRecord(Conflict):
    """The record changed after it was read here."""


class ShiftCounted(Conflict):
    """The till was counted with this payment in it; it can be refunded, not voided."""


class ShiftOpen(Conflict):
    """There is an open shift with a float already."""


class MergedAlready(Conflict):
    """One of the records is merged, or its merge waits for a second person (spec 2.3.5)."""


class DeliveryKnown(Conflict):
    """A delivery with this supplier and invoice number was received before (spec 5.2)."""


class AlreadyExists(Conflict):
    """A record with this unique value exists."""


@dataclass(eq=False)
class PossibleDuplicate(Conflict):
    """A probable match (spec 2.2.5): open it or give a reason. ``matches`` are patient ids."""

    matches: tuple[UUID, ...] = ()

    def __str__(self) -> str:
        return "possible duplicate"


class StoreUnavailable(DomainError):
    """A database cannot be reached. ``args[0]`` is postgres, mongo or redis."""


class TookTooLong(StoreUnavailable):
    """A database did not answer in time; nothing was saved."""


class CheckBrokenOff(DomainError):
    """The comparison of the stores ended before its end; another seat makes it later."""


class SignedOut(DomainError):
    """The account was ended, disabled or signed out by an administrator in the middle of work."""


class WrongSchema(DomainError):
    """The database is of another release. ``args[0]`` is 'older' or 'newer' (than this program)."""
