"""Domain errors in the user's words."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from PySide6.QtCore import QCoreApplication, QLocale, QTime

from clinicdesk.domain import errors
from clinicdesk.domain.consistency import Consistency
from clinicdesk.domain.errors import DomainError, FreeSlot
from clinicdesk.domain.stores import Standing
from ui.field_rules import field_message
from ui.who_may import refusal, role_word

translate = QCoreApplication.translate


__all__ = ["field_message", "message_for", "records_words", "role_word", "store_words"]


def message_for(error: DomainError, zone: tzinfo | None = None) -> str:
    """One sentence or two: what happened, and what to do now.

    ``zone`` is the clinic's; without it times are shown as the error carries them.
    Raises LookupError for a refusal nobody has put into words.
    """
    match error:
        case errors.InvalidField():
            return field_message(error.rule, error.detail)
        case errors.SlotTaken():
            return _slot_taken(error, zone)
        case errors.NotAllowed():
            return refusal(*map(str, error.args[:2])) if error.args else refusal("")
        case errors.PossibleDuplicate():
            return _possible_duplicate(len(error.matches))
        case errors.StoreUnavailable():
            return _own_sentence(error) or _store_down(error)
        case errors.WrongPin():
            left = int(error.args[0]) if error.args else 0
            return wrong_pin(left)
        case errors.WrongSchema():
            return _wrong_schema(str(error.args[0]) if error.args else "")
        case errors.GlassNeeded():
            return _glass_needed(error.cause)
    sentence = _plain(type(error)) or _own_sentence(error)
    if not sentence:
        raise LookupError(type(error).__name__) from error
    return sentence


def _own_sentence(error: DomainError) -> str:
    """Refusals defined next to a cause outside the domain (servers, settings) bring their own words."""
    text = str(error)
    return text if not type(error).__module__.startswith("clinicdesk.domain.") and text.endswith(".") else ""


def wrong_pin(left: int) -> str:
    """How many tries are left; without any only the password opens."""
    if left <= 0:
        return translate("errors", "The PIN was wrong too often. Use your password.")
    return translate("errors", "The PIN is not right. Tries left: {left}.").format(left=left)


def _plain(kind: type[DomainError]) -> str | None:
    sentences = {
        errors.NotFound: translate(
            "errors", "This record is not there any more, or belongs to another clinic."
        ),
        errors.WrongPassword: translate(
            "errors",
            "E-mail or password is not right. After eight wrong tries the account rests for ten minutes.",
        ),
        errors.PastTime: translate("errors", "That time is already past. Choose a later one."),
        errors.IllegalTransition: translate(
            "errors", "This step does not fit the appointment's present status. The screen shows the newest."
        ),
        errors.NotArrived: translate(
            "errors", "The visit can start once the patient is checked in, on the day of the appointment."
        ),
        errors.NoShowTooEarly: translate(
            "errors", "It is too early for a no-show, or the patient has arrived. Wait for the grace period."
        ),
        errors.VisitMissing: translate(
            "errors", "Record the visit first; then the appointment can be completed."
        ),
        errors.OverbookingLimit: translate(
            "errors",
            "No more overbooking here: it needs the permission, a reason, and room under the doctor's limit.",
        ),
        errors.NeedsLead: translate(
            "errors", "This needs an administrator or the cashier lead. Ask one of them to do it."
        ),
        errors.NeedsRecords: translate("errors", "Merging is for the records officer or an administrator."),
        errors.SecondPersonNeeded: translate(
            "errors", "Somebody else must confirm: one record holds signed notes or prescriptions."
        ),
        errors.ShiftCounted: translate(
            "errors", "That shift is counted already. Give the money back as a refund instead."
        ),
        errors.ShiftOpen: translate("errors", "Your shift is open already. Count and close it first."),
        errors.MergedAlready: translate(
            "errors", "One of the records is merged already, or its merge waits for a second person."
        ),
        errors.SigningKeyInvalid: translate(
            "errors",
            "Your signing key cannot be used. Sign out and in again; if it stays, ask an administrator.",
        ),
        errors.ClockDiffers: translate(
            "errors",
            "This PC's clock and the server's differ by more than five minutes. Set it, then try again.",
        ),
        errors.AlreadySigned: translate(
            "errors", "This is signed and cannot be changed any more. Cancel it or add an amendment."
        ),
        errors.SignedOut: translate(
            "errors", "Your account was signed out or ended by an administrator. Please sign in again."
        ),
        errors.CheckBrokenOff: translate(
            "errors", "The check of the health records was broken off. It is made again later."
        ),
        errors.OutsideHours: translate(
            "errors", "The doctor does not work then (hours, break, leave or holiday). Choose another time."
        ),
        errors.DoctorLeft: translate(
            "errors", "This doctor takes no more appointments here. Choose another doctor."
        ),
        errors.RoomTaken: translate(
            "errors", "The room is booked then. Choose another room or time, or none."
        ),
        errors.OfferedElsewhere: translate(
            "errors", "This person has an offer that is not answered yet: one at a time."
        ),
        errors.CannotUndo: translate(
            "errors", "This cannot be undone any more: it is too late, or it was changed meanwhile."
        ),
        errors.NotSigned: translate(
            "errors",
            "The prescription has no valid signature, or was changed after signing. Nothing was given out.",
        ),
        errors.SignatureMissing: translate(
            "errors", "The signature is empty or too small. Draw it again, larger."
        ),
        errors.AllergyNotAsked: translate(
            "errors", "Allergies were never asked. Record them, or that there are none known, then prescribe."
        ),
        errors.ReasonMissing: translate(
            "errors", "A warning needs a reason before the prescription can be signed."
        ),
        errors.PasswordNeeded: translate(
            "errors", "You sign against a contraindication: type your password once more."
        ),
        errors.NotEnoughStock: translate(
            "errors", "The usable batches hold less than that. Supply a part, or receive stock first."
        ),
        errors.PrescriptionClosed: translate(
            "errors", "This prescription is cancelled, expired or already fully supplied."
        ),
        errors.NotForSale: translate(
            "errors", "This batch is expired, recalled or in quarantine and cannot leave to a patient."
        ),
        errors.NotExpired: translate(
            "errors",
            "This batch is neither expired nor blocked. Put it in quarantine first, with the reason.",
        ),
        errors.AnotherDay: translate(
            "errors", "This supply is from another day. Take it back as a return from the patient."
        ),
        errors.WitnessMissing: translate(
            "errors", "A second person has to witness this with the own password. Nothing was booked."
        ),
        errors.NoWitness: translate(
            "errors", "This person may not witness here. An administrator gives the duty 'witness'."
        ),
        errors.RecountNeeded: translate(
            "errors", "Some batches need a second count. They are marked in the list."
        ),
        errors.CountClosed: translate("errors", "This count is closed already. Start a new one."),
        errors.QuestionOpen: translate(
            "errors", "A question to the prescriber is open. Nothing is handed out before it is answered."
        ),
        errors.QuestionAnswered: translate(
            "errors", "Somebody else answered this question meanwhile. You see the newest."
        ),
        errors.SupplierInUse: translate(
            "errors", "An order at this supplier is still open. Close or cancel it first."
        ),
        errors.DifferenceOpen: translate(
            "errors",
            "The last count of this controlled medicine differs. Acknowledge the difference in the register.",
        ),
        errors.OrderClosed: translate(
            "errors", "This order is closed or cancelled already. The screen shows the newest."
        ),
        errors.ImportInUse: translate(
            "errors", "Stock of this import has moved since. It cannot be undone; correct the batches."
        ),
        errors.DeliveryKnown: translate(
            "errors", "This invoice of this supplier was received before. Nothing was booked a second time."
        ),
        errors.Conflict: translate("errors", "Somebody else was faster. The screen now shows the newest."),
        errors.StaleRecord: translate(
            "errors",
            "This was just changed on another seat. The screen shows the newest; make your change again.",
        ),
        errors.AlreadyExists: translate("errors", "A record with this number or name exists already."),
    }
    return sentences.get(kind)


def _glass_needed(cause: str) -> str:
    sentences = {
        "restricted": translate("errors", "This chart is restricted. It opens for an hour after a reason."),
        "own": translate(
            "errors", "This is your own chart or one of your family. It opens for an hour after a reason."
        ),
    }
    return sentences.get(cause) or translate(
        "errors", "This patient has no appointment near today. The chart opens for an hour after a reason."
    )


def _slot_taken(error: errors.SlotTaken, zone: tzinfo | None) -> str:
    if error.holder:
        text = translate("errors", "That time is taken by {holder}.").format(holder=error.holder)
    else:
        text = translate("errors", "That time is already taken.")
    if not error.nearest:
        return text + " " + translate("errors", "Choose another time.")
    times = ", ".join(_clock(slot, zone) for slot in error.nearest)
    return text + " " + translate("errors", "Nearest free: {times}.").format(times=times)


def _clock(slot: FreeSlot, zone: tzinfo | None) -> str:
    start = slot.start.astimezone(zone) if zone else slot.start
    return QLocale().toString(QTime(start.hour, start.minute), "HH:mm")


def _possible_duplicate(count: int) -> str:
    if count == 1:
        return translate(
            "errors", "A patient like this is registered already. Open that record, or say why not."
        )
    return translate(
        "errors", "{count} patients like this are registered already. Open the right one, or say why not."
    ).format(count=count)


def _store_down(error: errors.StoreUnavailable) -> str:
    if isinstance(error, errors.TookTooLong):
        return translate("errors", "That took too long. Nothing was saved. Try again.")
    if "disk_full" in error.args:
        return translate(
            "errors", "The server's disk is full. Nothing was saved. Free some space there, then try again."
        )
    store = str(error.args[0]) if error.args else "postgres"
    if error.args[1:] == ("certificate",):
        return _untrusted(store)
    sentences = {
        "postgres": translate("errors", "The clinic's database cannot be reached. Nothing was saved."),
        "mongo": translate(
            "errors", "Charts cannot be reached: the document server is down. Nothing was saved."
        ),
        "redis": translate(
            "errors", "The cache server cannot be reached. Presence is not shown; work goes on."
        ),
    }
    return sentences.get(store, sentences["postgres"])


def _store_names() -> dict[str, str]:
    return {
        "postgres": translate("errors", "the clinic's database"),
        "mongo": translate("errors", "the document server"),
        "redis": translate("errors", "the cache server"),
    }


def unprotected_words(stores: Sequence[str]) -> str:
    """Said at each sign-in and unlock while the setting allows it."""
    return translate(
        "errors",
        "Records travel unprotected over the network ({stores}): anybody on it can read and change them. "
        "Switch on TLS and take allow_plain out of the settings.",
    ).format(stores=", ".join(_store_names()[name] for name in stores))


def _untrusted(store: str) -> str:
    names = _store_names()
    return translate(
        "errors",
        "This PC does not trust the certificate of {store}, so nothing was sent: it is of another "
        "server, expired, or missing. Tell whoever looks after the servers.",
    ).format(store=names.get(store, names["postgres"]))


def _wrong_schema(direction: str) -> str:
    if direction == "newer":
        return translate(
            "errors",
            "The clinic's database is of a newer release. Update ClinicDesk on this PC, then start again.",
        )
    return translate(
        "errors",
        "The clinic's database is of an older release. Ask your administrator to run 'clinicdesk migrate'.",
    )


def store_words(standings: Mapping[str, Standing]) -> str:
    """How the stores stand, in words; those that are missing work."""
    words = {
        ("postgres", Standing.DOWN): translate("stores", "Nothing can be saved: database cannot be reached"),
        ("postgres", Standing.READ_ONLY): translate("stores", "Nothing can be saved: database is read-only"),
        ("postgres", Standing.SLOW): translate("stores", "The database answers slowly"),
        ("mongo", Standing.DOWN): translate("stores", "Charts unavailable: document server down"),
        ("mongo", Standing.SLOW): translate("stores", "Charts open slowly"),
        ("redis", Standing.DOWN): translate("stores", "No presence: cache down"),
        ("redis", Standing.SLOW): translate("stores", "Presence comes late"),
    }
    said = [text for (store, standing), text in words.items() if standings.get(store) is standing]
    return " · ".join(said) or translate("stores", "All connected")


def records_words(found: Consistency) -> str:
    """The result of comparing the health records with their index, in a sentence."""
    if found.sound:
        return translate("stores", "All {count} health records agree with their index.").format(
            count=found.references
        )
    return translate(
        "stores",
        "Health records differ from their index: {missing} missing, {altered} altered. "
        "Tell your administrator: 'clinicdesk consistency' names them.",
    ).format(missing=len(found.missing), altered=len(found.altered))
