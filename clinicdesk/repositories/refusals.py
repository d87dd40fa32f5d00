"""What the databases refuse, as domain errors: the one place where codes become meanings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from clinicdesk.domain import errors
from clinicdesk.domain.errors import DomainError, InvalidField

CONSTRAINTS: dict[str, Callable[[], DomainError]] = {
    "appointments_doctor_free": errors.SlotTaken,
    "appointments_room_free": errors.RoomTaken,
    "appointments_room_in_person": lambda: InvalidField("room", "room_remote"),
    "appointments_meeting_link": lambda: InvalidField("meeting_link", "link"),
    "appointments_one_overbook_a_start": errors.SlotTaken,
    "appointments_overbook_reason": errors.ReasonMissing,
    "patient_guardians_name_check": lambda: InvalidField("guardian", "required"),
    "patient_guardians_relation_check": lambda: InvalidField("relation", "choose"),
    "patient_photos_jpeg_check": lambda: InvalidField("photo", "file"),
    "patient_aliases_one_open": errors.MergedAlready,
    "cash_shifts_one_open": errors.ShiftOpen,
    "valid_time_range": lambda: InvalidField("end", "after_start"),
    "inventory_items_stock_not_negative": errors.NotEnoughStock,
    "prescription_items_not_over": errors.PrescriptionClosed,
    "prescription_items_quantity": lambda: InvalidField("quantity", "positive"),
    "deliveries_once": errors.DeliveryKnown,
    "purchase_order_lines_quantity": lambda: InvalidField("quantity", "positive"),
    "users_email_key": lambda: InvalidField("email", "taken"),
    "users_phone_key": lambda: InvalidField("phone", "taken"),
    "users_email_ascii": lambda: InvalidField("email", "email"),
    "clinic_settings_pkey": errors.StaleRecord,
    "rooms_clinic_id_name_key": lambda: InvalidField("name", "taken"),
    "medical_specialties_name_key": lambda: InvalidField("name", "taken"),
    "clinic_holidays_clinic_id_day_key": lambda: InvalidField("day", "taken"),
    "doctor_profiles_license_number_key": lambda: InvalidField("license_number", "taken"),
    "visits_one_per_appointment": errors.StaleRecord,
    "visits_pkey": errors.StaleRecord,
    "prescriptions_pkey": errors.AlreadySigned,
}

CODES: dict[str, Callable[[], DomainError]] = {
    "CD002": errors.IllegalTransition,
    "CD003": errors.PastTime,
    "CD004": errors.OverbookingLimit,
    "CD005": errors.ReasonMissing,
    "CD006": errors.NotArrived,
    "CD007": errors.NoShowTooEarly,
    "CD008": errors.VisitMissing,
    "CD012": lambda: errors.NotAllowed("accounts.own"),
    "CD013": errors.NotFound,
    "CD014": errors.SignedOut,
    "CD020": lambda: errors.NotAllowed("chart.sealed"),
    "CD021": lambda: errors.GlassNeeded("no_relation"),
    "CD022": lambda: errors.GlassNeeded("restricted"),
    "CD023": lambda: errors.GlassNeeded("own"),
    "CD024": lambda: InvalidField("reason", "choose"),
    "CD025": lambda: InvalidField("note", "too_short", {"min": "10"}),
    "CD030": errors.NotEnoughStock,
    "CD032": errors.NotFound,
    "CD033": lambda: InvalidField("quantity", "positive"),
    "CD034": lambda: InvalidField("expiry_date", "expired"),
    "CD035": lambda: InvalidField("expiry_date", "other_expiry"),
    "CD036": errors.NotForSale,
    "CD037": errors.NotExpired,
    "CD038": lambda: InvalidField("quantity", "more_than_supplied"),
    "CD039": errors.AnotherDay,
    "CD040": errors.AlreadySigned,
    "CD042": errors.SigningKeyInvalid,
    "CD043": errors.ClockDiffers,
    "CD044": errors.StaleRecord,
    "CD045": errors.AlreadySigned,
    "CD046": errors.PrescriptionClosed,
    "CD047": errors.AllergyNotAsked,
    "CD048": lambda: InvalidField("items", "missing"),
    "CD049": errors.SignatureMissing,
    "CD050": errors.StaleRecord,
    "CD051": errors.Conflict,
    "CD052": errors.AlreadySigned,
    "CD060": lambda: InvalidField("date_of_birth", "range"),
    "CD061": errors.StaleRecord,
    "CD062": lambda: InvalidField("method", "choice"),
    "CD063": lambda: InvalidField("amount", "balance"),
    "CD064": lambda: InvalidField("amount", "refund"),
    "CD066": lambda: InvalidField("reason", "reason"),
    "CD067": errors.NeedsLead,
    "CD068": errors.ShiftCounted,
    "CD069": errors.ShiftOpen,
    "CD070": errors.MergedAlready,
    "CD071": errors.NeedsRecords,
    "CD072": errors.SecondPersonNeeded,
    "CD080": errors.DoctorLeft,
    "CD081": errors.CannotUndo,
    "CD082": errors.OfferedElsewhere,
    "CD090": errors.WitnessMissing,
    "CD091": errors.NoWitness,
    "CD092": errors.RecountNeeded,
    "CD093": errors.CountClosed,
    "CD094": lambda: InvalidField("counted", "not_negative"),
    "CD095": errors.DifferenceOpen,
    "CD096": errors.OrderClosed,
    "CD097": lambda: InvalidField("state", "choose"),
    "CD098": errors.ImportInUse,
    "CD140": lambda: InvalidField("question", "too_short", {"min": "5"}),
    "CD141": errors.QuestionOpen,
    "CD142": errors.QuestionAnswered,
    "CD143": lambda: InvalidField("answer", "too_short", {"min": "2"}),
    "CD144": errors.QuestionOpen,
    "CD145": errors.SupplierInUse,
    "22001": lambda: InvalidField("text", "too_long"),
    "22003": lambda: InvalidField("number", "too_large"),
    "40001": errors.StaleRecord,
    "40P01": errors.StaleRecord,
    "53100": lambda: errors.StoreUnavailable("postgres", "disk_full"),
    "53300": lambda: errors.StoreUnavailable("postgres", "connections"),
    "55P03": lambda: errors.TookTooLong("postgres"),
    "57014": lambda: errors.TookTooLong("postgres"),
    "57P01": lambda: errors.StoreUnavailable("postgres"),
    "57P02": lambda: errors.StoreUnavailable("postgres"),
    "57P03": lambda: errors.StoreUnavailable("postgres"),
    "25006": lambda: errors.StoreUnavailable("postgres", "read_only"),
}


class StoreBug(Exception):
    """A refusal nobody foresaw: ours to mend. Carries no values: the driver's text may name a patient."""

    def __init__(self, state: str, table: str, constraint: str) -> None:
        super().__init__(f"SQLSTATE {state or 'none'} table {table or '-'} constraint {constraint or '-'}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what PostgreSQL refuses into domain errors; let our bugs through, without their values."""
    try:
        yield
    except psycopg.Error as error:
        raise meaning(error) from None


def no_answer(store: str, error: BaseException | None) -> errors.StoreUnavailable:
    """A server that was not reached: said apart when it was not trusted. Nothing was sent to it then."""
    text = str(error)
    untrusted = any(word in text for word in ("certificate", "SSL", "channel binding"))
    return errors.StoreUnavailable(store, "certificate") if untrusted else errors.StoreUnavailable(store)


def meaning(error: BaseException | None) -> Exception:
    """The domain error of a driver error, or a StoreBug."""
    state = getattr(error, "sqlstate", None) or ""
    diagnosis = getattr(error, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    if state == "42501":  # the reason names rights, functions and tables, never a value
        return errors.NotAllowed("database", getattr(diagnosis, "message_primary", None) or "")
    if made := CONSTRAINTS.get(constraint) or CODES.get(state):
        return made()
    # no state: the server never answered, or the connection broke
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and state in (
        "",
        "08000",
        "08003",
        "08006",
        "08001",
    ):
        return no_answer("postgres", error)
    return StoreBug(state, getattr(diagnosis, "table_name", None) or "", constraint)
